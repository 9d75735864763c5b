package v1alpha1_test

import (
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

var (
	pickedTooEarly     = refusal{"spec.facts.picked", "picked is accepted once stock is reserved and before packing: wait until the phase is Reserved"}
	packedTooEarly     = refusal{"spec.facts.packed", "packed is accepted once stock is reserved and before dispatch: wait until the phase is Reserved or Picking"}
	dispatchedTooEarly = refusal{"spec.facts.dispatched", "dispatched is accepted once stock is reserved: wait until the phase is Reserved, Picking or Packed; a Cancelled Shipment must not leave"}
	nothingToPutBack   = refusal{"spec.facts.putBack", "putBack is accepted for units that were picked and have not left"}
	eventTooEarly      = refusal{"spec.events", "carrier events are accepted once facts.dispatched is recorded"}
)

// TestShipmentFactsInTheirPhase states each fact in each phase.
func TestShipmentFactsInTheirPhase(t *testing.T) {
	facts := map[string]struct {
		state    func(*v1alpha1.WarehouseFacts)
		accepted []v1alpha1.ShipmentPhase
		refused  refusal
	}{
		"picked": {
			state:    func(f *v1alpha1.WarehouseFacts) { f.Picked = picked("f1") },
			accepted: []v1alpha1.ShipmentPhase{v1alpha1.ShipmentReserved, v1alpha1.ShipmentPicking},
			refused:  pickedTooEarly,
		},
		"packed": {
			state:    func(f *v1alpha1.WarehouseFacts) { f.Packed = fact("f2") },
			accepted: []v1alpha1.ShipmentPhase{v1alpha1.ShipmentReserved, v1alpha1.ShipmentPicking},
			refused:  packedTooEarly,
		},
		"dispatched": {
			state:    func(f *v1alpha1.WarehouseFacts) { f.Dispatched = fact("f3") },
			accepted: []v1alpha1.ShipmentPhase{v1alpha1.ShipmentReserved, v1alpha1.ShipmentPicking, v1alpha1.ShipmentPacked},
			refused:  dispatchedTooEarly,
		},
		"putBack": {
			state:    func(f *v1alpha1.WarehouseFacts) { f.PutBack = fact("f4") },
			accepted: []v1alpha1.ShipmentPhase{v1alpha1.ShipmentPicking, v1alpha1.ShipmentPacked},
			refused:  nothingToPutBack,
		},
	}
	cases := map[string]shipmentWrite{}
	for name, f := range facts {
		for _, p := range shipmentPhases {
			w := shipmentWrite{status: shipmentPhase(p), update: func(s *v1alpha1.Shipment) { f.state(&s.Spec.Facts) }}
			if !slices.Contains(f.accepted, p) {
				w.refused = f.refused
			}
			cases[fmt.Sprintf("%s in phase %q", name, p)] = w
		}
	}
	checkWrites(t, validShipment, cases)
}

func TestShipmentFactsOutOfPhase(t *testing.T) {
	checkWrites(t, validShipment, shipmentFactsOutOfPhase)
}

var shipmentFactsOutOfPhase = map[string]shipmentWrite{
	"picked before there is stock": {
		status:  shipmentPhase(v1alpha1.ShipmentPlanned),
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked = picked("f1") },
		refused: pickedTooEarly,
	},
	"packed before the first look of a controller": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed = fact("f1") },
		refused: packedTooEarly,
	},
	"dispatched after a cancel": {
		status:  shipmentPhase(v1alpha1.ShipmentCancelled),
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Dispatched = fact("f1") },
		refused: dispatchedTooEarly,
	},
	"putBack of what was never picked": {
		status:  shipmentPhase(v1alpha1.ShipmentReserved),
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.PutBack = fact("f1") },
		refused: nothingToPutBack,
	},
	"all facts of a warehouse that reports once": {
		status: shipmentPhase(v1alpha1.ShipmentReserved),
		update: func(s *v1alpha1.Shipment) {
			s.Spec.Facts = v1alpha1.WarehouseFacts{Picked: picked("f1"), Packed: fact("f2"), Dispatched: fact("f3")}
		},
	},
	"a scan of a parcel that never left": {
		status:  shipmentPhase(v1alpha1.ShipmentPacked),
		update:  scanned,
		refused: eventTooEarly,
	},
	"the scan that comes with the dispatch": {
		status: shipmentPhase(v1alpha1.ShipmentPacked),
		update: func(s *v1alpha1.Shipment) { s.Spec.Facts.Dispatched = fact("f1"); scanned(s) },
	},
	"other edits of a Shipment that never left": {
		status: shipmentPhase(v1alpha1.ShipmentCancelled),
		update: func(s *v1alpha1.Shipment) { s.Labels = map[string]string{"seen": "true"} },
	},
}

