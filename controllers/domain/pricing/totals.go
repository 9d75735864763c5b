// Package pricing computes the money of an order, exact to the minor unit:
// totals, discounts spread over lines, taxes, and the price of some of the units
// of a line. It works in integers; products are held in 128 bits.
package pricing

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

const bps = 10000

// Line is the price of one order line.
type Line struct {
	Net, Tax v1.Amount
}

// Total is what the customer owes for the line.
func (l Line) Total() v1.Amount { return l.Net + l.Tax }

// Totals is the price of an order.
type Totals struct {
	Lines                                 []Line
	Goods, Discount, Tax, Shipping, Total v1.Amount
}

// DiscountError says that a discount is above what it is given on.
type DiscountError struct {
	// Field is the path of the discount.
	Field string
	// Limit is the largest discount that is possible.
	Limit v1.Amount
}

func (e *DiscountError) Error() string {
	return fmt.Sprintf("%s: the discount is above %d, the value that it is given on", e.Field, e.Limit)
}

// AmountError says that the total is above v1.MaxAmount.
type AmountError struct{}

func (*AmountError) Error() string {
	return fmt.Sprintf("the total is above %d minor units", int64(v1.MaxAmount))
}

// Of computes the price of an order for the quantities that it states:
//
//	gross = quantity * unitPrice - discount of the line
//	the order's discount is spread over gross by largest remainder
//	tax included: net = half-up(gross * 10000 / (10000 + taxBps)), tax = gross - net
//	tax excluded: tax = half-up(gross * taxBps / 10000), net = gross
//	total = sum of net and tax + shippingFee
//
// The error is a *DiscountError or an *AmountError.
func Of(o *v1.OrderSpec) (Totals, error) {
	t := Totals{Lines: make([]Line, len(o.Lines)), Discount: o.Discount, Shipping: o.ShippingFee}
	gross := make([]v1.Amount, len(o.Lines))
	var sum v1.Amount
	for i, l := range o.Lines {
		hi, lo := bits.Mul64(uint64(l.Quantity), uint64(l.UnitPrice))
		if hi != 0 || lo > v1.MaxAmount {
			return Totals{}, &AmountError{}
		}
		value := v1.Amount(lo)
		if l.Discount > value {
			return Totals{}, &DiscountError{Field: fmt.Sprintf("spec.lines[%d].discount", i), Limit: value}
		}
		gross[i] = value - l.Discount
		sum += gross[i]
		t.Goods += value
		t.Discount += l.Discount
	}
	if o.Discount > sum {
		return Totals{}, &DiscountError{Field: "spec.discount", Limit: sum}
	}
	if t.Goods > v1.MaxAmount {
		return Totals{}, &AmountError{}
	}
	shares := Spread(o.Discount, gross)
	for i, l := range o.Lines {
		base := gross[i] - shares[i]
		if l.Tax == v1.TaxExcluded {
			t.Lines[i] = Line{Net: base, Tax: ratio(base, int64(l.TaxBps), bps)}
		} else {
			net := ratio(base, bps, bps+int64(l.TaxBps))
			t.Lines[i] = Line{Net: net, Tax: base - net}
		}
		t.Tax += t.Lines[i].Tax
		t.Total += t.Lines[i].Total()
	}
	t.Total += o.ShippingFee
	if t.Total > v1.MaxAmount {
		return Totals{}, &AmountError{}
	}
	return t, nil
}

// Spread divides an amount over weights by largest remainder: each share is at
// most its weight if the amount is at most their sum, and the shares sum to the
// amount exactly. Ties go to the lower index.
func Spread(amount v1.Amount, weights []v1.Amount) []v1.Amount {
	shares := make([]v1.Amount, len(weights))
	var sum uint64
	for _, w := range weights {
		sum += uint64(w)
	}
	if sum == 0 || amount == 0 {
		return shares
	}
	type rest struct {
		index     int
		remainder uint64
	}
	rests := make([]rest, len(weights))
	left := amount
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(amount), uint64(w))
		q, r := bits.Div64(hi, lo, sum)
		shares[i] = v1.Amount(q)
		left -= shares[i]
		rests[i] = rest{i, r}
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return cmp.Compare(b.remainder, a.remainder) })
	for _, r := range rests[:left] {
		shares[r.index]++
	}
	return shares
}

// Cum is the price of the first x of q units that cost total together:
// floor(total * x / q). Prices of any sequence of parts, taken as differences of
// Cum, sum to the total exactly.
func Cum(total v1.Amount, q, x v1.Quantity) v1.Amount {
	if q <= 0 || x <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(total), uint64(min(x, q)))
	c, _ := bits.Div64(hi, lo, uint64(q))
	return v1.Amount(c)
}

// ratio is half-up(a * num / den); num <= den <= 2 * bps.
func ratio(a v1.Amount, num, den int64) v1.Amount {
	hi, lo := bits.Mul64(uint64(a), uint64(num))
	q, r := bits.Div64(hi, lo, uint64(den))
	if 2*r >= uint64(den) {
		q++
	}
	return v1.Amount(q)
}
