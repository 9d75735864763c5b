// Package gatewayfake is a payment gateway for tests. It speaks the contract of
// docs/payment-gateway.openapi.yaml on a loopback address, keeps books of its own
// that say afterwards what money really moved, and fails in the ways in which
// gateways fail, on demand or at random from a seed.
package gatewayfake

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/httpcut"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

// Tokens that choose the outcome of an authorisation.
const (
	TokenOK      = "tok_ok"
	TokenDecline = "tok_decline"
)

// Request is a call as it came in, without its token.
type Request struct {
	Method, Path string
	// Key is the Idempotency-Key.
	Key string
}

// Gateway is a running fake. All methods may be called at the same time.
type Gateway struct {
	// URL and APIKey are what a provider's configuration needs, and the WebhookSecret.
	URL, APIKey string
	// A callback is told of each operation that succeeds, is declined or becomes pending.
	*webhookfake.Outbox

	server *httptest.Server

	mu       sync.Mutex
	books    books
	keys     map[string]remembered
	requests []Request
	faults   faults
	fee      v1.Amount
	// lookups left until a pending operation is decided by itself, and how many
	// there are at first; 0 for never.
	patience    map[string]int
	decideAfter int
	decideIn    time.Duration
	misused     int
	late        map[string]call
	lag         time.Duration
}

// lateness is how long a late call is on its way: longer than a client waits before
// it tries again.
const lateness = 1500 * time.Millisecond

// Start starts a gateway; Close ends it. A pending operation succeeds at its
// third look-up.
func Start() *Gateway {
	g := &Gateway{
		APIKey: "key_of_the_fake", Outbox: webhookfake.New("operation.updated"),
		books: books{rest: map[string]v1.Amount{}, lapsed: map[string]bool{}}, keys: map[string]remembered{}, patience: map[string]int{}, decideAfter: 3,
		late: map[string]call{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/operations", g.send)
	mux.HandleFunc("GET /v1/operations/{id}", g.lookUp)
	g.server = httptest.NewServer(g.guard(mux))
	g.URL = g.server.URL
	return g
}

// Close stops the gateway once the callbacks under way have been delivered.
func (g *Gateway) Close() {
	g.server.Close()
	g.Settle()
}

// guard records each call and lets in who has the key.
func (g *Gateway) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.requests = append(g.requests, Request{Method: r.Method, Path: r.URL.Path, Key: r.Header.Get("Idempotency-Key")})
		g.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer "+g.APIKey {
			problem(http.StatusUnauthorized, "the key is wrong").Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (g *Gateway) send(w http.ResponseWriter, r *http.Request) {
	c, err := read(r)
	if err != nil {
		problem(http.StatusBadRequest, err.Error()).Write(w)
		return
	}
	g.mu.Lock()
	answer := g.receive(c, g.faults.draw(r.Method, c.ID))
	g.mu.Unlock()
	answer.Write(w)
}

// receive answers a call: as before if its key is known, and it carries it out otherwise.
func (g *Gateway) receive(c call, f Fault) httpcut.Reply {
	switch f {
	case RateLimit:
		return tooMany
	case TimeoutBefore:
		return httpcut.Reply{Lost: true}
	case Late:
		if _, ok := g.keys[c.key]; !ok {
			g.late[c.ID] = c
			time.AfterFunc(lateness, func() { g.arrive(c) })
			return httpcut.Reply{Lost: true}
		}
	}
	if late, ok := g.late[c.ID]; ok && late.key == c.key {
		delete(g.late, c.ID) // whichever comes first, the other is a repetition
	}
	known, ok := g.keys[c.key]
	switch {
	case !ok:
		known = remembered{c, g.carryOut(c, f), time.Now()}
		g.keys[c.key] = known
	case known.call != c:
		g.misused++
		return problem(http.StatusConflict, "the key was used with other parameters")
	}
	answer := known.reply
	answer.Lost = f == TimeoutAfter || f == Pruned
	if f == Pruned {
		delete(g.keys, c.key)
	}
	return answer
}

// arrive carries a late call out, unless it was sent again meanwhile.
func (g *Gateway) arrive(c call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.late[c.ID] == c {
		delete(g.late, c.ID)
		g.receive(c, None)
	}
}

func (g *Gateway) carryOut(c call, f Fault) httpcut.Reply {
	if f == Error500Before {
		return broken
	}
	e := Entry{ID: c.ID, Kind: c.Kind, Amount: c.Amount, Currency: c.Currency, Parent: c.Parent}
	if f == OtherCurrency {
		e.Currency = "XTS"
	}
	if f == Lapsed {
		g.books.lapse(c.Parent)
	}
	if f == OtherAmount && c.Kind == v1.OperationCapture {
		e.Amount -= e.Amount / 2
	}
	switch {
	case c.Token == TokenDecline:
		e = g.decline(e, "insufficient funds")
	case f == Decline:
		e = g.decline(e, "do not honour")
	case f == Pending:
		e.State = StatePending
		g.patience[c.ID] = g.decideAfter
		if g.decideIn > 0 {
			// It is an error only if a look-up has decided it meanwhile.
			time.AfterFunc(g.decideIn, func() { _ = g.Decide(c.ID, true) })
		}
		e = g.books.write(e)
	default:
		e = g.books.post(e)
	}
	g.Tell(e.ID)
	if f == Error500After {
		return broken
	}
	return g.describe(e, http.StatusCreated, http.StatusUnprocessableEntity)
}

func (g *Gateway) decline(e Entry, message string) Entry {
	e.State, e.Message = StateDeclined, message
	return g.books.write(e)
}

func (g *Gateway) lookUp(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	answer := g.find(r.PathValue("id"), g.faults.draw(r.Method, r.PathValue("id")))
	g.mu.Unlock()
	answer.Write(w)
}

func (g *Gateway) find(id string, f Fault) httpcut.Reply {
	switch f {
	case RateLimit:
		return tooMany
	case TimeoutBefore, TimeoutAfter:
		return httpcut.Reply{Lost: true}
	case Error500Before, Error500After:
		return broken
	}
	e := g.books.find(id)
	if e == nil || time.Since(g.books.first(id)) < g.lag {
		return httpcut.Reply{Status: http.StatusNotFound, Body: fmt.Appendf(nil, `{"error":"the operation is not known","id":%q}`, id)}
	}
	if e.State == StatePending && g.patience[id] > 0 {
		if g.patience[id]--; g.patience[id] == 0 {
			*e = g.decide(*e, true)
		}
	}
	return g.describe(*e, http.StatusOK, http.StatusOK)
}

func (g *Gateway) decide(e Entry, ok bool) Entry {
	if ok {
		e = g.books.post(e)
	} else {
		e = g.decline(e, "refused after a check")
	}
	g.Tell(e.ID)
	return e
}

// Repeat sends the callback of an operation again, as a gateway does that did not
// hear whether it arrived.
func (g *Gateway) Repeat(id string) {
	g.mu.Lock()
	known := g.books.find(id) != nil
	g.mu.Unlock()
	if known {
		g.Tell(id)
	}
}

// Decide ends a pending operation: it succeeds, if the books still allow it, or
// is declined. It is an error if the operation is not pending.
func (g *Gateway) Decide(id string, ok bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.books.find(id)
	if e == nil || e.State != StatePending {
		return fmt.Errorf("gatewayfake: operation %s is not pending", id)
	}
	g.decide(*e, ok)
	return nil
}

// DecideAfter lets operations that become pending succeed at their n-th look-up;
// 0 leaves them to Decide.
func (g *Gateway) DecideAfter(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.decideAfter = n
}

// DecideIn lets operations that become pending succeed by themselves after d, whether
// somebody looks them up or not; 0 leaves them to the others.
func (g *Gateway) DecideIn(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.decideIn = d
}

// Misused is how many calls used a key of another call.
func (g *Gateway) Misused() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.misused
}

// Lag hides from look-ups what was written less than d ago, as books do that are
// copied. The contract allows none; ten seconds do no harm.
func (g *Gateway) Lag(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lag = d
}

// TakeFee keeps a fee of each capture, in minor units; 0 says nothing of a fee.
func (g *Gateway) TakeFee(fee v1.Amount) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fee = fee
}

