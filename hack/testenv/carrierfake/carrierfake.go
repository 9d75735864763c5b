// Package carrierfake is a carrier for tests. It speaks the contract of
// docs/carrier.openapi.yaml on a loopback address, keeps books of its own that say
// afterwards what was really booked, and fails in the ways in which carriers fail.
package carrierfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"sync"
	"time"

	"ordercycle.dev/ordercycle/hack/testenv/httpcut"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

// State of a booking.
type State string

// States of a booking, as the contract has them.
const (
	StateBooked  State = "Booked"
	StateRefused State = "Refused"
	StateVoided  State = "Voided"
	StatePending State = "Pending"
)

// Entry is one line of the books: a booking has one for each state that it was in.
type Entry struct {
	ID    string
	State State
	// Order is what was booked.
	Order Order
	At    time.Time
}

// Scan is something that the carrier has scanned, as it is told.
type Scan struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	At       time.Time `json:"at"`
	Location string    `json:"location,omitempty"`
	Note     string    `json:"note,omitempty"`
}

// Request is a call as it came in.
type Request struct {
	Method, Path string
}

// Carrier is a running fake. All methods may be called at the same time. A callback is
// told of each booking that was decided or voided, and of each scan.
type Carrier struct {
	// URL and APIKey are what a Partner's adapter needs, and the WebhookSecret.
	URL, APIKey string
	*webhookfake.Outbox

	server *httptest.Server

	mu       sync.Mutex
	ledger   []Entry
	bookings map[string]*booking
	late     map[string]Order
	requests []Request
	faults   faults
	price    int64
	currency string
	label    string
	prompt   bool
}

// booking is what became of an id.
type booking struct {
	order Order
	state State
	scans []Scan
	// patience is how many look-ups are left until a pending one is decided.
	patience int
	number   int
}

// lateness is how long a late call is on its way: longer than a client waits before it
// tries again.
const lateness = 1500 * time.Millisecond

// Start starts a carrier; Close ends it. A pending booking is booked at its third
// look-up.
func Start() *Carrier {
	c := &Carrier{
		APIKey: "key_of_the_carrier", Outbox: webhookfake.New("booking.updated"), bookings: map[string]*booking{}, late: map[string]Order{},
		currency: "EUR", label: "https://carrier.example/labels/",
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/bookings/{id}", c.put)
	mux.HandleFunc("GET /v1/bookings/{id}", c.get)
	mux.HandleFunc("DELETE /v1/bookings/{id}", c.delete)
	mux.HandleFunc("GET /v1/bookings/{id}/scans", c.list)
	c.server = httptest.NewServer(c.guard(mux))
	c.URL = c.server.URL
	return c
}

// Close stops the carrier once the callbacks under way have been delivered.
func (c *Carrier) Close() {
	c.server.Close()
	c.Settle()
}

// guard records each call and lets in who has the key.
func (c *Carrier) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.requests = append(c.requests, Request{Method: r.Method, Path: r.URL.Path})
		c.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer "+c.APIKey {
			problem(http.StatusUnauthorized, "the key is wrong").Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// put books a transport, once for each id.
func (c *Carrier) put(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	o, err := read(id, r)
	if err != nil {
		problem(http.StatusBadRequest, err.Error()).Write(w)
		return
	}
	c.answer(w, r.Method, func(f Fault) httpcut.Reply {
		if f == Late && c.bookings[id] == nil {
			c.late[id] = o
			time.AfterFunc(lateness, func() { c.arrive(id) })
			return httpcut.Reply{Lost: true}
		}
		delete(c.late, id) // whichever comes first, the other is a repetition
		return c.book(id, o, f)
	})
}

// arrive carries a late call out, unless it was sent again meanwhile.
func (c *Carrier) arrive(id string) {
	c.mu.Lock()
	o, ok := c.late[id]
	delete(c.late, id)
	if ok {
		c.book(id, o, None)
	}
	c.mu.Unlock()
}

func (c *Carrier) book(id string, o Order, f Fault) httpcut.Reply {
	b := c.bookings[id]
	if b != nil && b.order.Shipment != "" && !reflect.DeepEqual(b.order, o) {
		return problem(http.StatusConflict, "the id was sent with another body")
	}
	created := b == nil
	if created {
		b = &booking{order: o, number: len(c.bookings) + 1}
		c.bookings[id] = b
		switch f {
		case Refuse:
			c.enter(id, StateRefused)
		case Pending:
			b.patience = 3
			c.enter(id, StatePending)
		default:
			c.enter(id, StateBooked)
		}
	}
	a := c.describe(id)
	switch {
	case b.state == StateRefused:
		a.Status = http.StatusUnprocessableEntity
	case created && a.Status == http.StatusOK:
		a.Status = http.StatusCreated
	}
	return a
}

// enter writes the state of a booking, and tells of it.
func (c *Carrier) enter(id string, state State) {
	b := c.bookings[id]
	b.state = state
	c.ledger = append(c.ledger, Entry{ID: id, State: state, Order: b.order, At: time.Now().UTC()})
	c.Tell(id)
}

func (c *Carrier) get(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	c.answer(w, r.Method, func(Fault) httpcut.Reply {
		b := c.bookings[id]
		if b == nil {
			return unknown(id)
		}
		if b.state == StatePending {
			if b.patience--; b.patience == 0 {
				c.enter(id, StateBooked)
			}
		}
		return c.describe(id)
	})
}

func (c *Carrier) delete(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	c.answer(w, r.Method, func(f Fault) httpcut.Reply {
		b := c.bookings[id]
		if b == nil { // what is on its way is void when it comes
			b = &booking{number: len(c.bookings) + 1}
			c.bookings[id] = b
			c.enter(id, StateVoided)
		}
		// What was taken over is on its way.
		if f != Keep && len(b.scans) == 0 && (b.state == StateBooked || b.state == StatePending) {
			c.enter(id, StateVoided)
		}
		return c.describe(id)
	})
}

func (c *Carrier) list(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	c.answer(w, "SCANS", func(Fault) httpcut.Reply {
		b := c.bookings[id]
		if b == nil {
			return unknown(id)
		}
		if c.prompt && b.state == StateBooked && len(b.scans) == 0 {
			b.scans = []Scan{{ID: "out", Type: "OutForDelivery", At: time.Now().UTC()}, {ID: "end", Type: "Delivered", At: time.Now().UTC()}}
		}
		return encode(http.StatusOK, map[string]any{"id": id, "scans": append([]Scan{}, b.scans...)})
	})
}

// answer answers a call, unless its fault is that it is not heard or not answered.
func (c *Carrier) answer(w http.ResponseWriter, method string, act func(Fault) httpcut.Reply) {
	c.mu.Lock()
	f := c.faults.draw(method)
	var a httpcut.Reply
	switch f {
	case RateLimit:
		a = tooMany
	case TimeoutBefore:
		a = httpcut.Reply{Lost: true}
	case Error500Before:
		a = broken
	default:
		a = act(f)
	}
	c.mu.Unlock()
	switch f {
	case TimeoutAfter:
		a = httpcut.Reply{Lost: true}
	case Error500After:
		a = broken
	}
	a.Write(w)
}

// describe is a booking as an answer.
func (c *Carrier) describe(id string) httpcut.Reply {
	b := c.bookings[id]
	body := map[string]any{"id": id, "state": b.state, "reference": fmt.Sprintf("bk_%d", b.number)}
	status := http.StatusOK
	switch b.state {
	case StateBooked:
		body["trackingNumber"], body["label"] = fmt.Sprintf("TN%06d", b.number), c.label+id
		if c.price > 0 {
			body["price"], body["currency"] = c.price, c.currency
		}
	case StateRefused:
		body["message"] = "no service to this place"
	case StatePending:
		status = http.StatusAccepted
	}
	return encode(status, body)
}

// Charge lets each booking cost an amount in minor units of a currency; 0 says nothing
// of a price.
func (c *Carrier) Charge(price int64, currency string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.price, c.currency = price, currency
}

// Deliver has everything that is booked delivered once somebody asks where it is.
func (c *Carrier) Deliver() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prompt = true
}

