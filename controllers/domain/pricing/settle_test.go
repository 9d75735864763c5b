package pricing

import (
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestSettle(t *testing.T) {
	card := v1.PaymentProvider{FeeBps: 290, FeeFixed: 30}
	for name, test := range map[string]struct {
		amounts  v1.OrderAmounts
		lines    []v1.OrderLineStatus
		captures []v1.Amount
		provider v1.PaymentProvider
		freight  v1.Amount
		want     v1.Settlement
	}{
		"a sale leaves what goods, carrier and provider do not take": {
			v1.OrderAmounts{Captured: 11300}, []v1.OrderLineStatus{{Ordered: 2, Dispatched: 2, Tax: 1300, UnitCost: 3000}},
			[]v1.Amount{11300}, card, 500,
			v1.Settlement{Revenue: 10000, GoodsCost: 6000, Freight: 500, Fees: 358, Profit: 3142, MarginBps: new(int64(3142))},
		},
		"a sale below cost is a loss": {
			v1.OrderAmounts{Captured: 11300}, []v1.OrderLineStatus{{Ordered: 2, Dispatched: 2, Tax: 1300, UnitCost: 6000}},
			[]v1.Amount{11300}, card, 500,
			v1.Settlement{Revenue: 10000, GoodsCost: 12000, Freight: 500, Fees: 358, Profit: -2858, MarginBps: new(int64(-2858))},
		},
		"the margin is cut towards zero": {
			v1.OrderAmounts{Captured: 3}, []v1.OrderLineStatus{{Ordered: 1, Dispatched: 1, UnitCost: 4}}, nil, v1.PaymentProvider{}, 0,
			v1.Settlement{Revenue: 3, GoodsCost: 4, Profit: -1, MarginBps: new(int64(-3333))},
		},
		"each capture has its fee, rounded half up": {
			v1.OrderAmounts{Captured: 100}, nil, []v1.Amount{50, 50}, v1.PaymentProvider{FeeBps: 100, FeeFixed: 7}, 0,
			v1.Settlement{Revenue: 100, Fees: 16, Profit: 84, MarginBps: new(int64(8400))},
		},
		"money that went back is no revenue, and the fee is lost": {
			v1.OrderAmounts{Captured: 1000, Refunded: 1000}, []v1.OrderLineStatus{{Ordered: 1, Cancelled: 1, Tax: 160}},
			[]v1.Amount{1000}, card, 0,
			v1.Settlement{Refunds: 1000, Fees: 59, Profit: -59},
		},
		"only the tax of what was not cancelled is taken out": {
			v1.OrderAmounts{Captured: 339, Refunded: 226}, []v1.OrderLineStatus{{Ordered: 3, Cancelled: 2, Dispatched: 1, Tax: 39, UnitCost: 10}},
			nil, v1.PaymentProvider{}, 0,
			v1.Settlement{Revenue: 100, Refunds: 226, GoodsCost: 10, Profit: 90, MarginBps: new(int64(9000))},
		},
		"money that does not cover the tax is no revenue": {
			v1.OrderAmounts{Captured: 100}, []v1.OrderLineStatus{{Ordered: 1, Dispatched: 1, Tax: 300}}, nil, v1.PaymentProvider{}, 0,
			v1.Settlement{},
		},
		"a refund above what came in is no revenue": {
			v1.OrderAmounts{Captured: 100, Refunded: 150}, nil, nil, v1.PaymentProvider{}, 0,
			v1.Settlement{Refunds: 150},
		},
		"a cost that no amount holds shows as a loss": {
			v1.OrderAmounts{Captured: 1e15}, []v1.OrderLineStatus{{Ordered: 1e9, Dispatched: 1e9, UnitCost: v1.MaxAmount}}, nil, v1.PaymentProvider{}, 0,
			v1.Settlement{Revenue: 1e15, GoodsCost: v1.MaxAmount, Profit: 1e15 - v1.MaxAmount, MarginBps: new(int64(-80071))},
		},
		"a margin just above what a number holds is left out": {
			v1.OrderAmounts{Captured: 1}, []v1.OrderLineStatus{{Ordered: 1, Dispatched: 1, UnitCost: 1e15}}, nil, v1.PaymentProvider{}, 0,
			v1.Settlement{Revenue: 1, GoodsCost: 1e15, Profit: 1 - 1e15},
		},
		"a margin far above what a number holds is left out": {
			v1.OrderAmounts{Captured: 1}, []v1.OrderLineStatus{{Ordered: 1e9, Dispatched: 1e9, UnitCost: v1.MaxAmount}}, nil, v1.PaymentProvider{}, 0,
			v1.Settlement{Revenue: 1, GoodsCost: v1.MaxAmount, Profit: 1 - v1.MaxAmount},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Settle(&test.amounts, test.lines, test.captures, test.provider, test.freight)
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("Settle (-want +got):\n%s", diff)
			}
		})
	}
}

// The largest order, with every number at its limit, settles without an
// overflow: the margin is checked against numbers of any size.
func TestSettlementAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) v1.OrderLineStatus {
			ordered := rapid.Int64Range(0, 1_000_000_000).Draw(t, "ordered")
			return v1.OrderLineStatus{
				Ordered:    v1.Quantity(ordered),
				Dispatched: v1.Quantity(rapid.Int64Range(0, ordered).Draw(t, "dispatched")),
				Tax:        amounts(v1.MaxAmount/100).Draw(t, "tax"),
				UnitCost:   amounts(v1.MaxAmount).Draw(t, "cost"),
			}
		}), 0, 100).Draw(t, "lines")
		captures := rapid.SliceOfN(amounts(v1.MaxAmount), 0, 100).Draw(t, "captures")
		p := v1.PaymentProvider{FeeBps: v1.BasisPoints(rapid.IntRange(0, 10000).Draw(t, "bps")), FeeFixed: amounts(v1.MaxAmount).Draw(t, "fixed")}
		a := &v1.OrderAmounts{Captured: amounts(v1.MaxAmount).Draw(t, "captured"), Refunded: amounts(v1.MaxAmount).Draw(t, "refunded")}
		s := Settle(a, lines, captures, p, amounts(v1.MaxAmount).Draw(t, "freight"))

		if s.Revenue < 0 || s.GoodsCost < 0 || s.Fees < 0 {
			t.Fatalf("negative: %+v", s)
		}
		if s.Profit != s.Revenue-s.GoodsCost-s.Freight-s.Fees {
			t.Fatalf("the profit does not add up: %+v", s)
		}
		if s.Revenue == 0 {
			if s.MarginBps != nil {
				t.Fatalf("a margin of no revenue: %+v", s)
			}
			return
		}
		exact := new(big.Int).Mul(big.NewInt(s.Profit), big.NewInt(10000))
		exact.Quo(exact, big.NewInt(s.Revenue))
		switch {
		case s.MarginBps != nil && (!exact.IsInt64() || exact.Int64() != *s.MarginBps):
			t.Fatalf("the margin is %d, want %s", *s.MarginBps, exact)
		case s.MarginBps == nil && exact.IsInt64() && exact.Int64() != -1<<63:
			t.Fatalf("the margin %s was left out", exact)
		}
	})
}
