package lifecycle

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
)

// Facts is all that was observed about an Order.
type Facts struct {
	// Order as it was read; its resourceVersion guards the write.
	Order *v1.Order
	// Identity of the order's payment operations.
	Identity payment.Identity
	// Class is the named or the default class, nil if there is none.
	Class *v1.OrderClass
	// ClassMissing says that spec.className names a class that does not exist.
	ClassMissing bool
	// Shipments of this Order's uid, by ordinal.
	Shipments []*v1.Shipment
	// Intended are units, by line, that a StockItem promises to this Order's uid
	// for a Shipment that is not there yet.
	Intended map[v1.Identifier]v1.Quantity
	// Returning says that units of the order's own cancelled Shipments are on their
	// way back into stock: they are not free yet, and the order is the next to get them.
	Returning bool
	// Stock of the order's products that some StockItem keeps.
	Stock map[v1.SKU]Stock
	// Live says that Stock and, after it, Shipments were read from the API server.
	Live bool
	// Original is the Order that this one repeats, found by a live read; "" if none.
	Original v1.ObjectName
	// Peers is what the customer's other Orders say, where NeedsPeers asks for it.
	Peers Peers
	// Heard says that the provider sent word of an operation: it is looked up at once.
	Heard bool
	// NamespaceGoing says that the whole namespace is being deleted.
	NamespaceGoing bool
	// TokenProblem says why the payment token cannot be used, "" if it can or
	// none is needed.
	TokenProblem string
}

// Stock is what the namespace keeps of one product, over all locations.
type Stock struct {
	Available v1.Quantity
	// ByLocation is the same for each location.
	ByLocation map[v1.Identifier]v1.Quantity
	// Pending says that some item was not counted yet, so that Available may grow.
	Pending bool
	// UnitCost in minor units of the order's currency, 0 if unknown.
	UnitCost v1.Amount
}

// Outcome is what came of the call that Plan.Call asked for.
type Outcome struct {
	// Operation with its new state, ref, message and attempts; nil if no call was made.
	Operation *v1.PaymentOperation
	// Adopted are the operations that the provider knows of this order's identity
	// already, and LookedUp says that it was asked.
	Adopted  []v1.PaymentOperation
	LookedUp bool
	// Unusable says what a person has to mend before the provider can be asked what
	// it knows, "" if it could be or is only to be asked again.
	Unusable string
}

// Repeats says whether an order repeats a rival: both have the same channel and
// externalRef, and the rival was confirmed, or was there first. One that was
// rejected is nobody's original, and one without an externalRef repeats nobody.
func Repeats(o, rival *v1.Order) bool {
	if o.Spec.ExternalRef == "" || rival.UID == o.UID || rival.Spec.ExternalRef != o.Spec.ExternalRef || rival.Spec.Channel != o.Spec.Channel {
		return false
	}
	if rival.Status.ConfirmedAt != nil {
		return true
	}
	if closed(rival) {
		return false
	}
	return before(rival, o)
}

// Cancels says whether an order is about to cancel units, or to go.
func Cancels(o *v1.Order) bool {
	if !Confirmed(o) || closed(o) || paused(o) {
		return false
	}
	if Ending(o) {
		return true
	}
	quantities := quantities(o)
	for _, l := range o.Status.Lines {
		if l.Ordered-quantities[l.ID] > l.Cancelled {
			return true
		}
	}
	return false
}

// WaitsForStock says whether a confirmed order may be given units: some are in
// no Shipment, and nothing asks for its end or for a pause. While Shipments are
// being cancelled because a quantity was lowered it is given none: it would get
// the same units again, before it has counted them as cancelled.
func WaitsForStock(o *v1.Order) bool {
	return MayBeServed(o) && slices.ContainsFunc(o.Status.Lines, func(l v1.OrderLineStatus) bool { return l.Backordered > 0 })
}

// MayBeServed says the same of an order that has not noticed yet that units of it
// came back.
func MayBeServed(o *v1.Order) bool {
	if !Confirmed(o) || closed(o) || paused(o) || Ending(o) {
		return false
	}
	quantities := quantities(o)
	for _, l := range o.Status.Lines {
		if l.Ordered-l.Cancelled > max(quantities[l.ID], l.Picked) {
			return false
		}
	}
	return true
}

// quantities are those of the spec, by line, less what the shortage policy cut.
func quantities(o *v1.Order) map[v1.Identifier]v1.Quantity {
	q := make(map[v1.Identifier]v1.Quantity, len(o.Spec.Lines))
	for _, l := range o.Spec.Lines {
		q[l.ID] = l.Quantity
	}
	for _, l := range o.Status.Lines {
		q[l.ID] = min(q[l.ID], l.Ordered-l.Cut)
	}
	return q
}
