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
	"ordercycle.dev/ordercycle/controllers/provider/port"
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

// Lookup finds what became of a request by its ID; port.ErrUnknown if it was
// never received.
func (p *Provider) Lookup(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	e, err := p.read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return e.answer(r.ID), nil
}

// Send carries out an operation, once for each ID. What a capture, refund or void
// uses is written to the parent's entry first, and its own entry second: they may
// be in two ConfigMaps. Whoever dies in between is healed by the next Send, which
// finds the ID in the parent's entry.
func (p *Provider) Send(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	stored, err := p.read(ctx, r.ID)
	if err == nil {
		return stored.answer(r.ID), nil
	}
	if !errors.Is(err, port.ErrUnknown) {
		return nil, err
	}
	e := entry{Kind: r.Kind, Amount: r.Amount, Currency: r.Currency, Parent: r.Parent, At: time.Now().UTC()}
	switch {
	case r.Kind != v1.OperationAuthorize:
		if e, err = p.use(ctx, r.ID, e); err != nil {
			return nil, err
		}
	case r.Token == TokenDecline:
		e.Declined = "insufficient funds"
	}
	stored, err = p.record(ctx, r.ID, &e)
	if err != nil {
		return nil, err
	}
	if stored == &e && r.Token == TokenTimeout {
		return nil, ErrAnswerLost
	}
	return stored.answer(r.ID), nil
}

// use lets an operation take its amount from its parent, and returns what became of it.
func (p *Provider) use(ctx context.Context, id string, child entry) (became entry, err error) {
	if child.Parent == "" {
		return child.refused(), nil
	}
	err = p.change(ctx, child.Parent, func(books map[string]string) (bool, error) {
		parent, err := find(books, child.Parent)
		if errors.Is(err, port.ErrUnknown) {
			became = child.refused()
			return false, nil
		}
		if err != nil {
			return false, err
		}
		var changed bool
		if became, changed = parent.use(id, child); !changed {
			return false, nil
		}
		return true, put(books, child.Parent, parent)
	})
	return became, err
}

func (p *Provider) read(ctx context.Context, id string) (*entry, error) {
	var books corev1.ConfigMap
	err := p.Client.Get(ctx, p.key(id), &books)
	if apierrors.IsNotFound(err) {
		return nil, port.ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("simulated: reading the ledger: %w", err)
	}
	return find(books.Data, id)
}

// record writes an entry and returns what is stored: an earlier entry of the same
// ID, or e.
func (p *Provider) record(ctx context.Context, id string, e *entry) (*entry, error) {
	var stored *entry
	err := p.change(ctx, id, func(books map[string]string) (bool, error) {
		var err error
		if stored, err = find(books, id); !errors.Is(err, port.ErrUnknown) {
			return false, err
		}
		stored = e
		return true, put(books, id, e)
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// change reads the ConfigMap of an ID and writes it under its resourceVersion, if
// edit says that it has changed something.
func (p *Provider) change(ctx context.Context, id string, edit func(books map[string]string) (changed bool, err error)) error {
	clash := func(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
	err := retry.OnError(retry.DefaultBackoff, clash, func() error {
		books := corev1.ConfigMap{}
		write := func() error { return p.Client.Update(ctx, &books) }
		switch err := p.Client.Get(ctx, p.key(id), &books); {
		case apierrors.IsNotFound(err):
			books.ObjectMeta = metav1.ObjectMeta{Namespace: p.Namespace, Name: p.key(id).Name}
			write = func() error { return p.Client.Create(ctx, &books) }
		case err != nil:
			return err
		}
		if books.Data == nil {
			books.Data = map[string]string{}
		}
		if changed, err := edit(books.Data); err != nil || !changed {
			return err
		}
		if size(books.Data) > maxLedgerBytes {
			return fmt.Errorf("ConfigMap %s is full; run real orders through a real provider", books.Name)
		}
		return write()
	})
	if err != nil {
		return fmt.Errorf("simulated: writing the ledger: %w", err)
	}
	return nil
}

func (p *Provider) key(id string) client.ObjectKey {
	return client.ObjectKey{Namespace: p.Namespace, Name: LedgerPrefix + id[:1]}
}
