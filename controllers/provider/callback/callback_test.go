package callback

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// classes has one class with one provider, in the namespace shop, and none can be read
// in the namespace broken.
type classes struct{ client.Reader }

func (classes) Get(_ context.Context, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	switch key {
	case client.ObjectKey{Namespace: "shop", Name: "retail"}:
		*o.(*v1.OrderClass) = v1.OrderClass{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "retail"},
			Spec:       v1.OrderClassSpec{Payment: &v1.PaymentPolicy{Providers: []v1.PaymentProvider{{Name: "visa"}}}},
		}
		return nil
	case client.ObjectKey{Namespace: "shop", Name: "unpaid"}:
		return nil
	}
	if key.Namespace == "broken" {
		return &meta.NoKindMatchError{GroupKind: schema.GroupKind{Kind: "OrderClass"}}
	}
	return apierrors.NewNotFound(schema.GroupResource{Resource: "orderclasses"}, key.Name)
}

// signed believes a callback with the signature good, about the operation of its body.
type signed struct{}

func (signed) Callback(_ context.Context, _ string, _ *v1.PaymentProvider, h http.Header, body []byte) (string, error) {
	switch h.Get("Signature") {
	case "good":
		return string(body), nil
	case "unreadable":
		return "", errors.New("no secret")
	}
	return "", port.ErrForged
}

// heard collects what a server believed.
type heard []string

func (h *heard) server() *Server {
	hear := func(_ context.Context, namespace, id string) error {
		if id == "lost" {
			return errors.New("nobody listens")
		}
		*h = append(*h, namespace+"/"+id)
		return nil
	}
	return &Server{Receivers: map[string]Receiver{
		PaymentPath: (&Payments{Classes: classes{}, Verifier: signed{}, Heard: hear}).Receive,
		CarrierPath: (&Carriers{Partners: partners{}, Verifier: signedByCarrier{}, Heard: []func(context.Context, string, string) error{hear, hear}}).Receive,
	}}
}

func request(method, path, contentType, signature string, body io.Reader) *http.Request {
	r := httptest.NewRequest(method, "/", body)
	r.URL.Path = path
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Signature", signature)
	return r
}

func TestOnlyWhatIsSignedIsHeard(t *testing.T) {
	const visa, json = "/payments/shop/retail/visa", "application/json"
	for name, c := range map[string]struct {
		method, path, contentType, signature, body string
		status                                     int
		heard                                      string
	}{
		"signed":                            {http.MethodPost, visa, json, "good", "op1", http.StatusNoContent, "shop/op1"},
		"with a character set":              {http.MethodPost, visa, json + "; charset=utf-8", "good", "op1", http.StatusNoContent, "shop/op1"},
		"about nothing of ours":             {http.MethodPost, visa, json, "good", "", http.StatusNoContent, ""},
		"forged":                            {http.MethodPost, visa, json, "bad", "op1", http.StatusUnauthorized, ""},
		"of a secret that cannot be read":   {http.MethodPost, visa, json, "unreadable", "op1", http.StatusServiceUnavailable, ""},
		"that nobody can be told":           {http.MethodPost, visa, json, "good", "lost", http.StatusServiceUnavailable, ""},
		"of a class that cannot be read":    {http.MethodPost, "/payments/broken/retail/visa", json, "good", "op1", http.StatusServiceUnavailable, ""},
		"of an unknown provider":            {http.MethodPost, "/payments/shop/retail/master", json, "good", "op1", http.StatusNotFound, ""},
		"of an unknown class":               {http.MethodPost, "/payments/shop/wholesale/visa", json, "good", "op1", http.StatusNotFound, ""},
		"of a class that takes no payments": {http.MethodPost, "/payments/shop/unpaid/visa", json, "good", "op1", http.StatusNotFound, ""},
		"to another path":                   {http.MethodPost, "/payments/shop/retail", json, "good", "op1", http.StatusNotFound, ""},
		"got, not posted":                   {http.MethodGet, visa, json, "good", "op1", http.StatusMethodNotAllowed, ""},
		"no JSON":                           {http.MethodPost, visa, "text/plain", "good", "op1", http.StatusUnsupportedMediaType, ""},
		"as large as it may be":             {http.MethodPost, visa, json, "good", strings.Repeat("x", maxBody), http.StatusNoContent, "shop/" + strings.Repeat("x", maxBody)},
		"larger than it may be":             {http.MethodPost, visa, json, "good", strings.Repeat("x", maxBody+1), http.StatusRequestEntityTooLarge, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var h heard
			answer := httptest.NewRecorder()
			h.server().Handler().ServeHTTP(answer, request(c.method, c.path, c.contentType, c.signature, strings.NewReader(c.body)))
			if got := strings.Join(h, ","); answer.Code != c.status || got != c.heard {
				t.Errorf("status %d and heard %.40q, not %d and %.40q", answer.Code, got, c.status, c.heard)
			}
		})
	}
}

