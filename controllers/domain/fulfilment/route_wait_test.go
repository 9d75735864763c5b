package fulfilment

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// A Shipment that waits for a lane without a cutoff is reckoned anew when leaving later
// would break the promise, while there is time to send it in another way.
func TestWaitingBreaksThePromise(t *testing.T) {
	f := routed(24, v1.ServiceExpress)
	f.Shipment.Status = *Project(f, noon)
	next := NextLook(&f.Shipment.Status, noon)
	if want := hour(24 - 9).Add(time.Second); !next.Equal(want) {
		t.Fatalf("looks again at %v, want %v", next, want)
	}
	st := Project(f, next)
	if got := reason(st, v1.ConditionPromiseAtRisk); got != v1.ReasonExpectedLate || st.Punctuality != v1.PunctualityLate {
		t.Errorf("PromiseAtRisk has reason %q, and it is %s", got, st.Punctuality)
	}
}

// What fits into no box travels all the same, and is paid for.
func TestUnpackedUnitsArePaidFor(t *testing.T) {
	f := routed(0, v1.ServiceEconomy)
	f.Order.Status.Policy.Warehouse.Box = &v1.Box{MaxMassGrams: 500}
	for i := range f.Carriers {
		for j := range f.Carriers[i].Lanes {
			f.Carriers[i].Lanes[j].Cost.PerKg = 10
		}
	}
	if st := Project(f, noon); len(st.Parcels) != 0 || st.QuotedFreight == nil || *st.QuotedFreight != 2*(100+200+2*10) {
		t.Errorf("%d parcels cost %v", len(st.Parcels), st.QuotedFreight)
	}
}

// What was not found when it was picked is not paid for.
func TestShortPickIsRepriced(t *testing.T) {
	f := planned(t, routed(0, v1.ServiceEconomy), wasPicked)
	f.Shipment.Spec.Facts.Picked.Short = []v1.ShortPick{{ID: "x", Line: "1", StockItem: tea.Name, Quantity: 1}}
	f.Carriers[0].Lanes[0].Cost.PerKg = 1000 // 600 g are one kilogram now
	st := Project(f, noon)
	if *st.QuotedFreight != 100+1000+200 || st.Route[0].Cost != 1100 {
		t.Errorf("freight %d, of which %d on the first lane", *st.QuotedFreight, st.Route[0].Cost)
	}
	f.Shipment.Status = *st
	if diff := cmp.Diff(st, Project(f, noon.Add(time.Minute))); diff != "" {
		t.Errorf("the next look writes again (-first +second):\n%s", diff)
	}
}

