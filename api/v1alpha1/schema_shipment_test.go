package v1alpha1_test

import (
	"testing"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

type shipmentWrite = write[*v1alpha1.Shipment]

func validShipment() *v1alpha1.Shipment {
	return &v1alpha1.Shipment{Spec: v1alpha1.ShipmentSpec{
		OrderName: "web-100045", OrderUID: "5b7c", Grant: "g-1", Location: "berlin",
		Items: []v1alpha1.ShipmentItem{{Line: "1", StockItem: "tea-berlin", StockItemUID: "9f3a", SKU: "TEA-GREEN-100", Quantity: 3}},
	}}
}

func TestShipmentCreations(t *testing.T)     { checkWrites(t, validShipment, shipmentCreations) }
func TestShipmentUpdates(t *testing.T)       { checkWrites(t, validShipment, shipmentUpdates) }
func TestShipmentFactUpdates(t *testing.T)   { checkWrites(t, shipmentWithFacts, shipmentFactUpdates) }
func TestShipmentStatusUpdates(t *testing.T) { checkWrites(t, validShipment, shipmentStatusUpdates) }

var shipmentCreations = map[string]shipmentWrite{
	"the base is accepted": {},
	"a Shipment of nothing is refused": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.Items = []v1alpha1.ShipmentItem{} },
		refused: refusal{"spec.items", "should have at least 1 items"},
	},
}

var shipmentUpdates = map[string]shipmentWrite{
	"the reason of the location cannot be dropped": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.LocationReason = v1alpha1.LocationNearest },
		update:  func(s *v1alpha1.Shipment) { s.Spec.LocationReason = "" },
		refused: refusal{"spec.locationReason", "locationReason cannot be changed"},
	},
	"the reason of the location cannot be given later": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.LocationReason = v1alpha1.LocationNearest },
		refused: refusal{"spec.locationReason", "locationReason cannot be changed"},
	},
	"the promise names its order for ever": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.OrderName = "other" },
		refused: refusal{"spec.orderName", "orderName cannot be changed"},
	},
	"the promise is to one object, not to a name": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.OrderUID = "other" },
		refused: refusal{"spec.orderUID", "orderUID cannot be changed"},
	},
	"the grant ties the promise to the ledger": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Grant = "other" },
		refused: refusal{"spec.grant", "grant cannot be changed"},
	},
	"the promise is of one location": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Location = "other" },
		refused: refusal{"spec.location", "location cannot be changed"},
	},
	"the reason of the location is that of the day": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.LocationReason = v1alpha1.LocationNearest },
		update:  func(s *v1alpha1.Shipment) { s.Spec.LocationReason = v1alpha1.LocationOnly },
		refused: refusal{"spec.locationReason", "locationReason cannot be changed"},
	},
	"a Shipment with the reason of its location can be edited": {
		create: func(s *v1alpha1.Shipment) { s.Spec.LocationReason = v1alpha1.LocationNearest },
		update: func(s *v1alpha1.Shipment) { s.Spec.Hold = "customs papers" },
	},
	"a complete Shipment stays complete": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Incomplete = v1alpha1.CompletenessIncomplete },
		refused: refusal{"spec.incomplete", "incomplete cannot be changed"},
	},
	"an incomplete Shipment cannot drop the word": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.Incomplete = v1alpha1.CompletenessIncomplete },
		update:  func(s *v1alpha1.Shipment) { s.Spec.Incomplete = "" },
		refused: refusal{"spec.incomplete", "incomplete cannot be changed"},
	},
	"the promised quantity cannot be changed": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Items[0].Quantity = 2 },
		refused: refusal{"spec.items", "items cannot be changed"},
	},
	"an item cannot be added": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Items = append(s.Spec.Items, s.Spec.Items[0]) },
		refused: refusal{"spec.items", "items cannot be changed"},
	},
	"a hold can be set": {
		update: func(s *v1alpha1.Shipment) { s.Spec.Hold = "customs papers" },
	},
	"a hold can be lifted": {
		create: func(s *v1alpha1.Shipment) { s.Spec.Hold = "customs papers" },
		update: func(s *v1alpha1.Shipment) { s.Spec.Hold = "" },
	},
}

