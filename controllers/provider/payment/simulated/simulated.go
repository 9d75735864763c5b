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
	"maps"
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
	// Used is what operations on this one have taken of it, by their ids.
	Used map[string]v1.Amount `json:"used,omitempty"`
}

// use gives an operation its part of the entry that it acts on: the amount that it
// asks for or, for a void, all that is left. It is the same part when it is asked
// again. Without a part it says why.
func (e *entry) use(r payment.Request) (part v1.Amount, refused string) {
	if part, again := e.Used[r.ID]; again {
		return part, ""
	}
	left := e.Amount
	for _, used := range e.Used {
		left -= used
	}
	switch {
	case e.Declined != "" || left == 0:
		return 0, "there is nothing to " + string(r.Kind)
	case r.Kind == v1.OperationVoid:
		part = left
	case r.Amount > left:
		return 0, "the amount is above what there is"
	default:
		part = r.Amount
	}
	if e.Used == nil {
		e.Used = map[string]v1.Amount{}
	}
	e.Used[r.ID] = part
	return part, ""
}

func (e *entry) answer(id string) *payment.Answer {
	return &payment.Answer{Declined: e.Declined != "", Amount: e.Amount, Currency: e.Currency, Parent: e.Parent, Ref: "sim_" + id[:12], Message: e.Declined}
}

// Lookup finds what became of a request by its ID; payment.ErrUnknown if it was
// never received.
func (p *Provider) Lookup(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	e, err := p.read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return e.answer(r.ID), nil
}

// Send carries out an operation, once for each ID. What it takes of its parent is
// written there first, under its id, so that a call that dies in between is
// finished by the one that repeats it.
func (p *Provider) Send(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	if earlier, err := p.Lookup(ctx, r); !errors.Is(err, payment.ErrUnknown) {
		return earlier, err
	}
	e := &entry{Kind: r.Kind, Amount: r.Amount, Currency: r.Currency, Parent: r.Parent, At: time.Now().UTC()}
	switch {
	case r.Kind != v1.OperationAuthorize:
		part, refused, err := p.take(ctx, r)
		if err != nil {
			return nil, err
		}
		if e.Declined = refused; refused == "" {
			e.Amount = part
		}
	case r.Token == TokenDecline:
		e.Declined = "insufficient funds"
	}
	stored := e
	err := p.edit(ctx, r.ID, func(books map[string]string) error {
		earlier, err := find(books, r.ID)
		if !errors.Is(err, payment.ErrUnknown) {
			stored = earlier
			return err
		}
		stored = e
		return put(books, r.ID, e)
	})
	if err != nil {
		return nil, err
	}
	if stored == e && r.Token == TokenTimeout {
		return nil, ErrAnswerLost
	}
	return stored.answer(r.ID), nil
}

// take writes down what an operation takes of the one that it acts on.
func (p *Provider) take(ctx context.Context, r payment.Request) (part v1.Amount, refused string, err error) {
	if r.Parent == "" {
		return 0, "there is nothing to " + string(r.Kind), nil
	}
	err = p.edit(ctx, r.Parent, func(books map[string]string) error {
		parent, err := find(books, r.Parent)
		if errors.Is(err, payment.ErrUnknown) {
			refused = "there is nothing to " + string(r.Kind)
			return nil
		}
		if err != nil {
			return err
		}
		if part, refused = parent.use(r); refused != "" {
			return nil
		}
		return put(books, r.Parent, parent)
	})
	return part, refused, err
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
	return find(books.Data, id)
}

func find(books map[string]string, id string) (*entry, error) {
	line, ok := books[id]
	if !ok {
		return nil, payment.ErrUnknown
	}
	e := &entry{}
	if err := json.Unmarshal([]byte(line), e); err != nil {
		return nil, fmt.Errorf("simulated: entry %s is damaged: %w", id, err)
	}
	return e, nil
}

func put(books map[string]string, id string, e *entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("simulated: encoding entry %s: %w", id, err)
	}
	books[id] = string(line)
	return nil
}

// edit changes the books that hold an id, under their resourceVersion.
func (p *Provider) edit(ctx context.Context, id string, change func(books map[string]string) error) error {
	clash := func(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
	err := retry.OnError(retry.DefaultBackoff, clash, func() error {
		books := corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.key(id).Name}}
		err := p.Client.Get(ctx, p.key(id), &books)
		if client.IgnoreNotFound(err) != nil {
			return err
		}
		before := maps.Clone(books.Data)
		if books.Data == nil {
			books.Data = map[string]string{}
		}
		if err := change(books.Data); err != nil {
			return err
		}
		switch {
		case maps.Equal(before, books.Data):
			return nil
		case size(&books) > maxLedgerBytes:
			return fmt.Errorf("ConfigMap %s is full; run real orders through a real provider", books.Name)
		case books.ResourceVersion == "":
			return p.Client.Create(ctx, &books)
		default:
			return p.Client.Update(ctx, &books)
		}
	})
	if err != nil {
		return fmt.Errorf("simulated: writing the ledger: %w", err)
	}
	return nil
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
