package pricing

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestOf(t *testing.T) {
	with := func(o *v1.OrderSpec, change func(*v1.OrderSpec)) *v1.OrderSpec {
		change(o)
		return o
	}
	for name, test := range map[string]struct {
		order *v1.OrderSpec
		want  Totals
	}{
		"a line without tax and discount costs quantity times price": {
			order(line(3, 333)),
			Totals{Lines: []Line{{Net: 999}}, Goods: 999, Total: 999},
		},
		"an excluded tax is added to the price": {
			order(excluded(2, 1000, 1300)),
			Totals{Lines: []Line{{Net: 2000, Tax: 260}}, Goods: 2000, Tax: 260, Total: 2260},
		},
		"half a minor unit of an excluded tax is rounded up": {
			order(excluded(1, 25, 1000)),
			Totals{Lines: []Line{{Net: 25, Tax: 3}}, Goods: 25, Tax: 3, Total: 28},
		},
		"less than half a minor unit of an excluded tax is dropped": {
			order(excluded(1, 24, 1000)),
			Totals{Lines: []Line{{Net: 24, Tax: 2}}, Goods: 24, Tax: 2, Total: 26},
		},
		"an included tax is taken out of the price, which stays": {
			order(included(1, 11300, 1300)),
			Totals{Lines: []Line{{Net: 10000, Tax: 1300}}, Goods: 11300, Tax: 1300, Total: 11300},
		},
		"the net of an included tax is rounded half up and the tax is the rest": {
			order(included(1, 5, 10000), included(1, 599, 1900)),
			Totals{Lines: []Line{{Net: 3, Tax: 2}, {Net: 503, Tax: 96}}, Goods: 604, Tax: 98, Total: 604},
		},
		"a tax of nothing is nothing in both modes": {
			order(included(2, 50, 0), excluded(2, 50, 0)),
			Totals{Lines: []Line{{Net: 100}, {Net: 100}}, Goods: 200, Total: 200},
		},
		"tax is taken of what the discount of the line leaves": {
			order(discounted(excluded(2, 1000, 1000), 500)),
			Totals{Lines: []Line{{Net: 1500, Tax: 150}}, Goods: 2000, Discount: 500, Tax: 150, Total: 1650},
		},
		"an order discount is spread by value, what remains goes to the lower index": {
			with(order(line(1, 333), line(1, 333), line(1, 333)), func(o *v1.OrderSpec) { o.Discount = 100 }),
			Totals{Lines: []Line{{Net: 299}, {Net: 300}, {Net: 300}}, Goods: 999, Discount: 100, Total: 899},
		},
		"what remains of an order discount goes to the largest remainder": {
			// 100 over 100, 250, 650 is 10, 25, 65; 101 leaves 0.1, 0.25 and 0.65.
			with(order(line(1, 100), line(1, 250), line(1, 650)), func(o *v1.OrderSpec) { o.Discount = 101 }),
			Totals{Lines: []Line{{Net: 90}, {Net: 225}, {Net: 584}}, Goods: 1000, Discount: 101, Total: 899},
		},
		"an order discount is spread over what the discounts of the lines leave": {
			with(order(discounted(line(1, 1000), 900), line(1, 900)), func(o *v1.OrderSpec) { o.Discount = 100 }),
			Totals{Lines: []Line{{Net: 90}, {Net: 810}}, Goods: 1900, Discount: 1000, Total: 900},
		},
		"tax is taken of what the order discount leaves": {
			with(order(excluded(1, 1000, 1000), included(1, 1000, 2500)), func(o *v1.OrderSpec) { o.Discount = 500 }),
			Totals{Lines: []Line{{Net: 750, Tax: 75}, {Net: 600, Tax: 150}}, Goods: 2000, Discount: 500, Tax: 225, Total: 1575},
		},
		"the shipping fee comes on top and is not taxed": {
			with(order(excluded(1, 1000, 1000)), func(o *v1.OrderSpec) { o.ShippingFee = 1200 }),
			Totals{Lines: []Line{{Net: 1000, Tax: 100}}, Goods: 1000, Tax: 100, Shipping: 1200, Total: 2300},
		},
		"a line that was lowered to nothing costs nothing": {
			order(excluded(0, 1000, 1000), line(1, 5)),
			Totals{Lines: []Line{{}, {Net: 5}}, Goods: 5, Total: 5},
		},
		"a discount may be all that there is": {
			with(order(discounted(line(2, 50), 100), line(1, 7)), func(o *v1.OrderSpec) { o.Discount = 7 }),
			Totals{Lines: []Line{{}, {}}, Goods: 107, Discount: 107},
		},
		"the largest amount is a total": {
			order(line(1, v1.MaxAmount)),
			Totals{Lines: []Line{{Net: v1.MaxAmount}}, Goods: v1.MaxAmount, Total: v1.MaxAmount},
		},
		"the largest quantity is exact": {
			order(included(1_000_000_000, 9_007_199, 10000)),
			Totals{
				Lines: []Line{{Net: 4_503_599_500_000_000, Tax: 4_503_599_500_000_000}},
				Goods: 9_007_199_000_000_000, Tax: 4_503_599_500_000_000, Total: 9_007_199_000_000_000,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Of(test.order)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Of (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOfRefuses(t *testing.T) {
	with := func(o *v1.OrderSpec, discount, fee v1.Amount) *v1.OrderSpec {
		o.Discount, o.ShippingFee = discount, fee
		return o
	}
	for name, test := range map[string]struct {
		order *v1.OrderSpec
		want  error
	}{
		"a discount of a line above its value": {
			order(line(1, 100), discounted(line(2, 100), 201)),
			&DiscountError{Field: "spec.lines[1].discount", Limit: 200},
		},
		"a discount of a line that was lowered to nothing": {
			order(discounted(line(0, 100), 1)),
			&DiscountError{Field: "spec.lines[0].discount", Limit: 0},
		},
		"an order discount above what the discounts of the lines leave": {
			with(order(discounted(line(1, 100), 40), line(1, 10)), 71, 500),
			&DiscountError{Field: "spec.discount", Limit: 70},
		},
		"a line above the largest amount": {order(line(2, v1.MaxAmount/2+1)), &AmountError{}},
		"a line that 64 bits do not hold": {order(line(1_000_000_000, v1.MaxAmount)), &AmountError{}},
		"lines that are above the largest amount together": {
			order(line(1, v1.MaxAmount), line(1, 1)), &AmountError{},
		},
		"lines above the largest amount, though a discount would bring the total below": {
			with(order(line(1, v1.MaxAmount), line(1, 1)), 1, 0), &AmountError{},
		},
		"a total that its tax lifts above the largest amount":      {order(excluded(1, v1.MaxAmount, 1)), &AmountError{}},
		"a total that its shipping lifts above the largest amount": {with(order(line(1, v1.MaxAmount)), 0, 1), &AmountError{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Of(test.order)
			if diff := cmp.Diff(test.want, err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(Totals{}, got); diff != "" {
				t.Errorf("a refused price is not empty:\n%s", diff)
			}
		})
	}
}

func TestErrorsSayWhatIsAllowed(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want []string
	}{
		"of a discount": {&DiscountError{Field: "spec.lines[1].discount", Limit: 200}, []string{"spec.lines[1].discount", "200"}},
		"of an amount":  {&AmountError{}, []string{"9007199254740991"}},
	} {
		for _, want := range test.want {
			if got := test.err.Error(); !strings.Contains(got, want) {
				t.Errorf("%s: %q does not say %q", name, got, want)
			}
		}
	}
	if _, ok := errors.AsType[*DiscountError](error(&AmountError{})); ok {
		t.Error("an amount error passes for a discount error")
	}
}
