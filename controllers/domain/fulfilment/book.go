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
	runs := booking.Runs(st.Route, st.Bookings, func(name v1.ObjectName) *booking.Desk { return f.Desks[name] })
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
	return booking.Due(st.Bookings, st.DispatchedAt != nil, heard, now)
}

// Sends says whether a carrier that does not know a booking may be sent it: as a live look
// at the Order says, the Shipment wants it.
func Sends(f *Facts, b *v1.Booking) bool {
	w := f.wish(&f.Shipment.Status)
	return f.OrderLive && f.Order != nil && !w.Held && b.VoidSince == nil && (w.Left || len(w.Runs) > 0)
}

// NextCall is when the next carrier is to be asked; zero for never.
func NextCall(st *v1.ShipmentStatus, heard map[string]bool) time.Time {
	return booking.NextCall(st.Bookings, st.DispatchedAt != nil, heard)
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
	case s.Wanted == 0:
		meta.RemoveStatusCondition(c.Conditions, v1.ConditionBooked)
	case s.ready():
		c.True(v1.ConditionBooked, v1.ReasonBooked, fmt.Sprintf("%d of %d carriers have confirmed", s.Booked, s.Wanted))
	case reason != "":
		c.False(v1.ConditionBooked, reason, text)
	case st.DispatchedAt != nil && s.Waiting == nil:
		c.False(v1.ConditionBooked, v1.ReasonNotBooked, "the parcels left without a booking; agree with the carrier, and state its events")
	default:
		c.False(v1.ConditionBooked, v1.ReasonBooking, fmt.Sprintf("%d of %d carriers have confirmed", s.Booked, s.Wanted))
	}
	why := ""
	if s.Kept != nil {
		why = fmt.Sprintf("%s insists on booking %s, which is not wanted any more; settle it with the carrier", s.Kept.Partner, s.Kept.ID)
	}
	c.Keep(v1.ConditionVoidRefused, s.Kept != nil, v1.ReasonKeptByCarrier, why)
}
