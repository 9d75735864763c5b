package routing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// monday is a Monday morning.
var monday = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

// lane makes a lane; to names a place, or an area if it begins with a slash.
func lane(id v1.Identifier, m v1.Mode, from, to v1.Identifier, hours int32, price v1.Amount) v1.Lane {
	l := v1.Lane{
		ID: id, Mode: m, From: from, To: v1.LaneEnd{Place: v1.Place(to)},
		TransitHours: v1.TransitHours{P50: hours * 2 / 3, P90: hours}, Cost: v1.LaneCost{Currency: "CNY", Fixed: price},
	}
	if to[0] == '/' {
		l.To = v1.LaneEnd{Area: &v1.Area{Country: string(to[1:])}}
	}
	return l
}

func carrier(name v1.ObjectName, lanes ...v1.Lane) Carrier { return Carrier{Name: name, Lanes: lanes} }

func request(change func(*Request)) *Request {
	r := &Request{
		Goods: Goods{Parcels: []Parcel{{MassGrams: 1000, VolumeCm3: 1000}}, Value: 100_000, Currency: "CNY"},
		From:  "shenzhen", To: &v1.Address{Country: "DE", Region: "HH", City: "Hamburg"}, Ready: monday, Objective: v1.ObjectiveCheapest,
	}
	if change != nil {
		change(r)
	}
	return r
}

func ids(r *Route) []string {
	if r == nil {
		return nil
	}
	list := make([]string, len(r.Legs))
	for i, l := range r.Legs {
		list[i] = string(l.Lane)
	}
	return list
}

// network3 goes to Germany by ship in 30 days, by train in 16, and by plane in 3.
func network3() []Carrier {
	return []Carrier{
		carrier("ocean", lane("sea", v1.ModeSea, "shenzhen", "hamburg", 30*24, 500)),
		carrier("rail", lane("train", v1.ModeLand, "shenzhen", "hamburg", 16*24, 1500)),
		carrier("wings", lane("plane", v1.ModeAir, "shenzhen", "frankfurt", 2*24, 6000)),
		carrier("post",
			lane("north", v1.ModeLand, "hamburg", "/DE", 24, 300),
			lane("south", v1.ModeLand, "frankfurt", "/DE", 24, 400),
		),
	}
}

