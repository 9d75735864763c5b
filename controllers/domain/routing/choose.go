package routing

import (
	"math"
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Request is what is to be carried where, and what matters.
type Request struct {
	Goods
	// From is the location of the goods, To the address of the customer.
	From v1.Identifier
	To   *v1.Address
	// Ready is when the goods can leave, Promise when the customer should have them; zero
	// for no promise.
	Ready, Promise time.Time
	// Objective says which of the routes is the best.
	Objective v1.DeliveryObjective
	// LatePenalty in minor units of Currency is what a late parcel costs, for the
	// objective Balanced.
	LatePenalty v1.Amount
}

// Leg is one lane of a route.
type Leg struct {
	Carrier v1.ObjectName
	Lane    v1.Identifier
	Mode    v1.Mode
	From    v1.Identifier
	// To is the place at which it ends; "" for the door of the customer.
	To v1.Place
	// DepartBy is the cutoff until which the parcel must have been handed over, zero for
	// none, and Departs when it leaves, as half of the parcels do.
	DepartBy, Departs time.Time
	// P50 and P90 is when half, and nine of ten, are at its end.
	P50, P90 time.Time
	// Cost in minor units of the currency of the goods.
	Cost v1.Amount
	// Transit is how long a parcel is on the lane.
	Transit v1.TransitHours
}

// Route is a way from a location to a customer.
type Route struct {
	Legs []Leg
	// Cost in minor units of the currency of the goods.
	Cost v1.Amount
	// P50 and P90 is when half, and nine of ten, are with the customer.
	P50, P90 time.Time
	// DamagePpm of a million parcels are damaged.
	DamagePpm int64
}

// Uses says whether one of the lanes is of a mode.
func (r *Route) Uses(m v1.Mode) bool {
	return slices.ContainsFunc(r.Legs, func(l Leg) bool { return l.Mode == m })
}

// Alternative is the best route that has a lane of a mode which the chosen route does
// not use.
type Alternative struct {
	Mode v1.Mode
	// Route is nil if none leads to the customer by that mode.
	Route *Route
	Why   v1.RouteRejection
}

// Choice is how the goods travel.
type Choice struct {
	// Route is nil if none leads to the customer.
	Route *Route
	// AtRisk says that nine of ten parcels are with the customer only after the promise.
	AtRisk bool
	// Alternatives by the modes that the route does not use.
	Alternatives []Alternative
	// TooSlow says that routes lead to the customer, and none in the time for which the
	// goods keep.
	TooSlow bool
	// Refused counts the lanes that do not take the goods, by the reason.
	Refused map[Reason]int
}

// Choose finds the best route for the objective:
//
//   - Cheapest: of the routes that keep the promise the one of the lowest cost;
//   - Balanced: the one with the least sum of its cost, the late penalty times the
//     probability of being late, and the value of the goods times that of damage;
//   - Fastest: the one with the earliest p90.
//
// If no route keeps the promise it is the fastest for Cheapest as well, and the choice
// is AtRisk. Between equals the others of p90, cost and damage decide.
func Choose(carriers []Carrier, r *Request) Choice {
	n := build(carriers, r.To, &r.Goods)
	choice := Choice{Refused: n.refused}
	from, known := n.nodes[r.From]
	if !known {
		return choice
	}
	find := func(m measure, via v1.Mode) *Route {
		s := search{network: n, measure: m, via: via, ready: r.Ready, most: MaxHops}
		if l := s.run(from); l != nil {
			return n.route(l, r.Ready)
		}
		return nil
	}
	best := find(r.measure(true), "")
	if best == nil {
		best = find(r.fastest, "")
	}
	if best == nil {
		if lasting := *r; r.MaxTransitHours > 0 {
			lasting.MaxTransitHours = 0
			choice.TooSlow = find(lasting.fastest, "") != nil
		}
		return choice
	}
	choice.Route, choice.AtRisk = best, r.late(best.P90)
	for _, mode := range []v1.Mode{v1.ModeLand, v1.ModeSea, v1.ModeAir} {
		if best.Uses(mode) {
			continue
		}
		other := Alternative{Mode: mode, Why: v1.RejectedNoRoute}
		for _, m := range []measure{r.measure(true), r.measure(false)} {
			if other.Route == nil {
				other.Route = find(m, mode)
			}
		}
		if other.Route != nil {
			other.Why = r.why(&choice, other.Route)
		}
		choice.Alternatives = append(choice.Alternatives, other)
	}
	return choice
}

// late says whether a time is after the promise, if there is one.
func (r *Request) late(at time.Time) bool { return !r.Promise.IsZero() && at.After(r.Promise) }

// why says what speaks against another route: what was asked for first.
func (r *Request) why(c *Choice, other *Route) v1.RouteRejection {
	best := c.Route
	fastest := r.Objective == v1.ObjectiveFastest || (c.AtRisk && r.Objective != v1.ObjectiveBalanced)
	switch {
	case r.late(other.P90) && !r.late(best.P90):
		return v1.RejectedTooLate
	case fastest && other.P90.After(best.P90):
		return v1.RejectedSlower
	case other.Cost > best.Cost:
		return v1.RejectedDearer
	case other.P90.After(best.P90):
		return v1.RejectedSlower
	case other.DamagePpm > best.DamagePpm:
		return v1.RejectedMoreDamage
	default:
		return v1.RejectedNotBetter
	}
}

// measure is the objective; strict says that the cheapest route must keep the promise.
func (r *Request) measure(strict bool) measure {
	switch r.Objective {
	case v1.ObjectiveFastest:
		return r.fastest
	case v1.ObjectiveBalanced:
		return func(c cost) (value, bool) {
			sum := int64(c.amount) + int64(math.Round(float64(r.LatePenalty)*r.lateness(c.p90)))
			sum += int64(math.Round(float64(r.Value) * float64(c.ppm) / 1e6))
			return value{sum, c.p90.Unix(), c.ppm}, r.inTime(c)
		}
	default:
		return func(c cost) (value, bool) {
			return value{int64(c.amount), c.p90.Unix(), c.ppm}, r.inTime(c) && (!strict || !r.late(c.p90))
		}
	}
}

func (r *Request) fastest(c cost) (value, bool) {
	return value{c.p90.Unix(), int64(c.amount), c.ppm}, r.inTime(c)
}

// inTime says whether perishable goods may be on their way for so long.
func (r *Request) inTime(c cost) bool {
	return r.MaxTransitHours == 0 || c.p90.Sub(r.Ready) <= time.Duration(r.MaxTransitHours)*time.Hour
}

// shape of the distribution of transit times. The times of a Weibull distribution of
// shape 3 lie as those of carriers do: its median is two thirds of its p90, since
// (ln 2 / ln 10)^(1/3) = 0.67.
const shape = 3

// lateness is the probability that a parcel is there after the promise, if nine of ten
// are there at p90: 0.1^((promise-ready)/(p90-ready))^shape, the tail of a Weibull
// distribution with that quantile. It never falls when p90 grows.
func (r *Request) lateness(p90 time.Time) float64 {
	if r.Promise.IsZero() {
		return 0
	}
	given, needed := r.Promise.Sub(r.Ready).Hours(), p90.Sub(r.Ready).Hours()
	switch {
	case given <= 0:
		return 1
	case needed <= 0:
		return 0
	default:
		return math.Pow(0.1, math.Pow(given/needed, shape))
	}
}

// route is the way of a label, with the times of each lane.
func (n *network) route(l *label, ready time.Time) *Route {
	r := &Route{Cost: min(l.amount, v1.MaxAmount), DamagePpm: min(l.ppm, 1_000_000)}
	var edges []int
	for ; l.before != nil; l = l.before {
		edges = append(edges, l.edge)
	}
	slices.Reverse(edges)
	p50, p90 := ready, ready
	for _, i := range edges {
		e := &n.edges[i]
		leg := Leg{
			Carrier: e.carrier, Lane: e.lane.ID, Mode: e.lane.Mode, From: e.lane.From, To: e.lane.To.Place, Cost: e.cost, Transit: e.lane.TransitHours,
		}
		// The search has found that it leaves, and who comes earlier leaves as well.
		leg.Departs, _ = e.hours.leave(p50, e.cutoff)
		if e.cutoff >= 0 {
			leg.DepartBy = leg.Departs
		}
		leaves, _ := e.hours.leave(p90, e.cutoff)
		p50 = leg.Departs.Add(time.Duration(e.lane.TransitHours.P50) * time.Hour)
		p90 = leaves.Add(e.transit)
		leg.P50, leg.P90 = p50, p90
		r.Legs = append(r.Legs, leg)
	}
	r.P50, r.P90 = p50, p90
	return r
}
