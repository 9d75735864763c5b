package booking

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/intent"
)

// Identity is what makes the ids of a Shipment's bookings: what survives when it is
// restored from a backup. The uid does not.
type Identity struct {
	Installation, Namespace, Shipment, Grant string
}

// ID is the reference of a booking of a run. The departure is part of it: a booking of an
// earlier life of the Shipment is not taken for one of today.
func (id Identity) ID(r *Run, seq int32) string {
	lanes := make([]string, len(r.Lanes))
	for i, l := range r.Lanes {
		lanes[i] = string(l)
	}
	departs := ""
	if r.DepartBy != nil {
		departs = r.DepartBy.UTC().Format(time.RFC3339)
	}
	// No identifier has a slash.
	return intent.ID(seq, id.Installation, id.Namespace, id.Shipment, id.Grant, string(r.Partner), strings.Join(lanes, "/"), string(r.From), string(r.To), departs)
}

// Wish is what a Shipment wants of its carriers.
type Wish struct {
	Runs []Run
	// Held says that nothing is decided now: the parcels are not packed, or the order
	// waits.
	Held bool
	// Left says that the parcels are on their way: what is booked stays, and nothing else
	// is booked any more.
	Left bool
}

// Plan records what is to be booked and taken back.
func Plan(bookings []v1.Booking, w Wish, id Identity, now time.Time) []v1.Booking {
	if w.Held {
		return bookings
	}
	planned, at := slices.Clone(bookings), metav1.NewTime(now.UTC()).Rfc3339Copy()
	wanted := map[string]bool{}
	for i := range w.Runs {
		r := &w.Runs[i]
		if b := r.live(planned, w.Left); b != nil {
			if b.State == v1.BookingKept {
				// It is wanted again, and a call to take it back may have come late.
				b.State, b.VoidSince, b.At, b.Attempts, b.Message = v1.BookingUnknown, nil, at, 0, ""
			}
			wanted[b.ID] = true
			continue
		}
		if w.Left || r.Desk == nil || r.leaving(planned) || r.blocks(planned) != nil {
			continue
		}
		planned = room(planned)
		if len(planned) == v1.MaxBookings {
			continue
		}
		seq := last(planned) + 1
		b := v1.Booking{
			ID: id.ID(r, seq), Seq: seq, Partner: r.Partner, URL: r.Desk.URL, SecretRef: r.Desk.Secret, Basis: r.Desk.Basis,
			Lanes: r.Lanes, From: r.From, To: r.To, DepartBy: r.DepartBy, State: v1.BookingIntended, RecordedAt: at, At: at,
		}
		planned, wanted[b.ID] = append(planned, b), true
	}
	for i := range planned {
		b := &planned[i]
		if !w.Left && !wanted[b.ID] && lives(b) && b.State != v1.BookingKept && b.VoidSince == nil {
			*b = TakeBack(*b, now)
		}
	}
	return planned
}

// live is the booking of a run that the carrier has, or may have, and that is not to be
// taken back; nil if there is none. Parcels that have left travel on the one there is,
// whatever its time.
func (r *Run) live(bookings []v1.Booking, left bool) *v1.Booking {
	for i := len(bookings) - 1; i >= 0; i-- {
		b := &bookings[i]
		if r.same(b) && (left || r.timed(b)) && lives(b) && (b.VoidSince == nil || b.State == v1.BookingKept) {
			return b
		}
	}
	return nil
}

// leaving says whether a booking of the same lanes and departure is still being taken back:
// what comes of that decides whether another one is needed.
func (r *Run) leaving(bookings []v1.Booking) bool {
	return slices.ContainsFunc(bookings, func(b v1.Booking) bool { return r.same(&b) && r.timed(&b) && Open(&b) && b.VoidSince != nil })
}

// blocks is the booking that keeps a run from being booked, nil if there is none: the
// carrier refused it or took it back by itself, and its Partner has not changed since.
func (r *Run) blocks(bookings []v1.Booking) *v1.Booking {
	for i := len(bookings) - 1; i >= 0; i-- {
		b := &bookings[i]
		if r.same(b) && r.timed(b) && r.Desk != nil && b.Basis == r.Desk.Basis && (b.State == v1.BookingRefused || b.State == v1.BookingVoided && b.VoidSince == nil) {
			return b
		}
	}
	return nil
}

// room drops the oldest booking that came to nothing where there are too many, but for
// the last one, from which the next takes its number.
func room(bookings []v1.Booking) []v1.Booking {
	if len(bookings) < v1.MaxBookings {
		return bookings
	}
	most := last(bookings)
	i := slices.IndexFunc(bookings, func(b v1.Booking) bool { return !lives(&b) && b.Seq != most })
	if i < 0 {
		return bookings
	}
	return slices.Delete(slices.Clone(bookings), i, i+1)
}

func last(bookings []v1.Booking) int32 {
	var seq int32
	for i := range bookings {
		seq = max(seq, bookings[i].Seq)
	}
	return seq
}
