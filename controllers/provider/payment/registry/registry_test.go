package registry

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment/gateway"
	"ordercycle.dev/ordercycle/controllers/provider/payment/simulated"
	"ordercycle.dev/ordercycle/controllers/provider/payment/stripe"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

func TestFor(t *testing.T) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "manager", Name: "shop.pay"}, Data: map[string][]byte{v1.ProviderAPIKey: []byte("key\n")}}
	blank := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "manager", Name: "shop.blank"}, Data: map[string][]byte{v1.ProviderAPIKey: []byte(" ")}}
	elsewhere := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "shop.own"}, Data: map[string][]byte{v1.ProviderAPIKey: []byte("key")}}
	gatewayAt := func(url, secret string) v1.PaymentProvider {
		return v1.PaymentProvider{Name: "card", Type: v1.ProviderHTTP, URL: url, SecretRef: &v1.LocalReference{Name: v1.ObjectName(secret)}}
	}
	for name, test := range map[string]struct {
		provider  v1.PaymentProvider
		anonymous bool
		// mend is what a person must be told; "" if the provider can be used.
		mend string
	}{
		"simulated":                      {v1.PaymentProvider{Type: v1.ProviderSimulated}, true, ""},
		"a gateway":                      {gatewayAt("https://pay.example.com/v1", "pay"), false, ""},
		"a gateway at a port":            {gatewayAt("https://pay.example.com:8443", "pay"), false, ""},
		"one host and port":              {gatewayAt("https://other.example.com:444", "pay"), false, ""},
		"a gateway on this machine":      {gatewayAt("http://127.0.0.1:8080", "pay"), false, ""},
		"Stripe":                         {v1.PaymentProvider{Type: v1.ProviderStripe, SecretRef: &v1.LocalReference{Name: "pay"}}, false, ""},
		"cash":                           {v1.PaymentProvider{Name: "cod", Type: v1.ProviderCash}, false, "people record"},
		"no installation":                {gatewayAt("https://pay.example.com", "pay"), true, "--installation-id"},
		"a host that is not allowed":     {gatewayAt("https://evil.example.com", "pay"), false, "--allowed-hosts"},
		"another port of such a host":    {gatewayAt("https://other.example.com:445", "pay"), false, "--allowed-hosts"},
		"a host that only looks allowed": {gatewayAt("https://pay.example.com.evil.example", "pay"), false, "--allowed-hosts"},
		"this machine, not allowed":      {gatewayAt("http://127.0.0.2:8080", "pay"), false, "--allowed-hosts"},
		"without TLS":                    {gatewayAt("http://pay.example.com", "pay"), false, "https"},
		"no Secret":                      {gatewayAt("https://pay.example.com", "gone"), false, "create Secret shop.gone in namespace manager"},
		"a Secret of the shop":           {gatewayAt("https://pay.example.com", "own"), false, "create Secret shop.own in namespace manager"},
		"a Secret without a key":         {gatewayAt("https://pay.example.com", "blank"), false, "add key apiKey"},
		"no name of a Secret":            {v1.PaymentProvider{Name: "card", Type: v1.ProviderStripe}, false, "names no Secret"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Registry{
				Access: port.Access{
					Secrets: fake.NewClientBuilder().WithObjects(secret, blank, elsewhere).Build(), Namespace: "manager", Installation: "eu",
					Hosts: []string{"pay.example.com", "other.example.com:444", "127.0.0.1"}, HTTP: port.NewClient(),
				},
				Simulated: &simulated.Provider{},
			}
			if test.anonymous {
				r.Installation = ""
			}
			p, err := r.For(t.Context(), "shop", &test.provider)
			if test.mend != "" {
				if !errors.Is(err, port.ErrUnusable) || !strings.Contains(err.Error(), test.mend) {
					t.Errorf("%v, want it to say %q", err, test.mend)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			key := "key"
			switch p := p.(type) {
			case *gateway.Provider:
				key = p.APIKey
			case *stripe.Provider:
				key = p.APIKey
			}
			if key != "key" {
				t.Errorf("the key is %q", key)
			}
		})
	}
}

func TestCallbackNeedsItsSecret(t *testing.T) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "manager", Name: "shop.pay"}, Data: map[string][]byte{v1.ProviderAPIKey: []byte("key")}}
	r := &Registry{Access: port.Access{Secrets: fake.NewClientBuilder().WithObjects(secret).Build(), Namespace: "manager"}}
	signed := http.Header{}
	signed.Set(port.SignatureHeader, "v1,x")
	signed.Set(stripe.SignatureHeader, "t=1,v1=x")
	for name, kind := range map[string]v1.ProviderType{"a gateway": v1.ProviderHTTP, "Stripe": v1.ProviderStripe, "cash": v1.ProviderCash} {
		p := &v1.PaymentProvider{Name: "card", Type: kind, SecretRef: &v1.LocalReference{Name: "pay"}}
		if operation, err := r.Callback(t.Context(), "shop", p, signed, nil); operation != "" || !errors.Is(err, port.ErrUnusable) {
			t.Errorf("%s without a webhook secret: %q, %v", name, operation, err)
		}
		unread := &Registry{} // a read of a Secret would panic
		if operation, err := unread.Callback(t.Context(), "shop", p, http.Header{}, nil); kind != v1.ProviderCash && (operation != "" || !errors.Is(err, port.ErrForged)) {
			t.Errorf("%s without a signature: %q, %v", name, operation, err)
		}
	}
}
