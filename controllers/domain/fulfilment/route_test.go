package fulfilment

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/routing"
)

// to is the end of a lane at a place, or, "" for a place, at the doors of China.
func to(place v1.Identifier) v1.LaneEnd {
	if place == "" {
		return v1.LaneEnd{Area: &v1.Area{Country: "CN"}}
	}
	return v1.LaneEnd{Place: v1.Place(place)}
}

func lane(id v1.Identifier, m v1.Mode, from, end v1.Identifier, p50, p90 int32, fixed v1.Amount) v1.Lane {
	return v1.Lane{
		ID: id, Mode: m, From: from, To: to(end), TransitHours: v1.TransitHours{P50: p50, P90: p90},
		Cost: v1.LaneCost{Currency: "CNY", Fixed: fixed},
	}
}

// carriers are one with trucks over a hub, which leave at six in the evening, and one
// with planes to the door, at once.
func carriers() []routing.Carrier {
	first := lane("out", v1.ModeLand, "main", "hub", 10, 20, 100)
	first.Cutoff = "18:00"
	return []routing.Carrier{
		{Name: "trucks", Lanes: []v1.Lane{first, lane("door", v1.ModeLand, "hub", "", 10, 24, 200)}},
		{Name: "wings", Lanes: []v1.Lane{lane("air", v1.ModeAir, "main", "", 5, 9, 2000)}},
	}
}

// routed is a reserved Shipment that Partners deliver, promised some hours after noon,
// of a service level.
func routed(hours int, level v1.ServiceLevel, changes ...change) *Facts {
	f := boxed(shipment(1, append([]change{wasReserved}, changes...)...), 0)
	f.Order.Spec.Currency, f.Order.Spec.ServiceLevel = "CNY", level
	f.Order.Status.Policy.Carrier.Type = v1.CarrierPartner
	if hours > 0 {
		f.Order.Status.Delivery = &v1.OrderDelivery{Promised: new(hour(hours))}
	}
	f.Carriers = carriers()
	return f
}

// hour is some hours after noon.
func hour(n int) metav1.Time { return at(60 * n) }

// planned is the status of routed, as the stock of a next look.
func planned(t *testing.T, f *Facts, changes ...change) *Facts {
	t.Helper()
	f.Shipment.Status = *project(t, f)
	for _, c := range changes {
		c(f.Shipment)
	}
	return f
}

func lanes(st *v1.ShipmentStatus) (ids []v1.Identifier) {
	for _, l := range st.Route {
		ids = append(ids, l.Lane)
	}
	return ids
}

func reason(st *v1.ShipmentStatus, condition string) string {
	if c := meta.FindStatusCondition(st.Conditions, condition); c != nil {
		return c.Reason
	}
	return ""
}

func TestRoute(t *testing.T) {
	heavy := func(f *Facts) *Facts { f.Items[tea].Spec.Unit.Traits = []v1.Trait{v1.TraitHazmat}; return f }
	for name, c := range map[string]struct {
		facts *Facts
		lanes []v1.Identifier
		// p90 in hours after noon, of the last lane.
		p90             int
		freight         v1.Amount
		other           v1.RouteRejection
		routed, promise string
	}{
		// By truck: six hours until it leaves, 20 to the hub, and then at once 24.
		"the cheapest that is in time": {routed(50, v1.ServiceEconomy), []v1.Identifier{"out", "door"}, 50, 300, v1.RejectedDearer, v1.ReasonRouteChosen, ""},
		"which may be a dearer one":    {routed(49, v1.ServiceEconomy), []v1.Identifier{"air"}, 9, 2000, v1.RejectedTooLate, v1.ReasonRouteChosen, ""},
		"the fastest":                  {routed(50, v1.ServiceExpress), []v1.Identifier{"air"}, 9, 2000, v1.RejectedSlower, v1.ReasonRouteChosen, ""},
		"without a promise":            {routed(0, v1.ServiceEconomy), []v1.Identifier{"out", "door"}, 50, 300, v1.RejectedDearer, v1.ReasonRouteChosen, ""},
		"none is in time":              {routed(8, v1.ServiceEconomy), []v1.Identifier{"air"}, 9, 2000, v1.RejectedSlower, v1.ReasonRouteChosen, v1.ReasonExpectedLate},
		"what is dangerous does not fly": {
			heavy(routed(49, v1.ServiceExpress)), []v1.Identifier{"out", "door"}, 50, 300, v1.RejectedNoRoute, v1.ReasonRouteChosen, v1.ReasonExpectedLate,
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := Project(c.facts, noon)
			if diff := cmp.Diff(c.lanes, lanes(st)); diff != "" {
				t.Fatalf("route (-want +got):\n%s", diff)
			}
			want := v1.Arrival{P50: st.Route[len(st.Route)-1].P50, P90: hour(c.p90)}
			if diff := cmp.Diff(&want, st.ETA); diff != "" {
				t.Errorf("eta (-want +got):\n%s", diff)
			}
			if st.QuotedFreight == nil || *st.QuotedFreight != c.freight {
				t.Errorf("freight %v, want %d", st.QuotedFreight, c.freight)
			}
			if got := reason(st, v1.ConditionRouted); got != c.routed {
				t.Errorf("Routed has reason %q, want %q", got, c.routed)
			}
			if got := reason(st, v1.ConditionPromiseAtRisk); got != c.promise {
				t.Errorf("PromiseAtRisk has reason %q, want %q", got, c.promise)
			}
			other := v1.ModeAir
			if st.Route[0].Mode == v1.ModeAir {
				other = v1.ModeLand
			}
			for _, a := range st.Alternatives {
				if a.Mode == other && a.Reason != c.other {
					t.Errorf("%s was not chosen for %s, want %s", a.Mode, a.Reason, c.other)
				}
			}
			if len(st.Alternatives) != 2 {
				t.Errorf("alternatives %+v", st.Alternatives)
			}
			if st.Wave == "main" {
				t.Error("the wave does not know the lane")
			}
		})
	}
}

