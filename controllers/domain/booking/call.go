package booking

import (
	"cmp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/intent"
)

// Open says whether a booking has no result yet, or is still to be taken back.
func Open(b *v1.Booking) bool {
	switch b.State {
	case v1.BookingIntended, v1.BookingUnknown:
		return true
	case v1.BookingBooked:
		return b.VoidSince != nil
	default:
		return false
	}
}

// Times between two looks at a booking about which nothing is open: a carrier may take one
// back, or let one go in the end, and what it says of that may be lost.
const (
	lookAgain  = 30 * time.Minute // before the parcels leave
	lookAtKept = 24 * time.Hour
)

// dueAt is when a booking is to be asked about; zero for never. A clock that was set back
// is not waited for. While nothing is decided, what was never sent waits, and what may have
// been sent is looked up now and then.
func dueAt(b *v1.Booking, w *Wish, heard map[string]bool, now time.Time) time.Time {
	var at time.Time
	switch wait := intent.Backoff(b.Attempts); {
	case lives(b) && heard[b.ID]:
		at = b.At.Time
	case b.State == v1.BookingIntended && b.VoidSince == nil && w.Held:
		return time.Time{}
	case Open(b) && b.Attempts == 0:
		at = b.At.Time
	case Open(b) && b.VoidSince == nil && w.Held:
		at = b.At.Add(lookAgain)
	case Open(b):
		at = b.At.Add(wait)
	case b.State == v1.BookingBooked && !w.Left && b.Attempts > 0:
		at = b.At.Add(wait)
	case b.State == v1.BookingBooked && !w.Left:
		at = b.At.Add(lookAgain)
	case b.State == v1.BookingKept && b.Attempts > 0:
		at = b.At.Add(intent.MaxBackoff)
	case b.State == v1.BookingKept:
		at = b.At.Add(lookAtKept)
	default:
		return time.Time{}
	}
	if b.At.After(now) {
		return now
	}
	return at
}

// Heard are those among the ids of bookings about which there is still something to hear.
func Heard(bookings []v1.Booking, ids map[string]bool) map[string]bool {
	var open map[string]bool
	for i := range bookings {
		if b := &bookings[i]; lives(b) && ids[b.ID] {
			if open == nil {
				open = map[string]bool{}
			}
			open[b.ID] = true
		}
	}
	return open
}

// Due is the booking about which the carrier is to be asked now, nil if there is none:
// the one that has waited longest. What a carrier has just said something about is heard:
// it is asked for at once.
func Due(bookings []v1.Booking, w *Wish, heard map[string]bool, now time.Time) *v1.Booking {
	var due *v1.Booking
	var since time.Time
	for i := range bookings {
		b := &bookings[i]
		at := dueAt(b, w, heard, now)
		if !at.IsZero() && !at.After(now) && (due == nil || at.Before(since)) {
			due, since = b, at
		}
	}
	return due
}

// NextCall is when the next carrier is to be asked, zero for never.
func NextCall(bookings []v1.Booking, w *Wish, heard map[string]bool, now time.Time) time.Time {
	var next time.Time
	for i := range bookings {
		if at := dueAt(&bookings[i], w, heard, now); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// Answer is what a carrier says has become of a booking.
type Answer struct {
	// State is Booked, Refused or Voided.
	State                               v1.BookingState
	Ref, TrackingNumber, Label, Message string
	// Price in the order's currency; nil if it was not said, or in another one.
	Price *v1.Amount
	// Found says that it was in the carrier's books before this manager sent it.
	Found bool
}

// Conclude records an answer.
func Conclude(b v1.Booking, a Answer, now time.Time) v1.Booking {
	first := b.State == v1.BookingIntended
	b.State, b.Attempts, b.At = a.State, 0, metav1.NewTime(now.UTC()).Rfc3339Copy()
	b.Message = a.Message
	// What is not said again stays as it was said.
	b.Ref, b.TrackingNumber, b.Label = cmp.Or(a.Ref, b.Ref), cmp.Or(a.TrackingNumber, b.TrackingNumber), cmp.Or(a.Label, b.Label)
	if a.Price != nil {
		b.Price = a.Price
	}
	switch {
	case b.VoidSince != nil && a.State == v1.BookingBooked:
		b.State = v1.BookingKept
	case first && a.Found && a.State == v1.BookingVoided && b.VoidSince == nil:
		// An earlier life of the Shipment took it back: it blocks nothing.
		b.VoidSince = new(b.At)
	}
	return b
}

// Unclear records that there was no clear answer, and what a person has to mend before
// there can be one, "" for nothing. sent says that the carrier may have been told. What was
// booked stays so until it is known better.
func Unclear(b v1.Booking, sent bool, mend string, now time.Time) v1.Booking {
	if b.State == v1.BookingIntended && sent {
		b.State = v1.BookingUnknown
	}
	if Open(&b) {
		b.Message = mend
	}
	b.At = metav1.NewTime(now.UTC()).Rfc3339Copy()
	b.Attempts++
	return b
}

// TakeBack records that a booking is to be taken back, which the carrier does not know and
// which nobody wants any more: so a call that is on its way books nothing.
func TakeBack(b v1.Booking, now time.Time) v1.Booking {
	at := metav1.NewTime(now.UTC()).Rfc3339Copy()
	b.VoidSince, b.At, b.Attempts, b.Message = &at, at, 0, ""
	return b
}

// Standing is how far the bookings of a Shipment have come.
type Standing struct {
	// Wanted and Booked are the runs, and those that the carrier has confirmed.
	Wanted, Booked int
	// Waiting is a booking without an answer, nil if there is none.
	Waiting *v1.Booking
	// Blocked is what keeps a run from being booked: nil, unless Wanted is not reached by
	// waiting.
	Blocked *v1.Booking
	// Full says that there is no room for another one.
	Full bool
	// Stuck is a booking that cannot be asked about before a person mends something.
	Stuck *v1.Booking
	// Kept is a booking that the carrier did not let go and that is not wanted.
	Kept *v1.Booking
}

// Stand tells how far the bookings have come.
func Stand(bookings []v1.Booking, w Wish) Standing {
	st := Standing{Wanted: len(w.Runs)}
	wanted := map[string]bool{}
	for i := range w.Runs {
		r := &w.Runs[i]
		b := r.live(bookings, w.Left)
		switch {
		case b != nil && (b.State == v1.BookingBooked || b.State == v1.BookingKept):
			wanted[b.ID] = true
			st.Booked++
		case b != nil:
			wanted[b.ID] = true
			st.Waiting = b
		case r.blocks(bookings) != nil:
			st.Blocked = r.blocks(bookings)
		case r.Desk != nil && !w.Left && !r.leaving(bookings) && len(room(bookings)) == v1.MaxBookings:
			st.Full = true
		}
	}
	for i := range bookings {
		b := &bookings[i]
		if Open(b) && b.Message != "" {
			st.Stuck = b
		}
		if b.State == v1.BookingKept && !wanted[b.ID] {
			st.Kept = b
		}
	}
	return st
}

// Done says whether nothing of a Shipment's bookings is open.
func Done(bookings []v1.Booking) bool {
	for i := range bookings {
		if Open(&bookings[i]) {
			return false
		}
	}
	return true
}
