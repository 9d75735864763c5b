package pricing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

func TestDueAndCaptureTarget(t *testing.T) {
	type targets struct{ Due, OnConfirm, OnDispatch, OnDelivery v1.Amount }
	amounts := &v1.OrderAmounts{Shipping: 500, Total: 1600}
	for name, test := range map[string]struct {
		lines []v1.OrderLineStatus
		want  targets
	}{
		"nothing has left": {
			[]v1.OrderLineStatus{{Ordered: 3, Net: 900, Tax: 100}, {Ordered: 1, Net: 100}},
			targets{Due: 1600, OnConfirm: 1600},
		},
		"the shipping fee is paid with the first unit that left": {
			[]v1.OrderLineStatus{{Ordered: 3, Net: 900, Tax: 100, Dispatched: 1}, {Ordered: 1, Net: 100}},
			targets{Due: 1600, OnConfirm: 1600, OnDispatch: 833},
		},
		"what arrived is paid on delivery": {
			[]v1.OrderLineStatus{{Ordered: 3, Net: 900, Tax: 100, Dispatched: 3, Delivered: 2}, {Ordered: 1, Net: 100, Dispatched: 1}},
			targets{Due: 1600, OnConfirm: 1600, OnDispatch: 1600, OnDelivery: 1166},
		},
		"cancelled units are not due": {
			[]v1.OrderLineStatus{{Ordered: 3, Cancelled: 2, Net: 900, Tax: 100, Dispatched: 1, Delivered: 1}, {Ordered: 1, Cancelled: 1, Net: 100}},
			targets{Due: 833, OnConfirm: 833, OnDispatch: 833, OnDelivery: 833},
		},
		"nothing is due, not even the shipping fee, where all was cancelled": {
			[]v1.OrderLineStatus{{Ordered: 3, Cancelled: 3, Net: 900, Tax: 100}, {Ordered: 1, Cancelled: 1, Net: 100}},
			targets{},
		},
		"the shipping fee is due for goods that are free": {
			[]v1.OrderLineStatus{{Ordered: 2, Dispatched: 2}},
			targets{Due: 500, OnConfirm: 500, OnDispatch: 500},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := targets{
				Due:        Due(amounts, test.lines),
				OnConfirm:  CaptureTarget(v1.CaptureOnConfirm, amounts, test.lines),
				OnDispatch: CaptureTarget(v1.CaptureOnDispatch, amounts, test.lines),
				OnDelivery: CaptureTarget(v1.CaptureOnDelivery, amounts, test.lines),
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("targets (-want +got):\n%s", diff)
			}
		})
	}
}

// What is taken part by part as an order is dispatched must come to what is due,
// whatever the parts are, and never go back on the way.
func TestPartRisesToDue(t *testing.T) { rapid.Check(t, risesToDue) }

func FuzzDue(f *testing.F) { fuzz.Drawn(f, risesToDue) }

func risesToDue(t *rapid.T) {
	lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) v1.OrderLineStatus {
		ordered := rapid.Int64Range(1, 9).Draw(t, "ordered")
		return v1.OrderLineStatus{
			Ordered:   v1.Quantity(ordered),
			Cancelled: v1.Quantity(rapid.Int64Range(0, ordered).Draw(t, "cancelled")),
			Net:       amounts(v1.MaxAmount/200).Draw(t, "net"),
			Tax:       amounts(v1.MaxAmount/200).Draw(t, "tax"),
		}
	}), 1, 6).Draw(t, "lines")
	a := &v1.OrderAmounts{Shipping: amounts(1000).Draw(t, "shipping")}
	due := Due(a, lines)

	dispatched := func() v1.Amount { return CaptureTarget(v1.CaptureOnDispatch, a, lines) }
	before := dispatched()
	if before != 0 {
		t.Fatalf("%d is to be taken before anything has left", before)
	}
	for {
		var open []int
		for i, l := range lines {
			if l.Dispatched < l.Ordered-l.Cancelled {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			break
		}
		l := &lines[rapid.SampledFrom(open).Draw(t, "line")]
		l.Dispatched += v1.Quantity(rapid.Int64Range(1, int64(l.Ordered-l.Cancelled-l.Dispatched)).Draw(t, "units"))
		now := dispatched()
		if now < before || now > due {
			t.Fatalf("%d was to be taken, now %d, of %d", before, now, due)
		}
		before = now
	}
	if before != due {
		t.Fatalf("all has left and %d is to be taken of %d", before, due)
	}
}

// Case 14: the cents of goods that come back one by one sum to what was
// captured, in currencies with two, no and three decimals.
func TestCase14_RefundsUnitByUnitSumToTheTotal(t *testing.T) {
	threeUnits := func(price v1.Amount) []v1.OrderLine { return []v1.OrderLine{included(3, price, 1900)} }
	threeLines := func(price v1.Amount) []v1.OrderLine {
		return []v1.OrderLine{included(1, price, 1900), excluded(1, price, 1900), line(1, price)}
	}
	for name, test := range map[string]struct {
		currency        v1.Currency
		price, discount v1.Amount
		lines           func(v1.Amount) []v1.OrderLine
		display         string
	}{
		"3 x 3.33 CNY less 1.00":          {"CNY", 333, 100, threeUnits, "8.99 CNY"},
		"3 lines of 3.33 CNY less 1.00":   {"CNY", 333, 100, threeLines, "9.56 CNY"},
		"3 x 333 JPY less 100":            {"JPY", 333, 100, threeUnits, "899 JPY"},
		"3 lines of 333 JPY less 100":     {"JPY", 333, 100, threeLines, "956 JPY"},
		"3 x 3.330 BHD less 1.000":        {"BHD", 3330, 1000, threeUnits, "8.990 BHD"},
		"3 lines of 3.330 BHD less 1.000": {"BHD", 3330, 1000, threeLines, "9.559 BHD"},
	} {
		for _, fee := range []v1.Amount{0, 1, 1250} {
			t.Run(name, func(t *testing.T) {
				o := order(test.lines(test.price)...)
				o.Discount, o.ShippingFee = test.discount, fee
				totals, err := Of(o)
				if err != nil {
					t.Fatal(err)
				}
				if got := Display(totals.Total-fee, test.currency); got != test.display {
					t.Errorf("the goods cost %s, want %s", got, test.display)
				}
				a, lines := confirmed(o, totals)
				var refunds []v1.Amount
				var sum v1.Amount
				for i := range lines {
					for lines[i].Cancelled < lines[i].Ordered {
						before := Due(a, lines)
						lines[i].Cancelled++
						refunds = append(refunds, before-Due(a, lines))
						sum += refunds[len(refunds)-1]
					}
				}
				if sum != totals.Total {
					t.Errorf("captured %d, refunded %d one by one: %v", totals.Total, sum, refunds)
				}
				for i, r := range refunds {
					if r < 0 {
						t.Errorf("refund %d is %d", i, r)
					}
				}
				if got := refunds[len(refunds)-1]; got < fee {
					t.Errorf("the fee of %d was not refunded with the last unit: %v", fee, refunds)
				}
			})
		}
	}
}
