package routing

import (
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Position is how far a parcel has come on its route.
type Position struct {
	// Leg is the lane to which it was handed over at Since.
	Leg   int
	Since time.Time
	// Out is when it left for the door, the last time; zero if it has not.
	Out time.Time
}

// Where finds how far a parcel has come that was handed over to the first carrier at
// a time. A scan counts where its location is one of the places of the route: the parcel
// has come there, when the first such scan says so; OutForDelivery says that it is on
// the last vehicle. Others tell nothing. The order of the scans does not matter.
func Where(legs []Leg, handedOver time.Time, events []v1.CarrierEvent) Position {
	p := Position{Since: handedOver}
	for _, e := range events {
		switch e.Type {
		case v1.CarrierOutForDelivery:
			if p.Out.Before(e.At.Time) {
				p.Out = e.At.Time
			}
		case v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierDamaged:
			for i, l := range legs {
				next := i + 1
				if l.To != "" && e.Location == string(l.To) && (next > p.Leg || (next == p.Leg && e.At.Time.Before(p.Since))) {
					p.Leg, p.Since = next, e.At.Time
				}
			}
		}
	}
	return p
}

// Times on the last vehicle, in which half and nine of ten parcels are at the door: it
// comes on the day on which it has left.
const (
	lastHalf = 6 * time.Hour
	lastMost = 12 * time.Hour
)

// Expect is when half, and nine of ten, of the parcels are with the customer that have
// come so far: by the lanes that are left, with the waits for cutoffs and calendars as
// far as the carriers still have them. What has left for the door comes the same day,
// and not later than it was expected before, unless that time is over. Where no scan has
// come for long that is in the past, and says only that it is late.
func Expect(carriers []Carrier, legs []Leg, at Position) (p50, p90 time.Time) {
	p50, p90 = at.Since, at.Since
	first := at.Leg
	if len(legs) > 0 && first == 0 && !at.Since.After(legs[0].DepartBy) {
		// It was handed over for this departure, whatever the carrier changes afterwards.
		p50 = legs[0].DepartBy.Add(time.Duration(legs[0].Transit.P50) * time.Hour)
		p90 = legs[0].DepartBy.Add(time.Duration(legs[0].Transit.P90) * time.Hour)
		first = 1
	}
	for i := first; i < len(legs); i++ {
		l := &legs[i]
		p50 = leaves(carriers, l, p50).Add(time.Duration(l.Transit.P50) * time.Hour)
		p90 = leaves(carriers, l, p90).Add(time.Duration(l.Transit.P90) * time.Hour)
	}
	if at.Out.IsZero() {
		return p50, p90
	}
	same := func(expected time.Time, most time.Duration) time.Time {
		if day := at.Out.Add(most); expected.Before(at.Out) || expected.After(day) {
			return day
		}
		return expected
	}
	p90 = same(p90, lastMost)
	if p50 = same(p50, lastHalf); p50.After(p90) {
		p50 = p90
	}
	return p50, p90
}

// departure is when parcels leave on a lane that are handed over at a time: at once if
// the lane, or a day on which it is served, is not there any more. cutoff says whether
// that is its cutoff.
func departure(carriers []Carrier, l *Leg, at time.Time) (leaves time.Time, cutoff bool) {
	for _, c := range carriers {
		if c.Name != l.Carrier {
			continue
		}
		hours, err := hoursOf(c.Calendar)
		if err != nil {
			return at, false
		}
		for i := range c.Lanes {
			if c.Lanes[i].ID != l.Lane {
				continue
			}
			limit, err := clockOf(c.Lanes[i].Cutoff)
			if err != nil {
				return at, false
			}
			if leaves, ok := hours.leave(at, limit); ok {
				return leaves, limit >= 0
			}
		}
	}
	return at, false
}

func leaves(carriers []Carrier, l *Leg, at time.Time) time.Time {
	t, _ := departure(carriers, l, at)
	return t
}

// Retime gives the lanes of a route the times that they have if the parcels can leave at
// ready. Where a lane is not there any more they leave on it at once.
func Retime(carriers []Carrier, legs []Leg, ready time.Time) []Leg {
	retimed := slices.Clone(legs)
	p50, p90 := ready, ready
	for i := range retimed {
		l := &retimed[i]
		var cutoff bool
		l.Departs, cutoff = departure(carriers, l, p50)
		if l.DepartBy = l.Departs; !cutoff {
			l.DepartBy = time.Time{}
		}
		p90 = leaves(carriers, l, p90).Add(time.Duration(l.Transit.P90) * time.Hour)
		p50 = l.Departs.Add(time.Duration(l.Transit.P50) * time.Hour)
		l.P50, l.P90 = p50, p90
	}
	return retimed
}

// Moved says whether the first lane of a route does not leave any more when it was
// planned to, because its carrier has changed its cutoff or its calendar.
func Moved(carriers []Carrier, legs []Leg) bool {
	first := &legs[0]
	if !first.DepartBy.IsZero() {
		at, cutoff := departure(carriers, first, first.DepartBy)
		return !cutoff || !at.Equal(first.DepartBy)
	}
	at, cutoff := departure(carriers, first, first.Departs)
	return cutoff || !at.Equal(first.Departs)
}

// Sails says whether the first lane of a route is there, with a cutoff.
func Sails(carriers []Carrier, legs []Leg) bool {
	_, cutoff := departure(carriers, &legs[0], legs[0].Departs)
	return cutoff
}

// Price is what parcels cost on the lanes of a route; a lane that is not there any more
// costs what it did.
func Price(carriers []Carrier, legs []Leg, parcels []Parcel) []Leg {
	priced := slices.Clone(legs)
	for i := range priced {
		l := &priced[i]
		for _, c := range carriers {
			if j := slices.IndexFunc(c.Lanes, func(lane v1.Lane) bool { return c.Name == l.Carrier && lane.ID == l.Lane }); j >= 0 {
				l.Cost = Freight(&c.Lanes[j], parcels)
			}
		}
	}
	return priced
}

// Open says whether the lanes of a route are still there as they were, take the goods,
// and lead from their location to the customer in the time for which the goods keep.
func Open(carriers []Carrier, legs []Leg, r *Request) bool {
	var own []Carrier // of the route, which are few
	for _, c := range carriers {
		if slices.ContainsFunc(legs, func(l Leg) bool { return l.Carrier == c.Name }) {
			own = append(own, c)
		}
	}
	n := build(own, r.To, &r.Goods)
	at, known := n.nodes[r.From]
	for i := range legs {
		l := &legs[i]
		j := slices.IndexFunc(n.edges, func(e edge) bool {
			return e.carrier == l.Carrier && e.lane.ID == l.Lane && e.lane.Mode == l.Mode && e.lane.To.Place == l.To
		})
		if !known || j < 0 || n.edges[j].from != at {
			return false
		}
		at = n.edges[j].to
	}
	return len(legs) > 0 && at == customer && r.inTime(cost{p90: legs[len(legs)-1].P90})
}