// PruneKeys forgets the idempotency keys, as a gateway does after its window. The
// ledger stays, so a look-up still finds what happened, but whoever sends the same
// id again moves the money again. Keys outlive the lag of the books.
func (g *Gateway) PruneKeys() {
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.DeleteFunc(g.keys, func(_ string, r remembered) bool { return time.Since(r.at) >= g.lag })
}

// Ledger is every entry so far, oldest first.
func (g *Gateway) Ledger() []Entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.books.ledger)
}

// Sums is what an authorisation has come to by its id; zero if it is unknown.
func (g *Gateway) Sums(authorization string) Sums {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.books.sums(authorization)
}

// Requests is every call so far, oldest first, also those without an answer.
func (g *Gateway) Requests() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// Sends counts how often an operation was sent, under all of its keys.
func (g *Gateway) Sends(id string) int {
	n := 0
	for _, r := range g.Requests() {
		if r.Method == http.MethodPost && (r.Key == id || strings.HasPrefix(r.Key, id+"-")) {
			n++
		}
	}
	return n
}

// describe is an entry as an answer.
func (g *Gateway) describe(e Entry, succeeded, declined int) httpcut.Reply {
	body := map[string]any{
		"id": e.ID, "kind": e.Kind, "state": e.State, "amount": e.Amount, "currency": e.Currency, "reference": "fake_" + e.ID[:12],
	}
	if e.Parent != "" {
		body["parent"] = e.Parent
	}
	if e.Message != "" {
		body["message"] = e.Message
	}
	if g.fee > 0 && e.Kind == v1.OperationCapture && e.State == StateSucceeded {
		body["fee"] = g.fee
	}
	status := map[State]int{StateSucceeded: succeeded, StateDeclined: declined, StatePending: http.StatusAccepted}[e.State]
	text, err := json.Marshal(body)
	if err != nil {
		return problem(http.StatusInternalServerError, "the answer cannot be written")
	}
	return httpcut.Reply{Status: status, Body: text}
}
