package lifecycle

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// freight is what the carriers charged, as far as they said so, and the number of
// Shipments that left and of which they did not.
type freight struct {
	known   v1.Amount
	unknown int64
}

func freightOf(shipments []*v1.Shipment) freight {
	var f freight
	for _, s := range shipments {
		switch a := s.Spec.ActualFreight; {
		case a != nil:
			f.known += min(*a, v1.MaxAmount-f.known)
		case s.Status.DispatchedAt != nil:
			f.unknown++
		}
	}
	return f
}

// closedFreight is the freight of an ended order: a carrier may state it late. It
// stays as it was once a Shipment is gone, and with it what it cost.
func closedFreight(st *v1.OrderStatus, shipments []*v1.Shipment) freight {
	var own []*v1.Shipment
	for _, s := range shipments {
		if slices.ContainsFunc(st.Shipments, func(l v1.OrderShipment) bool { return l.Name == v1.ObjectName(s.Name) }) {
			own = append(own, s)
		}
	}
	if st.Settlement == nil || len(own) == len(st.Shipments) {
		return freightOf(own)
	}
	f := freight{known: v1.Amount(st.Settlement.Freight)}
	for _, d := range st.Settlement.Discrepancies {
		if d.Kind == v1.DiscrepancyFreightUnknown {
			f.unknown = d.Amount
		}
	}
	return f
}

// books are what the settlement of an order is computed from.
func books(o *v1.Order, v *view, f freight) pricing.Books {
	ops, by := operations(o), o.Spec.Payment
	return pricing.Books{
		Amounts: &v.amounts, Lines: v.lines, Provider: v.policy.Provider, Captures: payment.Captures(ops),
		Freight: f.known, FreightUnknown: f.unknown,
		OtherAmount: payment.OtherAmount(ops), OtherCurrency: payment.OtherCurrency(ops), UnmatchedCash: payment.Unmatched(ops, by.Received, by.Refunded),
	}
}
