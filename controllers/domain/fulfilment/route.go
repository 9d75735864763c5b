package fulfilment

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/routing"
)

// NeedsCarriers says whether the Partners are to be read: they deliver, and it is still
// open how the Shipment travels or when it arrives.
func NeedsCarriers(s *v1.Shipment, o *v1.Order) bool {
	corrected := slices.ContainsFunc(s.Spec.Events, func(e v1.CarrierEvent) bool { return e.Type == v1.CarrierCorrection })
	return byPartners(o) && s.Status.CancelledAt == nil && (s.Status.DeliveredAt == nil || corrected)
}

// byPartners says whether Partners deliver an Order.
func byPartners(o *v1.Order) bool {
	return o != nil && o.Status.Policy != nil && o.Status.Policy.Carrier.Type == v1.CarrierPartner
}

// travel says on which lanes a reserved Shipment travels. A route is kept as long as it
// can be travelled: a better one that turns up later changes nothing that the warehouse
// was told. Its lanes are fixed once it is picked; its times go on while it waits.
func travel(f *Facts, st *v1.ShipmentStatus, now time.Time) *routing.Choice {
	if st.ReservedAt != nil && st.Promised == nil && f.Order != nil && f.Order.Status.Delivery != nil {
		st.Promised = f.Order.Status.Delivery.Promised
	}
	if !waiting(st) || !byPartners(f.Order) {
		return nil
	}
	legs, r := legsOf(st.Route), f.request(st, now)
	if len(legs) == 0 {
		return choose(f, st, r)
	}
	late := f.missed(st, r, now) || routing.Moved(f.Carriers, legs)
	if picked(f.Shipment) && holdsBooking(st) {
		late = f.missed(st, r, now.Add(-grace)) && (st.Route[0].DepartBy == nil || routing.Sails(f.Carriers, legs))
	}
	repacked := !equality.Semantic.DeepEqual(f.Shipment.Status.Parcels, st.Parcels)
	switch {
	case picked(f.Shipment):
		if repacked {
			legs = routing.Price(f.Carriers, legs, r.Parcels)
			st.QuotedFreight = new(price(legs))
		}
		if late {
			legs = routing.Retime(f.Carriers, legs, r.Ready)
		}
		st.Route = routeOf(legs)
	case late, repacked, !routing.Open(f.Carriers, legs, r):
		return choose(f, st, r)
	}
	return nil
}

func price(legs []routing.Leg) v1.Amount {
	var sum v1.Amount
	for _, l := range legs {
		sum += min(l.Cost, v1.MaxAmount-sum)
	}
	return sum
}

// missed says whether the times of a route do not hold any more. That leaving now breaks
// the promise is asked of the lanes: one that waits for a cutoff later on loses nothing.
func (f *Facts) missed(st *v1.ShipmentStatus, r *routing.Request, now time.Time) bool {
	switch {
	case !now.After(holdsUntil(st)):
		return false
	case st.Route[0].DepartBy != nil, now.After(departs(st).Add(waitsAtMost)):
		return true
	}
	retimed := routing.Retime(f.Carriers, legsOf(st.Route), r.Ready)
	return retimed[len(retimed)-1].P90.After(st.Promised.Time)
}

// LosesRoute says whether a status computed on the word of Carriers that may be old takes
// a Shipment's route away, moves what is booked, or says for the first time that there is none: then they are to
// be read live, since what is given up does not come back.
func (f *Facts) LosesRoute(st *v1.ShipmentStatus) bool {
	if f.CarriersLive || !byPartners(f.Order) {
		return false
	}
	stored := &f.Shipment.Status
	if len(stored.Route) > 0 {
		return !slices.EqualFunc(stored.Route, st.Route, func(a, b v1.RouteLeg) bool {
			return a.Partner == b.Partner && a.Lane == b.Lane && (len(stored.Bookings) == 0 || a.DepartBy.Equal(b.DepartBy))
		})
	}
	return unrouted(f, st) && !meta.IsStatusConditionFalse(stored.Conditions, v1.ConditionRouted)
}

