package payment

import (
	"testing"

	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// bank is a provider with books of its own. It refuses what the books do not
// cover by failing the test: the ledger must never ask for it.
type bank struct {
	held map[string]v1.Amount
	took map[string]v1.Amount
	back v1.Amount
}

func (b *bank) carryOut(t *rapid.T, op *v1.PaymentOperation) {
	switch op.Kind {
	case v1.OperationAuthorize:
		b.held[op.ID] = op.Amount
	case v1.OperationCapture, v1.OperationVoid:
		if op.Amount > b.held[op.Parent] {
			t.Fatalf("%s of %d, held are %d", op.Kind, op.Amount, b.held[op.Parent])
		}
		b.held[op.Parent] -= op.Amount
		if op.Kind == v1.OperationCapture {
			b.took[op.ID] = op.Amount
		}
	case v1.OperationRefund:
		if op.Amount > b.took[op.Parent] {
			t.Fatalf("refund of %d, the capture has %d left", op.Amount, b.took[op.Parent])
		}
		b.took[op.Parent] -= op.Amount
		b.back += op.Amount
	}
}

func (b *bank) sums() Sums {
	s := Sums{Captured: b.back, Refunded: b.back}
	for _, a := range b.held {
		s.Authorized += a
	}
	for _, a := range b.took {
		s.Captured += a
	}
	return s
}

// model is an order whose needs change at random, as they can.
type model struct {
	bank
	ops        []v1.PaymentOperation
	need       Need
	generation int64
	confirmed  bool
}

// call makes the next call that is due and says whether there was one.
func (m *model) call(t *rapid.T, decline bool) bool {
	if open := Open(m.ops); open != nil {
		t.Fatalf("operation %s was left open", open.ID)
	}
	step := Next(m.ops, Sum(m.ops, nil, nil), m.need, Place{Class: "retail", Provider: "bank"}, m.generation)
	if step == nil {
		return false
	}
	if step.Amount <= 0 {
		t.Fatalf("a call for %d: %+v", step.Amount, step)
	}
	if last := LastVain(m.ops, step.Kind, step.At); last != nil && last.Basis >= m.generation {
		t.Fatalf("%s was in vain for generation %d and is tried again for %d", step.Kind, last.Basis, m.generation)
	}
	ops := step.Record(Identity{Name: "order-1"}, m.ops, m.generation, now)
	op := ops[len(ops)-1]
	for _, old := range m.ops {
		if old.ID == op.ID {
			t.Fatalf("the id of %s %d was used before", op.Kind, op.Seq)
		}
	}
	if op.State = v1.OperationDeclined; !decline {
		op.State = v1.OperationSucceeded
		m.carryOut(t, &op)
	}
	m.ops = append(m.ops, op)
	return true
}

func (m *model) check(t *rapid.T) {
	s := Sum(m.ops, nil, nil)
	if want := m.sums(); s != want {
		t.Fatalf("the ledger says %+v, the bank %+v", s, want)
	}
	var authorized v1.Amount
	for _, op := range m.ops {
		if op.Kind == v1.OperationAuthorize && op.State == v1.OperationSucceeded {
			authorized += op.Amount
		}
	}
	if s.Authorized < 0 || s.Captured > authorized || s.Refunded > s.Captured {
		t.Fatalf("of %d authorised: %+v", authorized, s)
	}
}

// settle makes every call that is due, without declines, and checks the end.
func (m *model) settle(t *rapid.T) {
	m.generation++
	for n := 0; m.call(t, false); n++ {
		m.check(t)
		if n > 100 {
			t.Fatalf("no end of calls for %+v", m.need)
		}
	}
	s := Sum(m.ops, nil, nil)
	switch {
	case !m.confirmed && m.need.Authorize > 0:
		if s.Authorized != m.need.Authorize || s.Captured != 0 {
			t.Fatalf("%d are to be held: %+v", m.need.Authorize, s)
		}
	case m.need.Close:
		if s.Authorized != 0 {
			t.Fatalf("closed, and money is held: %+v", s)
		}
	}
	if LastVain(m.ops, v1.OperationRefund, Place{Class: "retail", Provider: "bank"}) != nil {
		return // a person pays the rest back
	}
	if kept := s.Captured - s.Refunded; kept > m.need.Keep || (!m.need.Close && kept != min(m.need.Capture, m.need.Keep)) {
		t.Fatalf("kept are %d of %+v", kept, m.need)
	}
}

// The needs of an order change as the lifecycle changes them: it is authorised,
// perhaps for several totals; then what is to be taken rises and what may be
// kept falls, but never below what is to be taken; then it is closed. Any call
// may be declined.
func TestNextOverTheLifeOfAnOrder(t *testing.T) { rapid.Check(t, lifeOfMoney) }

func FuzzNext(f *testing.F) { fuzz.Drawn(f, lifeOfMoney) }

func lifeOfMoney(t *rapid.T) {
	m := &model{bank: bank{held: map[string]v1.Amount{}, took: map[string]v1.Amount{}}, generation: 1}
	amount := func(low, high v1.Amount) v1.Amount {
		return v1.Amount(rapid.Int64Range(int64(low), int64(high)).Draw(t, "amount"))
	}
	m.need = Need{Authorize: amount(1, 50), Keep: v1.MaxAmount}
	t.Repeat(map[string]func(*rapid.T){
		"": func(t *rapid.T) { m.check(t) },
		"call": func(t *rapid.T) {
			if !m.call(t, rapid.IntRange(0, 3).Draw(t, "luck") == 0) {
				t.Skip("nothing is due")
			}
		},
		"edit": func(*rapid.T) { m.generation++ },
		"reprice": func(t *rapid.T) {
			if m.confirmed || m.need.Close {
				t.Skip("the amounts are frozen")
			}
			m.need.Authorize = amount(1, 50)
			m.generation++
		},
		"abandon": func(t *rapid.T) {
			if m.confirmed || rapid.IntRange(0, 9).Draw(t, "luck") > 0 {
				t.Skip("confirmed")
			}
			m.need = Need{Close: true}
		},
		"confirm": func(t *rapid.T) {
			if m.confirmed || m.need.Close || Sum(m.ops, nil, nil).Authorized != m.need.Authorize {
				t.Skip("not authorised")
			}
			m.confirmed, m.need = true, Need{Keep: m.need.Authorize}
		},
		"dispatch": func(t *rapid.T) {
			if !m.confirmed {
				t.Skip("not confirmed")
			}
			m.need.Capture = amount(m.need.Capture, m.need.Keep)
		},
		"cancel": func(t *rapid.T) {
			if !m.confirmed {
				t.Skip("not confirmed")
			}
			// With a capture at confirmation the target falls with the order.
			m.need.Keep = amount(0, m.need.Keep)
			m.need.Capture = min(m.need.Capture, m.need.Keep)
		},
		"close": func(t *rapid.T) {
			if !m.confirmed || Sum(m.ops, nil, nil).Captured < m.need.Keep {
				t.Skip("not all that is due came in")
			}
			m.need.Close = true
		},
		"settle": func(t *rapid.T) { m.settle(t) },
	})
	m.settle(t)
	if m.confirmed {
		m.need.Capture, m.need.Close = m.need.Keep, false
		m.settle(t)
		m.need.Close = true
	} else {
		m.need = Need{Close: true}
	}
	m.settle(t)
	s := Sum(m.ops, nil, nil)
	byHand := LastVain(m.ops, v1.OperationRefund, Place{Class: "retail", Provider: "bank"}) != nil
	if s.Authorized != 0 || (s.Captured-s.Refunded != m.need.Keep && !byHand) {
		t.Fatalf("at the end %d are due: %+v", m.need.Keep, s)
	}
}
