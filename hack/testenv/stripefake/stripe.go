// Package stripefake is an account at Stripe for tests: the few calls of its API
// that the adapter makes, with a memory. It keeps books of its own, replays what it
// answered under an idempotency key, and can lose an answer after its effect. That
// the calls have the shape that Stripe takes is seen to by stripe-mock, which has
// no memory.
package stripefake

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Cards, as payment methods.
const (
	CardOK         = "pm_card_visa"
	CardDeclined   = "pm_card_chargeDeclined"
	CardProcessing = "pm_card_processing"
	// CardSlow leaves the payment intent made and not yet confirmed.
	CardSlow = "pm_card_slow"
)

// Fault is what goes wrong with one call that has an effect.
type Fault string

// Faults.
const (
	None Fault = ""
	// Cut has the effect and cuts the connection before the answer.
	Cut Fault = "Cut"
	// Broken has the effect and answers 500, again and again for the same key.
	Broken Fault = "Broken"
	// Unavailable answers 500 without an effect, again and again for the same key.
	Unavailable Fault = "Unavailable"
	// Busy answers 429 without an effect.
	Busy Fault = "Busy"
)

// Account is a running fake. All methods may be called at the same time.
type Account struct {
	// URL and APIKey are what the adapter needs.
	URL, APIKey string
	// Multicapture says whether an authorisation takes several captures.
	Multicapture bool
	// Strict accounts may not even ask for several captures.
	Strict bool

	server *httptest.Server

	mu      sync.Mutex
	intents []*intent
	refunds []*refund
	keys    map[string]remembered
	faults  []Fault
	notes   []Fault
	calls   []string
	fee     int64
}

// intent is a payment intent.
type intent struct {
	id, currency, method, status, failure     string
	amount, held, received, refunded, created int64
	metadata                                  map[string]string
}

type refund struct {
	id       string
	intent   *intent
	amount   int64
	metadata map[string]string
}

type remembered struct {
	call   string
	status int
	body   any
}

// Start starts an account; Close ends it.
func Start() *Account {
	a := &Account{Multicapture: true, keys: map[string]remembered{}}
	a.APIKey = "sk_test_of_the_fake"
	a.server = httptest.NewServer(http.HandlerFunc(a.serve))
	a.URL = a.server.URL
	return a
}

// Close stops the account.
func (a *Account) Close() { a.server.Close() }

// FailNotes plans the faults of the next calls that only write metadata.
func (a *Account) FailNotes(planned ...Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notes = append(a.notes, planned...)
}

// Fail plans the faults of the next calls that move money, one for each.
func (a *Account) Fail(planned ...Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, planned...)
}

// PruneKeys forgets the idempotency keys, as Stripe may after a day.
func (a *Account) PruneKeys() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.keys)
}

// TakeFee keeps a fee of each charge, in the units of its currency.
func (a *Account) TakeFee(fee int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fee = fee
}

// Calls are the calls so far, as method and path.
func (a *Account) Calls() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.calls...)
}

// Age makes all payment intents so far older.
func (a *Account) Age(by time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, i := range a.intents {
		i.created -= int64(by / time.Second)
	}
}

// Sums is what became of the payment intent of an operation, in Stripe's units; two
// of them for one operation are a mistake that shows in the sums.
func (a *Account) Sums(operation string) (held, captured, refunded int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, i := range a.intents {
		if i.metadata["operation"] == operation {
			held, captured, refunded = held+i.held, captured+i.received, refunded+i.refunded
		}
	}
	return held, captured, refunded
}

// problem is an error of Stripe's.
type problem struct {
	status              int
	kind, code, decline string
	intent              *intent
	param               string
}

func (p *problem) Error() string { return p.code }

func invalid(code string) *problem {
	return &problem{status: http.StatusBadRequest, kind: "invalid_request_error", code: code}
}

