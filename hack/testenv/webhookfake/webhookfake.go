// Package webhookfake is the part of a fake that calls back: what it has to tell goes to
// an address, signed by Standard Webhooks, at once, twice, late, out of order or forged.
package webhookfake

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"k8s.io/apimachinery/pkg/util/wait"
)

// Secret signs the callbacks of the fakes: 24 bytes, as Standard Webhooks wants at least.
var Secret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of tests, 24 b."))

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
	// About is the id that it tells of.
	About string
}

// Callback is one that was delivered, or could not be.
type Callback struct {
	Event
	// Forged says that it was signed with another secret.
	Forged bool
	// Status of the receiver's last answer; 0 if there was none.
	Status int
}

// Outbox is where callbacks go and what became of them. All methods may be called at the
// same time.
type Outbox struct {
	// WebhookSecret signs the callbacks.
	WebhookSecret string
	eventType     string

	mu        sync.Mutex
	settled   *sync.Cond
	url       string
	delivery  Delivery
	told      int
	underWay  int
	queue     []Event
	delivered []Callback
}

// New is an outbox for events of a type.
func New(eventType string) *Outbox {
	o := &Outbox{WebhookSecret: Secret, eventType: eventType}
	o.settled = sync.NewCond(&o.mu)
	return o
}

// CallBack sends callbacks to an address from now on, one for each Tell. An empty
// address stops them.
func (o *Outbox) CallBack(url string, d Delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.url, o.delivery = url, d
}

// Tell sends a callback about an id on its way.
func (o *Outbox) Tell(about string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.url == "" {
		return
	}
	o.told++
	event := Event{ID: "msg_" + strconv.Itoa(o.told), About: about}
	url, times := o.url, map[Delivery]int{Once: 1, Twice: 2, Forged: 1}[o.delivery]
	secret := o.WebhookSecret
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
			o.deliver(url, secret, event)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.underWay--
		o.settled.Broadcast()
	}()
}

// Flush delivers what is queued and returns when it is done. Reorder, if it is not
// nil, changes the order first: slices.Reverse[[]Event] or a shuffle.
func (o *Outbox) Flush(reorder func([]Event)) {
	o.mu.Lock()
	queue, url := o.queue, o.url
	o.queue = nil
	o.mu.Unlock()
	if reorder != nil {
		reorder(queue)
	}
	for _, event := range queue {
		o.deliver(url, o.WebhookSecret, event)
	}
}

// Waiting is how many callbacks are queued.
func (o *Outbox) Waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue)
}

// UnderWay is how many callbacks are on their way.
func (o *Outbox) UnderWay() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.underWay
}

// Settle returns when the callbacks under way have been delivered.
func (o *Outbox) Settle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.underWay > 0 {
		o.settled.Wait()
	}
}

// Callbacks are those delivered so far, in the order of their answers.
func (o *Outbox) Callbacks() []Callback {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.delivered)
}

// redelivery is when a callback is sent again that its receiver had no time for. It is
// soon given up, so that a test does not hang.
var redelivery = wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Steps: 6}

// deliver sends a callback until it is taken or refused.
func (o *Outbox) deliver(url, secret string, event Event) {
	done := Callback{Event: event, Forged: secret != o.WebhookSecret}
	// That it was given up shows in the status.
	_ = wait.ExponentialBackoff(redelivery, func() (bool, error) {
		done.Status = o.post(url, secret, event)
		busy := done.Status == 0 || done.Status == http.StatusTooManyRequests || done.Status == http.StatusServiceUnavailable
		return !busy, nil
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	o.delivered = append(o.delivered, done)
}

// post sends a callback once and returns the status of the answer; 0 if there was none.
func (o *Outbox) post(url, secret string, event Event) int {
	req, err := o.signed(url, secret, event)
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
func (o *Outbox) signed(url, secret string, event Event) (*http.Request, error) {
	body, err := json.Marshal(map[string]any{"type": o.eventType, "data": map[string]string{"id": event.About}})
	if err != nil {
		return nil, fmt.Errorf("webhookfake: encoding a callback: %w", err)
	}
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("webhookfake: addressing a callback: %w", err)
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, fmt.Errorf("webhookfake: reading the secret of the callbacks: %w", err)
	}
	now := time.Now()
	signature, err := hook.Sign(event.ID, now, body)
	if err != nil {
		return nil, fmt.Errorf("webhookfake: signing a callback: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(standardwebhooks.HeaderWebhookID, event.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return req, nil
}
