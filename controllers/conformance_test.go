package controllers_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment/conformance"
	"ordercycle.dev/ordercycle/controllers/provider/payment/gateway"
	"ordercycle.dev/ordercycle/controllers/provider/payment/simulated"
	"ordercycle.dev/ordercycle/controllers/provider/payment/stripe"
	"ordercycle.dev/ordercycle/controllers/provider/port"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
	"ordercycle.dev/ordercycle/hack/testenv/stripefake"
)

// TestConformance holds every way in which money moves against one suite.
func TestConformance(t *testing.T) {
	t.Run("Simulated", func(t *testing.T) {
		p := &simulated.Provider{Client: env.Client, Namespace: env.Namespace(t)}
		conformance.Run(t, conformance.Harness{Provider: p, Accepted: simulated.TokenOK, Declined: simulated.TokenDecline, Currency: "CNY"})
	})
	t.Run("HTTP", func(t *testing.T) {
		fake := gatewayfake.Start()
		defer fake.Close()
		conformance.Run(t, conformance.Harness{
			Provider: &gateway.Provider{Client: port.Client{URL: fake.URL, APIKey: fake.APIKey}},
			Accepted: gatewayfake.TokenOK, Declined: gatewayfake.TokenDecline, Currency: "CNY",
			LoseAnswer: func(testing.TB) { fake.FailSends(gatewayfake.TimeoutAfter) },
			Sums: func(_ testing.TB, authorization string) (held, captured, refunded v1.Amount) {
				s := fake.Sums(authorization)
				return s.Held, s.Captured, s.Refunded
			},
		})
	})
	t.Run("Stripe", func(t *testing.T) {
		account := stripefake.Start()
		defer account.Close()
		conformance.Run(t, conformance.Harness{
			Provider: &stripe.Provider{URL: account.URL, APIKey: account.APIKey, Client: http.DefaultClient},
			Accepted: stripefake.CardOK, Declined: stripefake.CardDeclined, Currency: "CNY", ForgetsRefusals: true,
			LoseAnswer: func(testing.TB) { account.Fail(stripefake.Cut) },
			Sums: func(_ testing.TB, operation string) (held, captured, refunded v1.Amount) {
				h, c, r := account.Sums(operation)
				return v1.Amount(h), v1.Amount(c), v1.Amount(r)
			},
		})
	})
	t.Run("Cash", func(t *testing.T) {
		o := testenv.MakeOrder(env.Namespace(t), "o").Line("TEA", 1).Obj()
		create(t, o)
		conformance.Money(t, &cashTill{o})
	})
}

// cashTill is money that people state in an Order's spec, on the real API server.
type cashTill struct{ o *v1.Order }

func (l *cashTill) Receive(t testing.TB, id string, amount v1.Amount) {
	t.Helper()
	l.state(t, func(p *v1.OrderPayment) *[]v1.ReceivedPayment { return &p.Received }, id, amount)
}

func (l *cashTill) PayBack(t testing.TB, id string, amount v1.Amount) {
	t.Helper()
	l.state(t, func(p *v1.OrderPayment) *[]v1.ReceivedPayment { return &p.Refunded }, id, amount)
}

func (l *cashTill) Kept(t testing.TB) v1.Amount {
	t.Helper()
	if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(l.o), l.o); err != nil {
		t.Fatal(err)
	}
	return domain.Sum(nil, l.o.Spec.Payment.Received, l.o.Spec.Payment.Refunded).Kept()
}

// state states a fact once more. The API server refuses another amount under an id
// that stands.
func (l *cashTill) state(t testing.TB, list func(*v1.OrderPayment) *[]v1.ReceivedPayment, id string, amount v1.Amount) {
	t.Helper()
	if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(l.o), l.o); err != nil {
		t.Fatal(err)
	}
	before := l.o.DeepCopy()
	facts := list(&l.o.Spec.Payment)
	fact := v1.ReceivedPayment{ID: v1.Identifier(id), Amount: int64(amount), At: testenv.Seconds(time.Now())}
	stands := slices.IndexFunc(*facts, func(f v1.ReceivedPayment) bool { return f.ID == fact.ID })
	another := false
	if stands < 0 {
		*facts = append(*facts, fact)
	} else {
		another = (*facts)[stands].Amount != fact.Amount
		(*facts)[stands].Amount = fact.Amount
	}
	err := env.Client.Patch(t.Context(), l.o, client.MergeFrom(before))
	if another != apierrors.IsInvalid(err) || (!another && err != nil) {
		t.Errorf("stating %d under %s (another amount: %v): %v", amount, id, another, err)
	}
}
