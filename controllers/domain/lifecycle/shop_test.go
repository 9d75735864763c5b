package lifecycle

import (
	order "cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func ptr(t time.Time) *metav1.Time { m := metav1.NewTime(t); return &m }

// bank is a payment provider with books of its own. It carries out each id once.
type bank struct {
	books map[string]v1.PaymentOperation
	// decline, unheard and lost say what happens to the next calls: they are
	// refused, they do not arrive, or their answer gets lost.
	decline, unheard, lost bool
	// twist changes what an operation comes to; nil for nothing.
	twist func(op *v1.PaymentOperation, out *payment.Outcome)
}

// call is what the shell does with an operation: look it up, and send it if it
// is not known.
func (b *bank) call(op v1.PaymentOperation, now time.Time) *v1.PaymentOperation {
	op.At = metav1.NewTime(now)
	if b.unheard {
		op.State, op.Attempts = v1.OperationUnknown, op.Attempts+1
		return &op
	}
	known, ok := b.books[op.ID]
	if !ok {
		known = op
		if known.State = v1.OperationSucceeded; b.decline {
			known.State, known.Message = v1.OperationDeclined, "insufficient funds"
		}
		if b.twist != nil {
			out := payment.Outcome{Declined: b.decline, Amount: op.Amount, Parent: op.Parent, Message: known.Message}
			b.twist(&op, &out)
			known = payment.Conclude(op, out, now)
		}
		b.books[op.ID] = known
	}
	if b.lost {
		op.State, op.Attempts = v1.OperationUnknown, op.Attempts+1
		return &op
	}
	op.State, op.Message, op.Amount, op.Asked, op.Currency = known.State, known.Message, known.Amount, known.Asked, known.Currency
	return &op
}

// abroad makes all that the bank knows of another currency.
func (b *bank) abroad() {
	for id, op := range b.books {
		op.Currency = "USD"
		b.books[id] = op
	}
}

// known lists what the provider knows of the order's identity.
func (b *bank) known(now time.Time) []v1.PaymentOperation {
	var list []v1.PaymentOperation
	for _, op := range b.books {
		op.At, op.Basis, op.Attempts, op.RecordedAt = metav1.NewTime(now), 0, 0, nil
		list = append(list, op)
	}
	slices.SortFunc(list, func(a, b v1.PaymentOperation) int {
		return order.Or(strings.Compare(string(a.Kind), string(b.Kind)), int(a.Seq-b.Seq))
	})
	return list
}

// shop is an Order with everything around it: what the shells observe and do.
type shop struct {
	t     testing.TB
	facts Facts
	bank  bank
	now   time.Time
}

// newShop has an order of some units of tea at 10.00 CNY, placed an hour ago
// under a class; nothing is in stock, and every product is known.
func newShop(t testing.TB, class *v1.OrderClass, method v1.PaymentMethod, quantities ...v1.Quantity) *shop {
	o := &v1.Order{}
	o.Namespace, o.Name, o.UID, o.Generation = "shop", "order", "uid-order", 1
	o.CreationTimestamp = metav1.NewTime(noon.Add(-time.Hour))
	o.Spec = v1.OrderSpec{
		ShipTo:   v1.Address{Name: "Ann Example", Lines: []string{"1 High Street"}, City: "Shanghai", Country: "CN"},
		Currency: "CNY", Payment: v1.OrderPayment{Method: method},
	}
	o.Status.ObservedGeneration = -1
	s := &shop{t: t, now: noon, bank: bank{books: map[string]v1.PaymentOperation{}}}
	s.facts = Facts{
		Order: o, Class: class, Stock: map[v1.SKU]Stock{},
		Identity: payment.Identity{Installation: "test", Namespace: o.Namespace, Name: o.Name},
	}
	for i, q := range quantities {
		sku := v1.SKU(fmt.Sprintf("tea-%d", i+1))
		o.Spec.Lines = append(o.Spec.Lines, v1.OrderLine{ID: v1.Identifier(fmt.Sprint(i + 1)), SKU: sku, Quantity: q, UnitPrice: 1000})
		s.facts.Stock[sku] = Stock{UnitCost: 600}
	}
	return s
}

// class takes cards at a simulated provider, with a return window of 2 days.
func class(capture v1.CaptureMoment) *v1.OrderClass {
	c := &v1.OrderClass{}
	c.Name, c.UID, c.Generation = "retail", "uid-retail", 3
	c.Spec.Payment = &v1.PaymentPolicy{Providers: []v1.PaymentProvider{
		{Name: "card", Method: v1.PaymentCard, Type: v1.ProviderSimulated, Capture: capture, FeeBps: 100},
		{Name: "wallet", Method: v1.PaymentOnline, Type: v1.ProviderSimulated, Capture: v1.CaptureOnConfirm},
		{Name: "cash", Method: v1.PaymentCash, Type: v1.ProviderCash, Capture: v1.CaptureOnDelivery},
	}}
	c.Spec.Returns = &v1.ReturnPolicy{WindowDays: new(int32(2))}
	return c
}

func (s *shop) order() *v1.Order { return s.facts.Order }

// edit changes the spec as a person does: the generation rises.
func (s *shop) edit(f func(*v1.OrderSpec)) {
	f(&s.order().Spec)
	s.order().Generation++
}

func (s *shop) remove() {
	s.order().DeletionTimestamp = ptr(s.now)
	s.order().Generation++
}

func (s *shop) receive(amount int64) {
	s.edit(func(o *v1.OrderSpec) {
		o.Payment.Received = append(o.Payment.Received, v1.ReceivedPayment{ID: v1.Identifier(fmt.Sprint(len(o.Payment.Received))), Amount: amount})
	})
}

// look is one reconcile; it says whether anything was written or called. It
// checks what must hold for every status that is written.
func (s *shop) look() bool {
	s.t.Helper()
	o := s.order()
	plan := Decide(&s.facts, s.now)
	if plan.RemoveFinalizer {
		removed := HasFinalizer(o)
		o.Finalizers = nil
		return removed
	}
	if plan.AddFinalizer {
		o.Finalizers = append(o.Finalizers, v1.OrderFinalizer)
	}
	var out Outcome
	switch {
	case plan.Adopt:
		out = Outcome{LookedUp: true, Adopted: s.bank.known(s.now)}
	case plan.Call != nil:
		if stored := payment.Open(operations(o)); stored == nil || stored.ID != plan.Call.ID {
			s.t.Fatalf("operation %s is called and does not stand in the stored status", plan.Call.ID)
		}
		out.Operation = s.bank.call(*plan.Call, s.now)
	}
	before := o.DeepCopy()
	next := Project(&s.facts, out, s.now)
	if !equality.Semantic.DeepEqual(before, o) {
		s.t.Fatalf("Project changed what it was given:\n%s", cmp.Diff(before, o))
	}
	checkChange(s.t, before, next)
	o.Status = *next
	if again := Project(&s.facts, Outcome{}, s.now); !equality.Semantic.DeepEqual(next, again) {
		s.t.Fatalf("computed from itself the status changes:\n%s", cmp.Diff(next, again))
	}
	return plan.AddFinalizer || plan.Call != nil || !equality.Semantic.DeepEqual(before.Status, *next)
}

// settle looks until nothing changes any more.
func (s *shop) settle() {
	s.t.Helper()
	for n := 0; s.look(); n++ {
		if n > 20 {
			s.t.Fatalf("no rest: %s", s.text())
		}
	}
}

// checkChange checks what holds for each change of status.
func checkChange(t testing.TB, before *v1.Order, next *v1.OrderStatus) {
	t.Helper()
	old := &before.Status
	if !Allowed(old.Phase, next.Phase) {
		t.Fatalf("from %s to %s", old.Phase, next.Phase)
	}
	if old.ConfirmedAt != nil {
		if !old.ConfirmedAt.Equal(next.ConfirmedAt) {
			t.Fatalf("confirmedAt was %v and is %v", old.ConfirmedAt, next.ConfirmedAt)
		}
		frozen := func(st *v1.OrderStatus) any {
			return []any{st.Policy, st.Amounts.Goods, st.Amounts.Discount, st.Amounts.Tax, st.Amounts.Shipping, st.Amounts.Total, st.Amounts.Display}
		}
		if !equality.Semantic.DeepEqual(frozen(old), frozen(next)) {
			t.Fatalf("what was frozen has changed:\n%s", cmp.Diff(frozen(old), frozen(next)))
		}
		for i, l := range next.Lines {
			was := old.Lines[i]
			if l.Cancelled < was.Cancelled || l.Ordered != was.Ordered || l.Net != was.Net || l.Tax != was.Tax {
				t.Fatalf("line %s was %+v and is %+v", l.ID, was, l)
			}
		}
	}
	open := 0
	if next.Payment != nil {
		for _, op := range next.Payment.Operations {
			if op.State == v1.OperationIntended || op.State == v1.OperationUnknown {
				open++
			}
		}
		if old.Payment != nil && len(next.Payment.Operations) < len(old.Payment.Operations) {
			t.Fatal("an operation was removed")
		}
	}
	if open > 1 {
		t.Fatalf("%d operations are open: %+v", open, next.Payment.Operations)
	}
	if a := next.Amounts; a.Authorized < 0 || a.Refunded > a.Captured || a.Due < 0 || a.Due > max(a.Total, 0) {
		t.Fatalf("amounts do not add up: %+v", a)
	}
	for _, l := range next.Lines {
		if l.Ordered < 0 || l.Cancelled < 0 || l.Reserved < 0 || l.Backordered < 0 || l.Dispatched > l.Packed || l.Packed > l.Picked || l.Delivered > l.Dispatched {
			t.Fatalf("line %+v", l)
		}
	}
	if len(next.Timeline) > maxTimeline || next.Timeline[len(next.Timeline)-1].Stage != next.Phase {
		t.Fatalf("the timeline ends with %v in phase %s", next.Timeline[len(next.Timeline)-1], next.Phase)
	}
	busy, stalled := meta.IsStatusConditionTrue(next.Conditions, v1.ConditionReconciling), meta.IsStatusConditionTrue(next.Conditions, v1.ConditionStalled)
	if ready := meta.IsStatusConditionTrue(next.Conditions, v1.ConditionReady); (busy && stalled) || ready == (busy || stalled) {
		t.Fatalf("ready %v, reconciling %v, stalled %v", ready, busy, stalled)
	}
	if ended := meta.IsStatusConditionTrue(next.Conditions, v1.ConditionCompleted); ended != Final(next.Phase) {
		t.Fatalf("phase %s, completed is %v", next.Phase, ended)
	}
}

// ship adds the next Shipment of the order: some units of each line, Planned.
func (s *shop) ship(units ...v1.Quantity) *v1.Shipment {
	sh := &v1.Shipment{}
	sh.Name = fmt.Sprintf("order-s%d", len(s.facts.Shipments)+1)
	for i, q := range units {
		if q > 0 {
			sh.Spec.Items = append(sh.Spec.Items, v1.ShipmentItem{Line: v1.Identifier(fmt.Sprint(i + 1)), Quantity: q})
		}
	}
	sh.Status.Phase = v1.ShipmentPlanned
	s.facts.Shipments = append(s.facts.Shipments, sh)
	return sh
}

// shipment is the Nth, counted from 1.
func (s *shop) shipment(n int) *v1.Shipment { return s.facts.Shipments[n-1] }

func (s *shop) reserve(n int) {
	st := &s.shipment(n).Status
	st.ReservedAt, st.Phase = ptr(s.now), v1.ShipmentReserved
}

func (s *shop) pick(n int) {
	s.shipment(n).Spec.Facts.Picked = &v1.PickedFact{ID: "p", At: *ptr(s.now)}
	s.shipment(n).Status.Phase = v1.ShipmentPicking
}

func (s *shop) dispatch(n int) {
	sh := s.shipment(n)
	sh.Spec.Facts.Dispatched = &v1.ActorFact{ID: "d", At: *ptr(s.now)}
	sh.Status.DispatchedAt, sh.Status.Phase = ptr(s.now), v1.ShipmentDispatched
}

func (s *shop) deliver(n int) {
	st := &s.shipment(n).Status
	st.DeliveredAt, st.Phase = ptr(s.now), v1.ShipmentDelivered
}

// drop cancels a Shipment whose units are back in stock.
func (s *shop) drop(n int) {
	st := &s.shipment(n).Status
	st.CancelledAt, st.Phase = ptr(s.now), v1.ShipmentCancelled
}

// stock sets what is available of a line's product.
func (s *shop) stock(line int, available v1.Quantity) {
	sku := s.order().Spec.Lines[line-1].SKU
	st := s.facts.Stock[sku]
	st.Available, st.ByLocation = available, map[v1.Identifier]v1.Quantity{"here": available}
	s.facts.Stock[sku] = st
}

// text is the order in a line: phase, what it waits for, and its money.
func (s *shop) text() string {
	st := s.order().Status
	ready := meta.FindStatusCondition(st.Conditions, v1.ConditionReady)
	word := "ready"
	if meta.IsStatusConditionTrue(st.Conditions, v1.ConditionReconciling) {
		word = "busy"
	} else if meta.IsStatusConditionTrue(st.Conditions, v1.ConditionStalled) {
		word = "stalled"
	}
	a := st.Amounts
	text := fmt.Sprintf("%s, %s %s; held %d taken %d back %d due %d", st.Phase, word, ready.Reason, a.Authorized, a.Captured, a.Refunded, a.Due)
	for _, c := range []string{v1.ConditionCancelRefused, v1.ConditionEditClamped} {
		if meta.IsStatusConditionTrue(st.Conditions, c) {
			text += "; " + c
		}
	}
	return text
}

// calls lists the operations: "Authorize 2000 Succeeded".
func (s *shop) calls() []string {
	var list []string
	for _, op := range operations(s.order()) {
		list = append(list, fmt.Sprintf("%s %d %s", op.Kind, op.Amount, op.State))
	}
	return list
}

// stages lists the phases that the order went through.
func (s *shop) stages() string {
	var list []string
	for _, e := range s.order().Status.Timeline {
		list = append(list, string(e.Stage))
	}
	return strings.Join(list, " ")
}

// step is something that happens, and the order once it has come to rest.
type step struct {
	what string
	do   func(*shop)
	want string
}

// play goes through a story, which begins when the order was placed and has come
// to rest with nothing in stock.
func play(t *testing.T, s *shop, steps []step) {
	t.Helper()
	s.t = t
	s.settle()
	for _, st := range steps {
		s.now = s.now.Add(time.Minute)
		if st.do != nil {
			st.do(s)
		}
		s.settle()
		if diff := cmp.Diff(st.want, s.text()); diff != "" {
			t.Fatalf("%s (-want +got):\n%s\ncalls: %v", st.what, diff, s.calls())
		}
	}
}

// hasCall says whether an operation of a kind was ever recorded.
func (s *shop) hasCall(kind v1.OperationKind) bool {
	return slices.ContainsFunc(operations(s.order()), func(op v1.PaymentOperation) bool { return op.Kind == kind })
}
