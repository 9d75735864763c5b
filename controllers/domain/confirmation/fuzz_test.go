package confirmation

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

func TestAnyFactsAreJudged(t *testing.T) { rapid.Check(t, anyFacts) }

// FuzzCheck judges whatever an Order and its surroundings may be.
func FuzzCheck(f *testing.F) { fuzz.Drawn(f, anyFacts) }

// anyFacts lets every finding say where it is and what to do, alike at each look, and
// nothing else be waived than what is a matter of judgement.
func anyFacts(t *rapid.T) {
	text := rapid.SampledFrom([]string{"", "x", "CN", "CNY", "EUR", "BHD", "tea", strings.Repeat("long ", 40), "\u202e\x00", "日本"})
	amount := rapid.SampledFrom([]v1.Amount{0, 1, 2000, v1.MaxAmount})
	f := passing()
	spec := &f.Order.Spec
	spec.Currency = v1.Currency(text.Draw(t, "currency"))
	spec.ShipTo = v1.Address{Name: text.Draw(t, "name"), City: text.Draw(t, "city"), Country: text.Draw(t, "country"), Lines: rapid.SliceOfN(text, 0, 5).Draw(t, "lines")}
	spec.Payment.Method = rapid.SampledFrom([]v1.PaymentMethod{v1.PaymentCash, v1.PaymentCard, v1.PaymentOnline, v1.PaymentTransfer}).Draw(t, "method")
	for i := range rapid.IntRange(0, 4).Draw(t, "lines") {
		spec.Lines = append(spec.Lines, v1.OrderLine{ID: v1.Identifier(rune('a' + i)), SKU: v1.SKU(text.Draw(t, "sku")), Quantity: v1.Quantity(rapid.IntRange(0, 3).Draw(t, "quantity"))})
	}
	if rapid.Bool().Draw(t, "decided") {
		spec.Approval = &v1.Approval{Decision: rapid.SampledFrom([]v1.Decision{v1.DecisionApprove, v1.DecisionReject}).Draw(t, "decision")}
	}
	if rapid.Bool().Draw(t, "expects") {
		expected := amount.Draw(t, "expected")
		spec.ExpectedTotal = &expected
	}
	f.ClassMissing, f.BuiltIn, f.Reused = rapid.Bool().Draw(t, "no class"), rapid.Bool().Draw(t, "built in"), rapid.Bool().Draw(t, "reused")
	f.Original, f.Twin, f.TokenProblem = v1.ObjectName(text.Draw(t, "original")), v1.ObjectName(text.Draw(t, "twin")), text.Draw(t, "token")
	f.Totals, f.Received, f.ItemLimit = pricing.Totals{Total: amount.Draw(t, "total")}, amount.Draw(t, "received"), rapid.IntRange(0, 2).Draw(t, "limit")
	if rapid.Bool().Draw(t, "no price") {
		f.PriceError = errors.New(text.Draw(t, "price"))
	}
	if rapid.Bool().Draw(t, "declined") {
		why := text.Draw(t, "why")
		f.Declined = &why
	}
	if rapid.Bool().Draw(t, "approval") {
		from := amount.Draw(t, "from")
		f.ApproveFrom = &from
	}
	if rapid.Bool().Draw(t, "no provider") {
		f.Provider = nil
	}
	findings := Check(f)
	again := Check(f)
	for i, found := range findings {
		inOrder := strings.HasPrefix(found.Field, "spec.") || strings.HasPrefix(found.Field, "metadata.")
		if found.Reason == "" || found.Message == "" || !inOrder {
			t.Fatalf("a finding says too little: %+v", found)
		}
		if !utf8.ValidString(found.Message) {
			t.Fatalf("its message is no text: %q", found.Message)
		}
		if found.Final && (found.Waivable || found.Absent || found.Question != nil) {
			t.Fatalf("what ends the order is waived, waited for or asked: %+v", found)
		}
		if again[i].String() != found.String() {
			t.Fatalf("another look finds %s, not %s", again[i].String(), found.String())
		}
	}
	if f.Original != "" && (len(findings) == 0 || !findings[0].Final) {
		t.Fatal("an order that repeats another one is not ended first")
	}
}
