package fulfilment

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// permutations calls f with every order of a list.
func permutations(list []v1.CarrierEvent, f func([]v1.CarrierEvent)) {
	var permute func(int)
	permute = func(n int) {
		if n == len(list) {
			f(list)
			return
		}
		for i := n; i < len(list); i++ {
			list[n], list[i] = list[i], list[n]
			permute(n + 1)
			list[n], list[i] = list[i], list[n]
		}
	}
	permute(0)
}

// Case 20: what a parcel's events add up to does not depend on the order in
// which they came, nor on how often; each case holds in all of its orders.
func TestCase20_Fold(t *testing.T) {
	const (
		accepted, transit, out = v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierOutForDelivery
		pickup, arrived        = v1.CarrierAvailableForPickup, v1.CarrierDelivered
		failed, refused        = v1.CarrierFailed, v1.CarrierRefused
		back, lost, damaged    = v1.CarrierReturnToSender, v1.CarrierLost, v1.CarrierDamaged
		correction             = v1.CarrierCorrection
	)
	for name, test := range map[string]struct {
		events []v1.CarrierEvent
		want   Track
	}{
		"nothing was scanned":              {nil, Track{Tracking: v1.TrackingPreTransit}},
		"the carrier has it":               {[]v1.CarrierEvent{scan(accepted, 1)}, Track{Tracking: v1.TrackingInTransit}},
		"damage does not stop it":          {[]v1.CarrierEvent{scan(accepted, 1), scan(damaged, 2)}, Track{Tracking: v1.TrackingInTransit}},
		"a late scan does not set it back": {[]v1.CarrierEvent{scan(accepted, 1), scan(out, 2), scan(transit, 3)}, Track{Tracking: v1.TrackingOutForDelivery}},
		"a way of six scans": {
			[]v1.CarrierEvent{scan(accepted, 1), scan(transit, 2), scan(transit, 3), scan(out, 4), scan(pickup, 5), scan(arrived, 6)},
			Track{Tracking: v1.TrackingDelivered, DeliveredAt: new(at(6))},
		},
		"InTransit that is later than Delivered does not undo it": {
			[]v1.CarrierEvent{scan(accepted, 1), scan(out, 2), scan(arrived, 3), scan(transit, 4), scan(failed, 5), scan(back, 6)},
			Track{Tracking: v1.TrackingDelivered, DeliveredAt: new(at(3))},
		},
		"of two deliveries the first counts": {
			[]v1.CarrierEvent{scan(arrived, 4), scan(arrived, 3), scan(lost, 5)}, Track{Tracking: v1.TrackingDelivered, DeliveredAt: new(at(3))},
		},
		"an attempt failed": {[]v1.CarrierEvent{scan(accepted, 1), scan(out, 2), scan(failed, 3)}, Track{Tracking: v1.TrackingFailure}},
		"a failed attempt was followed by another": {
			[]v1.CarrierEvent{scan(accepted, 1), scan(out, 2), scan(failed, 3), scan(out, 4)}, Track{Tracking: v1.TrackingOutForDelivery},
		},
		"the second attempt failed as well": {
			[]v1.CarrierEvent{scan(out, 2), scan(failed, 3), scan(out, 4), scan(failed, 5)}, Track{Tracking: v1.TrackingFailure},
		},
		"a failure in the moment of the best scan is not later": {
			[]v1.CarrierEvent{scan(out, 2), scan(failed, 2)}, Track{Tracking: v1.TrackingOutForDelivery},
		},
		"a failure without any scan before": {[]v1.CarrierEvent{scan(failed, 1)}, Track{Tracking: v1.TrackingFailure}},
		"the customer refused it":           {[]v1.CarrierEvent{scan(out, 1), scan(refused, 2)}, Track{Tracking: v1.TrackingFailure}},
		"it comes back": {
			[]v1.CarrierEvent{scan(out, 1), scan(refused, 2), scan(back, 3)}, Track{Tracking: v1.TrackingReturnToSender},
		},
		"it was lost on the way back": {
			[]v1.CarrierEvent{scan(out, 1), scan(refused, 2), scan(back, 3), scan(lost, 4)}, Track{Tracking: v1.TrackingFailure, Lost: true},
		},
		"the later trouble counts": {
			[]v1.CarrierEvent{scan(accepted, 1), scan(lost, 2), scan(back, 3)}, Track{Tracking: v1.TrackingReturnToSender},
		},
		"the weightier of two troubles in one moment counts": {
			[]v1.CarrierEvent{scan(accepted, 1), scan(back, 2), scan(failed, 2)}, Track{Tracking: v1.TrackingReturnToSender},
		},
		"it was lost and found": {[]v1.CarrierEvent{scan(accepted, 1), scan(lost, 2), scan(transit, 3)}, Track{Tracking: v1.TrackingInTransit}},
		"a correction takes the delivery back": {
			[]v1.CarrierEvent{scan(accepted, 1), scan(out, 2), scan(arrived, 3), scan(correction, 4)}, Track{Tracking: v1.TrackingOutForDelivery},
		},
		"a correction of the same moment takes it back": {
			[]v1.CarrierEvent{scan(accepted, 1), scan(arrived, 3), scan(correction, 3)}, Track{Tracking: v1.TrackingInTransit},
		},
		"a correction does not take back what comes after it": {
			[]v1.CarrierEvent{scan(out, 2), scan(arrived, 3), scan(correction, 4), scan(arrived, 5)},
			Track{Tracking: v1.TrackingDelivered, DeliveredAt: new(at(5))},
		},
		"after a correction trouble counts": {
			[]v1.CarrierEvent{scan(out, 2), scan(arrived, 3), scan(correction, 4), scan(back, 5)}, Track{Tracking: v1.TrackingReturnToSender},
		},
		"after a correction earlier trouble counts against the scans that stand": {
			[]v1.CarrierEvent{scan(transit, 1), scan(failed, 2), scan(arrived, 3), scan(correction, 4)}, Track{Tracking: v1.TrackingFailure},
		},
		"what nobody knows changes nothing": {
			[]v1.CarrierEvent{scan(transit, 1), scan(v1.CarrierOther, 2), scan(out, 3), scan(v1.CarrierOther, 4)}, Track{Tracking: v1.TrackingOutForDelivery},
		},
		"only a correction says nothing": {[]v1.CarrierEvent{scan(correction, 1)}, Track{Tracking: v1.TrackingPreTransit}},
	} {
		t.Run(name, func(t *testing.T) {
			permutations(slices.Clone(test.events), func(events []v1.CarrierEvent) {
				for _, twice := range [][]v1.CarrierEvent{events, append(slices.Clone(events), events...)} {
					if diff := cmp.Diff(test.want, Fold(twice)); diff != "" {
						t.Fatalf("%v (-want +got):\n%s", twice, diff)
					}
				}
			})
		})
	}
}

