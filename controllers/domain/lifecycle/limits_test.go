package lifecycle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// An order in very many parts comes to the end of what its status holds: it
// says so and can be settled by hand, and no status is refused for its size.
func TestAnOrderOfVeryManyParts(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 250)
	s.settle()
	for n := 1; n <= 250; n++ {
		s.ship(1)
		s.reserve(n)
		s.dispatch(n)
		s.deliver(n)
		if n%25 == 0 || n < 102 {
			s.settle()
		}
	}
	st := s.order().Status
	if len(st.Payment.Operations) != maxOperations || len(st.Shipments) != maxShipments || st.Shipments[maxShipments-1].Name != "order-s250" {
		t.Fatalf("%d operations, %d Shipments, the last %s", len(st.Payment.Operations), len(st.Shipments), st.Shipments[len(st.Shipments)-1].Name)
	}
	if want := "Delivered, stalled TooManyOperations; held 151000 taken 99000 back 0 due 250000"; s.text() != want {
		t.Errorf("%s, want %s", s.text(), want)
	}
}

// Where the provider cannot be asked what it knows, nothing is recorded, and it
// is asked again.
func TestNothingIsRecordedBeforeTheProviderWasAsked(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	plan := Decide(&s.facts, s.now)
	if !plan.AddFinalizer || !plan.Adopt || plan.Call != nil {
		t.Errorf("the plan is %+v", plan)
	}
	s.order().Finalizers = []string{v1.OrderFinalizer}
	s.order().Status = *Project(&s.facts, Outcome{}, s.now)
	if len(operations(s.order())) > 0 {
		t.Errorf("recorded: %v", s.calls())
	}
	placed := s.order().CreationTimestamp.Time
	for age, want := range map[time.Duration]time.Duration{0: allocatorTurn, 8 * time.Minute: 2 * time.Minute, time.Hour: maxAdoptionTurn} {
		if now := placed.Add(age); !Deadline(&s.facts, now).Equal(now.Add(want)) {
			t.Errorf("%v old, it is asked again after %v, want %v", age, Deadline(&s.facts, now).Sub(now), want)
		}
	}
	// What a person has to mend is shown as long as it is there.
	mend := Project(&s.facts, Outcome{Unusable: "create Secret shop.card"}, s.now)
	ready := meta.FindStatusCondition(mend.Conditions, v1.ConditionReady)
	if ready.Reason != v1.ReasonProviderUnusable || !strings.HasSuffix(ready.Message, "create Secret shop.card") || !meta.IsStatusConditionTrue(mend.Conditions, v1.ConditionStalled) {
		t.Errorf("the order says %+v", ready)
	}
}

