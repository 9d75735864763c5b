package controllers_test

import (
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/routing"
	"ordercycle.dev/ordercycle/hack/testenv"
)

var (
	forties = []string{"hangzhou", "shanghai", "chengdu"}
	doors   = map[string]v1.Address{
		"home":   {Name: "Ann Example", Lines: []string{"1 High Street"}, City: "Hangzhou", Region: "ZJ", Country: "CN"},
		"west":   {Name: "Bao Example", Lines: []string{"2 Low Street"}, City: "Chengdu", Region: "SC", Country: "CN"},
		"abroad": {Name: "Cas Example", Lines: []string{"3 Pier"}, City: "Oakland", Region: "CA", PostalCode: "94601", Country: "US"},
		"beyond": {Name: "Dov Example", Lines: []string{"4 Gate"}, City: "Reykjavik", PostalCode: "101", Country: "IS"},
	}
)

// fleet are three carriers: trucks within the country, ships over an ocean, and planes to
// both, which keep cold.
func fleet(ns string) []*v1.Partner {
	lane := func(id v1.Identifier, m v1.Mode, from string, to v1.LaneEnd, p50, p90 int32, fixed, perKg v1.Amount) v1.Lane {
		return v1.Lane{
			ID: id, Mode: m, From: v1.Identifier(from), To: to, TransitHours: v1.TransitHours{P50: p50, P90: p90},
			Cost: v1.LaneCost{Currency: "CNY", Fixed: fixed, PerKg: perKg}, DamagePpm: 50,
		}
	}
	door := func(country string) v1.LaneEnd { return v1.LaneEnd{Area: &v1.Area{Country: country}} }
	var road, sea, air []v1.Lane
	for _, at := range forties {
		road = append(road, lane(v1.Identifier(at), v1.ModeLand, at, door("CN"), 24, 48, 400, 120))
		flight := lane(v1.Identifier(at), v1.ModeAir, at, door("CN"), 8, 14, 1800, 800)
		far := lane(v1.Identifier(at+"-us"), v1.ModeAir, at, door("US"), 30, 60, 4000, 3000)
		flight.Handles, far.Handles = []v1.Trait{v1.TraitColdChain}, []v1.Trait{v1.TraitColdChain}
		air = append(air, flight, far)
	}
	road = append(road, lane("to-port", v1.ModeLand, "hangzhou", v1.LaneEnd{Place: "ningbo"}, 6, 10, 150, 30),
		lane("down-river", v1.ModeLand, "chengdu", v1.LaneEnd{Place: "ningbo"}, 40, 60, 300, 60))
	sea = append(sea, lane("pacific", v1.ModeSea, "ningbo", v1.LaneEnd{Place: "oakland"}, 400, 520, 600, 90),
		lane("from-shanghai", v1.ModeSea, "shanghai", v1.LaneEnd{Place: "oakland"}, 420, 540, 650, 95),
		lane("last-mile", v1.ModeLand, "oakland", door("US"), 24, 48, 700, 150))
	var list []*v1.Partner
	for name, lanes := range map[string][]v1.Lane{"trucks": road, "ships": sea, "planes": air} {
		p := testenv.MakePartner(ns, name)
		p.Spec.Lanes = lanes
		list = append(list, p)
	}
	return list
}

// wares are what the shop keeps, with what it asks of its lanes.
func wares(ns string) []client.Object {
	var list []client.Object
	add := func(at string, sku v1.SKU, q v1.Quantity, unit v1.UnitTraits) {
		i := testenv.MakeStock(ns, fmt.Sprintf("%s-%s", map[v1.SKU]string{"TEA": "tea", "VASE": "vase", "VARNISH": "varnish", "FISH": "fish"}[sku], at), sku, q)
		i.Spec.Location, i.Spec.Unit, i.Spec.UnitCost, i.Spec.Currency = v1.Identifier(at), &unit, 300, "CNY"
		list = append(list, i)
	}
	for _, at := range forties {
		add(at, "TEA", 20, v1.UnitTraits{MassGrams: 500, VolumeCm3: 1500})
	}
	add("hangzhou", "VASE", 8, v1.UnitTraits{MassGrams: 2500, VolumeCm3: 9000, Traits: []v1.Trait{v1.TraitFragile}})
	add("shanghai", "VARNISH", 6, v1.UnitTraits{MassGrams: 1000, VolumeCm3: 1200, Traits: []v1.Trait{v1.TraitHazmat}})
	add("chengdu", "FISH", 6, v1.UnitTraits{MassGrams: 800, VolumeCm3: 1000, Traits: []v1.Trait{v1.TraitColdChain, v1.TraitPerishable}, MaxTransitHours: new(int32(24))})
	return list
}

