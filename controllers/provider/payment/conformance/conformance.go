// Package conformance is the suite that every payment provider passes: what an
// order relies on when it calls one.
package conformance

import (
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

// Harness is a provider to be tried out, with books that only the suite writes to.
type Harness struct {
	Provider payment.Provider
	// Accepted and Declined are tokens whose authorisations succeed and are declined.
	Accepted, Declined string
	// Currency of most cases; the provider takes JPY, CNY and BHD as well.
	Currency v1.Currency
	// ForgetsRefusals says that the provider keeps no record of a capture, void or
	// refund that it refused.
	ForgetsRefusals bool
	// LoseAnswer lets the next Send have its effect and lose its answer; nil if the
	// provider cannot be made to.
	LoseAnswer func(t testing.TB)
	// Sums reads in the provider's own books what became of an authorisation, in
	// minor units; nil if there is no way to.
	Sums func(t testing.TB, authorization string) (held, captured, refunded v1.Amount)
}

// Run tries a provider out.
func Run(t *testing.T, h Harness) {
	for name, test := range map[string]func(*shop){
		"an operation that was never sent is unknown": unknown,

		"each kind succeeds and is found again":         eachKind,
		"amounts are minor units in every currency":     currencies,
		"a declined authorisation stays declined":       declined,
		"a repeated call has its effect once":           repeated,
		"calls at the same time have their effect once": concurrent,

		"parts are captured up to the authorisation":        partialCaptures,
		"parts are refunded up to the capture":              partialRefunds,
		"a void releases what is left after a part":         voidOfRest,
		"nothing is voided twice":                           voidOfNothing,
		"nothing is captured or refunded beyond its parent": beyond,
		"nothing is done to a parent that is not there":     noParent,

		"a lost answer is found and not repeated": lostAnswer,
		"a cancelled call is never an answer":     cancelled,
	} {
		t.Run(name, func(t *testing.T) { test(open(t, h)) })
	}
	t.Run("money", func(t *testing.T) { Money(t, &till{shop: open(t, h)}) })
}