func scanned(s *v1alpha1.Shipment) {
	s.Spec.Events = []v1alpha1.CarrierEvent{{ID: "e1", Type: v1alpha1.CarrierAccepted, At: earlier}}
}

// TestShipmentFinalPhases leaves each phase for each other one.
func TestShipmentFinalPhases(t *testing.T) {
	final := []v1alpha1.ShipmentPhase{v1alpha1.ShipmentCancelled}
	cases := map[string]shipmentWrite{}
	for _, from := range shipmentPhases {
		for _, to := range shipmentPhases {
			w := shipmentWrite{status: shipmentPhase(from), updateStatus: shipmentPhase(to)}
			if from != to && slices.Contains(final, from) {
				w.refused = phaseIsFinal
			}
			cases[fmt.Sprintf("%q -> %q", from, to)] = w
		}
	}
	checkWrites(t, validShipment, cases)
}

var (
	phaseIsFinal     = refusal{"status.phase", "Cancelled is final"}
	staysDispatched  = refusal{"status.dispatchedAt", "a dispatched Shipment stays dispatched"}
	neverBoth        = refusal{"status.cancelledAt", "a Shipment is dispatched or cancelled, never both"}
	staysCancelled   = refusal{"status.cancelledAt", "a cancelled Shipment stays cancelled and is not reserved afterwards"}
	reservedAtFrozen = refusal{"status.reservedAt", "reservedAt is written once"}
	markUnset        = refusal{"status.posted", "a mark is never unset"}
)

func reserved(s *v1alpha1.Shipment)          { s.Status.ReservedAt = &earlier }
func dispatched(s *v1alpha1.Shipment)        { s.Status.DispatchedAt = &earlier }
func shipmentCancelled(s *v1alpha1.Shipment) { s.Status.CancelledAt = &earlier }
func posted(s *v1alpha1.Shipment) {
	s.Status.Posted = []v1alpha1.PostedMovement{
		{Item: "tea-berlin", ItemUID: "9f3a", ID: "5b7c/Consume/0"},
		{Item: "mug-berlin", ItemUID: "77aa", ID: "5b7c/Consume/0"},
	}
}

