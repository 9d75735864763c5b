package pricing

import (
	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// line is an order line of some units at a price, without tax.
func line(quantity v1.Quantity, price v1.Amount) v1.OrderLine {
	return v1.OrderLine{Quantity: quantity, UnitPrice: price, Tax: v1.TaxIncluded}
}

// included and excluded are lines with a tax rate.
func included(quantity v1.Quantity, price v1.Amount, bps v1.BasisPoints) v1.OrderLine {
	l := line(quantity, price)
	l.TaxBps = bps
	return l
}

func excluded(quantity v1.Quantity, price v1.Amount, bps v1.BasisPoints) v1.OrderLine {
	l := included(quantity, price, bps)
	l.Tax = v1.TaxExcluded
	return l
}

func discounted(l v1.OrderLine, discount v1.Amount) v1.OrderLine {
	l.Discount = discount
	return l
}

func order(lines ...v1.OrderLine) *v1.OrderSpec { return &v1.OrderSpec{Lines: lines} }

// confirmed is what is frozen of a price when an order is confirmed.
func confirmed(o *v1.OrderSpec, t Totals) (*v1.OrderAmounts, []v1.OrderLineStatus) {
	lines := make([]v1.OrderLineStatus, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = v1.OrderLineStatus{ID: l.ID, Ordered: l.Quantity, Net: t.Lines[i].Net, Tax: t.Lines[i].Tax}
	}
	return &v1.OrderAmounts{Goods: t.Goods, Discount: t.Discount, Tax: t.Tax, Shipping: t.Shipping, Total: t.Total}, lines
}
