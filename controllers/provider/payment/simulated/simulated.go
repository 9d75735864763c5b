// Package simulated is a payment provider for demos and tests. It keeps its
// ledger in ConfigMaps of the manager's namespace, as a provider keeps its books
// outside of ours: a look-up finds a payment after the manager was killed.
//
// The customer's token chooses what happens to an authorisation:
//
//	tok_ok, or none  it succeeds
//	tok_decline      it is declined
//	tok_timeout      it succeeds, and the answer is lost
package simulated

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

// Tokens that choose the outcome of an authorisation.
const (
	TokenOK      = "tok_ok"
	TokenDecline = "tok_decline"
	TokenTimeout = "tok_timeout"
)

// LedgerPrefix begins the names of the ConfigMaps; the first character of an
// operation's id ends it, so that there are 32 of them.
const LedgerPrefix = "ordercycle-simulated-payments-"

// maxLedgerBytes keeps each ConfigMap below the size that etcd takes.
const maxLedgerBytes = 900 << 10

// ErrAnswerLost is the error of a call that had its effect, and whose answer was lost.
var ErrAnswerLost = errors.New("simulated: the answer was lost")

// Provider is the simulated provider.
type Provider struct {
	// Client reads and writes live: a cache would show old books.
	Client client.Client
	// Namespace of the ledger.
	Namespace string
}

// entry is one line of the ledger, as JSON under the operation's id.
type entry struct {
	Kind     v1.OperationKind `json:"kind"`
	Amount   v1.Amount        `json:"amount"`
	Currency v1.Currency      `json:"currency"`
	Parent   string           `json:"parent,omitempty"`
	Declined string           `json:"declined,omitempty"`
	At       time.Time        `json:"at"`
}

func (e *entry) answer(id string) *payment.Answer {
	return &payment.Answer{Declined: e.Declined != "", Amount: e.Amount, Currency: e.Currency, Parent: e.Parent, Ref: "sim_" + id[:12], Message: e.Declined}
}

// Lookup finds what became of an operation; payment.ErrUnknown if it was never received.
func (p *Provider) Lookup(ctx context.Context, id string) (*payment.Answer, error) {
	e, err := p.read(ctx, id)
	if err != nil {
		return nil, err
	}
	return e.answer(id), nil
}

// Send carries out an operation, once for each ID.
func (p *Provider) Send(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	e := &entry{Kind: r.Kind, Amount: r.Amount, Currency: r.Currency, Parent: r.Parent, At: time.Now().UTC()}
	var err error
	if e.Declined, err = p.refuse(ctx, r); err != nil {
		return nil, err
	}
	stored, err := p.record(ctx, r.ID, e)
	if err != nil {
		return nil, err
	}
	if stored == e && r.Token == TokenTimeout {
		return nil, ErrAnswerLost
	}
	return stored.answer(r.ID), nil
}

// refuse says why an operation is declined, "" if it is not.
func (p *Provider) refuse(ctx context.Context, r payment.Request) (string, error) {
	if r.Kind == v1.OperationAuthorize {
		if r.Token == TokenDecline {
			return "insufficient funds", nil
		}
		return "", nil
	}
	parent, err := p.read(ctx, r.Parent)
	switch {
	case errors.Is(err, payment.ErrUnknown), err == nil && parent.Declined != "":
		return "there is nothing to " + string(r.Kind), nil
	case err != nil:
		return "", err
	case r.Amount > parent.Amount:
		return "the amount is above what there is", nil
	default:
		return "", nil
	}
}

func (p *Provider) read(ctx context.Context, id string) (*entry, error) {
	if id == "" {
		return nil, payment.ErrUnknown
	}
	var books corev1.ConfigMap
	err := p.Client.Get(ctx, p.key(id), &books)
	if apierrors.IsNotFound(err) {
		return nil, payment.ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("simulated: reading the ledger: %w", err)
	}
	return find(&books, id)
}

func find(books *corev1.ConfigMap, id string) (*entry, error) {
	line, ok := books.Data[id]
	if !ok {
		return nil, payment.ErrUnknown
	}
	e := &entry{}
	if err := json.Unmarshal([]byte(line), e); err != nil {
		return nil, fmt.Errorf("simulated: entry %s of ConfigMap %s is damaged: %w", id, books.Name, err)
	}
	return e, nil
}

// record writes an entry under the ledger's resourceVersion and returns what is
// stored: an earlier entry of the same ID, or e.
func (p *Provider) record(ctx context.Context, id string, e *entry) (*entry, error) {
	line, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("simulated: encoding the entry: %w", err)
	}
	stored := e
	clash := func(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
	err = retry.OnError(retry.DefaultBackoff, clash, func() error {
		var books corev1.ConfigMap
		err := p.Client.Get(ctx, p.key(id), &books)
		if apierrors.IsNotFound(err) {
			books.ObjectMeta = metav1.ObjectMeta{Namespace: p.Namespace, Name: p.key(id).Name}
			books.Data = map[string]string{id: string(line)}
			return p.Client.Create(ctx, &books)
		}
		if err != nil {
			return err
		}
		if earlier, err := find(&books, id); !errors.Is(err, payment.ErrUnknown) {
			stored = earlier
			return err
		}
		if size(&books)+len(id)+len(line) > maxLedgerBytes {
			return fmt.Errorf("ConfigMap %s is full; run real orders through a real provider", books.Name)
		}
		if books.Data == nil {
			books.Data = map[string]string{}
		}
		books.Data[id] = string(line)
		return p.Client.Update(ctx, &books)
	})
	if err != nil {
		return nil, fmt.Errorf("simulated: writing the ledger: %w", err)
	}
	return stored, nil
}

func (p *Provider) key(id string) client.ObjectKey {
	return client.ObjectKey{Namespace: p.Namespace, Name: LedgerPrefix + id[:1]}
}

func size(c *corev1.ConfigMap) int {
	n := 0
	for k, v := range c.Data {
		n += len(k) + len(v)
	}
	return n
}