var shipmentStatusUpdates = map[string]shipmentWrite{
	"a cancelled Shipment stays cancelled": {
		status: shipmentPhase(v1alpha1.ShipmentCancelled), updateStatus: shipmentPhase(v1alpha1.ShipmentReserved),
		refused: phaseIsFinal,
	},
	"a parcel that was given up can arrive": {
		status: shipmentPhase(v1alpha1.ShipmentLost), updateStatus: shipmentPhase(v1alpha1.ShipmentDelivered),
	},
	"a delivery can be corrected": {
		status: shipmentPhase(v1alpha1.ShipmentDelivered), updateStatus: shipmentPhase(v1alpha1.ShipmentDispatched),
	},
	"a route says how long its lanes take": {
		status: routeOf(8, 8),
	},
	"which is consistent": {
		status: routeOf(8, 7), refused: refusal{"status.route[0].transitHours.p90", "p90 is at least p50: nine of ten take as long or less"},
	},
	"reservedAt cannot be moved": {
		status: reserved, updateStatus: func(s *v1alpha1.Shipment) { s.Status.ReservedAt = &later },
		refused: reservedAtFrozen,
	},
	"reservedAt cannot be lost": {
		status: reserved, updateStatus: func(s *v1alpha1.Shipment) { s.Status.ReservedAt = nil },
		refused: reservedAtFrozen,
	},
	"a reserved Shipment can be dispatched": {
		status: reserved, updateStatus: dispatched,
	},
	"a reserved Shipment can be cancelled": {
		status: reserved, updateStatus: shipmentCancelled,
	},
	"dispatchedAt cannot be moved": {
		status: dispatched, updateStatus: func(s *v1alpha1.Shipment) { s.Status.DispatchedAt = &later },
		refused: staysDispatched,
	},
	"dispatchedAt cannot be lost": {
		status: dispatched, updateStatus: func(s *v1alpha1.Shipment) { s.Status.DispatchedAt = nil },
		refused: staysDispatched,
	},
	"the whole status cannot be lost": {
		status: dispatched, updateStatus: func(s *v1alpha1.Shipment) { s.Status = v1alpha1.ShipmentStatus{} },
		refused: staysDispatched,
	},
	"a dispatched Shipment cannot be cancelled": {
		status: dispatched, updateStatus: shipmentCancelled,
		refused: neverBoth,
	},
	"a cancelled Shipment cannot be dispatched": {
		status: shipmentCancelled, updateStatus: dispatched,
		refused: neverBoth,
	},
	"one write cannot dispatch and cancel": {
		updateStatus: func(s *v1alpha1.Shipment) { dispatched(s); shipmentCancelled(s) },
		refused:      neverBoth,
	},
	"cancelledAt cannot be moved": {
		status: shipmentCancelled, updateStatus: func(s *v1alpha1.Shipment) { s.Status.CancelledAt = &later },
		refused: staysCancelled,
	},
	"cancelledAt cannot be lost": {
		status: shipmentCancelled, updateStatus: func(s *v1alpha1.Shipment) { s.Status.CancelledAt = nil },
		refused: staysCancelled,
	},
	"a cancelled Shipment cannot be reserved": {
		status: shipmentCancelled, updateStatus: reserved,
		refused: staysCancelled,
	},
	"a mark can be added": {
		status: posted,
		updateStatus: func(s *v1alpha1.Shipment) {
			s.Status.Posted = append(s.Status.Posted, v1alpha1.PostedMovement{Item: "tea-berlin", ItemUID: "9f3a", ID: "5b7c/Release/f7"})
		},
	},
	"a mark cannot be unset": {
		status: posted, updateStatus: func(s *v1alpha1.Shipment) { s.Status.Posted = s.Status.Posted[:1] },
		refused: markUnset,
	},
	"a mark cannot be given to another item of that name": {
		status: posted, updateStatus: func(s *v1alpha1.Shipment) { s.Status.Posted[0].ItemUID = "0000" },
		refused: markUnset,
	},
	"all marks cannot be unset": {
		status: posted, updateStatus: func(s *v1alpha1.Shipment) { s.Status.Posted = nil },
		refused: markUnset,
	},
}

func TestShipmentDefaults(t *testing.T) {
	s := validShipment()
	s.Namespace, s.Name = newNamespace(t), "defaults"
	s.Status.ReservedAt = &metav1.Time{Time: earlier.Time} // not for the one who creates it to say
	create(t.Context(), t, s)

	want := validShipment().Spec
	want.Incomplete = v1alpha1.CompletenessComplete
	mustEqual(t, "spec", s.Spec, want)
	mustEqual(t, "status", s.Status, v1alpha1.ShipmentStatus{ObservedGeneration: -1})
}

// routeOf gives a Shipment a route of one lane.
func routeOf(p50, p90 int32) func(*v1alpha1.Shipment) {
	return func(s *v1alpha1.Shipment) {
		s.Status.Route = []v1alpha1.RouteLeg{{
			Partner: "trucks", Lane: "door", Mode: v1alpha1.ModeLand, From: "main", P50: later, P90: later,
			TransitHours: v1alpha1.TransitHours{P50: p50, P90: p90},
		}}
	}
}
