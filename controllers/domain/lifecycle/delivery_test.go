package lifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// promising is a class that promises Standard in two days.
func promising() *v1.OrderClass {
	c := class(v1.CaptureOnDispatch)
	c.Spec.Delivery = &v1.DeliveryPolicy{Levels: []v1.DeliveryLevel{{Name: v1.ServiceStandard, MaxHours: 48}, {Name: v1.ServiceExpress, MaxHours: 24}}}
	return c
}

func TestPromise(t *testing.T) {
	for name, test := range map[string]struct {
		class *v1.OrderClass
		level v1.ServiceLevel
		asked *time.Time
		// want is some hours after noon; 0 for no promise.
		want int
	}{
		"of a service level":       {promising(), v1.ServiceStandard, nil, 48},
		"of another":               {promising(), v1.ServiceExpress, nil, 24},
		"of one that is not there": {promising(), v1.ServiceEconomy, nil, 0},
		"of a class without any":   {class(v1.CaptureOnDispatch), v1.ServiceStandard, nil, 0},
		"for when it was asked":    {promising(), v1.ServiceStandard, new(noon.Add(100 * time.Hour)), 100},
		"it is wanted earlier":     {promising(), v1.ServiceStandard, new(noon.Add(47 * time.Hour)), 48},
		"nothing but a wish":       {promising(), v1.ServiceEconomy, new(noon.Add(100 * time.Hour)), 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, test.class, v1.PaymentCard, 2)
			s.order().Spec.ServiceLevel = test.level
			if test.asked != nil {
				s.order().Spec.RequestedBy = ptr(*test.asked)
			}
			s.settle()
			got := s.order().Status.Delivery
			if test.want == 0 {
				if got != nil {
					t.Errorf("promised is %+v", got)
				}
				return
			}
			want := ptr(noon.Add(time.Duration(test.want) * time.Hour))
			if got == nil || !got.Promised.Equal(want) || got.Punctuality != v1.PunctualityUnknown {
				t.Fatalf("promised is %+v, want %v", got, want)
			}
			s.edit(func(o *v1.OrderSpec) { o.RequestedBy = ptr(noon.Add(time.Hour)) })
			s.settle()
			if !s.order().Status.Delivery.Promised.Equal(want) {
				t.Errorf("after an edit it is promised for %v", s.order().Status.Delivery.Promised)
			}
		})
	}
}