// shipmentWithFacts is a Shipment on its way, with every fact stated.
func shipmentWithFacts() *v1alpha1.Shipment {
	s := validShipment()
	s.Spec.Facts = v1alpha1.WarehouseFacts{
		Picked: picked("f1"), Packed: fact("f2"), Dispatched: fact("f3"), PutBack: fact("f4"),
	}
	s.Spec.Events = []v1alpha1.CarrierEvent{{ID: "e1", Type: v1alpha1.CarrierAccepted, At: earlier}}
	freight := v1alpha1.Amount(490)
	s.Spec.ActualFreight = &freight
	return s
}

func fact(id v1alpha1.Identifier) *v1alpha1.ActorFact {
	return &v1alpha1.ActorFact{ID: id, By: "Kim", At: earlier}
}

func picked(id v1alpha1.Identifier) *v1alpha1.PickedFact {
	return &v1alpha1.PickedFact{ID: id, By: "Kim", At: earlier}
}

var eventRemoved = refusal{"spec.events", "an event cannot be removed; apply the complete list or use a field manager for each event"}

// once is the refusal of a second word about a fact of the warehouse.
func once(name string) refusal { return refusal{"spec.facts." + name, name + " is written once"} }

var shipmentFactUpdates = map[string]shipmentWrite{
	"picked cannot be changed": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.By = "Lee" },
		refused: pickedChanged,
	},
	"picked cannot be taken back": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked = nil },
		refused: once("picked"),
	},
	"packed cannot be changed": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed.ID = "f22" },
		refused: once("packed"),
	},
	"packed cannot be taken back": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed = nil },
		refused: once("packed"),
	},
	"dispatched cannot be changed": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Dispatched.At = later },
		refused: once("dispatched"),
	},
	"dispatched cannot be taken back": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Dispatched = nil },
		refused: once("dispatched"),
	},
	"putBack cannot be changed": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.PutBack.At = later },
		refused: once("putBack"),
	},
	"putBack cannot be taken back": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.PutBack = nil },
		refused: once("putBack"),
	},
	"all facts cannot be dropped at once": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts = v1alpha1.WarehouseFacts{} },
		refused: once("dispatched"),
	},
	"events can be added in any order": {
		update: func(s *v1alpha1.Shipment) {
			s.Spec.Events = append([]v1alpha1.CarrierEvent{{ID: "e2", Type: v1alpha1.CarrierDelivered, At: later}}, s.Spec.Events...)
		},
	},
	"an event cannot be changed": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Events[0].Type = v1alpha1.CarrierDelivered },
		refused: refusal{"spec.events[0]", "an event cannot be changed; add a new one of type Correction"},
	},
	"an event cannot be replaced by another one": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Events[0].ID = "e2" },
		refused: eventRemoved,
	},
	"the list of events cannot be dropped": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Events = nil },
		refused: eventRemoved,
	},
	"actualFreight cannot be changed": {
		update:  func(s *v1alpha1.Shipment) { *s.Spec.ActualFreight++ },
		refused: refusal{"spec.actualFreight", "actualFreight is written once"},
	},
	"actualFreight cannot be taken back": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.ActualFreight = nil },
		refused: refusal{"spec.actualFreight", "actualFreight is written once"},
	},
}

var shipmentPhases = []v1alpha1.ShipmentPhase{
	"", v1alpha1.ShipmentPlanned, v1alpha1.ShipmentReserved, v1alpha1.ShipmentPicking, v1alpha1.ShipmentPacked,
	v1alpha1.ShipmentDispatched, v1alpha1.ShipmentDelivered,
	v1alpha1.ShipmentCancelled, v1alpha1.ShipmentReturned, v1alpha1.ShipmentLost,
}

func shipmentPhase(p v1alpha1.ShipmentPhase) func(*v1alpha1.Shipment) {
	return func(s *v1alpha1.Shipment) { s.Status.Phase = p }
}