// act has the effect of a call: a change of a payment intent, or a refund.
func (a *Account) act(path string, form map[string]string) (any, *problem) {
	parts := strings.Split(strings.TrimPrefix(path, "/v1/"), "/")
	metadata := map[string]string{}
	for key, value := range form {
		if name, ok := strings.CutPrefix(key, "metadata["); ok {
			metadata[strings.TrimSuffix(name, "]")] = value
		}
	}
	amount := func(name string) int64 {
		n, _ := strconv.ParseInt(form[name], 10, 64)
		return n
	}
	if parts[0] == "refunds" {
		return a.giveBack(form["payment_intent"], amount("amount"), metadata)
	}
	if len(parts) == 1 {
		return a.create(form, amount("amount"), metadata)
	}
	i := a.find(parts[1])
	if i == nil {
		return nil, &problem{status: http.StatusNotFound, kind: "invalid_request_error", code: "resource_missing"}
	}
	action := ""
	if len(parts) == 3 {
		action = parts[2]
	}
	switch action {
	case "capture":
		return a.capture(i, amount("amount_to_capture"), form["final_capture"] != "false", metadata)
	case "cancel":
		if i.status != "requires_capture" {
			return nil, invalid("payment_intent_unexpected_state")
		}
		i.held = 0
		i.status = "canceled"
		if i.received > 0 {
			i.status = "succeeded"
		}
	}
	maps.Copy(i.metadata, metadata)
	return a.describe(i), nil
}

const requestMulticapture = "payment_method_options[card][request_multicapture]"

func (a *Account) create(form map[string]string, amount int64, metadata map[string]string) (any, *problem) {
	i := &intent{
		id: fmt.Sprintf("pi_%d", len(a.intents)+1), currency: form["currency"], method: form["payment_method"], amount: amount,
		metadata: metadata, created: now(), status: "requires_capture", held: amount,
	}
	if a.Strict && form[requestMulticapture] != "" {
		return nil, &problem{status: http.StatusBadRequest, kind: "invalid_request_error", code: "parameter_unknown", param: requestMulticapture}
	}
	switch i.method {
	case "":
		return nil, invalid("parameter_missing")
	case CardDeclined:
		i.status, i.held, i.failure = "requires_payment_method", 0, "insufficient_funds"
	case CardProcessing:
		i.status, i.held = "processing", 0
	case CardSlow:
		i.status, i.held = "requires_confirmation", 0
	}
	a.intents = append(a.intents, i)
	if i.failure != "" {
		return nil, &problem{status: http.StatusPaymentRequired, kind: "card_error", code: "card_declined", decline: i.failure, intent: i}
	}
	return a.describe(i), nil
}

func (a *Account) capture(i *intent, amount int64, final bool, metadata map[string]string) (any, *problem) {
	switch {
	case i.status != "requires_capture":
		return nil, invalid("payment_intent_unexpected_state")
	case amount > i.held:
		return nil, invalid("amount_too_large")
	case !final && !a.Multicapture:
		return nil, invalid("parameter_unknown")
	}
	i.received += amount
	i.held -= amount
	if final || i.held == 0 {
		i.held, i.status = 0, "succeeded"
	}
	maps.Copy(i.metadata, metadata)
	return a.describe(i), nil
}

func (a *Account) giveBack(id string, amount int64, metadata map[string]string) (any, *problem) {
	i := a.find(id)
	if i == nil {
		return nil, &problem{status: http.StatusNotFound, kind: "invalid_request_error", code: "resource_missing"}
	}
	if amount > i.received-i.refunded {
		return nil, invalid("charge_already_refunded")
	}
	i.refunded += amount
	r := &refund{fmt.Sprintf("re_%d", len(a.refunds)+1), i, amount, metadata}
	a.refunds = append(a.refunds, r)
	return r.describe(), nil
}

func (a *Account) find(id string) *intent {
	for _, i := range a.intents {
		if i.id == id {
			return i
		}
	}
	return nil
}
