package lifecycle

import (
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// shortOf is a confirmed order of 3 units of the first line and 2 of the second,
// of which only some of the first are promised, under a shortage policy.
func shortOf(t *testing.T, policy v1.ShortagePolicy, change func(*v1.OrderClass)) *shop {
	c := class(v1.CaptureOnDispatch)
	c.Spec.Shortage = policy
	if change != nil {
		change(c)
	}
	s := newShop(t, c, v1.PaymentCard, 3, 2)
	s.facts.Live = true
	s.stock(1, 2)
	s.settle()
	s.ship(2, 0)
	s.reserve(1)
	s.stock(1, 0)
	s.settle()
	return s
}

// cutOf tells the units of each line that are cut and cancelled.
func cutOf(s *shop) (cut, cancelled [2]v1.Quantity) {
	for i, l := range s.order().Status.Lines {
		cut[i], cancelled[i] = l.Cut, l.Cancelled
	}
	return cut, cancelled
}

func TestShortagePolicies(t *testing.T) {
	for policy, want := range map[v1.ShortagePolicy]struct{ cut, cancelled [2]v1.Quantity }{
		v1.ShortageBackorder: {},
		v1.ShortageAsk:       {},
		// What is promised is shipped.
		v1.ShortageShipAvailable: {[2]v1.Quantity{1, 2}, [2]v1.Quantity{1, 2}},
		// Units of a Shipment are cancelled when the Shipment is.
		v1.ShortageCancelLine:  {[2]v1.Quantity{3, 2}, [2]v1.Quantity{1, 2}},
		v1.ShortageCancelOrder: {[2]v1.Quantity{3, 2}, [2]v1.Quantity{1, 2}},
	} {
		t.Run(string(policy), func(t *testing.T) {
			s := shortOf(t, policy, nil)
			if cut, cancelled := cutOf(s); cut != want.cut || cancelled != want.cancelled {
				t.Errorf("cut %v, cancelled %v; want %v, %v", cut, cancelled, want.cut, want.cancelled)
			}
			if got := meta.IsStatusConditionTrue(s.order().Status.Conditions, v1.ConditionShortage); got != (policy != v1.ShortageBackorder) {
				t.Errorf("Shortage is %v", got)
			}
			if policy != v1.ShortageCancelLine && policy != v1.ShortageCancelOrder {
				return
			}
			if WaitsForStock(s.order()) {
				t.Error("what is being cancelled waits for stock")
			}
			s.drop(1)
			s.settle()
			if phase := s.order().Status.Phase; phase != v1.OrderCancelled {
				t.Errorf("all was cut and given back, and the order is %s", phase)
			}
		})
	}
}

// A line that can be served is not cancelled because another one is short.
func TestOnlyTheShortLineIsCancelled(t *testing.T) {
	c := class(v1.CaptureOnDispatch)
	c.Spec.Shortage = v1.ShortageCancelLine
	s := newShop(t, c, v1.PaymentCard, 3, 2)
	s.facts.Live = true
	s.stock(1, 9)
	s.settle()
	if cut, _ := cutOf(s); cut != [2]v1.Quantity{} {
		t.Fatalf("%v are cut before the allocator had its turn", cut)
	}
	s.ship(3, 0)
	s.reserve(1)
	s.settle()
	if cut, cancelled := cutOf(s); cut != [2]v1.Quantity{0, 2} || cancelled != cut {
		t.Errorf("cut %v, cancelled %v", cut, cancelled)
	}
}

// What cannot be undone rests on live reads, and on stock-takes that were applied.
func TestNothingIsCutOnHearsay(t *testing.T) {
	for name, change := range map[string]func(*shop){
		"the reads are old":             func(s *shop) { s.facts.Live = false },
		"a product was not counted yet": func(s *shop) { s.facts.Stock["tea-1"] = Stock{Pending: true} },
		"its own units come back":       func(s *shop) { s.facts.Returning = true },
		"there is stock":                func(s *shop) { s.stock(2, 1) },
		"the order is paused":           func(s *shop) { s.order().Spec.Management = v1.ManagementPaused },
		"the order is being cancelled":  func(s *shop) { s.order().Spec.Cancel = &v1.CancelRequest{} },
	} {
		t.Run(name, func(t *testing.T) {
			c := class(v1.CaptureOnDispatch)
			c.Spec.Shortage = v1.ShortageCancelOrder
			s := newShop(t, c, v1.PaymentCard, 3, 2)
			s.stock(1, 1) // so that it is not short at once
			s.settle()
			s.stock(1, 0)
			s.facts.Live = true
			change(s)
			f := &s.facts
			if NeedsLive(f, s.now) != (name == "the reads are old") {
				t.Errorf("NeedsLive is %v", !NeedsLive(f, s.now))
			}
			s.look()
			if cut, _ := cutOf(s); cut != [2]v1.Quantity{} {
				t.Errorf("%v are cut", cut)
			}
		})
	}
}

func TestTheCustomerIsAsked(t *testing.T) {
	answer := func(choice string) func(*shop) {
		return func(s *shop) {
			s.edit(func(o *v1.OrderSpec) { o.Answers = []v1.Answer{{Question: QuestionShortage, Choice: choice}} })
		}
	}
	wait := func(d time.Duration) func(*shop) { return func(s *shop) { s.now = s.now.Add(d) } }
	for name, test := range map[string]struct {
		onDeadline v1.ShortagePolicy
		then       func(*shop)
		cut        [2]v1.Quantity
		asked      bool
	}{
		"nobody answers yet":                         {v1.ShortageCancelOrder, wait(23 * time.Hour), [2]v1.Quantity{}, true},
		"the deadline passes, and the class cancels": {v1.ShortageCancelOrder, wait(24 * time.Hour), [2]v1.Quantity{3, 2}, false},
		"the deadline passes, and it goes on":        {v1.ShortageBackorder, wait(24 * time.Hour), [2]v1.Quantity{}, false},
		"the class says nothing of it":               {"", wait(24 * time.Hour), [2]v1.Quantity{}, false},
		"the answer is to wait":                      {v1.ShortageCancelOrder, answer("Backorder"), [2]v1.Quantity{}, false},
		"the answer is to ship what is there":        {v1.ShortageCancelOrder, answer("ShipAvailable"), [2]v1.Quantity{1, 2}, false},
		"the answer is to cancel":                    {v1.ShortageBackorder, answer("CancelOrder"), [2]v1.Quantity{3, 2}, false},
		"the answer is none of the options":          {v1.ShortageCancelOrder, answer("Maybe"), [2]v1.Quantity{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := shortOf(t, v1.ShortageAsk, func(c *v1.OrderClass) {
				c.Spec.Ask = &v1.AskPolicy{DeadlineHours: 24, OnDeadline: test.onDeadline}
			})
			q := question(s.order())
			if q == nil || !slices.Equal(q.Options, shortageOptions) || !q.Deadline.Equal(ptr(s.now.Add(24*time.Hour))) {
				t.Fatalf("the question is %+v", q)
			}
			if d := Deadline(&s.facts, s.now); !d.Equal(q.Deadline.Time) {
				t.Errorf("the next look is at %v, the deadline at %v", d, q.Deadline)
			}
			test.then(s)
			s.settle()
			if cut, _ := cutOf(s); cut != test.cut {
				t.Errorf("cut %v, want %v", cut, test.cut)
			}
			c := meta.FindStatusCondition(s.order().Status.Conditions, v1.ConditionShortage)
			if asked := c != nil && c.Reason == v1.ReasonAwaitingAnswer; asked != test.asked {
				t.Errorf("asked is %v: %+v", asked, c)
			}
			if test.asked && (!strings.Contains(c.Message, "spec.answers") || !strings.Contains(c.Message, "Backorder")) {
				t.Errorf("the message is %q", c.Message)
			}
		})
	}
}

// Where nothing waits any more nobody has to answer; a new shortage asks again.
func TestTheQuestionIsWithdrawn(t *testing.T) {
	s := shortOf(t, v1.ShortageAsk, nil)
	s.ship(1, 2)
	s.reserve(2)
	s.settle()
	if q := question(s.order()); q != nil {
		t.Errorf("the question stands: %+v", q)
	}
	s.now = s.now.Add(1000 * time.Hour)
	s.drop(2)
	s.settle()
	if q := question(s.order()); q == nil || !q.Deadline.After(s.now) {
		t.Errorf("the new question is %+v", q)
	}
}

// An order that is shipped as a whole is short where no location has it all,
// though every product is somewhere.
func TestAWholeOrderIsShort(t *testing.T) {
	for name, test := range map[string]struct {
		policy v1.ShortagePolicy
		at     map[v1.SKU]map[v1.Identifier]v1.Quantity
		cut    [2]v1.Quantity
	}{
		"one location has it all": {v1.ShortageShipAvailable, map[v1.SKU]map[v1.Identifier]v1.Quantity{"tea-1": {"a": 3}, "tea-2": {"a": 2}}, [2]v1.Quantity{}},
		"the best location lacks a line": {
			v1.ShortageShipAvailable, map[v1.SKU]map[v1.Identifier]v1.Quantity{"tea-1": {"a": 3}, "tea-2": {"b": 2}}, [2]v1.Quantity{0, 2},
		},
		"the best location lacks some units": {
			v1.ShortageShipAvailable, map[v1.SKU]map[v1.Identifier]v1.Quantity{"tea-1": {"a": 2, "b": 1}, "tea-2": {"a": 2}}, [2]v1.Quantity{1, 0},
		},
		"the line that is short goes": {
			v1.ShortageCancelLine, map[v1.SKU]map[v1.Identifier]v1.Quantity{"tea-1": {"a": 2, "b": 1}, "tea-2": {"a": 2}}, [2]v1.Quantity{3, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := class(v1.CaptureOnDispatch)
			c.Spec.Shortage = test.policy
			c.Spec.Allocation = &v1.AllocationPolicy{Mode: v1.AllocationAllOrNothing}
			s := newShop(t, c, v1.PaymentCard, 3, 2)
			s.facts.Live = true
			for sku, at := range test.at {
				st := Stock{ByLocation: at}
				for _, q := range at {
					st.Available += q
				}
				s.facts.Stock[sku] = st
			}
			s.settle()
			if cut, _ := cutOf(s); cut != test.cut {
				t.Errorf("cut %v, want %v", cut, test.cut)
			}
		})
	}
}

// The last Shipment that an order may have must carry all that is left.
func TestMaxSplitsMakeAnOrderShort(t *testing.T) {
	for splits, want := range map[int32][2]v1.Quantity{1: {1, 2}, 2: {0, 0}, 3: {0, 0}} {
		c := class(v1.CaptureOnDispatch)
		c.Spec.Shortage, c.Spec.Allocation = v1.ShortageShipAvailable, &v1.AllocationPolicy{MaxSplits: &splits}
		s := newShop(t, c, v1.PaymentCard, 3, 2)
		s.facts.Live = true
		s.stock(1, 9)
		s.stock(2, 9)
		s.settle()
		s.ship(2, 0)
		s.reserve(1)
		s.settle()
		if cut, _ := cutOf(s); cut != want {
			t.Errorf("at most %d Shipments: cut %v, want %v", splits, cut, want)
		}
	}
}
