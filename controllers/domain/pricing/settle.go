package pricing

import (
	"math"
	"math/bits"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Books are what an order's settlement is computed from.
type Books struct {
	Amounts *v1.OrderAmounts
	Lines   []v1.OrderLineStatus
	// Captures are the single captures of a provider.
	Captures []Capture
	// Provider with its fees, for the captures of which it did not state its own.
	Provider v1.PaymentProvider
	// Freight is what the carriers charged, or where they did not say so what they had
	// quoted.
	Freight v1.Amount
	// FreightUnknown is the number of dispatched Shipments of which neither is known,
	// FreightEstimated that of those of which the quote counts, and FreightAboveQuote by
	// how much more was charged than quoted.
	FreightUnknown, FreightEstimated, FreightAboveQuote int64
	// OtherAmount is by how much the provider's amounts differ from what it was
	// asked for, each counted as positive.
	OtherAmount int64
	// OtherCurrency is the number of operations that a provider did in another
	// currency.
	OtherCurrency int64
	// UnmatchedCash was recorded as paid back by hand and never came in.
	UnmatchedCash int64
}

// Capture is one capture, with the fee that the provider says it kept; nil if it
// says nothing.
type Capture struct {
	Amount v1.Amount
	Fee    *v1.Amount
}

// Settle computes the result of an order that was delivered or has ended:
//
//	revenue = captured - refunded, net of the tax that it holds
//	profit  = revenue - cost of the dispatched goods - freight - provider's fees
//
// What does not agree is listed, not hidden.
func Settle(b Books) *v1.Settlement {
	a := b.Amounts
	var tax, cost, costUnknown int64
	for i := range b.Lines {
		l := &b.Lines[i]
		tax += int64(Cum(l.Tax, l.Ordered, l.Ordered-l.Cancelled))
		cost += cappedProduct(l.UnitCost, l.Dispatched)
		if l.UnitCost == 0 {
			costUnknown += int64(l.Dispatched)
		}
	}
	s := &v1.Settlement{Refunds: int64(a.Refunded), GoodsCost: cost, Freight: int64(b.Freight)}
	kept := int64(a.Captured) - int64(a.Refunded)
	if kept > 0 {
		s.Revenue = kept - min(tax, kept)
	}
	for _, c := range b.Captures {
		if c.Fee != nil {
			s.Fees += int64(*c.Fee)
		} else {
			s.Fees += int64(ratio(c.Amount, int64(b.Provider.FeeBps), bps) + b.Provider.FeeFixed)
		}
	}
	s.Profit = s.Revenue - s.GoodsCost - s.Freight - s.Fees
	if s.Revenue > 0 {
		s.MarginBps = marginBps(s.Profit, s.Revenue)
	}
	for _, d := range []v1.Discrepancy{
		{Kind: v1.DiscrepancyOverCaptured, Amount: kept - int64(a.Due)},
		{Kind: v1.DiscrepancyUnderCaptured, Amount: int64(a.Due) - kept},
		{Kind: v1.DiscrepancyOtherAmount, Amount: b.OtherAmount},
		{Kind: v1.DiscrepancyOtherCurrency, Amount: b.OtherCurrency},
		{Kind: v1.DiscrepancyUnmatchedCash, Amount: b.UnmatchedCash},
		{Kind: v1.DiscrepancyCostUnknown, Amount: costUnknown},
		{Kind: v1.DiscrepancyFreightUnknown, Amount: b.FreightUnknown},
		{Kind: v1.DiscrepancyFreightEstimated, Amount: b.FreightEstimated},
		{Kind: v1.DiscrepancyFreightAboveQuote, Amount: b.FreightAboveQuote},
	} {
		if d.Amount > 0 {
			s.Discrepancies = append(s.Discrepancies, d)
		}
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