// No route is told of with what the lanes lack, and is looked for again when there are
// other lanes.
func TestNoRoute(t *testing.T) {
	f := routed(50, v1.ServiceStandard)
	f.Items[tea].Spec.Unit.Traits = []v1.Trait{v1.TraitColdChain}
	st := project(t, f)
	routed := meta.FindStatusCondition(st.Conditions, v1.ConditionRouted)
	const want = "no lanes of the Partners lead from main to the customer; lanes that do not take the goods: 3 NotEquipped"
	if routed == nil || routed.Status != metav1.ConditionFalse || routed.Reason != v1.ReasonNoRoute || routed.Message != want {
		t.Errorf("Routed is %+v", routed)
	}
	if st.ETA != nil || st.Punctuality != v1.PunctualityUnknown {
		t.Errorf("expected at %v, %s", st.ETA, st.Punctuality)
	}
	f.Shipment.Status = *st
	for i := range f.Carriers[1].Lanes {
		f.Carriers[1].Lanes[i].Handles = []v1.Trait{v1.TraitColdChain}
	}
	if st := project(t, f); len(st.Route) != 1 {
		t.Errorf("route %+v", st.Route)
	}
}

// What the warehouse was told stays, unless it cannot be done any more.
func TestRouteStays(t *testing.T) {
	cheap := func(f *Facts) {
		f.Carriers = append(f.Carriers, routing.Carrier{Name: "cheap", Lanes: []v1.Lane{lane("free", v1.ModeLand, "main", "", 1, 2, 0)}})
	}
	closed := func(f *Facts) { f.Carriers = f.Carriers[1:] }
	earlier := func(f *Facts) { f.Carriers[0].Lanes[0].Cutoff = "16:00" }
	moved := func(f *Facts) {
		f.Carriers[0].Lanes[0].To.Place, f.Carriers[0].Lanes[1].From = "hub-2", "hub-2"
	}
	for name, c := range map[string]struct {
		changes []change
		world   func(*Facts)
		hours   int
		lanes   []v1.Identifier
		// departBy and p90 in hours after noon; 0 where there is no cutoff.
		departBy, p90 int
	}{
		"a better one turns up":                          {nil, cheap, 1, []v1.Identifier{"out", "door"}, 6, 50},
		"its lanes are closed":                           {nil, closed, 1, []v1.Identifier{"air"}, 0, 10},
		"the cutoff is missed":                           {nil, nil, 7, []v1.Identifier{"out", "door"}, 30, 74},
		"and there is a better one by now":               {nil, cheap, 7, []v1.Identifier{"free"}, 0, 9},
		"it is picked, and a better one comes":           {[]change{wasPicked}, cheap, 7, []v1.Identifier{"out", "door"}, 30, 74},
		"it is picked, and its lanes close":              {[]change{wasPicked}, closed, 1, []v1.Identifier{"out", "door"}, 0, 45},
		"its cutoff is over, and its lanes are closed":   {[]change{wasPicked}, closed, 7, []v1.Identifier{"out", "door"}, 0, 51},
		"it is picked, and the cutoff is an earlier one": {[]change{wasPicked}, earlier, 5, []v1.Identifier{"out", "door"}, 28, 72},
		"the cutoff is an earlier one":                   {nil, earlier, 5, []v1.Identifier{"out", "door"}, 28, 72},
		"the hub has moved":                              {nil, moved, 1, []v1.Identifier{"out", "door"}, 6, 50},
		"it is packed and misses the cutoff":             {[]change{wasPacked}, nil, 7, []v1.Identifier{"out", "door"}, 30, 74},
	} {
		t.Run(name, func(t *testing.T) {
			f := planned(t, routed(0, v1.ServiceEconomy), c.changes...)
			if c.world != nil {
				c.world(f)
			}
			st := Project(f, hour(c.hours).Time)
			if diff := cmp.Diff(c.lanes, lanes(st)); diff != "" {
				t.Fatalf("route (-want +got):\n%s", diff)
			}
			if by := st.Route[0].DepartBy; (by == nil) != (c.departBy == 0) || (by != nil && !by.Equal(new(hour(c.departBy)))) {
				t.Errorf("departs by %v, want %d hours", by, c.departBy)
			}
			if want := hour(c.p90); !st.ETA.P90.Equal(&want) {
				t.Errorf("expected at %v, want %v", st.ETA.P90, want)
			}
			if name == "the hub has moved" && st.Route[0].To != "hub-2" {
				t.Errorf("it goes over %s", st.Route[0].To)
			}
			f.Shipment.Status = *st
			if diff := cmp.Diff(st, Project(f, hour(c.hours).Add(time.Second))); diff != "" {
				t.Errorf("the next look writes again (-first +second):\n%s", diff)
			}
		})
	}
}