// choose notes the best route, and what speaks against the other modes.
func choose(f *Facts, st *v1.ShipmentStatus, r *routing.Request) *routing.Choice {
	if f.unknownUnits() {
		return &routing.Choice{} // what nothing is known of may be anything
	}
	choice := routing.Choose(f.Carriers, r)
	st.Route, st.Alternatives, st.QuotedFreight = nil, nil, nil
	if choice.Route == nil {
		return &choice
	}
	st.Route, st.QuotedFreight = routeOf(choice.Route.Legs), new(choice.Route.Cost)
	for _, a := range choice.Alternatives {
		other := v1.RouteAlternative{Mode: a.Mode, Reason: a.Why}
		if a.Route != nil {
			other.Cost, other.P90 = new(a.Route.Cost), new(stamp(a.Route.P90))
		}
		st.Alternatives = append(st.Alternatives, other)
	}
	return &choice
}

// waitsAtMost is how long parcels are expected to wait for a lane without a cutoff
// before their times are reckoned anew.
const waitsAtMost = 24 * time.Hour

// departs is when the parcels of a route leave on its first lane.
func departs(st *v1.ShipmentStatus) time.Time {
	return st.Route[0].P50.Add(-time.Duration(st.Route[0].TransitHours.P50) * time.Hour)
}

// holdsUntil is until when the times of a route hold while its parcels wait: until the
// cutoff of its first lane; without one for a day, or until leaving later may break the
// promise.
func holdsUntil(st *v1.ShipmentStatus) time.Time {
	if by := st.Route[0].DepartBy; by != nil {
		return by.Time
	}
	until := departs(st).Add(waitsAtMost)
	if p, p90 := st.Promised, st.Route[len(st.Route)-1].P90; p != nil && !p90.After(p.Time) {
		if spare := departs(st).Add(p.Sub(p90.Time)); spare.Before(until) {
			return spare
		}
	}
	return until
}

// request is what the routing is asked: from when the units can leave, what they are,
// and what was promised.
func (f *Facts) request(st *v1.ShipmentStatus, now time.Time) *routing.Request {
	o := f.Order
	r := &routing.Request{
		From: f.Shipment.Spec.Location, To: &o.Spec.ShipTo, Ready: stamp(now).Time, Objective: objective(o),
		Goods: routing.Goods{Currency: o.Spec.Currency, Value: f.value(st)},
	}
	packed := map[v1.Identifier]v1.Quantity{}
	for i := range st.Parcels {
		p := &st.Parcels[i]
		r.Parcels = append(r.Parcels, routing.Parcel{MassGrams: p.MassGrams, VolumeCm3: p.VolumeCm3})
		for _, l := range p.Lines {
			packed[l.Line] += l.Quantity
		}
	}
	for _, u := range heldUnits(f, st) {
		in := min(packed[u.Line], u.Quantity)
		packed[u.Line] -= in
		if u.Unit == nil {
			continue
		}
		if apart := u.Quantity - in; apart > 0 { // what fits into no box travels all the same
			r.Parcels = append(r.Parcels, routing.Parcel{MassGrams: u.Unit.MassGrams, VolumeCm3: u.Unit.VolumeCm3, Count: int64(apart)})
		}
		for _, t := range u.Unit.Traits {
			if !slices.Contains(r.Traits, t) {
				r.Traits = append(r.Traits, t)
			}
		}
		if m := u.Unit.MaxTransitHours; m != nil && (r.MaxTransitHours == 0 || *m < r.MaxTransitHours) {
			r.MaxTransitHours = *m
		}
	}
	if st.Promised != nil {
		r.Promise = st.Promised.Time
	}
	if d := o.Status.Policy.Delivery; d != nil {
		r.LatePenalty = d.LatePenalty
	}
	return r
}

