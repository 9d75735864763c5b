package gateway

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

// settle makes a call as an order does, look-up first, until there is an answer;
// nil if the gateway gives none.
func settle(t *testing.T, p *Provider, r payment.Request) *payment.Answer {
	t.Helper()
	for range 40 {
		answer, err := p.Lookup(t.Context(), r)
		if errors.Is(err, port.ErrUnknown) {
			answer, err = p.Send(t.Context(), r)
		}
		if err == nil {
			return answer
		}
	}
	return nil
}

// Whatever fails, the answers that came through add up to the gateway's books.
func TestAnswersAddUpUnderChaos(t *testing.T) {
	fake, p := start(t)
	fake.Chaos(1, 400)
	unclear := 0
	for seq := int32(1); seq <= 60; seq++ {
		held := request(v1.OperationAuthorize, seq, 1000, "")
		taken := request(v1.OperationCapture, seq, 700, held.ID)
		var want gatewayfake.Sums
		for _, r := range []payment.Request{held, taken, request(v1.OperationRefund, seq, 300, taken.ID), request(v1.OperationVoid, seq, 300, held.ID)} {
			answer := settle(t, p, r)
			switch {
			case answer == nil:
				unclear++
			case answer.Declined:
			case r.Kind == v1.OperationAuthorize:
				want.Held += answer.Amount
			case r.Kind == v1.OperationRefund:
				want.Refunded += answer.Amount
			default:
				want.Held -= answer.Amount
				if r.Kind == v1.OperationCapture {
					want.Captured += answer.Amount
				}
			}
		}
		if diff := cmp.Diff(want, fake.Sums(held.ID)); diff != "" {
			t.Errorf("order %d: books (-answers +gateway):\n%s", seq, diff)
		}
	}
	// A 500 without an effect is repeated for its key, so that call never ends.
	if unclear == 0 || unclear > 60 {
		t.Errorf("%d of 240 calls stayed unclear", unclear)
	}
}
