package stripefake

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"ordercycle.dev/ordercycle/hack/testenv/httpcut"
)

func now() int64 { return time.Now().Unix() }

// serve answers one call. The whole account waits meanwhile: its clients see each
// effect whole or not at all.
func (a *Account) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	values, parsed := url.ParseQuery(string(body))
	if err != nil || parsed != nil {
		answer(w, http.StatusBadRequest, failure(invalid("unreadable")))
		return
	}
	a.calls = append(a.calls, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer "+a.APIKey {
		answer(w, http.StatusUnauthorized, failure(&problem{kind: "invalid_request_error", code: "api_key_invalid"}))
		return
	}
	if r.Method == http.MethodGet {
		a.read(w, r)
		return
	}
	form := map[string]string{}
	for key := range values {
		form[key] = values.Get(key)
	}
	a.write(w, r, form, values.Encode())
}

// write has the effect of a call, once for each idempotency key.
func (a *Account) write(w http.ResponseWriter, r *http.Request, form map[string]string, encoded string) {
	planned := &a.faults
	if update.MatchString(r.URL.Path) {
		planned = &a.notes
	}
	fault := None
	if len(*planned) > 0 {
		fault, *planned = (*planned)[0], (*planned)[1:]
	}
	if fault == Busy {
		answer(w, http.StatusTooManyRequests, failure(&problem{kind: "rate_limit_error", code: "rate_limit"}))
		return
	}
	key, call := r.Header.Get("Idempotency-Key"), r.URL.Path+"?"+encoded
	known, again := a.keys[key]
	switch {
	case again && known.call != call:
		answer(w, http.StatusBadRequest, failure(&problem{kind: "idempotency_error", code: "idempotency_key_in_use"}))
		return
	case !again:
		known = a.perform(r.URL.Path, call, form, fault)
		a.keys[key] = known
	}
	if fault == Cut {
		httpcut.Cut(w)
		return
	}
	answer(w, known.status, known.body)
}

func (a *Account) perform(path, call string, form map[string]string, fault Fault) remembered {
	broken := remembered{call, http.StatusInternalServerError, failure(&problem{kind: "api_error"})}
	if fault == Unavailable {
		return broken
	}
	body, refused := a.act(path, form)
	switch {
	case fault == Broken:
		return broken
	case refused != nil:
		described := failure(refused)
		if refused.intent != nil {
			described["error"].(map[string]any)["payment_intent"] = a.describe(refused.intent)
		}
		return remembered{call, refused.status, described}
	default:
		return remembered{call, http.StatusOK, body}
	}
}

// searchLag is after how many seconds a payment intent is found by a search.
const searchLag = 60

var update = regexp.MustCompile(`^/v1/payment_intents/[^/]+$`)

var query = regexp.MustCompile(`^metadata\['operation'\]:'([^']*)'$`)

// read answers a call without an effect: one payment intent, or a list.
func (a *Account) read(w http.ResponseWriter, r *http.Request) {
	list := []any{}
	path, q := strings.TrimPrefix(r.URL.Path, "/v1/"), r.URL.Query()
	switch path {
	case "payment_intents":
		since, _ := strconv.ParseInt(q.Get("created[gte]"), 10, 64)
		for _, i := range a.intents {
			if i.created >= since {
				list = append(list, a.describe(i))
			}
		}
	case "payment_intents/search":
		if m := query.FindStringSubmatch(q.Get("query")); m != nil {
			for _, i := range a.intents {
				if i.metadata["operation"] == m[1] && i.created <= now()-searchLag {
					list = append(list, a.describe(i))
				}
			}
		}
	case "refunds":
		for _, f := range a.refunds {
			if f.intent.id == q.Get("payment_intent") {
				list = append(list, f.describe())
			}
		}
	default:
		i := a.find(strings.TrimPrefix(path, "payment_intents/"))
		if i == nil {
			answer(w, http.StatusNotFound, failure(&problem{kind: "invalid_request_error", code: "resource_missing"}))
			return
		}
		answer(w, http.StatusOK, a.describe(i))
		return
	}
	answer(w, http.StatusOK, map[string]any{"object": "list", "data": list, "has_more": false})
}

// describe is a payment intent with its charge, as Stripe expands it.
func (a *Account) describe(i *intent) map[string]any {
	charge := map[string]any{"id": "ch_" + i.id, "object": "charge", "status": "succeeded", "amount": i.amount}
	multicapture := "unavailable"
	if a.Multicapture {
		multicapture = "available"
	}
	charge["payment_method_details"] = map[string]any{"type": "card", "card": map[string]any{"multicapture": map[string]any{"status": multicapture}}}
	if i.received > 0 && a.fee > 0 {
		charge["balance_transaction"] = map[string]any{"id": "txn_" + i.id, "object": "balance_transaction", "currency": i.currency, "fee": a.fee}
	}
	d := map[string]any{
		"id": i.id, "object": "payment_intent", "amount": i.amount, "amount_capturable": i.held, "amount_received": i.received,
		"currency": i.currency, "status": i.status, "created": i.created, "metadata": maps.Clone(i.metadata), "latest_charge": charge,
	}
	if i.failure != "" {
		charge["status"] = "failed"
		d["last_payment_error"] = map[string]any{"type": "card_error", "code": "card_declined", "decline_code": i.failure, "message": "Ann Example's card was declined"}
	}
	return d
}

func (r *refund) describe() map[string]any {
	return map[string]any{
		"id": r.id, "object": "refund", "amount": r.amount, "currency": r.intent.currency, "status": "succeeded",
		"payment_intent": r.intent.id, "metadata": r.metadata,
	}
}

func failure(p *problem) map[string]any {
	e := map[string]any{"type": p.kind, "message": "a text for people, of Ann Example"}
	if p.code != "" {
		e["code"] = p.code
	}
	if p.param != "" {
		e["param"] = p.param
	}
	if p.decline != "" {
		e["decline_code"] = p.decline
	}
	return map[string]any{"error": e}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who does not read the answer has none
}
