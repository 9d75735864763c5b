// Package stripe is the adapter for Stripe: a payment intent with manual capture
// for each authorisation, and refunds on it.
//
// Stripe has an object of its own for an authorisation and for a refund, and their
// metadata holds the id of the operation. A capture and a void only change the
// payment intent, so their ids are written into its metadata: that of a capture by
// the call that captures, that of a void before the call that cancels. What became
// of an operation can so be told from Stripe's objects alone, whatever has become
// of the idempotency key.
package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v85"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// Provider is an account at Stripe.
type Provider struct {
	// URL of the API; "" for Stripe's own.
	URL string
	// APIKey of the account, a secret or restricted key that may write payment
	// intents and refunds.
	APIKey string
	// Client makes the calls; its Timeout and the context bound them.
	Client *http.Client

	// recent are the payment intents that were listed since the last call was sent, by
	// operation: an adapter lives as long as one look, and an adoption asks for many.
	mu     sync.Mutex
	recent map[string]*stripe.PaymentIntent
}

func (p *Provider) remembered() map[string]*stripe.PaymentIntent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.recent
}

func (p *Provider) remember(listed map[string]*stripe.PaymentIntent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent = listed
}

// silent drops what the library would log: it prints bodies of answers.
type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}

// api is a client of the library. It retries nothing: whether a call is made again
// is decided from the stored order.
func (p *Provider) api() *stripe.Client {
	config := &stripe.BackendConfig{
		HTTPClient: p.Client, LeveledLogger: silent{}, MaxNetworkRetries: new(int64(0)), EnableTelemetry: new(false),
	}
	if p.URL != "" {
		config.URL = new(p.URL)
	}
	return stripe.NewClient(p.APIKey, stripe.WithBackends(stripe.NewBackendsWithConfig(config)))
}

// Keys of the metadata. Those of a capture and a void end with the beginning of
// the operation's id: a key has at most 40 characters.
const (
	metaOperation = "operation"
	metaParent    = "parent"
	captureNote   = "capture-"
	voidNote      = "void-"
)

func note(prefix, id string) string { return prefix + id[:min(len(id), 40-len(prefix))] }

// expand asks for the charge of a payment intent and for what Stripe keeps of it.
func expand() []*string { return stripe.StringSlice([]string{"latest_charge.balance_transaction"}) }

const (
	// recent payment intents are listed, as they are: a search finds a new one after a
	// minute, or later if Stripe is in trouble. Older ones are searched for, since the
	// list would be long.
	recent = 15 * time.Minute
	// skew is how far Stripe's clock may be behind ours.
	skew = 5 * time.Minute
	// maxListed bounds a list; the library reads it in pages of 100.
	maxListed = 20_000
)

// Lookup finds what became of a request. An authorisation is looked for among the
// payment intents of the last minutes, and, if it may be older than that, by a search.
func (p *Provider) Lookup(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	answer, err := p.lookup(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("stripe: looking up %s %s: %w", r.Kind, r.ID, err)
	}
	return answer, nil
}

func (p *Provider) lookup(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	if r.Kind == v1.OperationRefund {
		refund, _, err := p.refund(ctx, r)
		if err != nil {
			return nil, err
		}
		return refunded(refund)
	}
	intent, err := p.intent(ctx, r)
	if err != nil {
		return nil, err
	}
	switch r.Kind {
	case v1.OperationAuthorize:
		return authorized(intent)
	case v1.OperationCapture:
		return captured(r, intent)
	default:
		return voided(r, intent)
	}
}

// intent finds the payment intent of a request: the authorisation itself, or that
// on which a capture or void acts.
func (p *Provider) intent(ctx context.Context, r payment.Request) (*stripe.PaymentIntent, error) {
	id := r.ID
	if r.Kind != v1.OperationAuthorize {
		id = r.Parent
	}
	if r.ParentRef != "" {
		intent, err := p.api().V1PaymentIntents.Retrieve(ctx, r.ParentRef, &stripe.PaymentIntentRetrieveParams{Expand: expand()})
		if errors.Is(lookupError(err), port.ErrUnknown) {
			// It was there once: the key is of another account, or of test mode.
			return nil, fmt.Errorf("%w: Stripe does not know %s; is the Secret's apiKey of that account and mode?", port.ErrUnusable, r.ParentRef)
		}
		if err != nil {
			return nil, lookupError(err)
		}
		return intent, nil
	}
	since, old := time.Now().Add(-recent), true
	if r.Kind == v1.OperationAuthorize && r.Since.After(since) {
		since, old = r.Since, false
	}
	intent, err := p.listed(ctx, id, since.Add(-skew), old)
	if !old || !errors.Is(err, port.ErrUnknown) {
		return intent, err
	}
	search := &stripe.PaymentIntentSearchParams{Expand: stripe.StringSlice([]string{"data.latest_charge.balance_transaction"})}
	search.Query = fmt.Sprintf("metadata['%s']:'%s'", metaOperation, id)
	return first(p.api().V1PaymentIntents.Search(ctx, search).All(ctx), id)
}

// listed finds the payment intent of an operation among those made since a time. Of
// an operation of unknown age they are all read, once for all that are asked for.
func (p *Provider) listed(ctx context.Context, id string, since time.Time, all bool) (*stripe.PaymentIntent, error) {
	found := p.remembered()
	if found == nil {
		list := &stripe.PaymentIntentListParams{
			CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
			Expand:       stripe.StringSlice([]string{"data.latest_charge.balance_transaction"}),
		}
		list.Limit = new(int64(100))
		found = map[string]*stripe.PaymentIntent{}
		read := 0
		for intent, err := range p.api().V1PaymentIntents.List(ctx, list).All(ctx) {
			if err != nil {
				return nil, lookupError(err)
			}
			operation := intent.Metadata[metaOperation]
			if found[operation] == nil { // the newest comes first
				found[operation] = intent
			}
			if !all && operation == id {
				break
			}
			if read++; read == maxListed {
				return nil, fmt.Errorf("not among the newest %d payment intents, and there are more", maxListed)
			}
		}
		if all {
			p.remember(found)
		}
	}
	if intent := found[id]; id != "" && intent != nil {
		return intent, nil
	}
	return nil, port.ErrUnknown
}

// first is the first payment intent of an operation.
func first(intents stripe.Seq2[*stripe.PaymentIntent, error], operation string) (*stripe.PaymentIntent, error) {
	for intent, err := range intents {
		if err != nil {
			return nil, lookupError(err)
		}
		if intent.Metadata[metaOperation] == operation {
			return intent, nil
		}
	}
	return nil, port.ErrUnknown
}

// refund finds the refund of a request, and the amount that other refunds have
// taken of the same capture.
func (p *Provider) refund(ctx context.Context, r payment.Request) (found *stripe.Refund, others int64, err error) {
	if r.ParentRef == "" {
		return nil, 0, port.ErrUnknown // nothing is refunded of what Stripe has never named
	}
	list := &stripe.RefundListParams{PaymentIntent: new(r.ParentRef)}
	list.Limit = new(int64(100))
	for refund, err := range p.api().V1Refunds.List(ctx, list).All(ctx) {
		if err != nil {
			return nil, 0, lookupError(err)
		}
		switch {
		case refund.Metadata[metaOperation] == r.ID:
			found = refund
		case refund.Metadata[metaParent] == r.Parent && refund.Status != stripe.RefundStatusFailed && refund.Status != stripe.RefundStatusCanceled:
			others += refund.Amount
		}
	}
	if found == nil {
		return nil, others, port.ErrUnknown
	}
	return found, others, nil
}
