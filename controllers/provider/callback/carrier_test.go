package callback

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// partners has one that is booked by HTTP and one that is not, in the namespace shop, and
// none can be read in the namespace broken.
type partners struct{ client.Reader }

func (partners) Get(_ context.Context, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	switch key {
	case client.ObjectKey{Namespace: "shop", Name: "swift"}:
		o.(*v1.Partner).Spec.Adapter = v1.PartnerAdapter{Type: v1.AdapterHTTP, SecretRef: &v1.LocalReference{Name: "swift"}}
		return nil
	case client.ObjectKey{Namespace: "shop", Name: "manual"}:
		return nil
	}
	if key.Namespace == "broken" {
		return &meta.NoKindMatchError{GroupKind: schema.GroupKind{Kind: "Partner"}}
	}
	return apierrors.NewNotFound(schema.GroupResource{Resource: "partners"}, key.Name)
}

// signedByCarrier believes a callback as signed does, from the Partner's own Secret.
type signedByCarrier struct{}

func (signedByCarrier) Callback(ctx context.Context, namespace string, secret *v1.LocalReference, h http.Header, body []byte) (string, error) {
	if secret.Name != "swift" {
		return "", ErrNobody
	}
	return signed{}.Callback(ctx, namespace, nil, h, body)
}

func TestOnlyWhatACarrierSignedIsHeard(t *testing.T) {
	const json = "application/json"
	for name, c := range map[string]struct {
		path, signature, body string
		status                int
		heard                 string
	}{
		"signed":                            {"/carriers/shop/swift", "good", "b1", http.StatusNoContent, "shop/b1,shop/b1"},
		"about nothing of ours":             {"/carriers/shop/swift", "good", "", http.StatusNoContent, ""},
		"forged":                            {"/carriers/shop/swift", "bad", "b1", http.StatusUnauthorized, ""},
		"of a secret that cannot be read":   {"/carriers/shop/swift", "unreadable", "b1", http.StatusServiceUnavailable, ""},
		"that nobody can be told":           {"/carriers/shop/swift", "good", "lost", http.StatusServiceUnavailable, ""},
		"of a Partner that cannot be read":  {"/carriers/broken/swift", "good", "b1", http.StatusServiceUnavailable, ""},
		"of a Partner that sends none":      {"/carriers/shop/manual", "good", "b1", http.StatusNotFound, ""},
		"of an unknown Partner":             {"/carriers/shop/cargo", "good", "b1", http.StatusNotFound, ""},
		"of a Partner of another namespace": {"/carriers/other/swift", "good", "b1", http.StatusNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var h heard
			answer := httptest.NewRecorder()
			h.server().Handler().ServeHTTP(answer, request(http.MethodPost, c.path, json, c.signature, strings.NewReader(c.body)))
			if got := strings.Join(h, ","); answer.Code != c.status || got != c.heard {
				t.Errorf("status %d and heard %q, not %d and %q", answer.Code, got, c.status, c.heard)
			}
		})
	}
}
