package gateway

import (
	"net/http"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/internal/testenv/gatewayfake"
	"ordercycle.dev/ordercycle/controllers/provider/payment/conformance"
)

// start runs a fake gateway and the adapter for it; every call is compared with
// the contract.
func start(t *testing.T) (*gatewayfake.Gateway, *Provider) {
	t.Helper()
	fake := gatewayfake.Start()
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		fake.Close()
	})
	return fake, &Provider{URL: fake.URL, APIKey: fake.APIKey, Client: &http.Client{Transport: contract(t, transport)}}
}

func TestConformance(t *testing.T) {
	fake, provider := start(t)
	harness := conformance.Harness{
		Provider: provider, Accepted: gatewayfake.TokenOK, Declined: gatewayfake.TokenDecline, Currency: "EUR",
		LoseAnswer: func(testing.TB) { fake.FailSends(gatewayfake.TimeoutAfter) },
		Sums: func(_ testing.TB, authorization string) (held, captured, refunded v1.Amount) {
			s := fake.Sums(authorization)
			return s.Held, s.Captured, s.Refunded
		},
	}
	for name, lose := range map[string]gatewayfake.Fault{
		"the answer is cut off": gatewayfake.TimeoutAfter,
		"the answer is a 500":   gatewayfake.Error500After,
	} {
		t.Run(name, func(t *testing.T) {
			harness.LoseAnswer = func(testing.TB) { fake.FailSends(lose) }
			conformance.Run(t, harness)
		})
	}
	t.Run("without a look into the books", func(t *testing.T) {
		harness.LoseAnswer, harness.Sums = nil, nil
		conformance.Run(t, harness)
	})
}
