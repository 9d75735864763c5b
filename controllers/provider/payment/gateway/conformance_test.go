package gateway

import (
	"errors"
	"net/http"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment/conformance"
	"ordercycle.dev/ordercycle/controllers/provider/port"
	"ordercycle.dev/ordercycle/hack/testenv/contract"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
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
	return fake, &Provider{Client: port.Client{URL: fake.URL, APIKey: fake.APIKey, HTTP: &http.Client{Transport: contract.Watch(t, contract.Load(t, document), transport)}}}
}

func TestConformance(t *testing.T) {
	fake, provider := start(t)
	harness := conformance.Harness{
		Provider: provider, Accepted: gatewayfake.TokenOK, Declined: gatewayfake.TokenDecline, Currency: "EUR",
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

// A 500 ends the call and is repeated for its key: only another key goes through.
func TestAFailureIsRepeatedForItsKey(t *testing.T) {
	fake, provider := start(t)
	r := request(v1.OperationAuthorize, 1, 1000, "")
	fake.FailSends(gatewayfake.Error500Before)
	for range 2 {
		if answer, err := provider.Send(t.Context(), r); !errors.Is(err, port.ErrFailed) {
			t.Errorf("a 500 gives %+v and %v", answer, err)
		}
	}
	r.Key += "-2"
	if answer, err := provider.Send(t.Context(), r); err != nil || answer.Declined {
		t.Errorf("under another key: %+v and %v", answer, err)
	}
	if n := fake.Sends(r.ID); n != 3 {
		t.Errorf("it was sent %d times", n)
	}
}
