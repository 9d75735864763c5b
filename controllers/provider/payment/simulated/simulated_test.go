package simulated

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment/conformance"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// forgetful loses the answer of the next Send.
type forgetful struct {
	*Provider
	next atomic.Bool
}

func (f *forgetful) Send(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	answer, err := f.Provider.Send(ctx, r)
	if f.next.CompareAndSwap(true, false) {
		return nil, ErrAnswerLost
	}
	return answer, err
}

// open is a provider over a client in memory, which knows resourceVersions. What
// before returns, a write fails with; a read ends with its context, as a real one.
func open(before func() error) *Provider {
	c := fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return c.Get(ctx, key, o, opts...)
		},
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			if err := before(); err != nil {
				return err
			}
			return c.Update(ctx, o, opts...)
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if err := before(); err != nil {
				return err
			}
			return c.Create(ctx, o, opts...)
		},
	}).Build()
	return &Provider{Client: c, Namespace: "ordercycle-system"}
}

// sums reads the books: every entry must agree with what its parent says was used.
func sums(t testing.TB, p *Provider, authorization string) (held, captured, refunded v1.Amount) {
	t.Helper()
	var list corev1.ConfigMapList
	if err := p.Client.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]*entry{}
	for _, books := range list.Items {
		for id := range books.Data {
			e, err := find(books.Data, id)
			if err != nil {
				t.Fatal(err)
			}
			all[id] = e
		}
	}
	root := all[authorization]
	if root == nil || root.Declined != "" {
		return 0, 0, 0
	}
	held = root.Amount
	for id, used := range root.Used {
		held -= used
		e := all[id]
		if e == nil || e.Declined != "" || e.Amount != used {
			t.Errorf("%d is used by %+v", used, e)
			continue
		}
		if e.Kind == v1.OperationCapture {
			captured += used
		}
		for _, back := range e.Used {
			refunded += back
		}
	}
	return held, captured, refunded
}

func TestConformance(t *testing.T) {
	p := &forgetful{Provider: open(func() error { return nil })}
	conformance.Run(t, conformance.Harness{
		Provider: p, Accepted: TokenOK, Declined: TokenDecline, Currency: "EUR",
		LoseAnswer: func(testing.TB) { p.next.Store(true) },
		Sums: func(t testing.TB, authorization string) (held, captured, refunded v1.Amount) {
			return sums(t, p.Provider, authorization)
		},
	})
}

// id is the operation of a kind.
func id(kind v1.OperationKind) string {
	return domain.OperationID(domain.Identity{Name: "tea"}, domain.Place{}, kind, 1)
}

var (
	hold = payment.Request{ID: id(v1.OperationAuthorize), Kind: v1.OperationAuthorize, Amount: 100, Currency: "EUR"}
	take = payment.Request{ID: id(v1.OperationCapture), Kind: v1.OperationCapture, Amount: 80, Currency: "EUR", Parent: hold.ID}
)

// must sends what has to succeed.
func must(t *testing.T, p *Provider, r payment.Request) {
	t.Helper()
	if answer, err := p.Send(t.Context(), r); err != nil || answer.Declined || answer.Amount != r.Amount {
		t.Fatalf("%s: %+v and %v", r.Kind, answer, err)
	}
}

// A manager that was held up sends an authorisation again, of which another one
// has captured meanwhile: the late write must not bring the money back.
func TestLateSendChangesNothing(t *testing.T) {
	var p *Provider
	late := true
	p = open(func() error {
		if late {
			late = false
			must(t, p, hold)
			must(t, p, take)
		}
		return nil
	})
	must(t, p, hold)
	if held, captured, _ := sums(t, p, hold.ID); held != 20 || captured != 80 {
		t.Errorf("%d held and %d captured, want 20 and 80", held, captured)
	}
}

