package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// shop makes calls as an order does, under an identity of its own: a provider's
// books may outlive the test.
type shop struct {
	testing.TB
	Harness
	identity domain.Identity
	seq      int32
}

// operation is a request and the provider's answer to it.
type operation struct {
	payment.Request
	payment.Answer
}

func open(t testing.TB, h Harness) *shop {
	return &shop{TB: t, Harness: h, identity: domain.Identity{Installation: "conformance", Name: rand.Text()}}
}

// request is a new one. The parent of an Authorize is the zero operation.
func (s *shop) request(kind v1.OperationKind, amount v1.Amount, parent operation) payment.Request {
	s.seq++
	r := payment.Request{
		ID: domain.OperationID(s.identity, domain.Place{}, kind, s.seq), Kind: kind, Amount: amount, Currency: s.Currency,
		Parent: parent.ID, ParentRef: parent.Ref,
		// The clocks of two machines differ a little.
		Since: time.Now().Add(-time.Minute).Truncate(time.Second),
	}
	r.Key = r.ID
	if kind == v1.OperationAuthorize {
		r.Token = s.Accepted
	}
	return r
}

// send makes a call that must be answered.
func (s *shop) send(r payment.Request) operation {
	s.Helper()
	answer, err := s.Provider.Send(s.Context(), r)
	if err != nil {
		s.Fatalf("sending %s of %d %s: %v", r.Kind, r.Amount, r.Currency, err)
	}
	return s.check(r, answer)
}

// lookUp finds an operation, without the token: that is read for a Send only.
func (s *shop) lookUp(r payment.Request) operation {
	s.Helper()
	r.Token = ""
	answer, err := s.Provider.Lookup(s.Context(), r)
	if err != nil {
		s.Fatalf("looking up %s of %d %s: %v", r.Kind, r.Amount, r.Currency, err)
	}
	return s.check(r, answer)
}

// check looks at what every answer must be.
func (s *shop) check(r payment.Request, answer *payment.Answer) operation {
	s.Helper()
	if answer.Currency != r.Currency || answer.Parent != r.Parent || answer.Amount != r.Amount {
		s.Errorf("%s of %d %s on %q was answered with %d %s on %q", r.Kind, r.Amount, r.Currency, r.Parent, answer.Amount, answer.Currency, answer.Parent)
	}
	if answer.Fee != nil && (*answer.Fee < 0 || *answer.Fee > v1.MaxAmount) {
		s.Errorf("the fee is %d", *answer.Fee)
	}
	for name, text := range map[string]string{"reference": answer.Ref, "message": answer.Message} {
		if len(text) > port.MaxMessage || !utf8.ValidString(text) {
			s.Errorf("the %s has %d bytes, or is no UTF-8: %q", name, len(text), text)
		}
		for _, c := range text {
			if unicode.IsControl(c) {
				s.Errorf("the %s has control characters: %q", name, text)
			}
		}
	}
	return operation{r, *answer}
}

// do makes a new call that must succeed, and sees that a look-up finds the same.
func (s *shop) do(kind v1.OperationKind, amount v1.Amount, parent operation) operation {
	s.Helper()
	op := s.send(s.request(kind, amount, parent))
	if op.Declined {
		s.Fatalf("%s of %d was declined: %s", kind, amount, op.Message)
	}
	s.same(op, s.lookUp(op.Request))
	return op
}

// refused makes a new call that must be declined, also when it is repeated or
// looked up.
func (s *shop) refused(r payment.Request) {
	s.Helper()
	op := s.send(r)
	if !op.Declined {
		s.Fatalf("%s of %d succeeded", r.Kind, r.Amount)
	}
	s.same(op, s.send(r))
	if s.ForgetsRefusals && r.Kind != authorize {
		s.never(r)
		return
	}
	s.same(op, s.lookUp(r))
}

// same compares two answers about one operation. The fee may become known later,
// and the words may change.
func (s *shop) same(first, again operation) {
	s.Helper()
	if diff := cmp.Diff(first.Answer, again.Answer, cmpopts.IgnoreFields(payment.Answer{}, "Fee", "Message")); diff != "" {
		s.Errorf("%s is answered differently (-first +again):\n%s", first.Kind, diff)
	}
}

// never sees that the provider does not know a request.
func (s *shop) never(r payment.Request) {
	s.Helper()
	r.Token = ""
	if answer, err := s.Provider.Lookup(s.Context(), r); !errors.Is(err, port.ErrUnknown) {
		s.Errorf("a look-up of an unknown %s gives %+v and %v, want port.ErrUnknown", r.Kind, answer, err)
	}
}

// books compares the provider's books with what they should say.
func (s *shop) books(authorization operation, held, captured, refunded v1.Amount) {
	s.Helper()
	if s.Sums == nil {
		return
	}
	type sums struct{ Held, Captured, Refunded v1.Amount }
	var got sums
	got.Held, got.Captured, got.Refunded = s.Sums(s, authorization.ID)
	if diff := cmp.Diff(sums{held, captured, refunded}, got); diff != "" {
		s.Errorf("books (-want +got):\n%s", diff)
	}
}

// stopped is a context that has ended.
func (s *shop) stopped() context.Context {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	return ctx
}
