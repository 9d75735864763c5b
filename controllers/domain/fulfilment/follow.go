package fulfilment

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Followed are the bookings of a Shipment whose carriers are asked for their scans: those
// on which the parcels travel, from when they have left until some time after the end, since
// a delivery may be taken back and what was lost may be found. That the Shipment is to be
// deleted does not stop them.
func Followed(s *v1.Shipment, now time.Time) []*v1.Booking {
	st := &s.Status
	if st.DispatchedAt == nil || now.After(st.DispatchedAt.Add(followedAtMost)) {
		return nil
	}
	if st.DeliveredAt != nil && now.After(st.DeliveredAt.Add(followedOn)) {
		return nil
	}
	var list []*v1.Booking
	for i := range st.Bookings {
		if b := &st.Bookings[i]; b.State == v1.BookingBooked && b.VoidSince == nil {
			list = append(list, b)
		}
	}
	return list
}

// Times of following parcels: how long after a delivery and in all, and how long between
// two looks while they are on the last vehicle, on their way, and after their end.
const (
	followedOn     = 7 * 24 * time.Hour
	followedAtMost = 120 * 24 * time.Hour
	lookClosely    = 5 * time.Minute
	look           = 15 * time.Minute
	lookNowAndThen = 6 * time.Hour
)

// LookEvery is how long to wait between two looks at the scans of a Shipment. A carrier
// that sends word of each is looked at so as well: word may be lost.
func LookEvery(s *v1.Shipment) time.Duration {
	switch {
	case !Travelling(&s.Status):
		return lookNowAndThen
	case s.Status.Tracking == v1.TrackingOutForDelivery:
		return lookClosely
	default:
		return look
	}
}

// ofScan matches the id of an event that was read from the scans of a booking.
var ofScan = regexp.MustCompile(`^booking-[1-9][0-9]*-`)

// IsScanned says whether an event was read from the scans of a booking.
func IsScanned(id v1.Identifier) bool { return ofScan.MatchString(string(id)) }

// Scanned are the events of a Shipment that were read from the scans of its bookings: those
// that it has, and those among the scans of a booking that it does not have yet. more says
// that there are some. Where a list would be too long, what only tells of the way is left
// out.
func Scanned(s *v1.Shipment, b *v1.Booking, scans []v1.CarrierEvent) (events []v1.CarrierEvent, more bool) {
	room := maxEvents - len(s.Spec.Events)
	known := map[v1.Identifier]bool{}
	for _, e := range s.Spec.Events {
		known[e.ID] = true
		if IsScanned(e.ID) {
			events = append(events, e)
		}
	}
	scans = slices.Clone(scans)
	slices.SortStableFunc(scans, func(x, y v1.CarrierEvent) int {
		return cmp.Or(cmp.Compare(weight(x.Type), weight(y.Type)), y.At.Compare(x.At.Time))
	})
	for _, e := range scans {
		e = translate(b, e)
		if known[e.ID] || room <= 0 || (weight(e.Type) > 0 && room <= reserved) {
			continue
		}
		known[e.ID] = true
		events, more = append(events, e), true
		room--
	}
	return events, more
}

// maxEvents is the number of events of a Shipment, as the schema has it; of those the last
// are reserved for what decides where the parcels are.
const (
	maxEvents = 200
	reserved  = 20
)

// weight is 0 for what decides what becomes of parcels, and more for what tells only of
// their way.
func weight(t v1.CarrierEventType) int {
	switch t {
	case v1.CarrierInTransit, v1.CarrierAccepted:
		return 1
	case v1.CarrierOther:
		return 2
	default:
		return 0
	}
}

// translate makes a scan of a booking an event of the Shipment. The end of a booking that
// does not lead to the door is a place on the way: what is delivered there was handed on,
// and what is refused there has failed.
func translate(b *v1.Booking, e v1.CarrierEvent) v1.CarrierEvent {
	e.ID = scanID(b, e.ID)
	if b.To == "" {
		return e
	}
	was := e.Type
	switch e.Type {
	case v1.CarrierDelivered:
		e.Type, e.Location = v1.CarrierInTransit, string(b.To)
	case v1.CarrierOutForDelivery, v1.CarrierAvailableForPickup:
		e.Type = v1.CarrierInTransit
	case v1.CarrierRefused:
		e.Type = v1.CarrierFailed
	case v1.CarrierCorrection:
		e.Type = v1.CarrierOther
	default:
		return e
	}
	if e.Note == "" {
		e.Note = string(was)
	}
	return e
}

// maxID is the length of an identifier.
const maxID = 63

// scanID tells the scans of one booking from those of another.
func scanID(b *v1.Booking, id v1.Identifier) v1.Identifier {
	name := fmt.Sprintf("booking-%d-%s", b.Seq, id)
	if len(name) > maxID {
		sum := sha256.Sum256([]byte(id))
		name = fmt.Sprintf("booking-%d-h-%s", b.Seq, hex.EncodeToString(sum[:16]))
	}
	return v1.Identifier(name)
}
