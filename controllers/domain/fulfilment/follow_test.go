package fulfilment

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

var leaves = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func hours(n int) *metav1.Time { return &metav1.Time{Time: leaves.Add(time.Duration(n) * time.Hour)} }

// Carriers are asked from when parcels have left until a week after the delivery, and
// never for ever.
func TestFollowed(t *testing.T) {
	bookings := []v1.Booking{
		{ID: "a", State: v1.BookingBooked}, {ID: "b", State: v1.BookingVoided}, {ID: "c", State: v1.BookingKept},
		{ID: "d", State: v1.BookingRefused}, {ID: "e", State: v1.BookingUnknown},
	}
	for _, test := range []struct {
		name   string
		status v1.ShipmentStatus
		at     *metav1.Time
		want   string
	}{
		{"in the warehouse", v1.ShipmentStatus{}, hours(1), ""},
		{"on the way", v1.ShipmentStatus{DispatchedAt: hours(0)}, hours(1), "a "},
		{"just delivered", v1.ShipmentStatus{DispatchedAt: hours(0), DeliveredAt: hours(9)}, hours(9 + 7*24), "a "},
		{"delivered long ago", v1.ShipmentStatus{DispatchedAt: hours(0), DeliveredAt: hours(9)}, hours(10 + 7*24), ""},
		{"lost for months", v1.ShipmentStatus{DispatchedAt: hours(0)}, hours(1 + 120*24), ""},
	} {
		test.status.Bookings = bookings
		got := ""
		for _, b := range Followed(&v1.Shipment{Status: test.status}, test.at.Time) {
			got += b.ID + " "
		}
		if got != test.want {
			t.Errorf("%s: %q is followed, not %q", test.name, got, test.want)
		}
	}
}

func TestLookEvery(t *testing.T) {
	for _, test := range []struct {
		phase    v1.ShipmentPhase
		tracking v1.Tracking
		want     time.Duration
	}{
		{v1.ShipmentDispatched, v1.TrackingInTransit, look},
		{v1.ShipmentDispatched, v1.TrackingOutForDelivery, lookClosely},
		{v1.ShipmentDelivered, v1.TrackingDelivered, lookNowAndThen},
		{v1.ShipmentLost, v1.TrackingFailure, lookNowAndThen},
	} {
		s := &v1.Shipment{Status: v1.ShipmentStatus{Phase: test.phase, Tracking: test.tracking}}
		if got := LookEvery(s); got != test.want {
			t.Errorf("%s, %s: every %v, not %v", test.phase, test.tracking, got, test.want)
		}
	}
}

func told(id v1.Identifier, kind v1.CarrierEventType, hour int) v1.CarrierEvent {
	return v1.CarrierEvent{ID: id, Type: kind, At: *hours(hour)}
}

// What a carrier on the way calls delivered was handed on, and the customer hears of the
// last one only.
func TestScansOfACarrierOnTheWay(t *testing.T) {
	for _, test := range []struct {
		to   v1.Place
		scan v1.CarrierEventType
		want v1.CarrierEventType
		at   string
	}{
		{"hub", v1.CarrierDelivered, v1.CarrierInTransit, "hub"},
		{"hub", v1.CarrierOutForDelivery, v1.CarrierInTransit, ""},
		{"hub", v1.CarrierAvailableForPickup, v1.CarrierInTransit, ""},
		{"hub", v1.CarrierRefused, v1.CarrierFailed, ""},
		{"hub", v1.CarrierCorrection, v1.CarrierOther, ""},
		{"hub", v1.CarrierLost, v1.CarrierLost, ""},
		{"", v1.CarrierDelivered, v1.CarrierDelivered, ""},
		{"", v1.CarrierCorrection, v1.CarrierCorrection, ""},
	} {
		events, more := Scanned(&v1.Shipment{}, &v1.Booking{Seq: 2, To: test.to}, []v1.CarrierEvent{told("x", test.scan, 1)})
		if !more || len(events) != 1 || events[0].Type != test.want || events[0].Location != test.at || events[0].ID != "booking-2-x" || !IsScanned(events[0].ID) {
			t.Errorf("%s on the way to %q: %+v", test.scan, test.to, events)
		}
	}
}

// Scans are taken over once, those of two bookings are told apart, and what others have
// stated stays theirs.
func TestScansAreTakenOverOnce(t *testing.T) {
	s := &v1.Shipment{}
	s.Spec.Events = []v1.CarrierEvent{told("by-hand", v1.CarrierInTransit, 1)}
	scans := []v1.CarrierEvent{told("x", v1.CarrierAccepted, 1), told("y", v1.CarrierDelivered, 2), told("x", v1.CarrierAccepted, 1)}
	first, more := Scanned(s, &v1.Booking{Seq: 1}, scans)
	if !more || len(first) != 2 {
		t.Fatalf("%d events, more: %v", len(first), more)
	}
	s.Spec.Events = append(s.Spec.Events, first...)
	if again, more := Scanned(s, &v1.Booking{Seq: 1}, scans); more || len(again) != 2 {
		t.Errorf("again %d events, more: %v", len(again), more)
	}
	if other, more := Scanned(s, &v1.Booking{Seq: 11}, scans); !more || len(other) != 4 {
		t.Errorf("of another booking %d events, more: %v", len(other), more)
	}
	long := v1.Identifier(strings.Repeat("z", 63))
	events, _ := Scanned(&v1.Shipment{}, &v1.Booking{Seq: 1}, []v1.CarrierEvent{told(long, v1.CarrierLost, 1), told(long[1:]+"y", v1.CarrierLost, 1)})
	if len(events) != 2 || len(events[0].ID) > 63 || !IsScanned(events[0].ID) {
		t.Errorf("of long ids: %+v", events)
	}
}

// Thousands of scans on the way leave room for the one that decides.
func TestScansThatDecideHaveRoom(t *testing.T) {
	var scans []v1.CarrierEvent
	for i := range 1000 {
		scans = append(scans, told(v1.Identifier(fmt.Sprint("i", i)), v1.CarrierInTransit, i))
	}
	s := &v1.Shipment{}
	events, _ := Scanned(s, &v1.Booking{Seq: 1}, scans)
	s.Spec.Events = events
	if len(events) != maxEvents-reserved || events[0].ID != "booking-1-i999" {
		t.Errorf("%d events, first %s", len(events), events[0].ID)
	}
	events, more := Scanned(s, &v1.Booking{Seq: 1}, append(scans, told("end", v1.CarrierDelivered, 2000)))
	if !more || !slices.ContainsFunc(events, func(e v1.CarrierEvent) bool { return e.ID == "booking-1-end" }) {
		t.Error("the delivery has no room")
	}
}
