package stripe

import (
	"encoding/json"
	"errors"
	"math/big"
	"testing"

	"github.com/bojanz/currency"
	"github.com/stripe/stripe-go/v85"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// An amount is refused, or it is the same money in Stripe's units, and comes back as it
// was.
func FuzzAmount(f *testing.F) {
	for _, code := range []string{"CNY", "JPY", "KWD", "ISK", "UGX", "MGA", "XXX", ""} {
		f.Add(int64(12340), code)
	}
	f.Add(int64(v1.MaxAmount), "ISK")
	f.Fuzz(func(t *testing.T, amount int64, code string) {
		if amount < 0 || amount > v1.MaxAmount {
			t.Skip("no amount of the API")
		}
		c := v1.Currency(code)
		theirs, err := toStripe(v1.Amount(amount), c)
		if err != nil {
			if !errors.As(err, new(refusal)) {
				t.Fatalf("refused without a reason for people: %v", err)
			}
			return
		}
		own, _ := currency.GetDigits(code)
		places, listed := digits[c]
		if !listed {
			places = 2
		}
		major := func(n int64, digits int) *big.Rat {
			return new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		}
		if major(amount, int(own)).Cmp(major(theirs, places)) != 0 {
			t.Fatalf("%d %s are %d of Stripe's", amount, code, theirs)
		}
		if back, err := fromStripe(theirs, c); err != nil || back != v1.Amount(amount) {
			t.Fatalf("%d %s came back as %d: %v", amount, code, back, err)
		}
	})
}

// Whatever Stripe says of an intent or a refund is an answer with an amount that the API
// takes, or an error.
func FuzzAnswer(f *testing.F) {
	f.Add(`{"id":"pi_1","amount":100,"currency":"cny","status":"requires_capture","metadata":{}}`, "abc")
	f.Add(`{"id":"pi_1","amount":100,"currency":"jpy","status":"canceled","latest_charge":{"status":"succeeded","balance_transaction":{"fee":3,"currency":"jpy"}}}`, "abc")
	f.Add(`{"id":"re_1","amount":-1,"currency":"","status":"failed","failure_reason":"lost_or_stolen_card"}`, "abc")
	f.Add(`{"amount_received":9,"amount":1,"metadata":{"void-abc":"1","capture-abc":"-5"},"last_payment_error":{"code":"card_declined"}}`, "abc")
	f.Fuzz(func(t *testing.T, text, id string) {
		var intent stripe.PaymentIntent
		var refund stripe.Refund
		if json.Unmarshal([]byte(text), &intent) != nil || json.Unmarshal([]byte(text), &refund) != nil {
			t.Skip("the library refuses it")
		}
		r := payment.Request{}
		r.ID = id
		for name, read := range map[string]func() (*payment.Answer, error){
			"authorized": func() (*payment.Answer, error) { return authorized(&intent) },
			"captured":   func() (*payment.Answer, error) { return captured(r, &intent) },
			"voided":     func() (*payment.Answer, error) { return voided(r, &intent) },
			"refunded":   func() (*payment.Answer, error) { return refunded(&refund) },
		} {
			a, err := read()
			if (a == nil) == (err == nil) {
				t.Fatalf("%s: %+v and %v", name, a, err)
			}
			if a != nil && (a.Amount < 0 || a.Amount > v1.MaxAmount || len(a.Message) > port.MaxMessage || len(a.Ref) > port.MaxMessage || (a.Fee != nil && *a.Fee < 0)) {
				t.Fatalf("%s: %+v", name, a)
			}
		}
	})
}
