package fulfilment

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/booking"
	"ordercycle.dev/ordercycle/controllers/domain/condition"
)

// wish is what the Shipment wants of the carriers of its route: they are booked once the
// parcels are packed, since nothing about them changes any more, and taken back once it
// is cancelled. Parcels whose Order does not want them any more may still leave: until
// they are put back nothing is decided.
func (f *Facts) wish(st *v1.ShipmentStatus) booking.Wish {
	runs := f.runs(st)
	switch {
	case st.CancelledAt != nil:
		return booking.Wish{}
	case st.DispatchedAt != nil:
		return booking.Wish{Runs: runs, Left: true}
	case st.Phase != v1.ShipmentPacked:
		return booking.Wish{Held: true}
	default:
		return booking.Wish{Runs: runs, Held: !f.mayBook()}
	}
}

// runs are the parts of the route that are booked.
func (f *Facts) runs(st *v1.ShipmentStatus) []booking.Run {
	return booking.Runs(st.Route, st.Bookings, func(name v1.ObjectName) *booking.Desk { return f.Desks[name] })
}

// mayBook says whether the Order still wants the parcels to leave.
func (f *Facts) mayBook() bool {
	return f.unwanted() == "" && f.Shipment.Spec.Hold == "" && f.Order.Spec.Management != v1.ManagementPaused
}

// book records what is to be booked and taken back, and what a carrier has said.
func book(f *Facts, st *v1.ShipmentStatus, now time.Time) {
	if f.Called != nil {
		if i := slices.IndexFunc(st.Bookings, func(b v1.Booking) bool { return b.ID == f.Called.ID }); i >= 0 {
			st.Bookings[i] = *f.Called
		}
	}
	s := f.Shipment
	st.Bookings = booking.Plan(st.Bookings, f.wish(st), booking.Identity{
		Installation: f.Installation, Namespace: s.Namespace, Shipment: s.Name, Grant: s.Spec.Grant,
	}, now)
}

// CallDue is the booking about which a carrier is to be asked now, nil if there is none.
// Nothing is asked before all that is planned is stored.
func CallDue(f *Facts, st *v1.ShipmentStatus, heard map[string]bool, now time.Time) *v1.Booking {
	if !equality.Semantic.DeepEqual(f.Shipment.Status.Bookings, st.Bookings) {
		return nil
	}
	w := f.wish(st)
	return booking.Due(st.Bookings, &w, heard, now)
}

// Sends says whether a carrier that does not know a booking may be sent it: as a live look
// at the Order says, the parcels wait and are to leave, and their departure is still to come.
func Sends(f *Facts, b *v1.Booking, now time.Time) bool {
	w := f.wish(&f.Shipment.Status)
	return f.OrderLive && f.Order != nil && !w.Held && !w.Left && !decided(f.Shipment) && b.VoidSince == nil && len(w.Runs) > 0 &&
		(b.DepartBy == nil || !now.After(b.DepartBy.Time))
}

// Needless says whether a booking that a carrier does not know will never be wanted: the
// parcels have left without it. What the carrier has confirmed it does not forget.
func Needless(s *v1.Shipment, b *v1.Booking) bool {
	return decided(s) && (b.State == v1.BookingIntended || b.State == v1.BookingUnknown)
}

// NextCall is when the next carrier is to be asked; zero for never.
func NextCall(f *Facts, st *v1.ShipmentStatus, heard map[string]bool, now time.Time) time.Time {
	w := f.wish(st)
	return booking.NextCall(st.Bookings, &w, heard, now)
}

// holdsBooking says whether a carrier of the route is booked, or may be: what is booked is
// not given up because a Partner was edited.
func holdsBooking(st *v1.ShipmentStatus) bool {
	return slices.ContainsFunc(st.Bookings, func(b v1.Booking) bool {
		return b.VoidSince == nil && (b.State == v1.BookingBooked || b.State == v1.BookingUnknown)
	})
}

// grace is how long after the times of its route have passed what is booked counts as on
// its way: the parcels may have been handed over, and the warehouse states it later.
const grace = 6 * time.Hour

