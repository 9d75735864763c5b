package conformance

import (
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

// till is a Till over a provider: money comes in by an authorisation that is
// captured whole, and goes back out of the oldest captures.
type till struct {
	*shop
	receipts []*receipt
	payments map[string]*repayment
}

// receipt is money that came in under an id.
type receipt struct {
	id                    string
	authorization, taking operation
	// left has not gone back yet.
	left v1.Amount
}

// repayment is money that went back under an id, a part from each receipt.
type repayment struct {
	amount v1.Amount
	parts  []operation
}

// Receive implements Till.
func (l *till) Receive(t testing.TB, id string, amount v1.Amount) {
	t.Helper()
	for _, r := range l.receipts {
		if r.id == id {
			l.repeat(t, r.authorization.Request, amount)
			l.repeat(t, r.taking.Request, amount)
			return
		}
	}
	s := l.as(t, id)
	held := s.do(authorize, amount, none)
	l.receipts = append(l.receipts, &receipt{id, held, s.do(capture, amount, held), amount})
}

// PayBack implements Till. What is above all that came in is asked of the last capture.
func (l *till) PayBack(t testing.TB, id string, amount v1.Amount) {
	t.Helper()
	if earlier := l.payments[id]; earlier != nil {
		for _, part := range earlier.parts {
			l.repeat(t, part.Request, part.Request.Amount+amount-earlier.amount)
		}
		return
	}
	paid := &repayment{amount: amount}
	if l.payments == nil {
		l.payments = map[string]*repayment{}
	}
	l.payments[id] = paid
	s := l.as(t, id)
	for i, r := range l.receipts {
		part := min(r.left, amount)
		if i == len(l.receipts)-1 {
			part = amount
		}
		if part == 0 {
			continue
		}
		op := s.send(s.request(refund, part, r.taking))
		paid.parts = append(paid.parts, op)
		if !op.Declined {
			r.left -= part
		}
		amount -= part
	}
}

// Kept implements Till.
func (l *till) Kept(t testing.TB) v1.Amount {
	t.Helper()
	var kept v1.Amount
	s := l.as(t, "")
	if l.Sums != nil {
		for _, r := range l.receipts {
			_, captured, refunded := l.Sums(t, r.authorization.ID)
			kept += captured - refunded
		}
		return kept
	}
	for _, r := range l.receipts {
		kept += s.lookUp(r.taking.Request).Answer.Amount
	}
	for _, paid := range l.payments {
		for _, part := range paid.parts {
			if back := s.lookUp(part.Request); !back.Declined {
				kept -= back.Answer.Amount
			}
		}
	}
	return kept
}

// repeat sends an id again, perhaps with another amount. The provider may answer
// as before or not at all.
func (l *till) repeat(t testing.TB, r payment.Request, amount v1.Amount) {
	r.Amount = max(10, amount)
	if _, err := l.Provider.Send(t.Context(), r); err != nil {
		t.Logf("a repeated id has no clear answer: %v", err)
	}
}

// as is the shop of one id, for the test that is running.
func (l *till) as(t testing.TB, id string) *shop {
	s := *l.shop
	s.TB, s.seq = t, 0
	s.identity.ExternalRef = id
	return &s
}
