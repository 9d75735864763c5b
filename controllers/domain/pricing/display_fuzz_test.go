package pricing

import (
	"strconv"
	"strings"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// What people read is the amount: its digits are those of the minor units.
func FuzzDisplay(f *testing.F) {
	f.Add(int64(59900), "CNY")
	f.Add(int64(5), "BHD")
	f.Add(int64(v1.MaxAmount), "JPY")
	f.Add(int64(0), "no")
	f.Fuzz(func(t *testing.T, amount int64, code string) {
		if amount < 0 || amount > v1.MaxAmount {
			t.Skip("no amount of the API")
		}
		text := Display(v1.Amount(amount), v1.Currency(code))
		if !KnownCurrency(v1.Currency(code)) {
			return
		}
		number, unit, ok := strings.Cut(text, " ")
		digits := strings.TrimLeft(strings.ReplaceAll(number, ".", ""), "0")
		want := strings.TrimLeft(strconv.FormatInt(amount, 10), "0")
		if !ok || unit != code || digits != want {
			t.Fatalf("%d %s reads %q", amount, code, text)
		}
	})
}
