package simulated

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Whatever stands in the books: it is read or refused, what is read is written as it
// was, and nothing is taken of it that is not there.
func FuzzBooks(f *testing.F) {
	f.Add(`{"kind":"Authorize","amount":100,"currency":"CNY"}`, int64(60))
	f.Add(`{"kind":"Capture","amount":100,"currency":"CNY","used":{"child":40}}`, int64(61))
	f.Add(`{"kind":"Authorize","declined":"no"}`, int64(1))
	f.Add(`null`, int64(0))
	f.Add(`[`, int64(0))
	f.Fuzz(func(t *testing.T, line string, amount int64) {
		books := map[string]string{"parent": line}
		e, err := find(books, "parent")
		if err != nil {
			return
		}
		if err := put(books, "parent", e); err != nil {
			t.Fatal(err)
		}
		if again, err := find(books, "parent"); err != nil || !cmp.Equal(e, again) {
			t.Fatalf("%q is read as %+v, and again as %+v (%v)", line, e, again, err)
		}
		const most = v1.MaxAmount
		rest := e.Amount
		for _, taken := range e.Used {
			if taken < 0 || taken > most || rest < -most {
				return // nobody wrote that
			}
			rest -= taken
		}
		_, again := e.Used["new"]
		child := entry{Kind: v1.OperationCapture, Amount: v1.Amount(amount), Currency: e.Currency}
		if became, took := e.use("new", child); took && (again || became.Amount > rest || became.Declined != "") {
			t.Fatalf("of %d left %d were taken: %+v", rest, amount, became)
		}
	})
}
