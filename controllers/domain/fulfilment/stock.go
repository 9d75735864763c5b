package fulfilment

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

// Intended are the units of each line that StockItems promise to an Order for
// Shipments that are not known yet.
func Intended(o *v1.Order, shipments []*v1.Shipment, items []*v1.StockItem) map[v1.Identifier]v1.Quantity {
	units := map[v1.Identifier]v1.Quantity{}
	for _, item := range items {
		for _, p := range item.Status.Postings {
			if p.Reserve == nil || p.Reserve.Order.UID != v1.UID(o.UID) ||
				slices.ContainsFunc(shipments, func(s *v1.Shipment) bool { return ledger.Owner(p, s) }) {
				continue
			}
			for _, l := range p.Reserve.Lines {
				units[l.Line] += l.Quantity
			}
		}
	}
	return units
}

// Returning says whether cancelled Shipments are yet to give units back to items
// that are there: they are not free yet, and their Order is the next to get them.
func Returning(shipments []*v1.Shipment, items []*v1.StockItem) bool {
	for _, s := range shipments {
		for _, item := range items {
			if s.Status.CancelledAt == nil {
				continue
			}
			if len(ledger.Due(s, item.Key())) > 0 || (s.Status.ReservedAt == nil && ledger.Promised(s, &item.Status)) {
				return true
			}
		}
	}
	return false
}
