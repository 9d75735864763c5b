package fulfilment

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Track is what the carrier's events add up to.
type Track struct {
	// Tracking is where the parcel is.
	Tracking v1.Tracking
	// DeliveredAt is the first delivery that was not taken back.
	DeliveredAt *metav1.Time
	// Lost says that the carrier gave the parcel up.
	Lost bool
}

// forward ranks the scans of a parcel on its way; a higher rank is never undone
// by a lower one that comes late.
var forward = map[v1.CarrierEventType]struct {
	rank     int
	tracking v1.Tracking
}{
	v1.CarrierAccepted:           {1, v1.TrackingInTransit},
	v1.CarrierInTransit:          {1, v1.TrackingInTransit},
	v1.CarrierDamaged:            {1, v1.TrackingInTransit},
	v1.CarrierOutForDelivery:     {2, v1.TrackingOutForDelivery},
	v1.CarrierAvailableForPickup: {3, v1.TrackingAvailableForPickup},
	v1.CarrierDelivered:          {4, v1.TrackingDelivered},
}

// trouble lists the scans that stop a parcel, the weightier later: each counts
// only if it is later than the best forward scan and never after a delivery.
var trouble = []struct {
	event    v1.CarrierEventType
	tracking v1.Tracking
}{
	{v1.CarrierFailed, v1.TrackingFailure},
	{v1.CarrierRefused, v1.TrackingFailure},
	{v1.CarrierReturnToSender, v1.TrackingReturnToSender},
	{v1.CarrierLost, v1.TrackingFailure},
}

// Fold computes where a parcel is from the set of its events. The order in
// which they arrived does not matter, and neither does an event that came
// twice. Only a Correction takes deliveries back: those up to its time.
func Fold(events []v1.CarrierEvent) Track {
	latest := map[v1.CarrierEventType]metav1.Time{}
	for _, e := range events {
		if at, seen := latest[e.Type]; !seen || e.At.After(at.Time) {
			latest[e.Type] = e.At
		}
	}
	t := Track{Tracking: v1.TrackingPreTransit}
	correction, corrected := latest[v1.CarrierCorrection]
	var best int
	var bestAt metav1.Time
	for _, e := range events {
		f, ok := forward[e.Type]
		if !ok {
			continue
		}
		if e.Type == v1.CarrierDelivered {
			if corrected && !e.At.After(correction.Time) {
				continue
			}
			if t.DeliveredAt == nil || e.At.Before(t.DeliveredAt) {
				t.DeliveredAt = e.At.DeepCopy()
			}
		}
		if f.rank > best || (f.rank == best && e.At.After(bestAt.Time)) {
			best, bestAt, t.Tracking = f.rank, e.At, f.tracking
		}
	}
	if t.DeliveredAt != nil {
		return t
	}
	var worstAt metav1.Time
	for _, w := range trouble {
		if at, seen := latest[w.event]; seen && (best == 0 || at.After(bestAt.Time)) && !at.Before(&worstAt) {
			worstAt, t.Tracking, t.Lost = at, w.tracking, w.event == v1.CarrierLost
		}
	}
	return t
}
