package gatewayfake

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"k8s.io/apimachinery/pkg/util/wait"
)

// webhookSecret signs the callbacks: 24 bytes, as Standard Webhooks wants at least.
var webhookSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of tests, 24 b."))

// Delivery is how callbacks reach their receiver.
type Delivery string

// Deliveries of callbacks.
const (
	// Once delivers each callback at once.
	Once Delivery = "Once"
	// Twice delivers each at once and repeats it.
	Twice Delivery = "Twice"
	// Queued keeps each until Flush: late, and in any order.
	Queued Delivery = "Queued"
	// Forged signs each with another secret.
	Forged Delivery = "Forged"
)

// Event is one thing to tell.
type Event struct {
	// ID of the callback, the same when it is repeated.
	ID string
	// Operation that it is about.
	Operation string
}

// Callback is one that was delivered, or could not be.
type Callback struct {
	Event
	// Forged says that it was signed with another secret.
	Forged bool
	// Status of the receiver's last answer; 0 if there was none.
	Status int
}

// outbox is where callbacks go and what became of them.
type outbox struct {
	url       string
	delivery  Delivery
	told      int
	underWay  int
	queue     []Event
	delivered []Callback
}

// CallBack sends callbacks to an address from now on: one for each operation that
// succeeds, is declined or becomes pending. An empty address stops them.
func (g *Gateway) CallBack(url string, d Delivery) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.outbox.url, g.outbox.delivery = url, d
}

// tell sends the callback of an entry on its way; the caller holds the lock.
func (g *Gateway) tell(e Entry) {
	o := &g.outbox
	if o.url == "" {
		return
	}
	o.told++
	event := Event{ID: "msg_" + strconv.Itoa(o.told), Operation: e.ID}
	url, times := o.url, map[Delivery]int{Once: 1, Twice: 2, Forged: 1}[o.delivery]
	secret := g.WebhookSecret
	switch o.delivery {
	case Queued:
		o.queue = append(o.queue, event)
		return
	case Forged:
		secret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of somebody else"))
	}
	// The receiver may ask back at once, so the lock is not held until it answers.
	o.underWay++
	go func() {
		for range times {
			g.deliver(url, secret, event)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.outbox.underWay--
		g.settled.Broadcast()
	}()
}

// Flush delivers what is queued and returns when it is done. Reorder, if it is not
// nil, changes the order first: slices.Reverse[[]Event] or a shuffle.
func (g *Gateway) Flush(reorder func([]Event)) {
	g.mu.Lock()
	queue, url := g.outbox.queue, g.outbox.url
	g.outbox.queue = nil
	g.mu.Unlock()
	if reorder != nil {
		reorder(queue)
	}
	for _, event := range queue {
		g.deliver(url, g.WebhookSecret, event)
	}
}

// Waiting is how many callbacks are queued.
func (g *Gateway) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.outbox.queue)
}

// UnderWay is how many callbacks are on their way.
func (g *Gateway) UnderWay() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.outbox.underWay
}

// Settle returns when the callbacks under way have been delivered.
func (g *Gateway) Settle() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.outbox.underWay > 0 {
		g.settled.Wait()
	}
}

// Callbacks are those delivered so far, in the order of their answers.
func (g *Gateway) Callbacks() []Callback {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.outbox.delivered)
}

// redelivery is when a callback is sent again that its receiver had no time for. It is
// soon given up, so that a test does not hang.
var redelivery = wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Steps: 6}

// deliver sends a callback until it is taken or refused.
func (g *Gateway) deliver(url, secret string, event Event) {
	done := Callback{Event: event, Forged: secret != g.WebhookSecret}
	// That it was given up shows in the status.
	_ = wait.ExponentialBackoff(redelivery, func() (bool, error) {
		done.Status = post(url, secret, event)
		busy := done.Status == 0 || done.Status == http.StatusTooManyRequests || done.Status == http.StatusServiceUnavailable
		return !busy, nil
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.outbox.delivered = append(g.outbox.delivered, done)
}

// post sends a callback once and returns the status of the answer; 0 if there was none.
func post(url, secret string, event Event) int {
	req, err := signed(url, secret, event)
	if err != nil {
		return 0
	}
	// A receiver that hangs must not hold the test for ever.
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// signed is the callback of an event, signed now: a late one is not too old.
func signed(url, secret string, event Event) (*http.Request, error) {
	body, err := json.Marshal(map[string]any{"type": "operation.updated", "data": map[string]string{"id": event.Operation}})
	if err != nil {
		return nil, fmt.Errorf("gatewayfake: encoding a callback: %w", err)
	}
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("gatewayfake: addressing a callback: %w", err)
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, fmt.Errorf("gatewayfake: reading the secret of the callbacks: %w", err)
	}
	now := time.Now()
	signature, err := hook.Sign(event.ID, now, body)
	if err != nil {
		return nil, fmt.Errorf("gatewayfake: signing a callback: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(standardwebhooks.HeaderWebhookID, event.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return req, nil
}

// Repeat sends the callback of an operation again, as a gateway does that did not
// hear whether it arrived.
func (g *Gateway) Repeat(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e := g.books.find(id); e != nil {
		g.tell(*e)
	}
}
