package pricing

import (
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

func TestSpread(t *testing.T) {
	for name, test := range map[string]struct {
		amount  v1.Amount
		weights []v1.Amount
		want    []v1.Amount
	}{
		"nothing over nothing":                      {0, nil, []v1.Amount{}},
		"nothing over weights":                      {0, []v1.Amount{1, 2}, []v1.Amount{0, 0}},
		"something over weights that weigh nothing": {5, []v1.Amount{0, 0}, []v1.Amount{0, 0}},
		"equal weights differ by one at most":       {5, []v1.Amount{2, 2, 2}, []v1.Amount{2, 2, 1}},
		"a weight of nothing gets nothing":          {3, []v1.Amount{0, 2, 2}, []v1.Amount{0, 2, 1}},
		"all that there is":                         {6, []v1.Amount{1, 2, 3}, []v1.Amount{1, 2, 3}},
		"the largest amounts": {
			v1.MaxAmount, []v1.Amount{v1.MaxAmount, v1.MaxAmount, v1.MaxAmount},
			[]v1.Amount{v1.MaxAmount/3 + 1, v1.MaxAmount / 3, v1.MaxAmount / 3},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Spread(test.amount, test.weights)); diff != "" {
				t.Errorf("Spread (-want +got):\n%s", diff)
			}
		})
	}
}

// amounts draws small and large amounts alike, so that ties and the limits
// both come up.
func amounts(most int64) *rapid.Generator[v1.Amount] {
	return rapid.Custom(func(t *rapid.T) v1.Amount {
		return v1.Amount(rapid.OneOf(rapid.Int64Range(0, min(most, 10)), rapid.Int64Range(0, most)).Draw(t, "amount"))
	})
}

func TestSharesSumToTheAmountAndNeverExceedTheirWeights(t *testing.T) { rapid.Check(t, exactShares) }

func FuzzSpread(f *testing.F) { fuzz.Drawn(f, exactShares) }

func exactShares(t *rapid.T) {
	weights := rapid.SliceOfN(amounts(v1.MaxAmount), 1, 100).Draw(t, "weights")
	var sum v1.Amount
	for _, w := range weights {
		sum += w
	}
	amount := amounts(int64(min(sum, v1.MaxAmount))).Draw(t, "amount")

	var total v1.Amount
	for i, share := range Spread(amount, weights) {
		total += share
		if share < 0 || share > weights[i] {
			t.Fatalf("share %d of weight %d", share, weights[i])
		}
		// A share is the exact one, rounded down or up.
		if sum > 0 {
			exact := new(big.Int).Mul(big.NewInt(int64(amount)), big.NewInt(int64(weights[i])))
			low := new(big.Int).Div(exact, big.NewInt(int64(sum))).Int64()
			if int64(share) != low && int64(share) != low+1 {
				t.Fatalf("share %d of weight %d, exactly %d and a part", share, weights[i], low)
			}
		}
	}
	if total != amount {
		t.Fatalf("the shares sum to %d, not %d", total, amount)
	}
}

func TestTheFirstOfEqualWeightsIsNotWorseOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 4), func(n int64) v1.Amount { return v1.Amount(n) }), 2, 12).Draw(t, "weights")
		var sum v1.Amount
		for _, w := range weights {
			sum += w
		}
		shares := Spread(amounts(int64(sum)).Draw(t, "amount"), weights)
		for i := range weights {
			for j := i + 1; j < len(weights); j++ {
				if weights[i] == weights[j] && (shares[i] < shares[j] || shares[i] > shares[j]+1) {
					t.Fatalf("equal weights %d and %d got %d and %d", i, j, shares[i], shares[j])
				}
			}
		}
	})
}

func TestCum(t *testing.T) {
	for name, test := range map[string]struct {
		total v1.Amount
		q, x  v1.Quantity
		want  v1.Amount
	}{
		"no unit":                     {100, 3, 0, 0},
		"the first of three":          {100, 3, 1, 33},
		"two of three":                {100, 3, 2, 66},
		"all":                         {100, 3, 3, 100},
		"more than all is all":        {100, 3, 4, 100},
		"less than none is none":      {100, 3, -1, 0},
		"of no units":                 {100, 0, 1, 0},
		"of the largest, all but one": {v1.MaxAmount, 1_000_000_000, 999_999_999, 9_007_199_245_733_791},
	} {
		if got := Cum(test.total, test.q, test.x); got != test.want {
			t.Errorf("%s: Cum(%d, %d, %d) = %d, want %d", name, test.total, test.q, test.x, got, test.want)
		}
	}
}

func TestPricesOfPartsSumToTheTotal(t *testing.T) { rapid.Check(t, exactParts) }

func FuzzCum(f *testing.F) { fuzz.Drawn(f, exactParts) }

func exactParts(t *rapid.T) {
	total := amounts(v1.MaxAmount).Draw(t, "total")
	q := v1.Quantity(rapid.OneOf(rapid.Int64Range(1, 12), rapid.Int64Range(1, 1_000_000_000)).Draw(t, "q"))
	var sum v1.Amount
	for x := v1.Quantity(0); x < q; {
		k := v1.Quantity(rapid.Int64Range(1, int64(q-x)).Draw(t, "k"))
		part := Cum(total, q, x+k) - Cum(total, q, x)
		if part < 0 {
			t.Fatalf("units %d to %d cost %d", x, x+k, part)
		}
		sum += part
		x += k
	}
	if sum != total {
		t.Fatalf("the parts sum to %d, not %d", sum, total)
	}
}
