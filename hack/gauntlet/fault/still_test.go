package fault

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// send sends a request whose answer says nothing.
func send(c *http.Client, r *http.Request) error {
	res, err := c.Do(r)
	if err == nil {
		res.Body.Close()
	}
	return err
}

// A life that stands still is told nothing, and nothing it sends arrives, until it goes on.
func TestStandstill(t *testing.T) {
	url, done := serve(t)
	f := Fault{Kind: Stalled, Point: "update orders/status o #1"}
	w := NewWire([]Fault{f}, nil)
	c := http.Client{Transport: w.Wrap(http.DefaultTransport)}
	res, err := c.Get(url + "/apis/ordercycle.dev/v1alpha1/orders?watch=true")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	before := done.Load()

	answered := make(chan error, 1)
	go func() {
		r, err := http.NewRequest(http.MethodPut, url+address, strings.NewReader("{}"))
		if err == nil {
			err = send(&c, r)
		}
		answered <- err
	}()
	<-w.Stalled()
	heard := make(chan error, 1)
	go func(body io.Reader) {
		_, err := body.Read(make([]byte, 10))
		heard <- err
	}(res.Body)
	hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(hurried, http.MethodGet, url+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	early, err := c.Do(r)
	if err == nil {
		early.Body.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a read while it stands still: %v", err)
	}
	select {
	case err := <-answered:
		t.Errorf("the write was answered: %v", err)
	case err := <-heard:
		t.Errorf("the watch was heard: %v", err)
	default:
	}
	if n := done.Load(); n != before || !w.Reached(f) {
		t.Errorf("%d requests arrived", n-before)
	}
	w.GoOn()
	if err := <-answered; err != nil {
		t.Errorf("the write, afterwards: %v", err)
	}
	if err := <-heard; err != nil {
		t.Errorf("the watch, afterwards: %v", err)
	}
}

// A life is told once how a resource was, and of nothing else how it was.
func TestPast(t *testing.T) {
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		_, _ = io.WriteString(w, "{}")
	}))
	defer s.Close()
	w := NewWire(nil, nil)
	w.Past("orders", "17")
	c := http.Client{Transport: w.Wrap(http.DefaultTransport)}
	const orders, shipments = "/apis/ordercycle.dev/v1alpha1/orders", "/apis/ordercycle.dev/v1alpha1/shipments"
	for _, step := range []struct {
		path, arrives string
		status        int
	}{
		{orders + "?sendInitialEvents=true&watch=true", "", http.StatusUnprocessableEntity},
		{shipments + "?resourceVersion=0", shipments + "?resourceVersion=0", http.StatusOK},
		{orders, orders, http.StatusOK}, // a live read
		{orders + "?resourceVersion=0", orders + "?resourceVersion=17&resourceVersionMatch=Exact", http.StatusOK},
		{orders + "?resourceVersion=0", orders + "?resourceVersion=0", http.StatusOK},
	} {
		asked = nil
		res, err := c.Get(s.URL + step.path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := strings.Join(asked, " "); got != step.arrives || res.StatusCode != step.status {
			t.Errorf("%s arrives as %q and is answered %d", step.path, got, res.StatusCode)
		}
	}
}