func TestChoose(t *testing.T) {
	days := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	for name, c := range map[string]struct {
		change func(*Request)
		want   []string
		risk   bool
		other  map[v1.Mode]v1.RouteRejection
	}{
		"the cheapest without a promise goes by sea": {
			nil, []string{"sea", "north"}, false, map[v1.Mode]v1.RouteRejection{v1.ModeAir: v1.RejectedDearer},
		},
		"the cheapest that keeps the promise goes by land": {
			func(r *Request) { r.Promise = days(20) }, []string{"train", "north"}, false,
			map[v1.Mode]v1.RouteRejection{v1.ModeAir: v1.RejectedDearer, v1.ModeSea: v1.RejectedTooLate},
		},
		"and that which keeps it exactly": {
			func(r *Request) { r.Promise = days(17) }, []string{"train", "north"}, false,
			map[v1.Mode]v1.RouteRejection{v1.ModeAir: v1.RejectedDearer, v1.ModeSea: v1.RejectedTooLate},
		},
		"a second too late is too late": {
			func(r *Request) { r.Promise = days(17).Add(-time.Second) }, []string{"plane", "south"}, false,
			map[v1.Mode]v1.RouteRejection{v1.ModeSea: v1.RejectedTooLate},
		},
		"if nothing keeps it the fastest goes, at risk": {
			func(r *Request) { r.Promise = days(1) }, []string{"plane", "south"}, true,
			map[v1.Mode]v1.RouteRejection{v1.ModeSea: v1.RejectedSlower},
		},
		"the fastest goes by air, whatever it costs": {
			func(r *Request) { r.Objective = v1.ObjectiveFastest }, []string{"plane", "south"}, false,
			map[v1.Mode]v1.RouteRejection{v1.ModeSea: v1.RejectedSlower},
		},
		"a penalty makes the train worth its price": {
			func(r *Request) { r.Objective, r.LatePenalty, r.Promise = v1.ObjectiveBalanced, 4000, days(25) }, []string{"train", "north"}, false,
			map[v1.Mode]v1.RouteRejection{v1.ModeAir: v1.RejectedDearer, v1.ModeSea: v1.RejectedTooLate},
		},
		"no penalty makes nothing worth more": {
			func(r *Request) { r.Objective, r.Promise = v1.ObjectiveBalanced, days(25) }, []string{"sea", "north"}, true,
			map[v1.Mode]v1.RouteRejection{v1.ModeAir: v1.RejectedDearer},
		},
		"what spoils goes by air": {
			func(r *Request) { r.MaxTransitHours = 96 }, []string{"plane", "south"}, false,
			map[v1.Mode]v1.RouteRejection{v1.ModeSea: v1.RejectedNoRoute},
		},
		"nobody takes what spoils at once":    {func(r *Request) { r.MaxTransitHours = 71 }, nil, false, nil},
		"nobody starts there":                 {func(r *Request) { r.From = "beijing" }, nil, false, nil},
		"nobody goes there":                   {func(r *Request) { r.To = &v1.Address{Country: "FR"} }, nil, false, nil},
		"nobody goes to an unknown address":   {func(r *Request) { r.To = nil }, nil, false, nil},
		"nobody takes another currency":       {func(r *Request) { r.Currency = "EUR" }, nil, false, nil},
		"nobody is equipped for a cold chain": {func(r *Request) { r.Traits = []v1.Trait{v1.TraitColdChain} }, nil, false, nil},
		"what is dangerous does not go by air": {
			func(r *Request) { r.Traits, r.Objective = []v1.Trait{v1.TraitHazmat}, v1.ObjectiveFastest }, []string{"train", "north"}, false,
			map[v1.Mode]v1.RouteRejection{v1.ModeAir: v1.RejectedNoRoute, v1.ModeSea: v1.RejectedSlower},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Choose(network3(), request(c.change))
			if diff := cmp.Diff(c.want, ids(got.Route)); diff != "" {
				t.Errorf("route (-want +got):\n%s", diff)
			}
			if got.AtRisk != c.risk {
				t.Errorf("at risk: %v", got.AtRisk)
			}
			others := map[v1.Mode]v1.RouteRejection{}
			for _, o := range got.Alternatives {
				others[o.Mode] = o.Why
				if (o.Route == nil) != (o.Why == v1.RejectedNoRoute) || (o.Route != nil && !o.Route.Uses(o.Mode)) {
					t.Errorf("alternative %+v", o)
				}
			}
			if diff := cmp.Diff(c.other, others); len(c.other)+len(others) > 0 && diff != "" {
				t.Errorf("alternatives (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	got := Choose(network3(), request(nil)).Route
	want := &Route{
		Cost: 800, P50: monday.Add((480 + 16) * time.Hour), P90: monday.Add((720 + 24) * time.Hour),
		Legs: []Leg{
			{
				Carrier: "ocean", Lane: "sea", Mode: v1.ModeSea, From: "shenzhen", To: "hamburg", Cost: 500,
				Departs: monday, P50: monday.Add(480 * time.Hour), P90: monday.Add(720 * time.Hour), Transit: v1.TransitHours{P50: 480, P90: 720},
			},
			{
				Carrier: "post", Lane: "north", Mode: v1.ModeLand, From: "hamburg", Cost: 300,
				Departs: monday.Add(480 * time.Hour), P50: monday.Add(496 * time.Hour), P90: monday.Add(744 * time.Hour), Transit: v1.TransitHours{P50: 16, P90: 24},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("route (-want +got):\n%s", diff)
	}
}

// Of several areas the most exact one alone counts, within a carrier, mode and origin.
func TestMostExactArea(t *testing.T) {
	area := func(l v1.Lane, region, city string) v1.Lane {
		l.To.Area.Region, l.To.Area.City = region, city
		return l
	}
	inEuro := func(l v1.Lane) v1.Lane { l.Cost.Currency = "EUR"; return l }
	all := lane("all", v1.ModeLand, "shenzhen", "/DE", 24, 100)
	region := area(lane("region", v1.ModeLand, "shenzhen", "/DE", 24, 200), "hh", "")
	city := area(lane("city", v1.ModeLand, "shenzhen", "/DE", 24, 300), "HH", "hamburg")
	other := area(lane("other", v1.ModeLand, "shenzhen", "/DE", 24, 50), "BY", "Munich")
	for name, c := range map[string]struct {
		carriers []Carrier
		want     string
	}{
		"a city before its region and country":        {[]Carrier{carrier("p", all, region, city, other)}, "city"},
		"a region before the country":                 {[]Carrier{carrier("p", all, region, other)}, "region"},
		"the country where nothing else is":           {[]Carrier{carrier("p", all, other)}, "all"},
		"one that does not take the goods hides none": {[]Carrier{carrier("p", all, inEuro(city))}, "all"},
		"another carrier has its own":                 {[]Carrier{carrier("p", city), carrier("q", all)}, "all"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ids(Choose(c.carriers, request(nil)).Route); len(got) != 1 || got[0] != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	l := func(id v1.Identifier, change func(*v1.Lane)) v1.Lane {
		l := lane(id, v1.ModeAir, "shenzhen", "/DE", 24, 1)
		change(&l)
		return l
	}
	odd := carrier("odd", l("z", func(*v1.Lane) {}))
	odd.Calendar = &v1.Calendar{TimeZone: "Middle/Earth"}
	got := Choose([]Carrier{odd, carrier("p",
		l("a", func(l *v1.Lane) { l.Forbids = []v1.Trait{v1.TraitFragile} }),
		l("b", func(*v1.Lane) {}),
		l("c", func(l *v1.Lane) { l.Handles, l.MaxParcelGrams = []v1.Trait{v1.TraitHazmat}, new(int64(999)) }),
		l("d", func(l *v1.Lane) { l.Handles, l.Cost.Currency = []v1.Trait{v1.TraitHazmat}, "EUR" }),
		l("e", func(l *v1.Lane) { l.Cutoff = "25:00" }),
		l("f", func(l *v1.Lane) { l.Handles, l.MaxParcelGrams = []v1.Trait{v1.TraitHazmat}, new(int64(1000)) }),
	)}, request(func(r *Request) { r.Traits = []v1.Trait{v1.TraitFragile, v1.TraitHazmat} }))
	if diff := cmp.Diff(map[Reason]int{Forbidden: 1, NotEquipped: 1, TooHeavy: 1, OtherCurrency: 1, BadCalendar: 2}, got.Refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if got := ids(got.Route); len(got) != 1 || got[0] != "f" {
		t.Errorf("route %v", got)
	}
}

func TestFreight(t *testing.T) {
	for name, c := range map[string]struct {
		cost    v1.LaneCost
		parcels []Parcel
		want    v1.Amount
	}{
		"nothing":                       {v1.LaneCost{Fixed: 10, PerKg: 3}, nil, 0},
		"a parcel without a mass":       {v1.LaneCost{Fixed: 10, PerKg: 3}, []Parcel{{}}, 10},
		"a gram is a begun kilogram":    {v1.LaneCost{Fixed: 10, PerKg: 3}, []Parcel{{MassGrams: 1}}, 13},
		"a kilogram is one":             {v1.LaneCost{Fixed: 10, PerKg: 3}, []Parcel{{MassGrams: 1000}}, 13},
		"a gram more is two":            {v1.LaneCost{Fixed: 10, PerKg: 3}, []Parcel{{MassGrams: 1001}}, 16},
		"each parcel by itself":         {v1.LaneCost{Fixed: 10, PerKg: 3}, []Parcel{{MassGrams: 1}, {MassGrams: 1}}, 26},
		"volume as mass":                {v1.LaneCost{PerKg: 3, VolumetricDivisor: new(int32(5000))}, []Parcel{{MassGrams: 1000, VolumeCm3: 5001}}, 6},
		"volume below mass":             {v1.LaneCost{PerKg: 3, VolumetricDivisor: new(int32(5000))}, []Parcel{{MassGrams: 1001, VolumeCm3: 5000}}, 6},
		"volume does not always tell":   {v1.LaneCost{PerKg: 3}, []Parcel{{MassGrams: 1000, VolumeCm3: 500_000}}, 3},
		"alike parcels":                 {v1.LaneCost{Fixed: 10, PerKg: 3}, []Parcel{{MassGrams: 1, Count: 3}}, 39},
		"more of them than can be paid": {v1.LaneCost{Fixed: 10}, []Parcel{{Count: v1.MaxAmount / 9}}, v1.MaxAmount},
		"a volume beyond all boxes":     {v1.LaneCost{PerKg: 1, VolumetricDivisor: new(int32(5000))}, []Parcel{{VolumeCm3: 9_000_000_000_000_001}}, 1_800_000_000_001},
		"it stays an amount":            {v1.LaneCost{PerKg: 1_000_000_000}, []Parcel{{MassGrams: 100_000_000_000_000}}, v1.MaxAmount},
		"and so does the sum":           {v1.LaneCost{Fixed: v1.MaxAmount}, []Parcel{{}, {}}, v1.MaxAmount},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Freight(&v1.Lane{Cost: c.cost}, c.parcels); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

// drawn is a small network with calendars, cutoffs and damage.
func drawn(t *rapid.T) []Carrier {
	places := []v1.Identifier{"a", "b", "c", "d", "e"}
	var carriers []Carrier
	for p := range rapid.IntRange(1, 3).Draw(t, "carriers") {
		var lanes []v1.Lane
		for i := range rapid.IntRange(1, 6).Draw(t, "lanes") {
			from := rapid.IntRange(0, 4).Draw(t, "from")
			to := v1.Identifier("/DE")
			if n := rapid.IntRange(0, 6).Draw(t, "to"); n < 5 {
				to = places[n]
			}
			l := lane(v1.Identifier(fmt.Sprintf("l%d", i)), rapid.SampledFrom([]v1.Mode{v1.ModeLand, v1.ModeSea, v1.ModeAir}).Draw(t, "mode"),
				places[from], to, rapid.Int32Range(0, 90).Draw(t, "hours"), v1.Amount(rapid.Int64Range(0, 50).Draw(t, "price")))
			l.DamagePpm = rapid.Int32Range(0, 3).Draw(t, "damage") * 1000
			l.Cutoff = rapid.SampledFrom([]string{"", "08:00", "18:30"}).Draw(t, "cutoff")
			lanes = append(lanes, l)
		}
		one := carrier(v1.ObjectName(fmt.Sprintf("p%d", p)), lanes...)
		if rapid.Bool().Draw(t, "calendar") {
			one.Calendar = &v1.Calendar{
				TimeZone: rapid.SampledFrom([]string{"", "Asia/Shanghai", "America/New_York"}).Draw(t, "zone"),
				Days:     []v1.Weekday{"Monday", "Tuesday", "Thursday"}, Closed: []v1.Date{"2026-12-01"},
			}
		}
		carriers = append(carriers, one)
	}
	return carriers
}

// all is the best value of every way of at most so many lanes.
func all(n *network, m measure, via v1.Mode, from int, ready time.Time, most int) (best value, found bool) {
	var walk func(node, hops int, used bool, c cost)
	walk = func(node, hops int, used bool, c cost) {
		if node == customer {
			if v, ok := m(c); ok && used && (!found || v.compare(best) < 0) {
				best, found = v, true
			}
			return
		}
		if hops == most {
			return
		}
		for i := range n.edges {
			e := &n.edges[i]
			if leaves, ok := e.hours.leave(c.p90, e.cutoff); ok && e.from == node {
				walk(e.to, hops+1, used || e.lane.Mode == via, cost{c.amount + e.cost, c.ppm + int64(e.lane.DamagePpm), leaves.Add(e.transit)})
			}
		}
	}
	walk(from, 0, via == "", cost{p90: ready})
	return best, found
}

// No way is better than the one that is found, whatever is asked for.
func TestBest(t *testing.T) { rapid.Check(t, bestOfAll) }

func FuzzBest(f *testing.F) { fuzz.Drawn(f, bestOfAll) }

func bestOfAll(t *rapid.T) {
	carriers := drawn(t)
	r := request(func(r *Request) {
		r.From, r.LatePenalty = "a", v1.Amount(rapid.Int64Range(0, 200).Draw(t, "penalty"))
		r.Objective = rapid.SampledFrom([]v1.DeliveryObjective{v1.ObjectiveCheapest, v1.ObjectiveBalanced, v1.ObjectiveFastest}).Draw(t, "objective")
		if h := rapid.IntRange(0, 200).Draw(t, "promise"); h > 0 {
			r.Promise = monday.Add(time.Duration(h) * time.Hour)
		}
		r.MaxTransitHours = rapid.SampledFrom([]int32{0, 0, 100}).Draw(t, "transit")
	})
	n := build(carriers, r.To, &r.Goods)
	from, known := n.nodes[r.From]
	if !known {
		t.Skip("no lane begins there")
	}
	for _, via := range []v1.Mode{"", v1.ModeSea} {
		m := r.measure(rapid.Bool().Draw(t, "strict"))
		most := rapid.IntRange(1, MaxHops).Draw(t, "most")
		want, found := all(n, m, via, from, r.Ready, most)
		s := search{network: n, measure: m, via: via, ready: r.Ready, most: most}
		got := s.run(from)
		if (got != nil) != found {
			t.Fatalf("found %v, want %v", got != nil, found)
		}
		if found && got.hope.compare(want) != 0 {
			t.Fatalf("a way of value %v, and there is one of %v", got.hope, want)
		}
	}
	// The order of the lists does not matter.
	choice := Choose(carriers, r)
	for _, c := range carriers {
		slices.Reverse(c.Lanes)
	}
	slices.Reverse(carriers)
	if diff := cmp.Diff(choice, Choose(carriers, r)); diff != "" {
		t.Fatalf("in another order (-before +after):\n%s", diff)
	}
}

// A way of fewer lanes is kept though it costs more: the cheaper one may have too few
// lanes left for the cheap way on, which only shows at its end.
func TestFewerLanesAreWorthKeeping(t *testing.T) {
	r := request(func(r *Request) { r.Promise = monday.Add(50 * time.Hour) })
	n := build([]Carrier{carrier("p",
		lane("ab", v1.ModeLand, "a", "b", 0, 10), lane("ac", v1.ModeLand, "a", "c", 0, 1), lane("cb", v1.ModeLand, "c", "b", 0, 1),
		lane("bd", v1.ModeLand, "b", "d", 1, 0), lane("d", v1.ModeLand, "d", "/DE", 1, 1),
		lane("slow", v1.ModeSea, "b", "/DE", 1000, 0), lane("fast", v1.ModeAir, "b", "/DE", 1, 100),
	)}, r.To, &r.Goods)
	for most, want := range map[int]v1.Amount{2: 110, 3: 11, 4: 3} {
		s := search{network: n, measure: r.measure(true), ready: monday, most: most}
		if got := s.run(n.nodes["a"]); got == nil || got.amount != want {
			t.Errorf("of %d lanes at most: %+v, want a cost of %d", most, got, want)
		}
	}
}

// Of the routes of another mode the one is named that would be chosen if there were no
// other mode.
func TestAlternativesAreTheBest(t *testing.T) {
	in3days := func(r *Request) { r.Promise = monday.AddDate(0, 0, 3) }
	plane := lane("plane", v1.ModeAir, "shenzhen", "/DE", 24, 100)
	for name, c := range map[string]struct {
		change func(*Request)
		other  []v1.Lane
		lane   string
		why    v1.RouteRejection
	}{
		"one that keeps the promise before a cheaper one": {
			in3days, []v1.Lane{lane("slow", v1.ModeSea, "shenzhen", "/DE", 240, 50), lane("express", v1.ModeSea, "shenzhen", "/DE", 48, 101)}, "express", v1.RejectedDearer,
		},
		"if none keeps it the cheapest":     {in3days, []v1.Lane{lane("slow", v1.ModeSea, "shenzhen", "/DE", 240, 50)}, "slow", v1.RejectedTooLate},
		"one that is as good is not better": {nil, []v1.Lane{lane("same", v1.ModeSea, "shenzhen", "/DE", 24, 100)}, "same", v1.RejectedNotBetter},
		"at risk the slower one is slower": {
			func(r *Request) { r.Promise = monday }, []v1.Lane{lane("sea", v1.ModeSea, "shenzhen", "/DE", 240, 101)}, "sea", v1.RejectedSlower,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Choose([]Carrier{carrier("a", plane), carrier("b", c.other...)}, request(c.change))
			if best := ids(got.Route); len(best) != 1 || best[0] != "plane" {
				t.Fatalf("route %v", best)
			}
			for _, o := range got.Alternatives {
				if o.Mode == v1.ModeSea && (o.Why != c.why || o.Route == nil || ids(o.Route)[0] != c.lane) {
					t.Errorf("%v by %s, want %s by %s", ids(o.Route), o.Why, c.lane, c.why)
				}
			}
		})
	}
}

// A parcel that can leave at any time has no cutoff to be handed over by.
func TestDepartBy(t *testing.T) {
	l := lane("l", v1.ModeLand, "shenzhen", "/DE", 1, 1)
	if leg := Choose([]Carrier{carrier("p", l)}, request(nil)).Route.Legs[0]; !leg.DepartBy.IsZero() || !leg.Departs.Equal(monday) {
		t.Errorf("leg %+v", leg)
	}
	l.Cutoff = "18:00"
	if leg := Choose([]Carrier{carrier("p", l)}, request(nil)).Route.Legs[0]; !leg.DepartBy.Equal(monday.Add(9*time.Hour)) || !leg.Departs.Equal(leg.DepartBy) {
		t.Errorf("leg %+v", leg)
	}
}

// tradedOff is a row of places with many lanes from each to the next, in which price,
// time and damage are traded off against each other, so that nearly no way is as good as
// another one.
func tradedOff(lanes int) []Carrier {
	draw := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same lanes each time
	var all []v1.Lane
	for i := range lanes {
		row := i % MaxHops
		to := v1.Identifier("/DE")
		if row < MaxHops-1 {
			to = v1.Identifier(fmt.Sprintf("hub%d", row+1))
		}
		hours, ppm := draw.Int32N(480), draw.Int32N(100_000)
		l := lane(v1.Identifier(fmt.Sprintf("l%d", i)), v1.ModeLand, v1.Identifier(fmt.Sprintf("hub%d", row)), to, hours,
			v1.Amount(1_000_000-1000*int64(hours)-5*int64(ppm)+draw.Int64N(20_000)))
		l.DamagePpm = ppm
		all = append(all, l)
	}
	return []Carrier{carrier("p", all...)}
}

func hard(r *Request) {
	r.From, r.Objective, r.Value, r.LatePenalty, r.Promise = "hub0", v1.ObjectiveBalanced, 5_000_000, 3_000_000, monday.Add(1000*time.Hour)
}

// The search comes to an end in any network, and finds a way, though it may not be the
// best.
func TestSearchIsBounded(t *testing.T) {
	r := request(hard)
	for _, lanes := range []int{48, 600} {
		n := build(tradedOff(lanes), r.To, &r.Goods)
		s := search{network: n, measure: r.measure(true), ready: r.Ready, most: MaxHops}
		l := s.run(n.nodes["hub0"])
		if l == nil || l.hops != MaxHops || s.made < budget || s.made > 2*budget {
			t.Errorf("%d lanes: %+v after %d labels", lanes, l, s.made)
		}
	}
}
