package conformance

import (
	"errors"
	"sync"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

const (
	authorize = v1.OperationAuthorize
	capture   = v1.OperationCapture
	refund    = v1.OperationRefund
	void      = v1.OperationVoid
)

// none is the parent of an authorisation.
var none operation

func unknown(s *shop) {
	held := s.do(authorize, 10000, none)
	taken := s.do(capture, 4000, held)
	s.never(s.request(authorize, 10000, none))
	s.never(s.request(capture, 4000, held))
	s.never(s.request(void, 6000, held))
	s.never(s.request(refund, 4000, taken))
	s.books(held, 6000, 4000, 0)
}

func eachKind(s *shop) {
	held := s.do(authorize, 10000, none)
	s.books(held, 10000, 0, 0)
	taken := s.do(capture, 10000, held)
	s.books(held, 0, 10000, 0)
	s.do(refund, 10000, taken)
	s.books(held, 0, 10000, 10000)

	other := s.do(authorize, 5000, none)
	s.do(void, 5000, other)
	s.books(other, 0, 0, 0)
	s.books(held, 0, 10000, 10000)
}

// currencies have 0, 2 and 3 digits after the point; the amounts end in 0 for
// providers that round to two.
func currencies(s *shop) {
	for currency, total := range map[v1.Currency]v1.Amount{"JPY": 1500, "CNY": 12340, "BHD": 45670} {
		s.Currency = currency
		held := s.do(authorize, total, none)
		taken := s.do(capture, total-500, held)
		s.do(refund, 510, taken)
		s.books(held, 500, total-500, 510)
	}
}

func declined(s *shop) {
	r := s.request(authorize, 10000, none)
	r.Token = s.Declined
	s.refused(r)
	s.books(operation{Request: r}, 0, 0, 0)
}

func repeated(s *shop) {
	held := s.do(authorize, 10000, none)
	s.same(held, s.send(held.Request))
	s.books(held, 10000, 0, 0)

	taken := s.do(capture, 4000, held)
	s.same(taken, s.send(taken.Request))
	s.books(held, 6000, 4000, 0)

	back := s.do(refund, 1000, taken)
	s.same(back, s.send(back.Request))
	s.books(held, 6000, 4000, 1000)

	released := s.do(void, 6000, held)
	s.same(released, s.send(released.Request))
	s.same(held, s.send(held.Request))
	s.books(held, 0, 4000, 1000)
}

// concurrent allows the losers an error: some providers refuse a key that is in use.
func concurrent(s *shop) {
	atOnce := func(r payment.Request) operation {
		s.Helper()
		answers := make([]*payment.Answer, 4)
		var calls sync.WaitGroup
		for i := range answers {
			calls.Go(func() {
				if answer, err := s.Provider.Send(s.Context(), r); err == nil {
					answers[i] = answer
				}
			})
		}
		calls.Wait()
		op := s.send(r)
		if op.Declined {
			s.Fatalf("%s of %d was declined: %s", r.Kind, r.Amount, op.Message)
		}
		for _, answer := range answers {
			if answer != nil {
				s.same(op, s.check(r, answer))
			}
		}
		return op
	}
	held := atOnce(s.request(authorize, 10000, none))
	s.books(held, 10000, 0, 0)
	taken := atOnce(s.request(capture, 4000, held))
	s.books(held, 6000, 4000, 0)
	atOnce(s.request(refund, 1500, taken))
	s.books(held, 6000, 4000, 1500)
	atOnce(s.request(void, 6000, held))
	s.books(held, 0, 4000, 1500)
}

func partialCaptures(s *shop) {
	held := s.do(authorize, 10000, none)
	s.do(capture, 2500, held)
	s.do(capture, 4500, held)
	s.books(held, 3000, 7000, 0)
	s.do(capture, 3000, held)
	s.books(held, 0, 10000, 0)
}

func partialRefunds(s *shop) {
	held := s.do(authorize, 10000, none)
	first, second := s.do(capture, 6000, held), s.do(capture, 4000, held)
	s.do(refund, 2000, first)
	s.do(refund, 3500, second)
	s.books(held, 0, 10000, 5500)
	s.do(refund, 4000, first)
	s.do(refund, 500, second)
	s.books(held, 0, 10000, 10000)
}

func voidOfRest(s *shop) {
	held := s.do(authorize, 10000, none)
	taken := s.do(capture, 4000, held)
	s.do(void, 6000, held)
	s.books(held, 0, 4000, 0)
	s.refused(s.request(capture, 1000, held))
	s.do(refund, 4000, taken)
	s.books(held, 0, 4000, 4000)
}

func voidOfNothing(s *shop) {
	taken := s.do(authorize, 10000, none)
	s.do(capture, 10000, taken)
	s.refused(s.request(void, 10000, taken))
	s.books(taken, 0, 10000, 0)

	released := s.do(authorize, 10000, none)
	s.do(void, 10000, released)
	s.refused(s.request(void, 10000, released))
	s.refused(s.request(capture, 10000, released))
	s.books(released, 0, 0, 0)
}

func beyond(s *shop) {
	held := s.do(authorize, 10000, none)
	s.refused(s.request(capture, 10010, held))
	taken := s.do(capture, 7000, held)
	s.refused(s.request(capture, 3010, held))
	s.books(held, 3000, 7000, 0)

	s.refused(s.request(refund, 7010, taken))
	s.do(refund, 5000, taken)
	s.refused(s.request(refund, 2010, taken))
	s.books(held, 3000, 7000, 5000)

	// What was refused took nothing of the rest.
	s.do(capture, 3000, held)
	s.do(refund, 2000, taken)
	s.books(held, 0, 10000, 7000)
}

func noParent(s *shop) {
	r := s.request(authorize, 10000, none)
	r.Token = s.Declined
	declined := s.send(r)
	for _, parent := range []operation{declined, {Request: s.request(authorize, 10000, none)}} {
		s.refused(s.request(capture, 10000, parent))
		s.refused(s.request(void, 10000, parent))
		s.books(parent, 0, 0, 0)
	}
	held := s.do(authorize, 10000, none)
	notTaken := s.send(s.request(capture, 20000, held))
	s.refused(s.request(refund, 10000, notTaken))
	s.refused(s.request(refund, 10000, operation{Request: s.request(capture, 10000, held)}))
	s.books(held, 10000, 0, 0)
}

func lostAnswer(s *shop) {
	if s.LoseAnswer == nil {
		s.Skip("this provider cannot lose an answer")
	}
	lost := func(r payment.Request) operation {
		s.Helper()
		s.LoseAnswer(s)
		if answer, err := s.Provider.Send(s.Context(), r); err == nil || errors.Is(err, port.ErrUnknown) {
			s.Fatalf("%s without an answer gives %+v and %v", r.Kind, answer, err)
		}
		found := s.lookUp(r)
		if found.Declined {
			s.Fatalf("%s without an answer was declined: %s", r.Kind, found.Message)
		}
		// A provider may say for ever that it failed, if that is what it said first.
		again, err := s.Provider.Send(s.Context(), r)
		if err == nil {
			s.same(found, s.check(r, again))
		} else if !errors.Is(err, port.ErrFailed) {
			s.Fatalf("sending %s again: %v", r.Kind, err)
		}
		s.same(found, s.lookUp(r))
		return found
	}
	held := lost(s.request(authorize, 10000, none))
	taken := lost(s.request(capture, 4000, held))
	lost(s.request(refund, 1000, taken))
	s.books(held, 6000, 4000, 1000)
	lost(s.request(void, 6000, held))
	s.books(held, 0, 4000, 1000)
}

func cancelled(s *shop) {
	r := s.request(authorize, 10000, none)
	if answer, err := s.Provider.Send(s.stopped(), r); err == nil {
		s.Errorf("a cancelled Send gives %+v", answer)
	}
	if answer, err := s.Provider.Lookup(s.stopped(), r); err == nil || errors.Is(err, port.ErrUnknown) {
		s.Errorf("a cancelled Lookup gives %+v and %v", answer, err)
	}
	// Whether it was received or not, it can be sent again.
	held := s.send(r)
	if answer, err := s.Provider.Lookup(s.stopped(), r); err == nil || errors.Is(err, port.ErrUnknown) {
		s.Errorf("a cancelled Lookup of what is there gives %+v and %v", answer, err)
	}
	s.books(held, 10000, 0, 0)
}