// The lanes that are left say when it arrives, anew at each scan, and when to look again.
func TestExpectation(t *testing.T) {
	reached := func(place string, h int) change {
		return func(s *v1.Shipment) {
			s.Spec.Events = append(s.Spec.Events, v1.CarrierEvent{ID: "at-" + v1.Identifier(place), Type: v1.CarrierInTransit, At: hour(h), Location: place})
		}
	}
	left := func(s *v1.Shipment) {
		wasPacked(s)
		s.Spec.Facts.Dispatched = &v1.ActorFact{ID: "d", At: hour(6)}
		s.Status.DispatchedAt = new(hour(6))
	}
	for name, c := range map[string]struct {
		promised int
		changes  []change
		hours    int
		p90      int
		next     int
		punctual v1.Punctuality
		// reasons of Late, PromiseAtRisk and Overdue.
		late, risk, overdue string
	}{
		"it waits for its truck":         {60, nil, 1, 50, 6, v1.PunctualityOnTime, "", "", ""},
		"it has left":                    {60, []change{left}, 7, 50, 50, v1.PunctualityOnTime, "", "", ""},
		"it is at the hub early":         {60, []change{left, reached("hub", 10)}, 11, 34, 34, v1.PunctualityOnTime, "", "", ""},
		"it is at the hub late":          {60, []change{left, reached("hub", 40)}, 41, 64, 60, v1.PunctualityLate, "", v1.ReasonExpectedLate, ""},
		"nothing is heard of it":         {60, []change{left}, 51, 50, 60, v1.PunctualityOnTime, "", "", v1.ReasonNoNews},
		"the promise is broken":          {60, []change{left}, 61, 50, 0, v1.PunctualityLate, v1.ReasonNotArrived, "", v1.ReasonNoNews},
		"it has arrived in time":         {60, []change{left, scanned(v1.CarrierDelivered, 60*59)}, 61, 0, 0, v1.PunctualityOnTime, "", "", ""},
		"it has arrived late":            {60, []change{left, scanned(v1.CarrierDelivered, 60*60+1)}, 62, 0, 0, v1.PunctualityLate, v1.ReasonArrivedLate, "", ""},
		"at the last moment":             {60, []change{left, scanned(v1.CarrierDelivered, 60*60)}, 62, 0, 0, v1.PunctualityOnTime, "", "", ""},
		"without a promise":              {0, []change{left}, 61, 50, 0, "", "", "", v1.ReasonNoNews},
		"it is lost, and that is all":    {60, []change{left, scanned(v1.CarrierLost, 600)}, 20, 0, 60, v1.PunctualityUnknown, "", "", ""},
		"the last lane counts from then": {60, []change{left, reached("hub", 10), scanned(v1.CarrierOutForDelivery, 60*20)}, 21, 32, 32, v1.PunctualityOnTime, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := planned(t, routed(c.promised, v1.ServiceEconomy), c.changes...)
			now := hour(c.hours).Time
			st := Project(f, now)
			if c.p90 == 0 && st.ETA != nil {
				t.Errorf("expected at %v", st.ETA)
			} else if want := hour(c.p90); c.p90 > 0 && (st.ETA == nil || !st.ETA.P90.Equal(&want)) {
				t.Errorf("expected at %v, want %v", st.ETA, want)
			}
			if st.Punctuality != c.punctual {
				t.Errorf("it is %s, want %s", st.Punctuality, c.punctual)
			}
			got := [3]string{reason(st, v1.ConditionLate), reason(st, v1.ConditionPromiseAtRisk), reason(st, v1.ConditionOverdue)}
			if want := [3]string{c.late, c.risk, c.overdue}; got != want {
				t.Errorf("Late, PromiseAtRisk, Overdue: %v, want %v", got, want)
			}
			next := NextLook(st, now)
			if want := hour(c.next).Add(time.Second); (c.next == 0) != next.IsZero() || (c.next > 0 && !next.Equal(want)) {
				t.Errorf("looks again at %v, want %v", next, want)
			}
		})
	}
}
