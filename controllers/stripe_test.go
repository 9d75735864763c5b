package controllers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/stripefake"
)

// TestStripe takes an order through an account at Stripe: a lost answer, a stored
// failure, a part that is cancelled and a refund leave equal books.
func TestStripe(t *testing.T) {
	t.Parallel()
	account := stripefake.Start()
	t.Cleanup(account.Close)
	account.TakeFee(31)
	ns := env.Namespace(t)
	address := freePort(t)
	env.StartManager(t, ns, atGateway, func(o *controllers.Options) { o.CallbackAddress = address })
	class := testenv.Manual(testenv.MakeClass(ns, "retail"))
	for i := range class.Spec.Payment.Providers {
		if p := &class.Spec.Payment.Providers[i]; p.Type == v1.ProviderSimulated {
			p.Type, p.URL, p.SecretRef = v1.ProviderStripe, account.URL, &v1.LocalReference{Name: "stripe"}
		}
	}
	const signing = "whsec_of_the_endpoint"
	create(t, class, testenv.MakeStock(ns, "tea", "TEA", 10), testenv.MakeToken(ns, "card", stripefake.CardOK), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: testenv.ManagerNamespace, Name: ns + ".stripe"},
		StringData: map[string]string{v1.ProviderAPIKey: account.APIKey, v1.ProviderWebhookSecret: signing},
	})
	books := func(o *v1.Order) money {
		var m money
		for _, op := range o.Status.Payment.Operations {
			if op.Kind == v1.OperationAuthorize {
				held, captured, refunded := account.Sums(op.ID)
				m = money{m.held + v1.Amount(held), m.captured + v1.Amount(captured), m.refunded + v1.Amount(refunded)}
			}
		}
		return m
	}
	agree := func(o *v1.Order, want money) {
		t.Helper()
		awaitOrder(t, o, func(o *v1.Order) string {
			a := o.Status.Amounts
			if a == nil || o.Status.Payment == nil || (money{a.Authorized, a.Captured, a.Refunded}) != want || books(o) != want {
				return fmt.Sprintf("want %+v, have %+v", want, a)
			}
			return ""
		})
	}
	account.Fail(stripefake.Cut, stripefake.Broken)
	card := testenv.MakeOrder(ns, "card").Line("TEA", 3).Pay(v1.PaymentCard).Token("card").Obj()
	create(t, card)
	agree(card, money{3000, 0, 0})
	change(t, card, func(o *v1.Order) { o.Spec.Lines[0].Quantity = 2 })
	second := shipment(card, 2)
	awaitShipment(t, second, shipmentPhase(v1.ShipmentReserved))
	change(t, second, func(s *v1.Shipment) { s.Spec.Facts.Dispatched = stated("d") })
	change(t, second, func(s *v1.Shipment) { event(s, "e", v1.CarrierDelivered) })
	awaitOrder(t, card, inPhase(v1.OrderCompleted))
	agree(card, money{0, 2000, 0})
	if card.Status.Settlement.Fees != 31 {
		t.Errorf("the fees are %d, and Stripe kept 31", card.Status.Settlement.Fees)
	}

	wallet := testenv.MakeOrder(ns, "wallet").Line("TEA", 2).Pay(v1.PaymentOnline).Token("card").Obj()
	create(t, wallet)
	agree(wallet, money{0, 2000, 0})
	change(t, wallet, func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{} })
	awaitOrder(t, wallet, inPhase(v1.OrderCancelled))
	agree(wallet, money{0, 2000, 2000})

	body := fmt.Sprintf(`{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"metadata":{"operation":%q}}}}`, card.Status.Payment.Operations[0].ID)
	for secret, want := range map[string]int{signing: http.StatusNoContent, "whsec_of_others": http.StatusUnauthorized} {
		signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(body), Secret: secret, Timestamp: time.Now()})
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/payments/"+ns+"/retail/card", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Stripe-Signature", signed.Header)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("an event signed with %s was answered %d, want %d", secret, answer.StatusCode, want)
		}
	}
}
