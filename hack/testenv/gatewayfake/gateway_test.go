package gatewayfake

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

// id is a valid operation id that begins with a name.
func id(name string) string { return name + strings.Repeat("a", 52-len(name)) }

// start runs a gateway for one test.
func start(t *testing.T) *Gateway {
	t.Helper()
	g := Start()
	t.Cleanup(g.Close)
	return g
}

// do makes a call and returns its status, 0 if the connection was cut.
func do(t *testing.T, g *Gateway, method, path, key, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.URL+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+g.APIKey)
	req.Header.Set("Idempotency-Key", key)
	req.GetBody = nil
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0
	}
	return res.StatusCode
}

// send sends an operation in EUR and returns the status.
func send(t *testing.T, g *Gateway, kind v1.OperationKind, name string, amount v1.Amount, parent string) int {
	t.Helper()
	body := fmt.Sprintf(`{"id":%q,"kind":%q,"amount":%d,"currency":"EUR"`, id(name), kind, amount)
	if parent != "" {
		body += fmt.Sprintf(`,"parent":%q`, id(parent))
	}
	return do(t, g, http.MethodPost, "/v1/operations", id(name), body+"}")
}

func lookUp(t *testing.T, g *Gateway, name string) int {
	t.Helper()
	return do(t, g, http.MethodGet, "/v1/operations/"+id(name), "", "")
}

// Each fault hits one capture of 50 out of 100; then the same call comes again,
// and a look-up.
func TestFaults(t *testing.T) {
	for fault, want := range map[Fault]struct {
		first, again, found int
		sums                Sums
	}{
		None:           {201, 201, 200, Sums{Held: 50, Captured: 50}},
		TimeoutBefore:  {0, 201, 200, Sums{Held: 50, Captured: 50}},
		TimeoutAfter:   {0, 201, 200, Sums{Held: 50, Captured: 50}},
		Error500Before: {500, 500, 404, Sums{Held: 100}},
		Error500After:  {500, 500, 200, Sums{Held: 50, Captured: 50}},
		RateLimit:      {429, 201, 200, Sums{Held: 50, Captured: 50}},
		Decline:        {422, 422, 200, Sums{Held: 100}},
		Pending:        {202, 202, 202, Sums{Held: 100}},
		Late:           {0, 201, 200, Sums{Held: 50, Captured: 50}},
		OtherAmount:    {201, 201, 200, Sums{Held: 75, Captured: 25}},
		OtherCurrency:  {422, 422, 200, Sums{Held: 100}}, // the books take it for nothing of the hold
	} {
		t.Run(string(fault), func(t *testing.T) {
			g := start(t)
			g.FailSends(None, fault)
			send(t, g, v1.OperationAuthorize, "hold", 100, "")
			got := want
			got.first = send(t, g, v1.OperationCapture, "take", 50, "hold")
			got.again = send(t, g, v1.OperationCapture, "take", 50, "hold")
			got.found = lookUp(t, g, "take")
			got.sums = g.Sums(id("hold"))
			if got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
			if n := g.Sends(id("take")); n != 2 {
				t.Errorf("%d sends, want 2", n)
			}
		})
	}
}

// A late call arrives by itself, and once; the books show what is new after a lag.
func TestLateCallAndLag(t *testing.T) {
	g := start(t)
	g.FailSends(Late)
	send(t, g, v1.OperationAuthorize, "hold", 100, "")
	if first := lookUp(t, g, "hold"); first != 404 {
		t.Errorf("looked up at once: %d", first)
	}
	for lookUp(t, g, "hold") != 200 {
		if t.Context().Err() != nil {
			t.Fatal("it never arrives")
		}
	}
	send(t, g, v1.OperationAuthorize, "hold", 100, "")
	if s := g.Sums(id("hold")); s.Held != 100 {
		t.Errorf("%+v", s)
	}
	g.Lag(time.Hour)
	send(t, g, v1.OperationCapture, "take", 50, "hold")
	g.PruneKeys()
	if found := lookUp(t, g, "take"); found != 404 {
		t.Errorf("shown before the lag is over: %d", found)
	}
	send(t, g, v1.OperationCapture, "take", 50, "hold")
	g.Lag(0)
	if found, s := lookUp(t, g, "take"), g.Sums(id("hold")); found != 200 || s.Captured != 50 {
		t.Errorf("looked up: %d, %+v", found, s)
	}
}

// The effect of TimeoutAfter is there before the call comes again.
func TestTimeoutAfterHasItsEffect(t *testing.T) {
	g := start(t)
	g.FailSends(TimeoutBefore, TimeoutAfter)
	send(t, g, v1.OperationAuthorize, "hold", 100, "")
	if len(g.Ledger()) != 0 {
		t.Errorf("TimeoutBefore wrote %+v", g.Ledger())
	}
	send(t, g, v1.OperationAuthorize, "hold", 100, "")
	if got := g.Sums(id("hold")); got != (Sums{Held: 100}) {
		t.Errorf("TimeoutAfter left %+v", got)
	}
}

