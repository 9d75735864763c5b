package fulfilment

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// accepts is what the API server asks of a change of status.
func accepts(t *rapid.T, before, after *v1.ShipmentStatus) {
	switch {
	case after.DispatchedAt != nil && after.CancelledAt != nil:
		t.Fatal("dispatched and cancelled")
	case before.DispatchedAt != nil && !before.DispatchedAt.Equal(after.DispatchedAt):
		t.Fatal("a dispatch was taken back")
	case before.CancelledAt != nil && (!before.CancelledAt.Equal(after.CancelledAt) || (before.ReservedAt == nil) != (after.ReservedAt == nil)):
		t.Fatal("a cancelled Shipment was changed")
	case before.ReservedAt != nil && !before.ReservedAt.Equal(after.ReservedAt):
		t.Fatal("the mark was changed")
	case len(after.Posted) < len(before.Posted):
		t.Fatal("a mark was unset")
	}
	if before.Phase == v1.ShipmentCancelled && after.Phase != before.Phase {
		t.Fatalf("%s became %s", before.Phase, after.Phase)
	}
}

// Whatever people, carriers and controllers state, in whatever order and with
// whatever Orders and items of a cache: the next status is one that the API
// server accepts, and computing it again changes nothing.
func TestEveryStatusIsAccepted(t *testing.T) { rapid.Check(t, acceptedStatus) }

func FuzzProject(f *testing.F) { fuzz.Drawn(f, acceptedStatus) }

func acceptedStatus(t *rapid.T) {
	kinds := []v1.CarrierEventType{
		v1.CarrierAccepted, v1.CarrierOutForDelivery, v1.CarrierDelivered, v1.CarrierFailed, v1.CarrierLost, v1.CarrierReturnToSender, v1.CarrierCorrection,
	}
	f := facts(shipment(1))
	s, minute := f.Shipment, 0
	in := func(phases ...v1.ShipmentPhase) {
		if slices.Contains(phases, s.Status.Phase) {
			return
		}
		t.Skip("the API server refuses it")
	}
	look := func(t *rapid.T) {
		st := Project(f, at(minute).Time)
		accepts(t, &s.Status, st)
		s.Status = *st
		if diff := cmp.Diff(st, Project(f, at(minute).Add(time.Hour))); diff != "" {
			t.Fatalf("there is another write:\n%s", diff)
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"":     func(*rapid.T) { minute++ },
		"look": look,
		"facts": func(t *rapid.T) {
			fresh := facts(s)
			f.Order, f.Items, f.OrderLive = fresh.Order, fresh.Items, rapid.Bool().Draw(t, "live")
			for _, change := range []func(*Facts){cancelling, paused, fewer, ending, unpromised, orderGone} {
				if rapid.IntRange(0, 4).Draw(t, "change") == 0 && f.Order != nil {
					change(f)
				}
			}
			if s.Status.DispatchedAt != nil && rapid.Bool().Draw(t, "posted") {
				f.Items[tea] = item(tea, consume(s))
			}
		},
		"pick": func(*rapid.T) {
			in(v1.ShipmentReserved)
			s.Spec.Facts.Picked = pickedFact("p", minute)
		},
		"pack": func(*rapid.T) {
			in(v1.ShipmentReserved, v1.ShipmentPicking)
			s.Spec.Facts.Packed = fact("q", minute)
		},
		"hand over": func(*rapid.T) {
			in(v1.ShipmentReserved, v1.ShipmentPicking, v1.ShipmentPacked)
			s.Spec.Facts.Dispatched = fact("d", minute)
		},
		"put back": func(*rapid.T) {
			in(v1.ShipmentPicking, v1.ShipmentPacked)
			s.Spec.Facts.PutBack = fact("b", minute)
		},
		"scan": func(t *rapid.T) {
			if s.Spec.Facts.Dispatched == nil {
				t.Skip("the API server refuses it")
			}
			scanned(rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.IntRange(0, minute).Draw(t, "minute"))(s)
		},
	})
	look(t)
}
