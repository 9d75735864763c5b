package routing

import (
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Position is how far a parcel has come on its route.
type Position struct {
	// Leg is the lane that it is on, or is handed over to next.
	Leg int
	// Left says that it has left on that lane at Since; else it was handed over then.
	Left  bool
	Since time.Time
}

// Where finds how far a parcel has come that was handed over to the first carrier at
// a time. A scan counts where its location is one of the places of the route: the parcel
// has come there; OutForDelivery says that it is on the last lane. Others, and those
// before the last known place, tell nothing. The order of the scans does not matter.
func Where(legs []Leg, handedOver time.Time, events []v1.CarrierEvent) Position {
	p := Position{Since: handedOver}
	for _, e := range events {
		if q, known := place(legs, e); known && q.after(p) {
			p = q
		}
	}
	return p
}

// place is what one scan tells of where a parcel is.
func place(legs []Leg, e v1.CarrierEvent) (p Position, known bool) {
	switch e.Type {
	case v1.CarrierOutForDelivery:
		return Position{len(legs) - 1, true, e.At.Time}, len(legs) > 0
	case v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierDamaged:
		for i, l := range legs {
			if l.To != "" && e.Location == string(l.To) {
				return Position{i + 1, false, e.At.Time}, true
			}
		}
	}
	return Position{}, false
}

// after says whether a position tells more than another one: it is further on, or at
// the same place earlier, or on the same last way, after an attempt that failed, later.
func (p Position) after(o Position) bool {
	switch {
	case p.Leg != o.Leg:
		return p.Leg > o.Leg
	case p.Left != o.Left:
		return p.Left
	case p.Left:
		return p.Since.After(o.Since)
	default:
		return p.Since.Before(o.Since)
	}
}

// Expect is when half, and nine of ten, of the parcels are with the customer that have
// come so far: by the lanes that are left, with the waits for cutoffs and calendars as
// far as the carriers still have them. Where no scan has come for long that is in the past,
// and says only that it is late.
func Expect(carriers []Carrier, legs []Leg, at Position) (p50, p90 time.Time) {
	p50, p90 = at.Since, at.Since
	for i := at.Leg; i < len(legs); i++ {
		l := &legs[i]
		if i > at.Leg || !at.Left {
			p50, p90 = leaves(carriers, l, p50), leaves(carriers, l, p90)
		}
		p50 = p50.Add(time.Duration(l.Transit.P50) * time.Hour)
		p90 = p90.Add(time.Duration(l.Transit.P90) * time.Hour)
	}
	return p50, p90
}

// leaves is when a parcel leaves on a lane that is handed over at a time; at once if the
// lane is not there any more.
func leaves(carriers []Carrier, l *Leg, at time.Time) time.Time {
	for _, c := range carriers {
		if c.Name != l.Carrier {
			continue
		}
		hours, err := hoursOf(c.Calendar)
		if err != nil {
			return at
		}
		for i := range c.Lanes {
			if c.Lanes[i].ID != l.Lane {
				continue
			}
			cutoff, err := clockOf(c.Lanes[i].Cutoff)
			if err != nil {
				return at
			}
			if leaves, ok := hours.leave(at, cutoff); ok {
				return leaves
			}
		}
	}
	return at
}

// Retime gives the lanes of a route the times that they have if the parcels can leave at
// ready; where a lane is not there any more they leave on it at once.
func Retime(carriers []Carrier, legs []Leg, ready time.Time) []Leg {
	retimed := slices.Clone(legs)
	p50, p90 := ready, ready
	for i := range retimed {
		l := &retimed[i]
		l.Departs = leaves(carriers, l, p50)
		if !l.DepartBy.IsZero() {
			l.DepartBy = l.Departs
		}
		p90 = leaves(carriers, l, p90).Add(time.Duration(l.Transit.P90) * time.Hour)
		p50 = l.Departs.Add(time.Duration(l.Transit.P50) * time.Hour)
		l.P50, l.P90 = p50, p90
	}
	return retimed
}

// Open says whether the lanes of a route still are there, take the goods, and lead from
// their location to the customer.
func Open(carriers []Carrier, legs []Leg, r *Request) bool {
	n := build(carriers, r.To, &r.Goods)
	at, known := n.nodes[r.From]
	for i := range legs {
		l := &legs[i]
		j := slices.IndexFunc(n.edges, func(e edge) bool { return e.carrier == l.Carrier && e.lane.ID == l.Lane })
		if !known || j < 0 || n.edges[j].from != at {
			return false
		}
		at = n.edges[j].to
	}
	return len(legs) > 0 && at == customer
}
