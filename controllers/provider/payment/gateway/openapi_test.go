package gateway

import (
	"errors"
	"net/http"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
	"ordercycle.dev/ordercycle/hack/testenv/contract"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

const document = "payment-gateway.openapi.yaml"

func TestDocumentIsValid(t *testing.T) { contract.Valid(t, contract.Load(t, document)) }

// Every answer of the contract occurs, and none is outside of it.
func TestEveryAnswerKeepsTheContract(t *testing.T) {
	fake, p := start(t)
	c := p.HTTP.Transport.(*contract.Exchanges)
	fake.TakeFee(25)
	send := func(r payment.Request, planned ...gatewayfake.Fault) {
		fake.FailSends(planned...)
		_, _ = p.Send(t.Context(), r)
	}
	look := func(r payment.Request, planned ...gatewayfake.Fault) {
		fake.FailLookups(planned...)
		_, _ = p.Lookup(t.Context(), r)
	}
	held := request(v1.OperationAuthorize, 1, 1000, "")
	send(held)
	other := held
	other.Amount++
	send(other)
	send(request(v1.OperationCapture, 1, 400, held.ID))
	send(request(v1.OperationRefund, 1, 100, request(v1.OperationCapture, 1, 0, "").ID))
	send(request(v1.OperationVoid, 1, 600, held.ID))
	send(request(v1.OperationCapture, 2, 1, held.ID))
	send(request(v1.OperationAuthorize, 2, 1, ""), gatewayfake.Pending)
	send(request(v1.OperationAuthorize, 3, 1, ""), gatewayfake.Error500Before)
	send(request(v1.OperationAuthorize, 4, 1, ""), gatewayfake.RateLimit)
	look(held)
	look(request(v1.OperationCapture, 1, 0, ""))
	look(request(v1.OperationCapture, 2, 0, ""))
	look(request(v1.OperationAuthorize, 2, 0, ""))
	look(request(v1.OperationAuthorize, 9, 0, ""))
	look(held, gatewayfake.Error500Before)
	look(held, gatewayfake.RateLimit)
	wrong := *p
	wrong.APIKey = "another"
	_, _ = wrong.Send(t.Context(), held)
	_, _ = wrong.Lookup(t.Context(), held)

	for _, answer := range []string{
		"POST Created", "POST Accepted", "POST Unauthorized", "POST Conflict", "POST Unprocessable Entity", "POST Too Many Requests", "POST Internal Server Error",
		"GET OK", "GET Accepted", "GET Unauthorized", "GET Not Found", "GET Too Many Requests", "GET Internal Server Error",
	} {
		if c.Seen(answer) == 0 {
			t.Errorf("%s did not occur", answer)
		}
	}
}

// A callback of the fake keeps the contract, and the adapter takes it unless it is forged.
func TestCallbacksKeepTheContract(t *testing.T) {
	doc := contract.Load(t, document)
	fake, p := start(t)
	url, told := contract.Receive(t, doc, "/v1/operations", "operationUpdated", func(h http.Header, body []byte) (string, error) {
		return port.Callback(fake.WebhookSecret, OperationUpdated, h, body)
	})
	for delivery, want := range map[webhookfake.Delivery]error{webhookfake.Once: nil, webhookfake.Forged: port.ErrForged} {
		fake.CallBack(url, delivery)
		r := request(v1.OperationAuthorize, int32(len(fake.Ledger())+1), 1000, "")
		if _, err := p.Send(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		switch got := <-told; {
		case !errors.Is(got.Err, want):
			t.Errorf("%s: error %v, want %v", delivery, got.Err, want)
		case want == nil && got.ID != r.ID:
			t.Errorf("%s: the callback is about %q, want %q", delivery, got.ID, r.ID)
		}
	}
}
