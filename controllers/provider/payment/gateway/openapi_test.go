package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

// document is the published contract.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("../../../../docs/payment-gateway.openapi.yaml")
	if err != nil {
		return nil, err
	}
	// The server of the document is a variable; the tests' servers have other names.
	doc.Servers = nil
	return doc, nil
})

// options let an Authorization header count as one that was checked: the fake does that.
var options = &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}

// exchanges is a transport that compares each request and answer with the contract.
type exchanges struct {
	testing.TB
	next   http.RoundTripper
	router routers.Router

	mu sync.Mutex
	// seen counts "METHOD status".
	seen map[string]int
}

func contract(t testing.TB, next http.RoundTripper) *exchanges {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &exchanges{TB: t, next: next, router: router, seen: map[string]int{}}
}

// RoundTrip implements http.RoundTripper.
func (e *exchanges) RoundTrip(r *http.Request) (*http.Response, error) {
	route, params, err := e.router.FindRoute(r)
	if err != nil {
		e.Errorf("%s %s is not in the contract: %v", r.Method, r.URL.Path, err)
		return e.next.RoundTrip(r)
	}
	asked := &openapi3filter.RequestValidationInput{Request: r, Route: route, PathParams: params, Options: options}
	if err := openapi3filter.ValidateRequest(r.Context(), asked); err != nil && r.Context().Err() == nil {
		e.Errorf("the request %s %s breaks the contract: %v", r.Method, r.URL.Path, err)
	}
	res, err := e.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	answered := (&openapi3filter.ResponseValidationInput{RequestValidationInput: asked, Status: res.StatusCode, Header: res.Header, Options: options}).SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(r.Context(), answered); err != nil {
		e.Errorf("the answer %d to %s %s breaks the contract: %v", res.StatusCode, r.Method, r.URL.Path, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen[r.Method+" "+http.StatusText(res.StatusCode)]++
	return res, nil
}

func TestDocumentIsValid(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile("../../../../docs/payment-gateway.openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
	for name, schema := range doc.Components.Schemas {
		for field, property := range schema.Value.Properties {
			if property.Ref == "" && property.Value.Description == "" {
				t.Errorf("%s.%s is not described", name, field)
			}
		}
		if schema.Value.Description == "" {
			t.Errorf("%s is not described", name)
		}
	}
}

// Every answer of the contract occurs, and none is outside of it.
func TestEveryAnswerKeepsTheContract(t *testing.T) {
	fake, p := start(t)
	c := p.Client.Transport.(*exchanges)
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
		if c.seen[answer] == 0 {
			t.Errorf("%s did not occur", answer)
		}
	}
}

// A callback of the fake keeps the contract, and the adapter takes it unless it is forged.
func TestCallbacksKeepTheContract(t *testing.T) {
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	paths := doc.Paths.Value("/v1/operations").Post.Callbacks["operationUpdated"].Value
	item := paths.Value(paths.Keys()[0])
	route := &routers.Route{Spec: doc, PathItem: item, Method: http.MethodPost, Operation: item.Post}
	fake, p := start(t)
	type receipt struct {
		id  string
		err error
	}
	told := make(chan receipt, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a callback: %v", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{Request: r, Route: route, Options: options}); err != nil {
			t.Errorf("a callback breaks the contract: %v", err)
		}
		id, err := Callback(fake.WebhookSecret, r.Header, body)
		told <- receipt{id, err}
	}))
	defer receiver.Close()
	for delivery, want := range map[gatewayfake.Delivery]error{gatewayfake.Once: nil, gatewayfake.Forged: payment.ErrForged} {
		fake.CallBack(receiver.URL, delivery)
		r := request(v1.OperationAuthorize, int32(len(fake.Ledger())+1), 1000, "")
		if _, err := p.Send(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		switch got := <-told; {
		case !errors.Is(got.err, want):
			t.Errorf("%s: error %v, want %v", delivery, got.err, want)
		case want == nil && got.id != r.ID:
			t.Errorf("%s: the callback is about %q, want %q", delivery, got.id, r.ID)
		}
	}
}
