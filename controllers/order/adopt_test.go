package order

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// memory is a provider that knows some operations, and is asked for others.
type memory struct {
	known map[string]payment.Answer
	asked int
}

func (m *memory) For(context.Context, string, *v1.PaymentProvider) (payment.Provider, error) {
	return m, nil
}

func (m *memory) Lookup(_ context.Context, r payment.Request) (*payment.Answer, error) {
	m.asked++
	if a, ok := m.known[r.ID]; ok && (r.Parent == "" || a.Parent == r.Parent) {
		return &a, nil
	}
	return nil, port.ErrUnknown
}

func (m *memory) Send(context.Context, payment.Request) (*payment.Answer, error) {
	panic("adoption sends nothing")
}

// TestAdopt finds what the chosen provider knows of an order, though it has kept no
// refused calls, and whatever another provider was told.
func TestAdopt(t *testing.T) {
	class, o := &v1.OrderClass{}, &v1.Order{}
	class.Name, o.Name, o.Namespace = "retail", "o", "shop"
	class.Spec.Payment = &v1.PaymentPolicy{Providers: []v1.PaymentProvider{{Name: "card", Method: v1.PaymentCard, Type: v1.ProviderHTTP}}}
	o.Spec.Currency, o.Spec.Payment.Method = "CNY", v1.PaymentCard
	f := &lifecycle.Facts{Order: o, Class: class, Identity: domain.Identity{Namespace: "shop", Name: "o"}}
	place, provider := lifecycle.Chosen(f)
	if provider == nil {
		t.Fatal("the class has no provider for cards")
	}
	other := place
	other.Provider = "other"
	id := func(at domain.Place, kind v1.OperationKind, seq int32) string {
		return domain.OperationID(f.Identity, at, kind, seq)
	}
	hold, second := id(place, v1.OperationAuthorize, adoptionGap+1), id(place, v1.OperationAuthorize, 2*adoptionGap+1)
	take := id(place, v1.OperationCapture, 2)
	m := &memory{known: map[string]payment.Answer{
		id(other, v1.OperationAuthorize, 1): {Amount: 1, Currency: "CNY"},
		hold:                                {Amount: 1000, Currency: "CNY"},
		second:                              {Amount: 500, Currency: "USD"},
		take:                                {Amount: 400, Currency: "CNY", Parent: hold},
		id(place, v1.OperationRefund, 1):    {Amount: 400, Currency: "CNY", Parent: take},
		id(place, v1.OperationVoid, 3*adoptionGap): {Amount: 600, Currency: "CNY", Parent: hold}, // too far
	}}
	r := &Reconciler{Payments: m, Clock: clock.RealClock{}}
	out := r.adopt(t.Context(), f)
	if !out.LookedUp || out.Unusable != "" {
		t.Errorf("it was not asked: %+v", out)
	}
	type found struct {
		kind     v1.OperationKind
		seq      int32
		amount   v1.Amount
		currency v1.Currency
		provider v1.Identifier
	}
	var got []found
	for _, op := range out.Adopted {
		got = append(got, found{op.Kind, op.Seq, op.Amount, op.Currency, op.Provider})
	}
	name := place.Provider
	want := []found{
		{v1.OperationAuthorize, adoptionGap + 1, 1000, "", name}, {v1.OperationAuthorize, 2*adoptionGap + 1, 500, "USD", name},
		{v1.OperationCapture, 2, 400, "", name}, {v1.OperationRefund, 1, 400, "", name},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(found{})); diff != "" {
		t.Errorf("adopted (-want +got):\n%s", diff)
	}

	fresh := &memory{}
	r.Payments = fresh
	if out := r.adopt(t.Context(), f); len(out.Adopted) != 0 || fresh.asked != adoptionGap+1 {
		t.Errorf("of a new order it knows %+v, after %d look-ups", out.Adopted, fresh.asked)
	}
	endless := &memory{known: map[string]payment.Answer{}}
	for seq := range int32(2 * maxAdopted) {
		endless.known[id(place, v1.OperationAuthorize, seq+1)] = payment.Answer{Declined: true, Currency: "CNY"}
	}
	r.Payments = endless
	if out := r.adopt(t.Context(), f); len(out.Adopted) != maxAdopted || slices.ContainsFunc(out.Adopted, func(op v1.PaymentOperation) bool { return op.State != v1.OperationDeclined }) {
		t.Errorf("of one that is declined without end it adopts %d", len(out.Adopted))
	}
}