// purchase is one of the forty, and how it is to end.
type purchase struct {
	door  string
	level v1.ServiceLevel
	lines map[v1.SKU]v1.Quantity
	end   v1.OrderPhase
	// modes that its Shipments use; nil for any.
	modes []v1.Mode
}

// purchases are forty orders over all doors, levels and wares; the last ones cannot come
// to their end.
func purchases() []purchase {
	land, sea, air := []v1.Mode{v1.ModeLand}, []v1.Mode{v1.ModeSea}, []v1.Mode{v1.ModeAir}
	tea := func(q v1.Quantity) map[v1.SKU]v1.Quantity { return map[v1.SKU]v1.Quantity{"TEA": q} }
	var list []purchase
	add := func(n int, p purchase) {
		for range n {
			list = append(list, p)
		}
	}
	add(10, purchase{"home", v1.ServiceEconomy, tea(1), v1.OrderCompleted, land})
	add(4, purchase{"west", v1.ServiceStandard, tea(2), v1.OrderCompleted, land})
	add(4, purchase{"home", v1.ServiceExpress, tea(1), v1.OrderCompleted, air})
	add(5, purchase{"abroad", v1.ServiceEconomy, tea(2), v1.OrderCompleted, sea})
	add(2, purchase{"abroad", v1.ServiceExpress, tea(1), v1.OrderCompleted, air})
	add(4, purchase{"home", v1.ServiceEconomy, map[v1.SKU]v1.Quantity{"VASE": 1}, v1.OrderCompleted, land})
	add(2, purchase{"west", v1.ServiceExpress, map[v1.SKU]v1.Quantity{"VARNISH": 1}, v1.OrderCompleted, land}) // it must not fly
	add(2, purchase{"home", v1.ServiceEconomy, map[v1.SKU]v1.Quantity{"FISH": 1}, v1.OrderCompleted, air})     // it does not keep
	add(2, purchase{"home", v1.ServiceStandard, map[v1.SKU]v1.Quantity{"TEA": 1, "VARNISH": 1}, v1.OrderCompleted, nil})
	add(1, purchase{"home", v1.ServiceStandard, tea(22), v1.OrderCompleted, land}) // no location has so many
	add(2, purchase{"beyond", v1.ServiceEconomy, map[v1.SKU]v1.Quantity{"VASE": 1}, v1.OrderProcessing, nil})
	add(1, purchase{"home", v1.ServiceEconomy, map[v1.SKU]v1.Quantity{"FISH": 9}, v1.OrderBackordered, nil})
	add(1, purchase{"home", v1.ServiceEconomy, map[v1.SKU]v1.Quantity{"SILK": 1}, v1.OrderOnHold, nil})
	return list
}

// TestFortyOrders takes forty orders from three locations, with three carriers by land,
// sea and air, to their right ends, and says how well that was done.
func TestFortyOrders(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	class := testenv.ByPartners(testenv.MakeClass(ns, "retail"))
	class.Spec.Delivery.Levels = []v1.DeliveryLevel{
		{Name: v1.ServiceEconomy, MaxHours: 720}, {Name: v1.ServiceStandard, MaxHours: 96, LatePenalty: 500}, {Name: v1.ServiceExpress, MaxHours: 72},
	}
	create(t, class)
	create(t, wares(ns)...)
	partners := fleet(ns)
	for _, p := range partners {
		create(t, p)
	}
	all := purchases()
	orders := make([]*v1.Order, len(all))
	for i, p := range all {
		if p.end != v1.OrderCompleted && all[i-1].end == v1.OrderCompleted {
			for j := range i { // what the others leave is too little for the last ones
				awaitOrder(t, orders[j], inPhase(v1.OrderCompleted))
			}
		}
		b := testenv.MakeOrder(ns, fmt.Sprintf("o-%02d", i)).Pay(v1.PaymentCard).Change(func(o *v1.Order) {
			o.Spec.ShipTo, o.Spec.ServiceLevel = doors[p.door], p.level
		})
		for _, sku := range []v1.SKU{"TEA", "VASE", "VARNISH", "FISH", "SILK"} {
			if q := p.lines[sku]; q > 0 {
				b.Line(sku, q)
			}
		}
		orders[i] = b.Obj()
		create(t, orders[i])
	}
	for i, p := range all {
		awaitOrder(t, orders[i], inPhase(p.end))
	}
	var s score
	for i, p := range all {
		s.add(t, ns, get(t, orders[i]), p, partners)
	}
	if len(all) != 40 || s.late > 0 || s.unroutable != 2 || s.split == 0 || s.freight < s.cheapest {
		t.Errorf("%+v", s)
	}
	for _, m := range []v1.Mode{v1.ModeLand, v1.ModeSea, v1.ModeAir} {
		if s.modes[m] == 0 {
			t.Errorf("nothing travels by %s", m)
		}
	}
	t.Logf("%d orders, %d Shipments, by mode %v: %d of %d on time, %d orders in several parts, freight %d and at the least %d (%.2f)",
		len(all), s.shipments, s.modes, s.onTime, s.onTime+s.late, s.split, s.freight, s.cheapest, float64(s.freight)/float64(s.cheapest))
}

