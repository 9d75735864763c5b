package lifecycle

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// freight is what the Shipments that left have cost: known is what the carriers charged,
// or else quoted; unknown and estimated count the Shipments of which they said neither,
// and only the second; above is by how much more was charged than quoted.
type freight struct {
	known, above       v1.Amount
	unknown, estimated int64
}

func freightOf(shipments []*v1.Shipment) freight {
	var f freight
	for _, s := range shipments {
		actual, quoted := s.Spec.ActualFreight, s.Status.QuotedFreight
		switch {
		case actual != nil:
			f.known += min(*actual, v1.MaxAmount-f.known)
			if quoted != nil && *actual > *quoted {
				f.above += min(*actual-*quoted, v1.MaxAmount-f.above)
			}
		case s.Status.DispatchedAt == nil:
		case quoted != nil:
			f.known += min(*quoted, v1.MaxAmount-f.known)
			f.estimated++
		default:
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
		switch d.Kind {
		case v1.DiscrepancyFreightUnknown:
			f.unknown = d.Amount
		case v1.DiscrepancyFreightEstimated:
			f.estimated = d.Amount
		case v1.DiscrepancyFreightAboveQuote:
			f.above = v1.Amount(d.Amount)
		}
	}
	return f
}

// books are what the settlement of an order is computed from.
func books(o *v1.Order, v *view, f freight) pricing.Books {
	ops, by := operations(o), o.Spec.Payment
	return pricing.Books{
		Amounts: &v.amounts, Lines: v.lines, Provider: v.policy.Provider, Captures: payment.Captures(ops),
		Freight: f.known, FreightUnknown: f.unknown, FreightEstimated: f.estimated, FreightAboveQuote: int64(f.above),
		OtherAmount: payment.OtherAmount(ops), OtherCurrency: payment.OtherCurrency(ops), UnmatchedCash: payment.Unmatched(ops, by.Received, by.Refunded),
	}
}
