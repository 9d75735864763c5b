package pricing

import (
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestDisplay(t *testing.T) {
	for name, test := range map[string]struct {
		amount   v1.Amount
		currency v1.Currency
		want     string
	}{
		"two decimals":               {59900, "CNY", "599.00 CNY"},
		"no decimals":                {1250, "JPY", "1250 JPY"},
		"three decimals":             {1250, "BHD", "1.250 BHD"},
		"less than one":              {5, "EUR", "0.05 EUR"},
		"nothing":                    {0, "EUR", "0.00 EUR"},
		"the largest":                {v1.MaxAmount, "CNY", "90071992547409.91 CNY"},
		"a currency that is unknown": {1, "ABC", ""},
	} {
		if got := Display(test.amount, test.currency); got != test.want {
			t.Errorf("%s: Display(%d, %s) = %q, want %q", name, test.amount, test.currency, got, test.want)
		}
	}
}

func TestKnownCurrency(t *testing.T) {
	for c, want := range map[v1.Currency]bool{"CNY": true, "JPY": true, "BHD": true, "EUR": true, "ABC": false, "cny": false, "": false} {
		if got := KnownCurrency(c); got != want {
			t.Errorf("KnownCurrency(%q) = %v", c, got)
		}
	}
}