// Any events in any order: the fold is one of a set, and forward scans that
// come late never take a delivery away.
func FuzzFold(f *testing.F) {
	kinds := []v1.CarrierEventType{
		v1.CarrierAccepted, v1.CarrierInTransit, v1.CarrierOutForDelivery, v1.CarrierAvailableForPickup, v1.CarrierDelivered, v1.CarrierFailed,
		v1.CarrierRefused, v1.CarrierDamaged, v1.CarrierLost, v1.CarrierReturnToSender, v1.CarrierCorrection, v1.CarrierOther, "Unheard-of",
	}
	f.Add([]byte{0, 1, 1, 2, 2, 3, 4, 4}, byte(1))
	f.Add([]byte{4, 3, 10, 4, 9, 5, 8, 6}, byte(3))
	f.Add([]byte{11, 0}, byte(0))
	f.Fuzz(func(t *testing.T, data []byte, turn byte) {
		var events []v1.CarrierEvent
		for ; len(data) > 1 && len(events) < 200; data = data[2:] {
			events = append(events, scan(kinds[int(data[0])%len(kinds)], int(data[1])))
		}
		want := Fold(events)
		if (want.DeliveredAt != nil) != (want.Tracking == v1.TrackingDelivered) || (want.Lost && want.Tracking != v1.TrackingFailure) {
			t.Fatalf("%+v of %v", want, events)
		}
		n := 0
		if len(events) > 0 {
			n = int(turn) % len(events)
		}
		turned := append(slices.Clone(events[n:]), events...)
		slices.Reverse(turned)
		if diff := cmp.Diff(want, Fold(turned)); diff != "" {
			t.Fatalf("turned and doubled (-want +got):\n%s", diff)
		}
		if want.DeliveredAt != nil {
			late := append(slices.Clone(events), scan(v1.CarrierInTransit, 1000), scan(v1.CarrierLost, 1001))
			if diff := cmp.Diff(want, Fold(late)); diff != "" {
				t.Fatalf("a delivery was undone (-want +got):\n%s", diff)
			}
		}
	})
}