// slow is a verifier that ends when it is told to.
type slow struct{ begun, end chan struct{} }

func (s *slow) Callback(context.Context, string, *v1.PaymentProvider, http.Header, []byte) (string, error) {
	s.begun <- struct{}{}
	<-s.end
	return "", nil
}

func TestOnlySomeAreReceivedAtOnce(t *testing.T) {
	s := &slow{make(chan struct{}), make(chan struct{})}
	handler := (&Server{Receivers: map[string]Receiver{PaymentPath: (&Payments{Classes: classes{}, Verifier: s}).Receive}}).Handler()
	send := func() int {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request(http.MethodPost, "/payments/shop/retail/visa", "application/json", "", strings.NewReader("{}")))
		return answer.Code
	}
	answers := make(chan int)
	for range maxAtOnce {
		go func() { answers <- send() }()
		select {
		case <-s.begun:
		case code := <-answers:
			t.Fatalf("one of the first is answered %d", code)
		}
	}
	if code := send(); code != http.StatusTooManyRequests {
		t.Errorf("one more is answered %d", code)
	}
	close(s.end)
	for range maxAtOnce {
		if code := <-answers; code != http.StatusNoContent {
			t.Errorf("one of those that had a turn is answered %d", code)
		}
	}
	go func() { answers <- send() }()
	select {
	case <-s.begun:
		<-answers
	case code := <-answers:
		t.Errorf("afterwards one is answered %d", code)
	}
}

// FuzzHandler: whatever is sent, nothing is heard but what is signed, as it was sent, and
// the answer is one of those that are documented. What the handler answers by itself has
// no body.
func FuzzHandler(f *testing.F) {
	f.Add(http.MethodPost, "/payments/shop/retail/visa", "application/json", "good", []byte("op1"))
	f.Add(http.MethodPost, "/payments/shop/retail/visa", "application/json", "good", []byte(""))
	f.Add(http.MethodPost, "/payments/shop/retail/visa", "application/json", "bad", []byte("op1"))
	f.Add(http.MethodPost, "/payments/shop/../shop/retail/visa", "application/json;", "good", []byte("lost"))
	f.Add(http.MethodPut, "payments/%2e/retail/visa", "application/x", "unreadable", []byte{0})
	f.Fuzz(func(t *testing.T, method, path, contentType, signature string, body []byte) {
		if method == "" || strings.ContainsFunc(method, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) }) {
			t.Skip("no method of HTTP")
		}
		path = "/" + strings.TrimPrefix(path, "/")
		var h, want heard
		answer := httptest.NewRecorder()
		h.server().Handler().ServeHTTP(answer, request(method, path, contentType, signature, bytes.NewReader(body)))
		switch answer.Code {
		case http.StatusNoContent:
			media, _, err := mime.ParseMediaType(contentType)
			if signature != "good" || method != http.MethodPost || path != "/payments/shop/retail/visa" || err != nil || media != "application/json" {
				t.Errorf("%s %q of type %q, signed %q, is taken", method, path, contentType, signature)
			}
			if len(body) > 0 {
				want = heard{"shop/" + string(body)}
			}
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusTemporaryRedirect: // the router's, or the handler's
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusServiceUnavailable:
			if answer.Body.Len() > 0 {
				t.Errorf("%d has a body: %q", answer.Code, answer.Body)
			}
		default:
			t.Errorf("status %d", answer.Code)
		}
		if !slices.Equal(h, want) {
			t.Errorf("%d, and heard %q instead of %q", answer.Code, h, want)
		}
	})
}