// Decide ends a pending booking. It is an error if it is not pending.
func (c *Carrier) Decide(id string, state State) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.bookings[id]; b == nil || b.state != StatePending {
		return fmt.Errorf("carrierfake: booking %s is not pending", id)
	}
	c.enter(id, state)
	return nil
}

// Scan scans the parcels of a booking, and tells of it. It is an error if there is no
// such booking; scans of one that is void are told all the same.
func (c *Carrier) Scan(id string, s Scan) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.bookings[id]
	if b == nil {
		return fmt.Errorf("carrierfake: booking %s is not known", id)
	}
	b.scans = append(b.scans, s)
	c.Tell(id)
	return nil
}

// Ledger is every entry so far, oldest first.
func (c *Carrier) Ledger() []Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.ledger)
}

// Live are the bookings that are booked or may still be, each by its last entry.
func (c *Carrier) Live() []Entry {
	last := map[string]Entry{}
	var ids []string
	for _, e := range c.Ledger() {
		if _, seen := last[e.ID]; !seen {
			ids = append(ids, e.ID)
		}
		last[e.ID] = e
	}
	var live []Entry
	for _, id := range ids {
		if e := last[id]; e.State == StateBooked || e.State == StatePending {
			live = append(live, e)
		}
	}
	return live
}

// Requests is every call so far, oldest first, also those without an answer.
func (c *Carrier) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}

// Sends counts how often a booking was sent.
func (c *Carrier) Sends(id string) int {
	n := 0
	for _, r := range c.Requests() {
		if r.Method == http.MethodPut && r.Path == "/v1/bookings/"+id {
			n++
		}
	}
	return n
}

var (
	broken  = problem(http.StatusInternalServerError, "something went wrong")
	tooMany = problem(http.StatusTooManyRequests, "too many calls")
)

func problem(status int, why string) httpcut.Reply {
	return encode(status, map[string]any{"error": why})
}

func unknown(id string) httpcut.Reply {
	return encode(http.StatusNotFound, map[string]any{"error": "the booking is not known", "id": id})
}

func encode(status int, body map[string]any) httpcut.Reply {
	text, err := json.Marshal(body)
	if err != nil {
		panic("carrierfake: encoding an answer: " + err.Error()) // texts and numbers alone
	}
	return httpcut.Reply{Status: status, Body: text}
}
