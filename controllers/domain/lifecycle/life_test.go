package lifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
)

// An order that is deleted is held until nothing of it is left open.
func TestDeletion(t *testing.T) {
	card := func(capture v1.CaptureMoment) *shop { return newShop(t, class(capture), v1.PaymentCard, 2) }
	type stage struct {
		what string
		do   func(*shop)
		// held says that the finalizer is still there afterwards.
		held bool
		want string
	}
	for name, test := range map[string]struct {
		shop   *shop
		stages []stage
		calls  []string
	}{
		"without any effect it goes at once": {
			newShop(t, withHold(class(v1.CaptureOnDispatch), 24, 0), v1.PaymentCard, 2),
			[]stage{{"held for approval", nil, true, "OnHold, ready ManualApproval; held 0 taken 0 back 0 due 2000"}},
			nil,
		},
		"money that came in by hand is paid back first": {
			newShop(t, nil, v1.PaymentTransfer, 2),
			[]stage{
				{"a part came in", func(s *shop) { s.receive(500) }, true, "OnHold, ready AwaitingPayment; held 0 taken 500 back 0 due 2000"},
				{"deleted", (*shop).remove, true, "Cancelling, stalled ManualRefundRequired; held 0 taken 500 back 0 due 0"},
				{"paid back", refundByHand(500), false, "Cancelled, ready Cancelled; held 0 taken 500 back 500 due 0"},
			},
			nil,
		},
		"units that are promised for a Shipment which is not there yet are waited for, and paid back": {
			newShop(t, class(v1.CaptureOnConfirm), v1.PaymentCard, 2),
			[]stage{
				{"promised", func(s *shop) { s.facts.Intended = map[v1.Identifier]v1.Quantity{"1": 2} }, true, "Confirmed, busy Progressing; held 0 taken 2000 back 0 due 2000"},
				{"deleted", (*shop).remove, true, "Cancelling, busy Deleting; held 0 taken 2000 back 0 due 2000"},
				{"the promise was taken back", func(s *shop) { s.facts.Intended = nil }, false, "Cancelled, ready Cancelled; held 0 taken 2000 back 2000 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded", "Refund 2000 Succeeded"},
		},
		"held money is released first": {
			card(v1.CaptureOnDispatch),
			[]stage{
				{"confirmed", nil, true, "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"},
				{"deleted", (*shop).remove, false, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
		"a Shipment that has not left is cancelled first": {
			card(v1.CaptureOnDispatch),
			[]stage{
				{"reserved", parcel(2, (*shop).reserve), true, "Processing, ready AwaitingWarehouse; held 2000 taken 0 back 0 due 2000"},
				{"deleted", (*shop).remove, true, "Cancelling, busy Deleting; held 2000 taken 0 back 0 due 2000"},
				{"the Shipment is cancelled", func(s *shop) { s.drop(1) }, false, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
		"case 27: goods on their way are waited for, and the return window is not": {
			card(v1.CaptureOnDelivery),
			[]stage{
				{"a parcel leaves", parcel(1, (*shop).reserve, (*shop).dispatch), true, "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"},
				{"deleted", (*shop).remove, true, "Shipped, busy Deleting; held 2000 taken 0 back 0 due 1000"},
				{"it arrives", func(s *shop) { s.deliver(1) }, false, "Delivered, busy Deleting; held 0 taken 1000 back 0 due 1000"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 1000 Succeeded", "Void 1000 Succeeded"},
		},
		"cash that is owed is waited for": {
			newShop(t, nil, v1.PaymentCash, 1),
			[]stage{
				{"a parcel arrives", parcel(1, (*shop).reserve, (*shop).dispatch, (*shop).deliver), true, "Delivered, ready AwaitingPayment; held 0 taken 0 back 0 due 1000"},
				{"deleted", (*shop).remove, true, "Delivered, busy Deleting; held 0 taken 0 back 0 due 1000"},
				{"paid", func(s *shop) { s.receive(1000) }, false, "Delivered, busy Deleting; held 0 taken 1000 back 0 due 1000"},
			},
			nil,
		},
		"an unclear call is waited for": {
			func() *shop {
				s := card(v1.CaptureOnDispatch)
				s.bank.lost = true
				return s
			}(),
			[]stage{
				{"no answer", nil, true, "Received, busy PaymentUnclear; held 0 taken 0 back 0 due 2000"},
				{"deleted", (*shop).remove, true, "Cancelling, busy PaymentUnclear; held 0 taken 0 back 0 due 0"},
				{"the answer is found", func(s *shop) { s.bank.lost = false }, false, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
		"once ended it goes at once": {
			card(v1.CaptureOnDispatch),
			[]stage{
				{"cancelled", cancel, true, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
				{"deleted", (*shop).remove, false, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.shop
			s.settle()
			for _, st := range test.stages {
				s.now = s.now.Add(time.Minute)
				if st.do != nil {
					st.do(s)
				}
				s.settle()
				if got := HasFinalizer(s.order()); got != st.held || s.text() != st.want {
					t.Fatalf("%s: held is %v, %s\nwant %v, %s", st.what, got, s.text(), st.held, st.want)
				}
			}
			if diff := cmp.Diff(test.calls, s.calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is done to an order that has ended: nothing changes, but that the
// latest spec was seen.
func TestAnEndedOrderNeverChanges(t *testing.T) {
	ended := map[string]func() *shop{
		"completed": func() *shop {
			s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
			s.settle()
			parcel(2, (*shop).reserve, (*shop).dispatch, (*shop).deliver)(s)
			s.settle()
			s.now = s.now.Add(72 * time.Hour)
			s.settle()
			return s
		},
		"cancelled": func() *shop {
			s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
			s.settle()
			cancel(s)
			s.settle()
			return s
		},
		"rejected": func() *shop {
			s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
			s.order().Spec.Currency = "ABC"
			s.settle()
			return s
		},
	}
	for end, of := range ended {
		for what, do := range map[string]func(*shop){
			"time passes":            func(s *shop) { s.now = s.now.Add(1000 * time.Hour) },
			"it is cancelled":        cancel,
			"it is made smaller":     lower(0),
			"it is paused":           pause,
			"a case is opened":       func(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Cases = []v1.Case{{ID: "c"}} }) },
			"a Shipment appears":     parcel(1, (*shop).reserve, (*shop).dispatch),
			"its Shipments are gone": func(s *shop) { s.facts.Shipments = nil },
			"its class is gone":      func(s *shop) { s.facts.Class, s.facts.ClassMissing = nil, true },
			"its currency exists":    func(s *shop) { s.order().Spec.Currency = "CNY" },
			"it is deleted":          (*shop).remove,
		} {
			s := of()
			if !Final(s.order().Status.Phase) {
				t.Fatalf("%s: the phase is %s", end, s.order().Status.Phase)
			}
			before := s.order().Status.DeepCopy()
			do(s)
			plan := Decide(&s.facts, s.now)
			after := Project(&s.facts, Outcome{}, s.now)
			before.ObservedGeneration = s.order().Generation
			for i := range before.Conditions {
				before.Conditions[i].ObservedGeneration = s.order().Generation
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("%s, then %s:\n%s", end, what, diff)
			}
			if want := (Plan{RemoveFinalizer: what == "it is deleted" && HasFinalizer(s.order())}); !cmp.Equal(want, plan) {
				t.Errorf("%s, then %s: the plan is %+v", end, what, plan)
			}
			if !Deadline(&s.facts, s.now).IsZero() {
				t.Errorf("%s, then %s: it is looked at again at %v", end, what, Deadline(&s.facts, s.now))
			}
			if WaitsForStock(s.order()) || NeedsToken(&s.facts) {
				t.Errorf("%s, then %s: it waits for something", end, what)
			}
		}
	}
}

func TestThePausedOrderIsLeftAlone(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	pause(s)
	play(t, s, []step{
		{"paused before it was seen", nil, "Received, ready Paused; held 0 taken 0 back 0 due 2000"},
		{"an hour later", func(s *shop) { s.now = s.now.Add(time.Hour) }, "Received, ready Paused; held 0 taken 0 back 0 due 2000"},
	})
	if HasFinalizer(s.order()) || !Deadline(&s.facts, s.now).IsZero() {
		t.Error("a paused order got a finalizer or a deadline")
	}
	resume(s)
	s.bank.lost = true
	s.settle()
	pause(s)
	s.bank.lost = false
	play(t, s, []step{
		{"paused while a call is unclear", nil, "Received, ready Paused; held 0 taken 0 back 0 due 2000"},
		{"active again", resume, "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"},
		{"paused while it waits", pause, "Backordered, ready Paused; held 2000 taken 0 back 0 due 2000"},
		{"a parcel leaves all the same", parcel(2, (*shop).reserve, (*shop).dispatch), "Shipped, ready Paused; held 2000 taken 0 back 0 due 2000"},
		{"active again", resume, "Shipped, ready AwaitingCarrier; held 0 taken 2000 back 0 due 2000"},
	})
}

// The timeline keeps the last stays, each with its end.
func TestTheTimelineIsBounded(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	s.settle()
	for i := range 120 {
		s.now = s.now.Add(time.Minute)
		// A Shipment is made, and falls through.
		if i%2 == 0 {
			parcel(2, (*shop).reserve)(s)
		} else {
			s.drop(len(s.facts.Shipments))
		}
		s.settle()
	}
	line := s.order().Status.Timeline
	if len(line) != maxTimeline || line[0].Stage == v1.OrderReceived {
		t.Fatalf("%d entries, the first %s", len(line), line[0].Stage)
	}
	for i, e := range line[:len(line)-1] {
		if e.LeftAt == nil || !e.LeftAt.Equal(&line[i+1].EnteredAt) || e.Stage == line[i+1].Stage {
			t.Errorf("entry %d: %+v, then %+v", i, e, line[i+1])
		}
	}
	if last := line[len(line)-1]; last.LeftAt != nil || !last.EnteredAt.Equal(ptr(s.now)) {
		t.Errorf("the last entry is %+v", last)
	}
}

// Case 12 and 32: an answer that got lost is looked up under the same id; what
// the provider did is recorded once.
func TestCase12_ALostAnswerIsLookedUp(t *testing.T) {
	for name, lose := range map[string]func(*bank){
		"the call took effect":     func(b *bank) { b.lost = true },
		"the call did not arrive":  func(b *bank) { b.unheard = true },
		"the answer is a decline":  func(b *bank) { b.lost, b.decline = true, true },
		"the manager was replaced": func(*bank) {},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
			lose(&s.bank)
			s.settle()
			if name == "the manager was replaced" {
				// It made the call and died before it wrote the answer.
				s = newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
				s.look()
				s.bank.call(*payment.Open(operations(s.order())), s.now)
			} else {
				for attempt, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
					op := operations(s.order())[0]
					if op.State != v1.OperationUnknown || op.Attempts != int32(attempt+1) {
						t.Fatalf("attempt %d: %+v", attempt, op)
					}
					again := s.now.Add(wait * time.Second)
					if got := Deadline(&s.facts, s.now); !got.Equal(again) {
						t.Fatalf("attempt %d: looked up again at %v, want %v", attempt, got.Sub(s.now), wait*time.Second)
					}
					if s.now = again.Add(-time.Second); s.look() {
						t.Fatalf("attempt %d: there was a call too early", attempt)
					}
					s.now = again
					s.settle()
				}
				s.bank.lost, s.bank.unheard = false, false
				s.now = s.now.Add(5 * time.Minute)
			}
			s.settle()
			want := []string{"Authorize 2000 Succeeded"}
			if name == "the answer is a decline" {
				want = []string{"Authorize 2000 Declined"}
			}
			if diff := cmp.Diff(want, s.calls()); diff != "" || len(s.bank.books) != 1 {
				t.Errorf("%d entries in the provider's books, calls (-want +got):\n%s", len(s.bank.books), diff)
			}
		})
	}
}

// Case 13: an order that was applied again, or restored without its status,
// adopts what the provider knows of its identity.
func TestCase13_WhatTheProviderKnowsIsAdopted(t *testing.T) {
	for name, test := range map[string]struct {
		before func(*shop)
		want   string
		calls  int
	}{
		"nothing":            {func(*shop) {}, "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000", 2},
		"what was taken":     {func(s *shop) { s.settle() }, "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000", 2},
		"what was only held": {func(s *shop) { s.look(); s.bank.call(*payment.Open(operations(s.order())), s.now) }, "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000", 2},
		// A person has to say that it is an order of its own.
		"what was given back": {func(s *shop) { s.settle(); cancel(s); s.settle() }, "OnHold, ready ReusedName; held 0 taken 2000 back 2000 due 2000", 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
			test.before(s)
			again := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2)
			again.order().UID, again.bank = "uid-again", s.bank
			again.settle()
			if got := again.text(); got != test.want || len(again.bank.books) != test.calls {
				t.Errorf("%s, %d entries in the provider's books; want %s, %d", got, len(again.bank.books), test.want, test.calls)
			}
		})
	}
}

func TestConfirmedAtIsInMicroseconds(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCash, 1)
	s.now = noon.Add(1234567 * time.Nanosecond)
	s.settle()
	if want := (&metav1.MicroTime{Time: noon.Add(1234 * time.Microsecond)}); !want.Equal(s.order().Status.ConfirmedAt) {
		t.Errorf("confirmed at %v, want %v", s.order().Status.ConfirmedAt, want)
	}
}