// The last of the Shipments says when the order is expected; the promise is held against
// that, and in the end against when it came.
func TestExpectedDelivery(t *testing.T) {
	eta := func(n, hours int) func(*shop) {
		return func(s *shop) {
			at := *ptr(noon.Add(time.Duration(hours) * time.Hour))
			s.shipment(n).Status.ETA = &v1.Arrival{P50: at, P90: at}
		}
	}
	later := func(hours int) func(*shop) {
		return func(s *shop) { s.now = noon.Add(time.Duration(hours) * time.Hour) }
	}
	two := all(func(s *shop) { s.ship(1); s.ship(1) }, func(s *shop) { s.reserve(1); s.reserve(2) })
	out := func(s *shop) { s.dispatch(1); s.dispatch(2) }
	done := func(n int) func(*shop) {
		return func(s *shop) { s.deliver(n); s.shipment(n).Status.ETA = nil }
	}
	for name, test := range map[string]struct {
		steps []func(*shop)
		// p90 in hours after noon, 0 for not known.
		p90        int
		punctual   v1.Punctuality
		risk, late string
	}{
		"nothing is reserved":        {nil, 0, v1.PunctualityUnknown, "", ""},
		"one is not expected":        {[]func(*shop){two, eta(1, 20)}, 0, v1.PunctualityUnknown, "", ""},
		"the later counts":           {[]func(*shop){two, eta(1, 20), eta(2, 30)}, 30, v1.PunctualityOnTime, "", ""},
		"which is too late":          {[]func(*shop){two, eta(1, 49), eta(2, 30)}, 49, v1.PunctualityLate, v1.ReasonExpectedLate, ""},
		"one is there":               {[]func(*shop){two, eta(1, 20), eta(2, 30), out, done(2)}, 20, v1.PunctualityOnTime, "", ""},
		"the time is over":           {[]func(*shop){two, eta(1, 20), eta(2, 30), out, later(49)}, 30, v1.PunctualityLate, "", v1.ReasonNotArrived},
		"both are there":             {[]func(*shop){two, out, later(40), done(1), done(2)}, 0, v1.PunctualityOnTime, "", ""},
		"one of them came too late":  {[]func(*shop){two, out, done(1), later(50), done(2)}, 0, v1.PunctualityLate, "", v1.ReasonArrivedLate},
		"which stays when it closes": {[]func(*shop){two, out, done(1), later(50), done(2), func(s *shop) { s.settle() }, later(150)}, 0, v1.PunctualityLate, "", v1.ReasonArrivedLate},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, promising(), v1.PaymentCard, 2)
			s.order().Spec.ServiceLevel = v1.ServiceStandard
			s.settle()
			for _, step := range test.steps {
				step(s)
				s.settle()
			}
			st := s.order().Status
			if (st.Delivery.ETA == nil) != (test.p90 == 0) || (test.p90 > 0 && !st.Delivery.ETA.P90.Equal(ptr(noon.Add(time.Duration(test.p90)*time.Hour)))) {
				t.Errorf("expected at %+v, want %d hours", st.Delivery.ETA, test.p90)
			}
			if st.Delivery.Punctuality != test.punctual {
				t.Errorf("it is %s, want %s", st.Delivery.Punctuality, test.punctual)
			}
			got := [2]string{why(&st, v1.ConditionPromiseAtRisk), why(&st, v1.ConditionLate)}
			if diff := cmp.Diff([2]string{test.risk, test.late}, got); diff != "" {
				t.Errorf("PromiseAtRisk and Late (-want +got):\n%s", diff)
			}
		})
	}
}

// An order whose promise is open is looked at again in the second after it.
func TestPromiseWakes(t *testing.T) {
	s := newShop(t, promising(), v1.PaymentCard, 2)
	s.order().Spec.ServiceLevel = v1.ServiceExpress
	s.settle()
	parcel(2, (*shop).reserve, (*shop).dispatch)(s)
	s.settle()
	if next, want := Deadline(&s.facts, s.now), noon.Add(24*time.Hour+time.Second); !next.Equal(want) {
		t.Errorf("looks again at %v, want %v", next, want)
	}
}

func why(st *v1.OrderStatus, condition string) string {
	if c := meta.FindStatusCondition(st.Conditions, condition); c != nil {
		return c.Reason
	}
	return ""
}

// What carriers have quoted counts where they do not say what they charged.
func TestQuotedFreight(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 3)
	s.settle()
	s.ship(1)
	s.ship(1)
	s.ship(1)
	for n, quoted := range []v1.Amount{100, 200, 300} {
		s.shipment(n + 1).Status.QuotedFreight = &quoted
		s.reserve(n + 1)
		s.dispatch(n + 1)
		s.deliver(n + 1)
	}
	s.shipment(1).Spec.ActualFreight = new(v1.Amount(90))
	s.shipment(2).Spec.ActualFreight = new(v1.Amount(207))
	s.settle()
	want := []v1.Discrepancy{{Kind: v1.DiscrepancyFreightEstimated, Amount: 1}, {Kind: v1.DiscrepancyFreightAboveQuote, Amount: 7}}
	settled := s.order().Status.Settlement
	if diff := cmp.Diff(want, settled.Discrepancies); diff != "" || settled.Freight != 90+207+300 {
		t.Errorf("freight %d; discrepancies (-want +got):\n%s", settled.Freight, diff)
	}
	s.now = s.now.Add(72 * time.Hour)
	s.settle()
	s.facts.Shipments = s.facts.Shipments[:1]
	late(0)(s)
	s.settle()
	if diff := cmp.Diff(settled, s.order().Status.Settlement); diff != "" {
		t.Errorf("once Shipments are gone (-before +after):\n%s", diff)
	}
}
