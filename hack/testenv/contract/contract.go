// Package contract holds what is said over HTTP against a published OpenAPI document.
package contract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// options let an Authorization header count as one that was checked: the fakes do that.
var options = &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}

// Load reads a document of the folder docs.
func Load(t testing.TB, file string) *openapi3.T {
	t.Helper()
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the source of this file is not known")
	}
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(filepath.Dir(here), "../../../docs", file))
	if err != nil {
		t.Fatalf("reading the contract: %v", err)
	}
	// The server of a document is a variable; those of tests have other names.
	doc.Servers = nil
	return doc
}

// Valid says whether a document is valid, its examples too, and describes all that it has.
func Valid(t testing.TB, doc *openapi3.T) {
	t.Helper()
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

// Exchanges is a transport that compares each request and answer with a document.
type Exchanges struct {
	t      testing.TB
	next   http.RoundTripper
	router routers.Router

	mu sync.Mutex
	// seen counts "METHOD status".
	seen map[string]int
}

// Watch compares what goes through a transport with a document.
func Watch(t testing.TB, doc *openapi3.T, next http.RoundTripper) *Exchanges {
	t.Helper()
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatalf("reading the paths of the contract: %v", err)
	}
	return &Exchanges{t: t, next: next, router: router, seen: map[string]int{}}
}

// Seen is how often a method was answered with a status, such as "GET Not Found".
func (e *Exchanges) Seen(answer string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen[answer]
}

// RoundTrip implements http.RoundTripper.
func (e *Exchanges) RoundTrip(r *http.Request) (*http.Response, error) {
	route, params, err := e.router.FindRoute(r)
	if err != nil {
		e.t.Errorf("%s %s is not in the contract: %v", r.Method, r.URL.Path, err)
		return e.next.RoundTrip(r)
	}
	asked := &openapi3filter.RequestValidationInput{Request: r, Route: route, PathParams: params, Options: options}
	if err := openapi3filter.ValidateRequest(r.Context(), asked); err != nil && r.Context().Err() == nil {
		e.t.Errorf("the request %s %s breaks the contract: %v", r.Method, r.URL.Path, err)
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
		e.t.Errorf("the answer %d to %s %s breaks the contract: %v", res.StatusCode, r.Method, r.URL.Path, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen[r.Method+" "+http.StatusText(res.StatusCode)]++
	return res, nil
}

// Callback says what a callback breaks of the one of a name at a path, nil for nothing. It reads the body of r and puts it back.
func Callback(doc *openapi3.T, path, name string, r *http.Request) error {
	item := doc.Paths.Value(path)
	if item == nil {
		return fmt.Errorf("the contract has no path %s", path)
	}
	var paths *openapi3.Callback
	for _, operation := range item.Operations() {
		if c := operation.Callbacks[name]; c != nil {
			paths = c.Value
		}
	}
	if paths == nil {
		return fmt.Errorf("the contract has no callback %s", name)
	}
	if paths.Len() != 1 {
		return errors.New("the callback has more than one address")
	}
	called := paths.Value(paths.Keys()[0])
	route := &routers.Route{Spec: doc, PathItem: called, Method: http.MethodPost, Operation: called.Post}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("reading a callback: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{Request: r, Route: route, Options: options})
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err
}

// Receipt is what came of a callback: the id that it was about, or why it was refused.
type Receipt struct {
	ID  string
	Err error
}

// Receive takes callbacks at an address until the test ends, compares each with a
// document, and tells what verify says of it.
func Receive(t testing.TB, doc *openapi3.T, path, name string, verify func(http.Header, []byte) (string, error)) (url string, told <-chan Receipt) {
	t.Helper()
	receipts := make(chan Receipt, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := Callback(doc, path, name, r); err != nil {
			t.Errorf("a callback breaks the contract: %v", err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a callback: %v", err)
		}
		id, err := verify(r.Header, body)
		receipts <- Receipt{id, err}
	}))
	t.Cleanup(server.Close)
	return server.URL, receipts
}