// value of the units that a Shipment holds: their part of the price of their lines.
func (f *Facts) value(st *v1.ShipmentStatus) v1.Amount {
	var sum v1.Amount
	for _, u := range heldUnits(f, st) {
		for _, l := range f.Order.Status.Lines {
			if l.ID == u.Line && l.Ordered > 0 {
				sum += min((l.Net+l.Tax)/v1.Amount(l.Ordered)*v1.Amount(u.Quantity), v1.MaxAmount-sum)
			}
		}
	}
	return sum
}

// objective of the order's class, or that which goes with its service level.
func objective(o *v1.Order) v1.DeliveryObjective {
	if d := o.Status.Policy.Delivery; d != nil && d.Objective != "" {
		return d.Objective
	}
	switch o.Spec.ServiceLevel {
	case v1.ServiceEconomy:
		return v1.ObjectiveCheapest
	case v1.ServiceExpress:
		return v1.ObjectiveFastest
	default:
		return v1.ObjectiveBalanced
	}
}

// stamp is a time as the API stores it.
func stamp(t time.Time) metav1.Time { return metav1.NewTime(t.UTC()).Rfc3339Copy() }

func routeOf(legs []routing.Leg) []v1.RouteLeg {
	route := make([]v1.RouteLeg, len(legs))
	for i, l := range legs {
		route[i] = v1.RouteLeg{
			Partner: l.Carrier, Lane: l.Lane, Mode: l.Mode, From: l.From, To: l.To,
			P50: stamp(l.P50), P90: stamp(l.P90), TransitHours: l.Transit, Cost: l.Cost,
		}
		if !l.DepartBy.IsZero() {
			route[i].DepartBy = new(stamp(l.DepartBy))
		}
	}
	return route
}

func legsOf(route []v1.RouteLeg) []routing.Leg {
	legs := make([]routing.Leg, len(route))
	for i, l := range route {
		legs[i] = routing.Leg{
			Carrier: l.Partner, Lane: l.Lane, Mode: l.Mode, From: l.From, To: l.To,
			P50: l.P50.Time, P90: l.P90.Time, Cost: l.Cost, Transit: l.TransitHours,
			Departs: l.P50.Add(-time.Duration(l.TransitHours.P50) * time.Hour),
		}
		if l.DepartBy != nil {
			legs[i].DepartBy = l.DepartBy.Time
		}
	}
	return legs
}

// routeText tells of a route, and what speaks against the modes that it does not use.
func routeText(st *v1.ShipmentStatus, o v1.DeliveryObjective) string {
	var lanes []string
	for _, l := range st.Route {
		lanes = append(lanes, fmt.Sprintf("%s/%s (%s)", l.Partner, l.Lane, l.Mode))
	}
	text := fmt.Sprintf("%s: %s", o, strings.Join(lanes, ", "))
	for _, a := range st.Alternatives {
		text += fmt.Sprintf("; %s: %s", a.Mode, a.Reason)
	}
	return text
}

// unroutedText says why no route leads to the customer.
func unroutedText(s *v1.Shipment, c *routing.Choice) string {
	text := fmt.Sprintf("no lanes of the Partners lead from %s to the customer", s.Spec.Location)
	if c != nil && c.TooSlow {
		return text + " in the time for which the goods keep; another day may do, or hand them over by hand"
	}
	if c == nil || len(c.Refused) == 0 {
		return text + "; add one, or hand the parcels over by hand and state the carrier's events"
	}
	reasons := slices.SortedFunc(maps.Keys(c.Refused), func(a, b routing.Reason) int {
		return cmp.Or(cmp.Compare(c.Refused[b], c.Refused[a]), cmp.Compare(a, b))
	})
	var counts []string
	for _, reason := range reasons {
		counts = append(counts, fmt.Sprintf("%d %s", c.Refused[reason], reason))
	}
	return text + "; lanes that do not take the goods: " + strings.Join(counts, ", ")
}
