package pricing

import (
	"math"
	"math/bits"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Settle computes the result of an order that has ended:
//
//	revenue = captured - refunded, net of the tax that it holds
//	profit  = revenue - cost of the dispatched goods - freight - provider's fees
//
// captures are the amounts of the single captures, each with its fee.
func Settle(a *v1.OrderAmounts, lines []v1.OrderLineStatus, captures []v1.Amount, p v1.PaymentProvider, freight v1.Amount) *v1.Settlement {
	var tax, cost int64
	for i := range lines {
		l := &lines[i]
		tax += int64(Cum(l.Tax, l.Ordered, l.Ordered-l.Cancelled))
		cost += cappedProduct(l.UnitCost, l.Dispatched)
	}
	s := &v1.Settlement{Refunds: int64(a.Refunded), GoodsCost: cost, Freight: int64(freight)}
	if kept := int64(a.Captured) - int64(a.Refunded); kept > 0 {
		s.Revenue = kept - min(tax, kept)
	}
	for _, c := range captures {
		s.Fees += int64(ratio(c, int64(p.FeeBps), bps) + p.FeeFixed)
	}
	s.Profit = s.Revenue - s.GoodsCost - s.Freight - s.Fees
	if s.Revenue > 0 {
		s.MarginBps = marginBps(s.Profit, s.Revenue)
	}
	return s
}

// cappedProduct is a cost, at most v1.MaxAmount: a cost that high is a mistake
// in the StockItem, which must show as a loss and not as an overflow.
func cappedProduct(a v1.Amount, q v1.Quantity) int64 {
	if hi, lo := bits.Mul64(uint64(a), uint64(q)); hi == 0 && lo <= v1.MaxAmount {
		return int64(lo)
	}
	return v1.MaxAmount
}

// marginBps is profit / revenue in basis points, towards zero; nil where the
// loss is so large that no int64 holds it.
func marginBps(profit, revenue int64) *int64 {
	sign, p := int64(1), uint64(profit)
	if profit < 0 {
		sign, p = -1, uint64(-profit)
	}
	hi, lo := bits.Mul64(p, bps)
	if hi >= uint64(revenue) {
		return nil
	}
	q, _ := bits.Div64(hi, lo, uint64(revenue))
	if q > math.MaxInt64 {
		return nil
	}
	m := sign * int64(q)
	return &m
}
