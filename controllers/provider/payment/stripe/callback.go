package stripe

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v85/webhook"

	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// SignatureHeader holds what a callback is signed with; without it, it is forged.
const SignatureHeader = "Stripe-Signature"

// Callback verifies an event of Stripe's with the signing secret of its endpoint,
// and returns the operation of the payment intent, charge or refund that it is
// about, "" for other events. The error is port.ErrForged if the signature is
// not Stripe's or older than five minutes.
func Callback(secret string, h http.Header, body []byte) (operation string, err error) {
	// What is read of an event is the same in every version of the API.
	event, err := webhook.ConstructEventWithOptions(body, h.Get(SignatureHeader), secret, webhook.ConstructEventOptions{
		Tolerance: webhook.DefaultTolerance, IgnoreAPIVersionMismatch: true,
	})
	if err != nil {
		return "", fmt.Errorf("stripe: %w", port.ErrForged)
	}
	kind, _, _ := strings.Cut(string(event.Type), ".")
	if event.Data == nil || (kind != "payment_intent" && kind != "charge" && kind != "refund") {
		return "", nil
	}
	var object struct {
		Metadata map[string]string `json:"metadata"`
	}
	if err := json.Unmarshal(event.Data.Raw, &object); err != nil {
		return "", nil //nolint:nilerr // signed, and about nothing that we know
	}
	return object.Metadata[metaOperation], nil
}