func TestANameThatTheProviderKnows(t *testing.T) {
	approve := func(s *shop) {
		s.edit(func(o *v1.OrderSpec) { o.Approval = &v1.Approval{Decision: v1.DecisionApprove} })
	}
	for name, test := range map[string]struct {
		before func(*shop)
		steps  []step
	}{
		"its money went back": {
			func(s *shop) { s.settle(); cancel(s); s.settle() },
			[]step{
				{"it is held", nil, "OnHold, ready ReusedName; held 0 taken 2000 back 2000 due 2000"},
				{"approved", approve, "Backordered, ready AwaitingStock; held 0 taken 4000 back 2000 due 2000"},
			},
		},
		"in another currency": {
			func(s *shop) { s.settle(); s.bank.abroad() },
			[]step{
				{"it is held", nil, "OnHold, ready ReusedName; held 0 taken 0 back 0 due 2000"},
				{"and stays so", func(s *shop) { s.now = s.now.Add(time.Hour) }, "OnHold, ready ReusedName; held 0 taken 0 back 0 due 2000"},
				{"approved", approve, "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000"},
			},
		},
		"it was only declined": {
			func(s *shop) { s.bank.decline = true; s.settle(); s.bank.decline = false },
			[]step{{"it is tried", nil, "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000"}},
		},
		"in another currency, and it is cancelled": {
			func(s *shop) { s.settle(); s.bank.abroad() },
			[]step{
				{"it is held", nil, "OnHold, ready ReusedName; held 0 taken 0 back 0 due 2000"},
				{"cancelled", cancel, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			old := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
			test.before(old)
			s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
			s.order().UID, s.bank = "uid-again", old.bank
			play(t, s, test.steps)
		})
	}
}

// Money that is held at the provider of an earlier choice goes back before it is held
// at another one, and what that one refuses keeps the order from being confirmed.
func TestAnotherProviderIsChosen(t *testing.T) {
	wallet := func(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Payment.Method = v1.PaymentOnline }) }
	held := func(t *testing.T) *shop {
		s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
		s.bank.lost = true // the hold is there, and nobody knows
		s.settle()
		wallet(s)
		s.bank.lost = false
		s.now = s.now.Add(time.Minute)
		return s
	}
	s := held(t)
	s.settle()
	if got := s.text(); got != "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000" {
		t.Errorf("it is %s", got)
	}
	var story []string
	for _, op := range operations(s.order()) {
		story = append(story, fmt.Sprintf("%s %d at %s", op.Kind, op.Seq, op.Provider))
	}
	if diff := cmp.Diff([]string{"Authorize 1 at card", "Void 1 at card", "Authorize 1 at wallet", "Capture 1 at wallet"}, story); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	s = held(t)
	s.receive(2000) // and by then there is nothing to be held at the wallet
	s.settle()
	if got := s.text(); got != "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000" || len(operations(s.order())) != 2 {
		t.Errorf("paid by hand it is %s, after %v", got, s.calls())
	}
	s = held(t)
	s.look() // finds the hold
	s.bank.decline = true
	s.settle()
	if got := s.text(); got != "Received, stalled PaymentDeclined; held 2000 taken 0 back 0 due 2000" {
		t.Errorf("where the old provider does not release it, it is %s", got)
	}
}

// A clock that was set back does not turn the timeline round.
func TestTheTimelineGoesForward(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	s.settle()
	s.now = s.now.Add(-time.Hour)
	cancel(s)
	s.settle()
	for i, e := range s.order().Status.Timeline[1:] {
		if e.EnteredAt.Before(&s.order().Status.Timeline[i].EnteredAt) {
			t.Errorf("%s began before what came before it: %+v", e.Stage, s.order().Status.Timeline)
		}
	}
}

// A token that was used up may be gone: what it was for is held.
func TestATokenIsNeededOnce(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	s.bank.lost = true
	s.settle()
	s.bank.lost, s.facts.TokenProblem = false, "there is no such Secret"
	s.now = s.now.Add(time.Minute)
	s.settle()
	if got := s.text(); got != "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000" {
		t.Errorf("it is %s", got)
	}
}

// A drill or a disaster may take an order away with everything open.
func TestAnOrphanedOrderGoesAtOnce(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	s.settle()
	parcel(2, (*shop).reserve, (*shop).dispatch)(s)
	s.settle()
	s.remove()
	if Decide(&s.facts, s.now).RemoveFinalizer {
		t.Error("goods are on their way, and the order may go")
	}
	s.order().Annotations = map[string]string{v1.DeletionPolicyAnnotation: v1.DeletionPolicyOrphan}
	if !Decide(&s.facts, s.now).RemoveFinalizer {
		t.Error("the order is held against its deletion policy")
	}
}

