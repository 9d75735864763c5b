package pricing

import (
	"encoding/binary"
	"errors"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// lineBytes is the size of one line in the input of FuzzOf.
const lineBytes = 27

// decode makes an order of any bytes, within the bounds of the API.
func decode(data []byte, discount, fee uint64) *v1.OrderSpec {
	amount := func(b []byte) v1.Amount { return v1.Amount(binary.BigEndian.Uint64(b) % (v1.MaxAmount + 1)) }
	o := &v1.OrderSpec{Discount: v1.Amount(discount % (v1.MaxAmount + 1)), ShippingFee: v1.Amount(fee % (v1.MaxAmount + 1))}
	for ; len(data) >= lineBytes && len(o.Lines) < 100; data = data[lineBytes:] {
		l := v1.OrderLine{
			Quantity:  v1.Quantity(binary.BigEndian.Uint64(data) % 1_000_000_001),
			UnitPrice: amount(data[8:]), Discount: amount(data[16:]),
			TaxBps: v1.BasisPoints(binary.BigEndian.Uint16(data[24:]) % 10001), Tax: v1.TaxIncluded,
		}
		if data[26]%2 == 1 {
			l.Tax = v1.TaxExcluded
		}
		o.Lines = append(o.Lines, l)
	}
	return o
}

// encode is the seed of lines.
func encode(lines ...v1.OrderLine) []byte {
	var data []byte
	for _, l := range lines {
		data = binary.BigEndian.AppendUint64(data, uint64(l.Quantity))
		data = binary.BigEndian.AppendUint64(data, uint64(l.UnitPrice))
		data = binary.BigEndian.AppendUint64(data, uint64(l.Discount))
		data = binary.BigEndian.AppendUint16(data, uint16(l.TaxBps))
		excluded := byte(0)
		if l.Tax == v1.TaxExcluded {
			excluded = 1
		}
		data = append(data, excluded)
	}
	return data
}

// A price is refused for one of the two reasons, or it is the sum of its parts.
func FuzzOf(f *testing.F) {
	f.Add(encode(line(3, 333)), uint64(100), uint64(0))
	f.Add(encode(discounted(excluded(2, 1999, 1900), 99), included(1, 5, 10000)), uint64(1), uint64(1200))
	f.Add(encode(excluded(1_000_000_000, 9_007_199, 10000), line(1, v1.MaxAmount)), uint64(v1.MaxAmount), uint64(v1.MaxAmount))
	f.Add([]byte{}, uint64(0), uint64(7))
	f.Fuzz(func(t *testing.T, data []byte, discount, fee uint64) {
		o := decode(data, discount, fee)
		got, err := Of(o)
		if err != nil {
			d, isDiscount := errors.AsType[*DiscountError](err)
			_, isAmount := errors.AsType[*AmountError](err)
			if isDiscount == isAmount || (isDiscount && (d.Field == "" || d.Limit < 0)) {
				t.Fatalf("unexpected refusal %#v", err)
			}
			return
		}
		var lines, tax, base v1.Amount
		for i, l := range got.Lines {
			if l.Net < 0 || l.Tax < 0 {
				t.Fatalf("line %d is negative: %+v", i, l)
			}
			lines += l.Total()
			tax += l.Tax
			if o.Lines[i].Tax == v1.TaxExcluded {
				base += l.Net
			} else {
				base += l.Total()
			}
		}
		if got.Total < 0 || got.Total > v1.MaxAmount || got.Total != lines+o.ShippingFee {
			t.Fatalf("the total is %d, the lines %d, the fee %d", got.Total, lines, o.ShippingFee)
		}
		if tax != got.Tax || base != got.Goods-got.Discount {
			t.Fatalf("tax %d, want %d; value after discounts %d, want %d", got.Tax, tax, base, got.Goods-got.Discount)
		}
		a, status := confirmed(o, got)
		kept := false
		for _, l := range o.Lines {
			kept = kept || l.Quantity > 0
		}
		if due := Due(a, status); kept && due != got.Total {
			t.Fatalf("the whole order costs %d and %d is due", got.Total, due)
		}
	})
}
