package stripe

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"ordercycle.dev/ordercycle/controllers/provider/port"
)

const secret = "whsec_of_the_tests"

func signed(body, by string, at time.Time) http.Header {
	p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(body), Secret: by, Timestamp: at})
	return http.Header{"Stripe-Signature": {p.Header}}
}

func event(kind, metadata string) string {
	return fmt.Sprintf(`{"id":"evt_1","object":"event","api_version":"2020-08-27","type":%q,"data":{"object":{"id":"x","metadata":%s}}}`, kind, metadata)
}

func TestCallback(t *testing.T) {
	now := time.Now()
	about := event("payment_intent.amount_capturable_updated", `{"operation":"op-1"}`)
	for name, test := range map[string]struct {
		header    http.Header
		body      string
		operation string
		forged    bool
	}{
		"a payment intent":               {signed(about, secret, now), about, "op-1", false},
		"a refund":                       {signed(event("refund.updated", `{"operation":"op-2"}`), secret, now), event("refund.updated", `{"operation":"op-2"}`), "op-2", false},
		"a payment intent of others":     {signed(event("payment_intent.succeeded", `{}`), secret, now), event("payment_intent.succeeded", `{}`), "", false},
		"another event":                  {signed(event("payout.paid", `{"operation":"op-1"}`), secret, now), event("payout.paid", `{"operation":"op-1"}`), "", false},
		"metadata of another shape":      {signed(event("charge.captured", `"x"`), secret, now), event("charge.captured", `"x"`), "", false},
		"no signature":                   {http.Header{}, about, "", true},
		"another secret":                 {signed(about, "whsec_of_others", now), about, "", true},
		"another body":                   {signed(event("payout.paid", `{}`), secret, now), about, "", true},
		"a signature of ten minutes ago": {signed(about, secret, now.Add(-10*time.Minute)), about, "", true},
		"what is signed is not JSON":     {signed("x", secret, now), "x", "", true},
	} {
		operation, err := Callback(secret, test.header, []byte(test.body))
		if operation != test.operation || errors.Is(err, port.ErrForged) != test.forged || (err != nil) != test.forged {
			t.Errorf("%s: %q, %v", name, operation, err)
		}
	}
}

func FuzzCallback(f *testing.F) {
	f.Add(event("payment_intent.succeeded", `{"operation":"op-1"}`))
	f.Add(`{"data":null,"type":"charge.x"}`)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, body string) {
		// Signed by Stripe, whatever it says: it is about some operation or none.
		if _, err := Callback(secret, signed(body, secret, time.Now()), []byte(body)); err != nil && !errors.Is(err, port.ErrForged) {
			t.Errorf("%q: %v", body, err)
		}
		if operation, err := Callback(secret, signed(body, "whsec_of_others", time.Now()), []byte(body)); operation != "" || !errors.Is(err, port.ErrForged) {
			t.Errorf("forged %q: %q, %v", body, operation, err)
		}
	})
}
