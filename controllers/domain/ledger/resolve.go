package ledger

import (
	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Resolution is what is to be done with an open posting.
type Resolution string

const (
	// Wait keeps the posting: its source has not acknowledged it yet.
	Wait Resolution = "Wait"
	// DropIt removes the posting: its source has acknowledged it.
	DropIt Resolution = "Drop"
	// VoidIt takes a promise back: no Shipment holds it, and none ever will.
	VoidIt Resolution = "Void"
	// CreateIt creates the Shipment of a promise: intents go forward.
	CreateIt Resolution = "Create"
)

// Resolve says what is to be done with a posting of an item, given the Shipment
// of its name, nil if there is none. Only Wait and Drop may rest on a cached
// Shipment, because a mark is never unset; Void and Create need a live read
// made after the item was read.
func Resolve(p v1.Posting, item v1.ItemKey, s *v1.Shipment) Resolution {
	if p.Kind != v1.MovementReserve {
		switch {
		case s == nil || !Owner(p, s):
			// Its finalizer was taken away by force: nobody will post it again.
			return DropIt
		case Marked(s, item, p.ID):
			return DropIt
		default:
			return Wait
		}
	}
	switch {
	case p.Reserve == nil:
		return VoidIt // nobody can create its Shipment
	case s == nil:
		return CreateIt
	case foreign(p, s):
		// Another Order of the same name: its Shipments may go at any moment, and
		// then the name is free for whoever is about to create this one. It is
		// waited out, unless the promise's own Order is gone (Turn.Foreign).
		return Wait
	case !Owner(p, s), Units(s, item) == 0:
		return VoidIt
	case s.Status.ReservedAt != nil:
		return DropIt
	case s.Status.CancelledAt != nil:
		return VoidIt
	default:
		return Wait
	}
}

// foreign says whether the name of a promise's Shipment is held by that of another
// Order of the same name.
func foreign(p v1.Posting, s *v1.Shipment) bool {
	return p.Reserve != nil && s != nil && !Owner(p, s) && s.Spec.OrderUID != p.Reserve.Order.UID
}

// Acknowledge lists the movements of a Shipment that an item has counted and
// the Shipment has not marked, the promise excepted: that one is marked by
// status.reservedAt.
func Acknowledge(s *v1.Shipment, key v1.ItemKey, item *v1.StockItemStatus) []v1.PostedMovement {
	var marks []v1.PostedMovement
	for _, p := range item.Postings {
		if p.Kind != v1.MovementReserve && Owner(p, s) && !Marked(s, key, p.ID) {
			marks = append(marks, v1.PostedMovement{Item: key.Name, ItemUID: key.UID, ID: p.ID})
		}
	}
	return marks
}

// Promised says whether an item holds the promise of a Shipment.
func Promised(s *v1.Shipment, item *v1.StockItemStatus) bool {
	for _, p := range item.Postings {
		if p.Kind == v1.MovementReserve && Owner(p, s) {
			return true
		}
	}
	return false
}

// Mentions says whether an item has any posting of a Shipment, by its uid or grant.
func Mentions(s *v1.Shipment, item *v1.StockItemStatus) bool {
	for _, p := range item.Postings {
		if Owner(p, s) {
			return true
		}
	}
	return false
}
