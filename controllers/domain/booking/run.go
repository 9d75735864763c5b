// Package booking is the ledger of the transports that a Shipment orders from carriers:
// which are wanted, which call to a carrier is due, and what has become of them.
//
// A booking is recorded, with an id that is computed, before the carrier is called; only
// what is stored is asked for, by a look-up first, and sent only if the carrier does not
// know it. That one is to be taken back is recorded before it is done as well, and is not
// undecided any more: a call to take it back may be on its way.
package booking

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Desk is where bookings of a Partner are made.
type Desk struct {
	URL    string
	Secret *v1.LocalReference
	// Basis is the Partner's uid and generation, as uid/generation.
	Basis string
}

// Desks are those of the Partners that have one and are not being deleted.
func Desks(partners []v1.Partner) map[v1.ObjectName]*Desk {
	desks := map[v1.ObjectName]*Desk{}
	for i := range partners {
		p := &partners[i]
		if a := p.Spec.Adapter; a.Type == v1.AdapterHTTP && p.DeletionTimestamp.IsZero() {
			desks[v1.ObjectName(p.Name)] = &Desk{URL: a.URL, Secret: a.SecretRef, Basis: fmt.Sprintf("%s/%d", p.UID, p.Generation)}
		}
	}
	return desks
}

// Run is the lanes of a route that follow each other and belong to one Partner.
type Run struct {
	Partner  v1.ObjectName
	Lanes    []v1.Identifier
	From     v1.Identifier
	To       v1.Place
	DepartBy *metav1.Time
	// Desk of the Partner; nil where it has none, and the run is booked already.
	Desk *Desk
}

// Runs are the parts of a route that are booked: those of Partners with a desk, and those
// for which there is a booking from a time when the Partner had one.
func Runs(route []v1.RouteLeg, bookings []v1.Booking, desk func(v1.ObjectName) *Desk) []Run {
	var runs []Run
	for i := range route {
		l := &route[i]
		if n := len(runs); n > 0 && runs[n-1].Partner == l.Partner {
			runs[n-1].Lanes, runs[n-1].To = append(runs[n-1].Lanes, l.Lane), l.To
			continue
		}
		runs = append(runs, Run{Partner: l.Partner, Lanes: []v1.Identifier{l.Lane}, From: l.From, To: l.To, DepartBy: l.DepartBy})
	}
	var booked []Run
	for _, r := range runs {
		r.Desk = desk(r.Partner)
		if r.Desk != nil || slices.ContainsFunc(bookings, func(b v1.Booking) bool { return lives(&b) && r.same(&b) }) {
			booked = append(booked, r)
		}
	}
	return booked
}

// same says whether a booking is for these lanes, at whatever time.
func (r *Run) same(b *v1.Booking) bool {
	return b.Partner == r.Partner && b.From == r.From && b.To == r.To && slices.Equal(b.Lanes, r.Lanes)
}

// timed says whether a booking is for the same departure.
func (r *Run) timed(b *v1.Booking) bool { return b.DepartBy.Equal(r.DepartBy) }

// lives says whether the carrier has a booking, or may have it.
func lives(b *v1.Booking) bool {
	switch b.State {
	case v1.BookingIntended, v1.BookingUnknown, v1.BookingBooked, v1.BookingKept:
		return true
	default:
		return false
	}
}
