package pricing

import (
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

func TestSettle(t *testing.T) {
	card := v1.PaymentProvider{FeeBps: 290, FeeFixed: 30}
	for name, test := range map[string]struct {
		amounts  v1.OrderAmounts
		lines    []v1.OrderLineStatus
		captures []Capture
		provider v1.PaymentProvider
		freight  v1.Amount
		want     v1.Settlement
	}{
		"a sale leaves what goods, carrier and provider do not take": {
			v1.OrderAmounts{Captured: 11300}, []v1.OrderLineStatus{{Ordered: 2, Dispatched: 2, Tax: 1300, UnitCost: 3000}},
			[]Capture{{Amount: 11300}}, card, 500,
			v1.Settlement{Revenue: 10000, GoodsCost: 6000, Freight: 500, Fees: 358, Profit: 3142, MarginBps: new(int64(3142))},
		},
		"a sale below cost is a loss": {
			v1.OrderAmounts{Captured: 11300}, []v1.OrderLineStatus{{Ordered: 2, Dispatched: 2, Tax: 1300, UnitCost: 6000}},
			[]Capture{{Amount: 11300}}, card, 500,
			v1.Settlement{Revenue: 10000, GoodsCost: 12000, Freight: 500, Fees: 358, Profit: -2858, MarginBps: new(int64(-2858))},
		},
		"the margin is cut towards zero": {
			v1.OrderAmounts{Captured: 3}, []v1.OrderLineStatus{{Ordered: 1, Dispatched: 1, UnitCost: 4}}, nil, v1.PaymentProvider{}, 0,
			v1.Settlement{Revenue: 3, GoodsCost: 4, Profit: -1, MarginBps: new(int64(-3333))},
		},
		"each capture has its fee, rounded half up": {
			v1.OrderAmounts{Captured: 100}, nil, []Capture{{Amount: 50}, {Amount: 50}}, v1.PaymentProvider{FeeBps: 100, FeeFixed: 7}, 0,
			v1.Settlement{Revenue: 100, Fees: 16, Profit: 84, MarginBps: new(int64(8400))},
		},
		"money that went back is no revenue, and the fee is lost": {
			v1.OrderAmounts{Captured: 1000, Refunded: 1000}, []v1.OrderLineStatus{{Ordered: 1, Cancelled: 1, Tax: 160}},
			[]Capture{{Amount: 1000}}, card, 0,
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
			test.amounts.Due = max(0, test.amounts.Captured-test.amounts.Refunded)
			got := Settle(Books{Amounts: &test.amounts, Lines: test.lines, Captures: test.captures, Provider: test.provider, Freight: test.freight})
			got.Discrepancies = nil // they have a table of their own
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("Settle (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiscrepancies(t *testing.T) {
	line := []v1.OrderLineStatus{{Ordered: 2, Dispatched: 2, UnitCost: 10}}
	for name, test := range map[string]struct {
		books Books
		want  []v1.Discrepancy
	}{
		"books that agree": {Books{Amounts: &v1.OrderAmounts{Due: 100, Captured: 120, Refunded: 20}, Lines: line}, nil},
		"more came in than is due": {
			Books{Amounts: &v1.OrderAmounts{Due: 100, Captured: 101}, Lines: line},
			[]v1.Discrepancy{{Kind: v1.DiscrepancyOverCaptured, Amount: 1}},
		},
		"less came in than is due": {
			Books{Amounts: &v1.OrderAmounts{Due: 100, Captured: 120, Refunded: 21}, Lines: line},
			[]v1.Discrepancy{{Kind: v1.DiscrepancyUnderCaptured, Amount: 1}},
		},
		"the rest, each with its size": {
			Books{
				Amounts: &v1.OrderAmounts{}, OtherAmount: 3, UnmatchedCash: 4, FreightUnknown: 1,
				Lines: []v1.OrderLineStatus{{Ordered: 5, Dispatched: 5}, {Ordered: 2}, {Ordered: 1, Dispatched: 1, UnitCost: 1}},
			},
			[]v1.Discrepancy{
				{Kind: v1.DiscrepancyOtherAmount, Amount: 3}, {Kind: v1.DiscrepancyUnmatchedCash, Amount: 4},
				{Kind: v1.DiscrepancyCostUnknown, Amount: 5}, {Kind: v1.DiscrepancyFreightUnknown, Amount: 1},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Settle(test.books).Discrepancies); diff != "" {
				t.Errorf("discrepancies (-want +got):\n%s", diff)
			}
		})
	}
}

// A fee that the provider states counts in place of the class's.
func TestStatedFee(t *testing.T) {
	fee := v1.Amount(3)
	s := Settle(Books{
		Amounts: &v1.OrderAmounts{Captured: 200}, Provider: v1.PaymentProvider{FeeBps: 100, FeeFixed: 7},
		Captures: []Capture{{Amount: 100, Fee: &fee}, {Amount: 100}},
	})
	if s.Fees != 3+8 {
		t.Errorf("fees %d, want the stated 3 and the computed 8", s.Fees)
	}
}

// The largest order, with every number at its limit, settles without an
// overflow: the margin is checked against numbers of any size.
func TestSettlementAddsUp(t *testing.T) { rapid.Check(t, settlementAddsUp) }

func FuzzSettle(f *testing.F) { fuzz.Drawn(f, settlementAddsUp) }

func settlementAddsUp(t *rapid.T) {
	lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) v1.OrderLineStatus {
		ordered := rapid.Int64Range(0, 1_000_000_000).Draw(t, "ordered")
		return v1.OrderLineStatus{
			Ordered:    v1.Quantity(ordered),
			Dispatched: v1.Quantity(rapid.Int64Range(0, ordered).Draw(t, "dispatched")),
			Tax:        amounts(v1.MaxAmount/100).Draw(t, "tax"),
			UnitCost:   amounts(v1.MaxAmount).Draw(t, "cost"),
		}
	}), 0, 100).Draw(t, "lines")
	captures := rapid.SliceOfN(rapid.Map(amounts(v1.MaxAmount), func(a v1.Amount) Capture { return Capture{Amount: a} }), 0, 100).Draw(t, "captures")
	p := v1.PaymentProvider{FeeBps: v1.BasisPoints(rapid.IntRange(0, 10000).Draw(t, "bps")), FeeFixed: amounts(v1.MaxAmount).Draw(t, "fixed")}
	a := &v1.OrderAmounts{Captured: amounts(v1.MaxAmount).Draw(t, "captured"), Refunded: amounts(v1.MaxAmount).Draw(t, "refunded")}
	s := Settle(Books{Amounts: a, Lines: lines, Captures: captures, Provider: p, Freight: amounts(v1.MaxAmount).Draw(t, "freight")})

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
}