// mayHandOver says whether the carriers that are to be booked are, as far as that concerns a
// simulated warehouse.
func (f *Facts) mayHandOver() bool {
	st := &f.Shipment.Status
	return len(f.runs(st)) == 0 || st.Phase == v1.ShipmentPacked && f.bookings(st).ready()
}

// standing is how far the bookings of a Shipment have come.
type standing booking.Standing

func (f *Facts) bookings(st *v1.ShipmentStatus) standing {
	return standing(booking.Stand(st.Bookings, f.wish(st)))
}

// ready says whether the parcels can be handed over.
func (s standing) ready() bool { return s.Booked == s.Wanted }

// blocked says why a carrier is not booked, and what a person can do; "" if that only
// takes time.
func (s standing) blocked() (reason, text string) {
	switch {
	case s.Blocked != nil:
		text = fmt.Sprintf("%s does not take the parcels", s.Blocked.Partner)
		if s.Blocked.Message != "" {
			text += " (" + s.Blocked.Message + ")"
		}
		return v1.ReasonNotBooked, text + "; edit the Partner to have it asked again, or hand them over by hand"
	case s.Full:
		return v1.ReasonBookingsFull, fmt.Sprintf("carriers insist on %d bookings of it; settle them, and hand the parcels over by hand", v1.MaxBookings)
	case s.Stuck != nil:
		return v1.ReasonNotBooked, fmt.Sprintf("%s cannot be asked: %s", s.Stuck.Partner, s.Stuck.Message)
	default:
		return "", ""
	}
}

// takingBack follows why a Shipment is cancelled.
const takingBack = "; its bookings are being taken back"

// voiding writes what is missing until the carriers of a cancelled Shipment are told, and
// says whether anything is.
func (f *Facts) voiding(st *v1.ShipmentStatus, c condition.Set) bool {
	if booking.Done(st.Bookings) {
		return false
	}
	if reason, text := f.bookings(st).blocked(); reason != "" {
		c.Stalled(reason, text)
	} else {
		c.Reconciling(v1.ReasonVoiding, cancelledText(f, st)+takingBack)
	}
	return true
}

// unbooked writes what is missing before packed parcels can be handed over, and says
// whether anything is.
func (f *Facts) unbooked(st *v1.ShipmentStatus, c condition.Set) bool {
	s := f.bookings(st)
	if s.ready() {
		return false
	}
	if reason, text := s.blocked(); reason != "" {
		c.Stalled(reason, text)
	} else {
		c.Reconciling(v1.ReasonBooking, "waiting for the carriers to confirm")
	}
	return true
}

// booked writes what is to be known about the bookings.
func booked(f *Facts, st *v1.ShipmentStatus, c condition.Set) {
	s := f.bookings(st)
	reason, text := s.blocked()
	switch {
	case st.DeliveredAt != nil, st.DispatchedAt != nil && f.Order == nil:
		// It is as it was: the Partners are not looked at any more.
	case s.Wanted > 0 && s.ready():
		c.True(v1.ConditionBooked, v1.ReasonBooked, fmt.Sprintf("%d of %d carriers have confirmed", s.Booked, s.Wanted))
	case s.Wanted == 0, f.wish(st).Held && reason == "" && s.Waiting == nil:
		meta.RemoveStatusCondition(c.Conditions, v1.ConditionBooked)
	case st.DispatchedAt != nil && s.Waiting == nil:
		c.False(v1.ConditionBooked, v1.ReasonNotBooked, "the parcels left without a booking; agree with the carrier, and state its events")
	case reason != "":
		c.False(v1.ConditionBooked, reason, text)
	default:
		c.False(v1.ConditionBooked, v1.ReasonBooking, fmt.Sprintf("%d of %d carriers have confirmed", s.Booked, s.Wanted))
	}
	why := ""
	if s.Kept != nil {
		why = fmt.Sprintf("%s insists on booking %s, which is not wanted any more; settle it with the carrier", s.Kept.Partner, s.Kept.ID)
	}
	c.Keep(v1.ConditionVoidRefused, s.Kept != nil, v1.ReasonKeptByCarrier, why)
}
