package fault

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	for path, want := range map[string]Call{
		"PUT /apis/ordercycle.dev/v1alpha1/namespaces/shop/orders/o/status":    {"update", "ordercycle.dev", "orders/status", "shop", "o"},
		"POST /apis/ordercycle.dev/v1alpha1/namespaces/shop/shipments":         {"create", "ordercycle.dev", "shipments", "shop", ""},
		"GET /api/v1/namespaces/shop/secrets/s":                                {"get", "", "secrets", "shop", "s"},
		"GET /api/v1/namespaces/shop":                                          {"get", "", "namespaces", "", "shop"},
		"GET /apis/ordercycle.dev/v1alpha1/orders":                             {"list", "ordercycle.dev", "orders", "", ""},
		"GET /apis/ordercycle.dev/v1alpha1/orders?watch=true":                  {"watch", "ordercycle.dev", "orders", "", ""},
		"PATCH /apis/ordercycle.dev/v1alpha1/namespaces/shop/stockitems/tea":   {"patch", "ordercycle.dev", "stockitems", "shop", "tea"},
		"DELETE /apis/ordercycle.dev/v1alpha1/namespaces/shop/stockitems/tea ": {"delete", "ordercycle.dev", "stockitems", "shop", "tea"},
	} {
		method, address, _ := strings.Cut(strings.TrimSpace(path), " ")
		got, ok := Read(httptest.NewRequest(method, address, nil))
		if !ok || got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
	if c, ok := Read(httptest.NewRequest(http.MethodGet, "/version", nil)); ok {
		t.Errorf("/version is %+v", c)
	}
}

// A server that counts the writes it carries out.
func serve(t *testing.T) (url string, done *atomic.Int32) {
	t.Helper()
	done = &atomic.Int32{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		done.Add(1)
		if r.URL.Query().Get("watch") != "" {
			w.WriteHeader(http.StatusOK)
			_, _ = io.WriteString(w, "event\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, done
}

const (
	address = "/apis/ordercycle.dev/v1alpha1/namespaces/shop/orders/o/status"
	second  = "update orders/status o #2"
)

// Each fault hits the second of three writes: carried says how many are carried out
// in the end, and status what the second one is told, 0 for an error.
func TestFaultsAtAWrite(t *testing.T) {
	for kind, want := range map[Kind]struct {
		carried int32
		status  int
		dead    bool
	}{
		Refused: {2, 0, false}, Lost: {3, 0, false}, Late: {3, 0, false}, Conflict: {2, 409, false}, TooMany: {2, 429, false},
		Unavailable: {2, 500, false}, Forbidden: {2, 403, false}, Vanished: {2, 404, false}, Invalid: {2, 422, false}, TooLarge: {2, 413, false},
		CrashBefore: {1, 0, true}, CrashAfter: {2, 0, true}, CrashLate: {2, 0, true}, Past: {2, 0, true}, Cut: {3, 200, false}, Frozen: {3, 200, false}, Unseen: {3, 200, false},
	} {
		t.Run(string(kind), func(t *testing.T) {
			url, done := serve(t)
			release := make(chan struct{})
			f := Fault{Kind: kind, Point: second, Resource: "orders"}
			w := NewWire([]Fault{f}, release)
			c := http.Client{Transport: w.Wrap(http.DefaultTransport)}
			status := make([]int, 3)
			for i := range status {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+address, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				if res, err := c.Do(r); err == nil {
					status[i] = res.StatusCode
					res.Body.Close()
				} else if want.dead && i > 0 && !errors.Is(err, ErrDead) {
					t.Errorf("a dead process is told %v", err)
				}
			}
			close(release)
			w.Wait()
			if done.Load() != want.carried || status[1] != want.status || !w.Reached(f) {
				t.Errorf("%d carried out, told %v, reached %v; want %+v", done.Load(), status, w.Reached(f), want)
			}
			select {
			case <-w.Crashed():
				if !want.dead {
					t.Error("the process has died")
				}
			default:
				if want.dead {
					t.Error("the process lives")
				}
			}
		})
	}
}

// From what people do on, a resource may go unheard for longer.
func TestFreeze(t *testing.T) {
	w := NewWire(nil, nil)
	f := Fault{Kind: Frozen, Point: "step#1", Resource: "orders"}
	w.Freeze(f)
	if !w.Reached(f) || !w.Frozen() || w.LastFault().IsZero() {
		t.Error("the resource is heard of")
	}
	if w.Held() {
		t.Error("there was nothing to be heard")
	}
	began := time.Now()
	for w.Frozen() { // it would never end if writes lengthened it
		w.streams.wrote()
		<-time.After(stepRest / 20)
	}
	if d := time.Since(began); d < stepRest*9/10 {
		t.Errorf("it is heard of again after %v", d)
	}
}

// While a resource is frozen nothing is heard of it, and afterwards everything, or
// its watch is refused once.
func TestFrozenWatch(t *testing.T) {
	for _, kind := range []Kind{Frozen, Unseen} {
		url, _ := serve(t)
		w := NewWire([]Fault{{Kind: kind, Point: "update orders/status o #1", Resource: "orders"}}, nil)
		c := http.Client{Transport: w.Wrap(http.DefaultTransport)}
		put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+address, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if res, err := c.Do(put); err != nil {
			t.Fatal(err)
		} else {
			res.Body.Close()
		}
		watch := func() (*http.Response, error) { return c.Get(url + "/apis/ordercycle.dev/v1alpha1/orders?watch=true") }
		res, err := watch()
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = res.Body.Read(make([]byte, 10))
		if waited := time.Since(began); waited < frozenRest/2 {
			t.Errorf("%s: heard after %v", kind, waited)
		}
		res.Body.Close()
		if !w.Held() {
			t.Errorf("%s: what was held back is not known of", kind)
		}
		if kind == Frozen {
			if err != nil {
				t.Errorf("the event is lost: %v", err)
			}
			continue
		}
		if err == nil {
			t.Error("what was to be unseen is seen")
		}
		again, err := watch()
		if err != nil {
			t.Fatal(err)
		}
		again.Body.Close()
		if again.StatusCode != http.StatusGone {
			t.Errorf("the next watch is answered %d", again.StatusCode)
		}
	}
}
