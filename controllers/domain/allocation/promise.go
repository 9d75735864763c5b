package allocation

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

// Promise is the movement that records a planned Shipment on one of its items.
type Promise struct {
	Item v1.ItemKey
	ledger.Movement
}

// Promises are those of a plan, one for each item. Every one of them tells all
// that is needed to create the Shipment, because its writer may die before it does.
func (p Plan) Promises(name v1.ObjectName, grant string) []Promise {
	var promises []Promise
	var names []v1.ObjectName
	for _, i := range p.Items {
		key := v1.ItemKey{Name: i.StockItem, UID: i.StockItemUID}
		at := slices.IndexFunc(promises, func(q Promise) bool { return q.Item == key })
		if at < 0 {
			names = append(names, key.Name)
			promises = append(promises, Promise{key, ledger.Movement{Posting: v1.Posting{
				ID: ledger.ReserveID(grant), Kind: v1.MovementReserve, Source: name, SourceKind: v1.SourceShipment,
				Reserve: &v1.ReserveIntent{Grant: grant, Order: p.Order},
			}}})
			at = len(promises) - 1
		}
		promises[at].Quantity += i.Quantity
		promises[at].Reserve.Lines = append(promises[at].Reserve.Lines, v1.ReserveLine{Line: i.Line, Quantity: i.Quantity})
	}
	for i := range promises {
		promises[i].Reserve.Items = names
	}
	return promises
}

// Spec is the spec of the planned Shipment, with the items that hold its promise.
// Intents go forward: what could not be recorded is left out, and waits.
func (p Plan) Spec(grant string, holds func(v1.ItemKey) bool) v1.ShipmentSpec {
	s := shipmentSpec(p.Order, grant)
	s.Location, s.LocationReason = p.Location, p.Reason
	for _, i := range p.Items {
		if holds(v1.ItemKey{Name: i.StockItem, UID: i.StockItemUID}) {
			s.Items = append(s.Items, i)
		} else {
			s.Incomplete = v1.CompletenessIncomplete
		}
	}
	return s
}

// Adopt is the spec of the Shipment of a promise that was found without one,
// after a crash or a lost write. items are those that the promise names, as far
// as they are there, read live.
func Adopt(p v1.Posting, items []*v1.StockItem) v1.ShipmentSpec {
	s := shipmentSpec(p.Reserve.Order, p.Reserve.Grant)
	recorded := 0
	for _, item := range items {
		i := slices.IndexFunc(item.Status.Postings, func(q v1.Posting) bool { return q.ID == p.ID })
		if i < 0 {
			continue
		}
		recorded++
		s.Location = item.Spec.Location
		for _, l := range item.Status.Postings[i].Reserve.Lines {
			s.Items = append(s.Items, v1.ShipmentItem{
				Line: l.Line, StockItem: v1.ObjectName(item.Name), StockItemUID: v1.UID(item.UID), SKU: item.Spec.SKU, Quantity: l.Quantity,
			})
		}
	}
	if recorded < len(p.Reserve.Items) {
		s.Incomplete = v1.CompletenessIncomplete
	}
	return s
}

func shipmentSpec(order v1.ObjectIdentity, grant string) v1.ShipmentSpec {
	return v1.ShipmentSpec{OrderName: order.Name, OrderUID: order.UID, Grant: grant, Incomplete: v1.CompletenessComplete}
}
