package ledger

import (
	"slices"
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// ReserveID is the id of the promise of a grant.
func ReserveID(grant string) string { return grant + "/" + string(v1.MovementReserve) }

// movementID is the id of a movement of a Shipment; fact is the id of the fact
// that made it due, "0" for the Shipment's own end.
func movementID(s *v1.Shipment, kind v1.MovementKind, fact string) string {
	return string(s.UID) + "/" + string(kind) + "/" + fact
}

// theEnd stands for a fact in the id of the movement by which a Shipment gives up
// all that it still holds. The schema lets no short pick have this id.
const theEnd = "0"

// Units is the number of units of one item that were promised to a Shipment.
func Units(s *v1.Shipment, item v1.ItemKey) v1.Quantity {
	var q v1.Quantity
	for _, i := range s.Spec.Items {
		if i.StockItem == item.Name && i.StockItemUID == item.UID {
			q += i.Quantity
		}
	}
	return q
}

// Held is what is left of them after the short picks.
func Held(s *v1.Shipment, item v1.ItemKey) v1.Quantity {
	q := Units(s, item)
	for _, missed := range s.Status.Short {
		if missed.StockItem == item.Name {
			q -= missed.Quantity
		}
	}
	return max(0, q)
}

// Items lists the items of a Shipment, each once, in the order of its spec.
func Items(s *v1.Shipment) []v1.ItemKey {
	var keys []v1.ItemKey
	for _, i := range s.Spec.Items {
		if k := (v1.ItemKey{Name: i.StockItem, UID: i.StockItemUID}); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// Due lists the movements that a Shipment has made due on an item and that it
// has not marked as posted. It judges by the Shipment's status alone: a short pick
// releases the units that were not found, a dispatched Shipment consumes those
// that it still held, a cancelled one that carries the Reserved mark releases
// them. One cancelled without the mark owes nothing: its promise is voided where
// it stands.
func Due(s *v1.Shipment, item v1.ItemKey) []Movement {
	if Units(s, item) == 0 {
		return nil
	}
	return slices.DeleteFunc(Movements(s, item), func(m Movement) bool { return Marked(s, item, m.ID) })
}

// Movements lists all that a Shipment has ever made due on an item, its promise
// excepted.
func Movements(s *v1.Shipment, item v1.ItemKey) []Movement {
	if s.Status.ReservedAt == nil && s.Status.DispatchedAt == nil {
		return nil
	}
	var all []Movement
	add := func(kind v1.MovementKind, fact string, q v1.Quantity, m Movement) {
		if q == 0 {
			return
		}
		m.Posting = v1.Posting{ID: movementID(s, kind, fact), Kind: kind, Quantity: q, Source: v1.ObjectName(s.Name), SourceKind: v1.SourceShipment}
		all = append(all, m)
	}
	for _, missed := range s.Status.Short {
		if missed.StockItem == item.Name && Units(s, item) > 0 {
			add(v1.MovementRelease, string(missed.ID), missed.Quantity, Movement{EffectiveAt: missed.At, Missing: true})
		}
	}
	switch {
	case s.Status.DispatchedAt != nil:
		add(v1.MovementConsume, theEnd, Held(s, item), Movement{EffectiveAt: *s.Status.DispatchedAt})
	case s.Status.CancelledAt != nil:
		add(v1.MovementRelease, theEnd, Held(s, item), Movement{EffectiveAt: *s.Status.CancelledAt})
	}
	return all
}

// Marked says whether a Shipment has acknowledged a movement of an item.
func Marked(s *v1.Shipment, item v1.ItemKey, id string) bool {
	return slices.Contains(s.Status.Posted, v1.PostedMovement{Item: item.Name, ItemUID: item.UID, ID: id})
}

// Owes says whether a Shipment has made a movement due that it has not marked.
func Owes(s *v1.Shipment) bool {
	return slices.ContainsFunc(Items(s), func(key v1.ItemKey) bool { return len(Due(s, key)) > 0 })
}

// Settled says whether nothing that the Shipment did is left to be posted, and
// nothing more can become due.
func Settled(s *v1.Shipment) bool {
	return (s.Status.DispatchedAt != nil || s.Status.CancelledAt != nil) && !Owes(s)
}

// Owner says whether a posting belongs to a Shipment: by its uid, or by its
// grant for a promise.
func Owner(p v1.Posting, s *v1.Shipment) bool {
	if p.Kind == v1.MovementReserve {
		return p.Reserve != nil && p.Reserve.Grant == s.Spec.Grant
	}
	return strings.HasPrefix(p.ID, string(s.UID)+"/")
}