// score is how well the orders were served.
type score struct {
	shipments, onTime, late, split, unroutable int
	freight, cheapest                          v1.Amount
	modes                                      map[v1.Mode]int
}

func (s *score) add(t *testing.T, ns string, o *v1.Order, p purchase, partners []*v1.Partner) {
	t.Helper()
	if d := o.Status.Delivery; d != nil {
		switch d.Punctuality {
		case v1.PunctualityOnTime:
			s.onTime++
		case v1.PunctualityLate:
			s.late++
		}
	}
	var list v1.ShipmentList
	if err := env.Client.List(t.Context(), &list, client.InNamespace(ns), client.MatchingFields{"spec.orderName": o.Name}); err != nil {
		t.Fatal(err)
	}
	live := slices.DeleteFunc(list.Items, func(s v1.Shipment) bool { return s.Status.CancelledAt != nil })
	if len(live) > 1 {
		s.split++
	}
	for i := range live {
		st := &live[i].Status
		s.shipments++
		if len(st.Route) == 0 {
			s.unroutable++
			continue
		}
		var modes []v1.Mode
		for _, l := range st.Route {
			if s.modes == nil {
				s.modes = map[v1.Mode]int{}
			}
			s.modes[l.Mode]++
			modes = append(modes, l.Mode)
		}
		if p.modes != nil && !slices.Contains(modes, p.modes[0]) {
			t.Errorf("Shipment %s for %s, %s, travels by %v, want %v: %s", live[i].Name, p.door, p.level, modes, p.modes, routedText(st))
		}
		s.freight += *st.QuotedFreight
		least := cheapest(t, &live[i], o, partners)
		s.cheapest += least
		if p.level == v1.ServiceEconomy && *st.QuotedFreight != least {
			t.Errorf("Shipment %s costs %d, and could cost %d", live[i].Name, *st.QuotedFreight, least)
		}
	}
}

func routedText(st *v1.ShipmentStatus) string {
	for _, c := range st.Conditions {
		if c.Type == v1.ConditionRouted && c.Status == metav1.ConditionTrue {
			return c.Message
		}
	}
	return ""
}

// cheapest is the least that the parcels of a Shipment can cost, however long it takes.
func cheapest(t *testing.T, s *v1.Shipment, o *v1.Order, partners []*v1.Partner) v1.Amount {
	t.Helper()
	r := &routing.Request{From: s.Spec.Location, To: &o.Spec.ShipTo, Ready: s.Status.ReservedAt.Time, Objective: v1.ObjectiveCheapest, Goods: routing.Goods{Currency: "CNY"}}
	for _, p := range s.Status.Parcels {
		r.Parcels = append(r.Parcels, routing.Parcel{MassGrams: p.MassGrams, VolumeCm3: p.VolumeCm3})
		for _, trait := range p.Traits {
			if r.Traits = append(r.Traits, trait); trait == v1.TraitPerishable {
				r.MaxTransitHours = 24
			}
		}
	}
	var carriers []routing.Carrier
	for _, p := range partners {
		carriers = append(carriers, routing.Carrier{Name: v1.ObjectName(p.Name), Lanes: p.Spec.Lanes})
	}
	route := routing.Choose(carriers, r).Route
	if route == nil {
		t.Fatalf("Shipment %s has a route, and there is none", s.Name)
	}
	return route.Cost
}
