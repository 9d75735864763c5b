package judge

import (
	"strings"

	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/carrierfake"
)

// bookedOnce: in the end the carrier has each part of the way of a Shipment once, and
// Shipments and carrier know of the same bookings; for a Shipment that was cancelled it has
// nothing but what it insists on.
func bookedOnce(r *Run, report func(string, ...any)) {
	theirs := map[string]carrierfake.Entry{}
	for _, e := range r.Booked {
		if was, seen := theirs[e.ID]; seen && was.State == carrierfake.StateVoided && e.State == carrierfake.StateBooked {
			report("booking %s was made again after it was void", e.ID)
		}
		theirs[e.ID] = e
	}
	known := map[string]bool{}
	for _, s := range r.shipments() {
		booked := map[string]string{}
		for _, b := range s.Status.Bookings {
			known[b.ID] = true
			e, received := theirs[b.ID]
			lives := received && (e.State == carrierfake.StateBooked || e.State == carrierfake.StatePending)
			switch b.State {
			case v1.BookingBooked:
				way := strings.Join(names(b.Lanes), ",")
				if other := booked[way]; other != "" {
					report("Shipment %s has %s and %s for the lanes %s", s.Name, other, b.ID, way)
				}
				booked[way] = b.ID
				if !lives {
					report("Shipment %s says that %s is booked, and the carrier has it as %q", s.Name, b.ID, e.State)
				}
				if s.Status.CancelledAt != nil && !r.Forced {
					report("Shipment %s is cancelled, and %s is still booked", s.Name, b.ID)
				}
			case v1.BookingKept:
				if !lives {
					report("Shipment %s says that the carrier insists on %s, and the carrier has it as %q", s.Name, b.ID, e.State)
				}
			case v1.BookingVoided, v1.BookingRefused:
				if lives {
					report("Shipment %s says that %s is %s, and the carrier has it as %s", s.Name, b.ID, b.State, e.State)
				}
			case v1.BookingIntended, v1.BookingUnknown:
				if r.Missing == "" && !r.Forced {
					report("booking %s of Shipment %s is %s in the end", b.ID, s.Name, b.State)
				}
			}
		}
	}
	for id, e := range theirs {
		if !known[id] {
			report("the carrier has %s as %s, and no Shipment knows it", id, e.State)
		}
	}
}

// shipments are the last versions of all Shipments, also of those that are gone.
func (r *Run) shipments() map[types.UID]*v1.Shipment {
	last := map[types.UID]*v1.Shipment{}
	for _, v := range r.Versions {
		if s, ok := v.Object.(*v1.Shipment); ok {
			last[s.UID] = s
		}
	}
	return last
}

func names(lanes []v1.Identifier) []string {
	list := make([]string, len(lanes))
	for i, l := range lanes {
		list[i] = string(l)
	}
	return list
}