func TestAbandoned(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*shop)
		want   bool
	}{
		"an order that waits":               {func(*shop) {}, false},
		"one that is held":                  {func(s *shop) { s.order().Spec.ShipTo.City = "" }, false},
		"one that was held too long":        {func(s *shop) { s.order().Spec.ShipTo.City = ""; s.settle(); s.now = s.now.Add(72 * time.Hour) }, true},
		"one that is cancelled":             {cancel, true},
		"one that is rejected":              {func(s *shop) { s.facts.Original = "a" }, true},
		"not one that was confirmed before": {all((*shop).settle, cancel), false},
	} {
		s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
		test.change(s)
		if got := Abandoned(&s.facts, s.now); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A quantity that was lowered beside a line that waits for stock comes to rest
// even if the stock controller is always ahead of the order's: it must not give
// the units of a cancelled Shipment to the same order again and again.
func TestALoweredQuantityComesToRestBesideALineThatWaits(t *testing.T) {
	s := newSim(t, rand.NewPCG(1, 1))
	s.shop = newShop(t, class(v1.CaptureOnConfirm), v1.PaymentOnline, 3, 2)
	s.fresh = true
	turn := func() {
		for _, sh := range s.shipments {
			s.shipmentTurn(sh)
		}
		s.stockTurn()
		s.orderTurn()
	}
	for _, item := range s.items {
		item.Spec.Count = nil
		item.Status = v1.StockItemStatus{}
	}
	s.takeStock("tea-1", 3)
	for range 6 {
		turn()
	}
	lower(1)(s.shop)
	for range 6 {
		turn()
	}
	if l := s.order().Status.Lines[0]; l.Cancelled != 2 || l.Reserved != 1 || len(s.shipments) > 4 {
		t.Errorf("after %d Shipments line 1 is %+v", len(s.shipments), l)
	}
}

// An order that was restored without its status and without its token asks what it
// has paid already before it asks for another card.
func TestARestoredOrderNeedsNoToken(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
	s.settle()
	lost := s.order().Status
	s.order().Status = v1.OrderStatus{ObservedGeneration: -1}
	s.order().Finalizers = nil
	s.facts.TokenProblem = "there is no Secret token; create it"
	s.settle()
	if want := "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000"; s.text() != want {
		t.Errorf("%s, want %s; calls %v, before %v", s.text(), want, s.calls(), lost.Payment.Operations)
	}
}

// One that is held is known to have paid, and gets its money back when it ends.
func TestARestoredOrderThatIsHeld(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
	s.settle()
	s.order().Status = v1.OrderStatus{ObservedGeneration: -1}
	s.order().Finalizers = nil
	s.order().Spec.ShipTo.City = ""
	s.settle()
	if want := "OnHold, ready AddressIncomplete; held 0 taken 2000 back 0 due 2000"; s.text() != want {
		t.Errorf("%s, want %s", s.text(), want)
	}
	s.now = s.now.Add(100 * time.Hour)
	s.settle()
	if want := "Rejected, stalled HoldExpired; held 0 taken 2000 back 2000 due 0"; s.text() != want {
		t.Errorf("%s, want %s", s.text(), want)
	}
}

// Another provider is asked as well before it is called.
func TestEachProviderIsAskedOnce(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	s.bank.decline = true
	s.settle()
	s.bank.decline = false
	s.edit(func(o *v1.OrderSpec) { o.Payment.Method = v1.PaymentOnline })
	if plan := Decide(&s.facts, s.now); !plan.Adopt {
		t.Errorf("the other provider is not asked: %+v", plan)
	}
	s.settle()
	var asked []v1.Identifier
	for _, p := range s.order().Status.Payment.Providers {
		asked = append(asked, p.Provider.Name)
	}
	if !slices.Equal(asked, []v1.Identifier{"card", "wallet"}) {
		t.Errorf("asked were %v", asked)
	}
}

// Under the same name the class may come to mean another provider: an order that
// has asked the first one asks and calls the second, and what was sent to the first
// is looked up there.
func TestANameThatMeansAnotherProvider(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	s.bank.decline = true
	s.settle()
	s.bank.decline = false
	s.facts.Class.Spec.Payment.Providers[0].Type = v1.ProviderStripe
	s.edit(func(o *v1.OrderSpec) { o.Priority = 1 })
	s.settle()
	ops := operations(s.order())
	for i, want := range []v1.ProviderType{v1.ProviderSimulated, v1.ProviderStripe} {
		if called := ProviderOf(s.order(), s.facts.Class, &ops[i]); called == nil || called.Type != want {
			t.Errorf("%s %d was sent to %+v, want %s", ops[i].Kind, ops[i].Seq, called, want)
		}
	}
}

// The address and the Secret of today are used as long as the class has them.
func TestProviderOf(t *testing.T) {
	gateway := func(url string, secret v1.ObjectName) v1.PaymentProvider {
		return v1.PaymentProvider{Name: "card", Type: v1.ProviderHTTP, URL: url, SecretRef: &v1.LocalReference{Name: secret}, FeeBps: 7}
	}
	o := &v1.Order{Status: v1.OrderStatus{Payment: &v1.PaymentStatus{Providers: []v1.CalledProvider{{Class: "retail", Provider: gateway("https://old", "old")}}}}}
	op := &v1.PaymentOperation{Class: "retail", Provider: "card", Type: v1.ProviderHTTP}
	with := func(p v1.PaymentProvider) *v1.OrderClass {
		return &v1.OrderClass{Spec: v1.OrderClassSpec{Payment: &v1.PaymentPolicy{Providers: []v1.PaymentProvider{p}}}}
	}
	moved, renamed, retyped := gateway("https://new", "new"), gateway("https://new", "new"), gateway("", "new")
	moved.FeeBps, renamed.Name, retyped.Type = 9, "other", v1.ProviderStripe
	for name, test := range map[string]struct {
		class  *v1.OrderClass
		url    string
		secret v1.ObjectName
	}{
		"the class is gone":                      {nil, "https://old", "old"},
		"the class has no providers any more":    {&v1.OrderClass{}, "https://old", "old"},
		"the provider has moved":                 {with(moved), "https://new", "new"},
		"the provider was renamed":               {with(renamed), "https://old", "old"},
		"the name means another provider by now": {with(retyped), "https://old", "old"},
	} {
		p := ProviderOf(o, test.class, op)
		if p == nil || p.URL != test.url || p.SecretRef.Name != test.secret || p.FeeBps != 7 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := ProviderOf(o, nil, &v1.PaymentOperation{Class: "other", Provider: "card", Type: v1.ProviderHTTP}); p != nil {
		t.Errorf("a provider that was never called: %+v", p)
	}
}

// One that is cancelled right away gives back what it had paid before.
func TestARestoredOrderThatIsCancelled(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
	s.settle()
	s.order().Status = v1.OrderStatus{ObservedGeneration: -1}
	s.order().Finalizers = nil
	cancel(s)
	// As long as the provider cannot be asked, the cancel is not done.
	unasked := Project(&s.facts, Outcome{Unusable: "create Secret shop.pay"}, s.now)
	if unasked.Phase != v1.OrderCancelling || !meta.IsStatusConditionTrue(unasked.Conditions, v1.ConditionStalled) {
		t.Errorf("unasked it is %s: %+v", unasked.Phase, unasked.Conditions)
	}
	if !Deadline(&s.facts, s.now).After(s.now) {
		t.Error("nobody comes back to ask")
	}
	s.settle()
	if want := "Cancelled, ready Cancelled; held 0 taken 2000 back 2000 due 0"; s.text() != want {
		t.Errorf("%s, want %s", s.text(), want)
	}
}

// Nor does it end otherwise before the provider was asked: not by a final finding,
// not by the end of its hold, and not by its deletion.
func TestARestoredOrderThatEndsUnconfirmed(t *testing.T) {
	for name, end := range map[string]func(*shop){
		"a person rejects it": func(s *shop) {
			s.edit(func(o *v1.OrderSpec) { o.Approval = &v1.Approval{Decision: v1.DecisionReject} })
		},
		"it repeats another": func(s *shop) { s.facts.Original = "first" },
	} {
		s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
		s.settle()
		s.order().Status = v1.OrderStatus{ObservedGeneration: -1}
		s.order().Finalizers = nil
		end(s)
		if unasked := Project(&s.facts, Outcome{Unusable: "create Secret shop.pay"}, s.now); Final(unasked.Phase) || !meta.IsStatusConditionTrue(unasked.Conditions, v1.ConditionStalled) {
			t.Errorf("%s: unasked it is %s: %+v", name, unasked.Phase, unasked.Conditions)
		}
		s.settle()
		if a := s.order().Status.Amounts; s.order().Status.Phase != v1.OrderRejected || a.Captured != 2000 || a.Refunded != 2000 {
			t.Errorf("%s: %s", name, s.text())
		}
	}
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
	s.settle()
	s.order().Status = v1.OrderStatus{ObservedGeneration: -1}
	s.remove()
	if p := Decide(&s.facts, s.now); p.RemoveFinalizer || !p.Adopt {
		t.Errorf("deleted, the plan is %+v", p)
	}
}
