package pricing

import (
	"github.com/bojanz/currency"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// KnownCurrency says whether a code is in ISO 4217.
func KnownCurrency(c v1.Currency) bool { return c != "" && currency.IsValid(string(c)) }

// Display is an amount for people, with the decimals of its currency:
// "599.00 CNY", "1250 JPY", "1.250 BHD".
func Display(a v1.Amount, c v1.Currency) string {
	amount, err := currency.NewAmountFromInt64(int64(a), string(c))
	if err != nil {
		return ""
	}
	return amount.Number() + " " + string(c)
}