func TestFaultsOfLookups(t *testing.T) {
	g := start(t)
	send(t, g, v1.OperationAuthorize, "hold", 100, "")
	g.FailLookups(TimeoutBefore, Error500Before, RateLimit, None)
	var got []int
	for range 4 {
		got = append(got, lookUp(t, g, "hold"))
	}
	if diff := cmp.Diff([]int{0, 500, 429, 200}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

func TestKeys(t *testing.T) {
	g := start(t)
	send(t, g, v1.OperationAuthorize, "hold", 100, "")
	if status := send(t, g, v1.OperationAuthorize, "hold", 101, ""); status != http.StatusConflict {
		t.Errorf("other parameters: status %d, want 409", status)
	}
	if got := g.Sums(id("hold")); got != (Sums{Held: 100}) {
		t.Errorf("before the keys are forgotten: %+v", got)
	}
	g.PruneKeys()
	if status := lookUp(t, g, "hold"); status != http.StatusOK {
		t.Errorf("a look-up without keys: status %d, want 200", status)
	}
	send(t, g, v1.OperationAuthorize, "hold", 100, "")
	if got := g.Sums(id("hold")); got != (Sums{Held: 200}) {
		t.Errorf("sent again without keys: %+v, want the money moved twice", got)
	}
}

// What breaks the contract is refused before it reaches the books.
func TestMalformedCalls(t *testing.T) {
	g := start(t)
	for name, body := range map[string]string{
		"no JSON":                    `x`,
		"a member too many":          `{"id":"%s","kind":"Authorize","amount":1,"currency":"EUR","more":1}`,
		"an unknown kind":            `{"id":"%s","kind":"Pay","amount":1,"currency":"EUR"}`,
		"another id than the key":    `{"id":"other","kind":"Authorize","amount":1,"currency":"EUR"}`,
		"nothing to authorise":       `{"id":"%s","kind":"Authorize","amount":0,"currency":"EUR"}`,
		"a currency that is none":    `{"id":"%s","kind":"Authorize","amount":1,"currency":"euro"}`,
		"a capture without a parent": `{"id":"%s","kind":"Capture","amount":1,"currency":"EUR"}`,
		"an authorisation with one":  `{"id":"%[1]s","kind":"Authorize","amount":1,"currency":"EUR","parent":"%[1]s"}`,
		"a capture with a token":     `{"id":"%[1]s","kind":"Capture","amount":1,"currency":"EUR","parent":"%[1]s","token":"t"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(body, "%") {
				body = fmt.Sprintf(body, id("x"))
			}
			if status := do(t, g, http.MethodPost, "/v1/operations", id("x"), body); status != http.StatusBadRequest {
				t.Errorf("status %d, want 400", status)
			}
		})
	}
	if len(g.Ledger()) != 0 {
		t.Errorf("the ledger has %+v", g.Ledger())
	}
}

func TestPendingIsDecidedLater(t *testing.T) {
	g := start(t)
	g.DecideAfter(2)
	g.FailSends(Pending, Pending, Pending)
	for _, name := range []string{"alone", "yes", "no"} {
		send(t, g, v1.OperationAuthorize, name, 100, "")
	}
	if got := []int{lookUp(t, g, "alone"), lookUp(t, g, "alone")}; !slices.Equal(got, []int{202, 200}) {
		t.Errorf("look-ups of what decides itself: %v", got)
	}
	for name, ok := range map[string]bool{"yes": true, "no": false} {
		if err := g.Decide(id(name), ok); err != nil {
			t.Error(err)
		}
	}
	if err := g.Decide(id("yes"), false); err == nil {
		t.Error("it was decided twice")
	}
	for name, want := range map[string]Sums{"alone": {Held: 100}, "yes": {Held: 100}, "no": {}} {
		if got := g.Sums(id(name)); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// The same seed gives each call the same fault in whatever order they come.
func TestChaosIsAFunctionOfTheCall(t *testing.T) {
	draw := func(seed uint64, names []string) map[string][2]Fault {
		g := start(t)
		g.Chaos(seed, 300)
		got := map[string][2]Fault{}
		for _, name := range names {
			got[name] = [2]Fault{g.faults.draw(http.MethodPost, id(name)), g.faults.draw(http.MethodPost, id(name))}
		}
		return got
	}
	var names []string
	for i := range 200 {
		names = append(names, "n"+strings.Repeat("b", i%40)+string(rune('c'+i/40)))
	}
	first := draw(7, names)
	slices.Reverse(names)
	if diff := cmp.Diff(first, draw(7, names)); diff != "" {
		t.Errorf("another order changes the faults:\n%s", diff)
	}
	if cmp.Equal(first, draw(8, names)) {
		t.Error("another seed changes nothing")
	}
	seen, hit, differ := map[Fault]bool{}, 0, false
	for _, f := range first {
		seen[f[0]] = true
		if f[0] != None {
			hit++
		}
		differ = differ || f[0] != f[1]
	}
	if len(seen) != len(Faults())+1 || hit < 30 || hit > 90 {
		t.Errorf("%d of 200 calls fail, in ways %v", hit, seen)
	}
	if !differ {
		t.Error("a repeated call always fails as it did before")
	}
}

// receiver counts callbacks; each asks the gateway back before it answers.
func receiver(t *testing.T, g *Gateway) (url string, got func() []string) {
	t.Helper()
	var mu sync.Mutex
	var list []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, fmt.Sprint(r.Header.Get("webhook-id"), " ", len(g.Ledger())))
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(list)
	}
}

func TestDeliveries(t *testing.T) {
	for name, c := range map[string]struct {
		delivery webhookfake.Delivery
		reorder  func([]webhookfake.Event)
		want     []string
	}{
		"each once":                {webhookfake.Once, nil, []string{"msg_1 1", "msg_2 2"}},
		"each twice":               {webhookfake.Twice, nil, []string{"msg_1 1", "msg_1 1", "msg_2 2", "msg_2 2"}},
		"forged ones are sent too": {webhookfake.Forged, nil, []string{"msg_1 1", "msg_2 2"}},
		"late":                     {webhookfake.Queued, nil, []string{"msg_1 2", "msg_2 2"}},
		"late and the last first":  {webhookfake.Queued, slices.Reverse[[]webhookfake.Event], []string{"msg_2 2", "msg_1 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t)
			url, got := receiver(t, g)
			g.CallBack(url, c.delivery)
			for _, name := range []string{"b", "c"} {
				send(t, g, v1.OperationAuthorize, name, 1, "")
				g.Settle()
			}
			g.Flush(c.reorder)
			if diff := cmp.Diff(c.want, got()); diff != "" {
				t.Errorf("callbacks and the ledger at that time (-want +got):\n%s", diff)
			}
			if n := len(g.Callbacks()); n != len(c.want) {
				t.Errorf("%d callbacks are recorded, want %d", n, len(c.want))
			}
		})
	}
}

// A receiver that has no time is asked again, and one that refuses is not.
func TestRedelivery(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int
		want    int
	}{
		"busy, then taken": {[]int{http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusNoContent}, http.StatusNoContent},
		"refused":          {[]int{http.StatusUnauthorized}, http.StatusUnauthorized},
		"taken":            {[]int{http.StatusNoContent}, http.StatusNoContent},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				n := int(asked.Add(1))
				if n > len(c.answers) {
					t.Error("it is asked once more")
					return
				}
				w.WriteHeader(c.answers[n-1])
			}))
			t.Cleanup(server.Close)
			g := start(t)
			g.CallBack(server.URL, webhookfake.Once)
			send(t, g, v1.OperationAuthorize, "b", 1, "")
			g.Settle()
			if got := g.Callbacks(); len(got) != 1 || got[0].Status != c.want || int(asked.Load()) != len(c.answers) {
				t.Errorf("asked %d times, which came to %+v", asked.Load(), got)
			}
		})
	}
}

func TestLedgerIsAppended(t *testing.T) {
	g := start(t)
	send(t, g, v1.OperationAuthorize, "hold", 100, "")
	send(t, g, v1.OperationCapture, "take", 60, "hold")
	send(t, g, v1.OperationCapture, "more", 60, "hold")
	send(t, g, v1.OperationVoid, "rest", 1, "hold")
	send(t, g, v1.OperationRefund, "back", 60, "take")
	entry := func(kind v1.OperationKind, name string, amount v1.Amount, parent string, s State, message string) Entry {
		if parent != "" {
			parent = id(parent)
		}
		return Entry{ID: id(name), Kind: kind, Amount: amount, Currency: "EUR", Parent: parent, State: s, Message: message}
	}
	want := []Entry{
		entry(v1.OperationAuthorize, "hold", 100, "", StateSucceeded, ""),
		entry(v1.OperationCapture, "take", 60, "hold", StateSucceeded, ""),
		entry(v1.OperationCapture, "more", 60, "hold", StateDeclined, "the amount is above what there is"),
		entry(v1.OperationVoid, "rest", 40, "hold", StateSucceeded, ""),
		entry(v1.OperationRefund, "back", 60, "take", StateSucceeded, ""),
	}
	if diff := cmp.Diff(want, g.Ledger(), cmpopts.IgnoreFields(Entry{}, "At")); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	if got := g.Sums(id("hold")); got != (Sums{Captured: 60, Refunded: 60}) {
		t.Errorf("sums: %+v", got)
	}
}