// Before a route is given up on the word of an old cache, the Partners are read live.
func TestLosesRoute(t *testing.T) {
	gone := func(f *Facts) { f.Carriers = nil }
	for name, c := range map[string]struct {
		facts *Facts
		world func(*Facts)
		want  bool
	}{
		"it stands":           {planned(t, routed(0, v1.ServiceEconomy)), nil, false},
		"its lanes are gone":  {planned(t, routed(0, v1.ServiceEconomy)), gone, true},
		"and were read live":  {planned(t, routed(0, v1.ServiceEconomy)), func(f *Facts) { f.Carriers, f.CarriersLive = nil, true }, false},
		"it was picked":       {planned(t, routed(0, v1.ServiceEconomy), wasPicked), gone, false},
		"there has been none": {routed(0, v1.ServiceEconomy), gone, true},
		"and everybody knows": {planned(t, withoutCarriers(routed(0, v1.ServiceEconomy))), nil, false},
		"others deliver":      {boxed(shipment(1, wasReserved), 0), nil, false},
	} {
		if c.world != nil {
			c.world(c.facts)
		}
		if got := c.facts.LosesRoute(Project(c.facts, noon)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A lane later on that waits for its cutoff has time to spare: nothing is written as long
// as leaving later arrives as early.
func TestWaitingLosesNothing(t *testing.T) {
	f := routed(0, v1.ServiceEconomy)
	f.Carriers = f.Carriers[:1]
	f.Carriers[0].Lanes[0].Cutoff, f.Carriers[0].Lanes[1].Cutoff = "", "18:00"
	f.Order.Status.Delivery = &v1.OrderDelivery{Promised: new(*project(t, f).ETA.P90.DeepCopy())} // to the second
	st := Project(f, noon)
	for now := noon; now.Before(noon.Add(9 * time.Hour)); {
		f.Shipment.Status = *st
		if st = Project(f, now); !cmp.Equal(st, &f.Shipment.Status) && now.After(noon) && now.Before(noon.Add(8*time.Hour)) {
			t.Fatalf("at %v another write:\n%s", now, cmp.Diff(&f.Shipment.Status, st))
		}
		next := NextLook(st, now)
		if next.Sub(now) < time.Minute && now.After(noon) {
			t.Fatalf("at %v it looks again at %v", now, next)
		}
		now = next
	}
}

// Of an item that is gone nothing is known, so that its units may be anything: what was
// planned stays, and nothing is planned.
func TestUnitsOfAnItemThatIsGone(t *testing.T) {
	f := routed(0, v1.ServiceExpress)
	f.Items[tea].Spec.Unit.Traits = []v1.Trait{v1.TraitHazmat}
	f = planned(t, f)
	f.Items = map[v1.ItemKey]*v1.StockItem{}
	if st := Project(f, noon.Add(time.Minute)); len(st.Route) != 2 || st.Parcels[0].MassGrams != 1200 {
		t.Errorf("route %v, parcels %+v", lanes(st), st.Parcels)
	}
	f.Shipment.Status.Route, f.Shipment.Status.Parcels = nil, nil
	if st := Project(f, noon.Add(time.Minute)); len(st.Route) != 0 || reason(st, v1.ConditionRouted) != v1.ReasonNoRoute {
		t.Errorf("route %v", lanes(st))
	}
}

func withoutCarriers(f *Facts) *Facts { f.Carriers = nil; return f }

// A simulated warehouse sends nothing that nobody can carry, and Partners report each
// at the end of its own lanes.
func TestPartnersAreSimulated(t *testing.T) {
	f := routed(0, v1.ServiceEconomy)
	policy := f.Order.Status.Policy
	policy.Warehouse = v1.WarehousePolicy{Type: v1.WarehouseSimulated, StepSeconds: new(int32(0))}
	all := f.Carriers
	f.Carriers = nil
	f.Shipment.Status = *Project(f, noon)
	if sim := Simulate(f, policy, noon.Add(time.Hour)); sim.Due {
		t.Fatalf("without a route it states %+v", sim.Facts)
	}
	f.Carriers = all
	f.Adapters = map[v1.ObjectName]v1.PartnerAdapter{"trucks": {Type: v1.AdapterSimulated, StepSeconds: new(int32(60))}}
	now := noon
	for range 30 {
		f.Shipment.Status = *Project(f, now)
		sim := Simulate(f, policy, now)
		if sim.Due {
			f.Shipment.Spec.Facts, f.Shipment.Spec.Events = sim.Facts, sim.Events
		}
		now = now.Add(30 * time.Second)
	}
	want := []v1.CarrierEventType{v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierOutForDelivery, v1.CarrierDelivered}
	var got []v1.CarrierEventType
	for _, e := range f.Shipment.Spec.Events {
		got = append(got, e.Type)
	}
	if diff := cmp.Diff(want, got); diff != "" || f.Shipment.Spec.Events[1].Location != "hub" {
		t.Errorf("events (-want +got):\n%s%+v", diff, f.Shipment.Spec.Events)
	}
	// Where another company has the first lane, its scan at the hub is waited for.
	f = planned(t, routed(0, v1.ServiceEconomy), wasPacked)
	f.Shipment.Status.Route[1].Partner = "bikes"
	f.Adapters = map[v1.ObjectName]v1.PartnerAdapter{"bikes": {Type: v1.AdapterSimulated, StepSeconds: new(int32(0))}}
	f.Shipment.Spec.Facts.Dispatched = fact("d", 4)
	f.Shipment.Status.DispatchedAt = new(at(4))
	if sim := Simulate(f, policy, noon.Add(time.Hour)); sim.Due || !sim.Next.IsZero() {
		t.Errorf("before the parcels are at the hub: %+v", sim.Events)
	}
	f.Shipment.Spec.Events = []v1.CarrierEvent{{ID: "e", Type: v1.CarrierInTransit, At: at(30), Location: "hub"}}
	if sim := Simulate(f, policy, noon.Add(time.Hour)); !sim.Due || sim.Events[1].Type != v1.CarrierOutForDelivery {
		t.Errorf("at the hub: %+v", sim.Events)
	}
}