// A capture has two writes. Whichever fails, the next Send of it finishes, and
// the money is taken once.
func TestSendFinishesWhatAnotherBegan(t *testing.T) {
	down := errors.New("the API server is away")
	for name, fails := range map[string]int{"before the authorisation says so": 1, "before the entry of the capture": 2} {
		t.Run(name, func(t *testing.T) {
			writes := 0
			p := open(func() error {
				if writes--; writes == 0 {
					return down
				}
				return nil
			})
			must(t, p, hold)
			writes = fails
			if _, err := p.Send(t.Context(), take); !errors.Is(err, down) {
				t.Fatalf("the first Send: %v", err)
			}
			if _, err := p.Lookup(t.Context(), take); !errors.Is(err, port.ErrUnknown) {
				t.Fatalf("the look-up: %v", err)
			}
			must(t, p, take)
			if held, captured, _ := sums(t, p, hold.ID); held != 20 || captured != 80 {
				t.Errorf("%d held and %d captured, want 20 and 80", held, captured)
			}
		})
	}
}

// What an operation may take of its parent.
func TestUse(t *testing.T) {
	parent := func(kind v1.OperationKind, used map[string]v1.Amount) entry {
		return entry{Kind: kind, Amount: 100, Currency: "EUR", Used: used}
	}
	held, taken := parent(v1.OperationAuthorize, nil), parent(v1.OperationCapture, nil)
	refused := held
	refused.Declined = "insufficient funds"
	for name, c := range map[string]struct {
		parent   entry
		kind     v1.OperationKind
		amount   v1.Amount
		currency v1.Currency
		// want is the amount that was taken, 0 if the operation was declined.
		want    v1.Amount
		changed bool
	}{
		"a capture takes a part":                     {held, v1.OperationCapture, 60, "EUR", 60, true},
		"a capture takes all":                        {held, v1.OperationCapture, 100, "EUR", 100, true},
		"a capture takes no more":                    {held, v1.OperationCapture, 101, "EUR", 0, false},
		"a capture takes no more than the rest":      {parent(v1.OperationAuthorize, map[string]v1.Amount{"a": 50}), v1.OperationCapture, 51, "EUR", 0, false},
		"a void takes the whole rest":                {parent(v1.OperationAuthorize, map[string]v1.Amount{"a": 30}), v1.OperationVoid, 10, "EUR", 70, true},
		"a void of nothing is declined":              {parent(v1.OperationAuthorize, map[string]v1.Amount{"a": 100}), v1.OperationVoid, 1, "EUR", 0, false},
		"a refund takes of a capture":                {taken, v1.OperationRefund, 100, "EUR", 100, true},
		"a refund takes nothing of an authorisation": {held, v1.OperationRefund, 1, "EUR", 0, false},
		"a capture takes nothing of a capture":       {taken, v1.OperationCapture, 1, "EUR", 0, false},
		"nothing is taken of what was declined":      {refused, v1.OperationCapture, 1, "EUR", 0, false},
		"nothing is taken in another currency":       {held, v1.OperationCapture, 1, "USD", 0, false},
		"an id that took keeps what it took":         {parent(v1.OperationAuthorize, map[string]v1.Amount{"new": 100}), v1.OperationCapture, 60, "EUR", 100, false},
	} {
		t.Run(name, func(t *testing.T) {
			child := entry{Kind: c.kind, Amount: c.amount, Currency: c.currency}
			became, changed := c.parent.use("new", child)
			if changed != c.changed || (became.Declined == "") != (c.want > 0) {
				t.Errorf("changed is %v and the operation %+v", changed, became)
			}
			if c.want > 0 && (became.Amount != c.want || c.parent.Used["new"] != c.want) {
				t.Errorf("%d was taken and %d is recorded, want %d", became.Amount, c.parent.Used["new"], c.want)
			}
			if c.want == 0 && (became.Amount != c.amount || c.parent.Used["new"] != 0) {
				t.Errorf("a declined operation took %d: %+v", c.parent.Used["new"], became)
			}
		})
	}
}
