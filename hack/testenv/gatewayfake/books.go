package gatewayfake

import (
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// State of an operation in the books.
type State string

// States of an operation, as the contract has them.
const (
	StateSucceeded State = "Succeeded"
	StateDeclined  State = "Declined"
	StatePending   State = "Pending"
)

// Entry is one line of the ledger. A pending operation has a second line once it
// is decided; an id that was carried out twice has a line for each time.
type Entry struct {
	ID     string
	Kind   v1.OperationKind
	Amount v1.Amount
	// Currency of Amount, which is in its minor units.
	Currency v1.Currency
	// Parent is the id of the authorisation or capture that it acts on.
	Parent string
	State  State
	// Message says why it was declined.
	Message string
	At      time.Time
}

// Sums is what one authorisation has come to.
type Sums struct {
	// Held is neither captured nor released.
	Held v1.Amount
	// Captured came in, and Refunded went back of it.
	Captured, Refunded v1.Amount
}

// books is an append-only ledger and what it adds up to.
type books struct {
	ledger []Entry
	// rest is what is left of each authorisation and capture that succeeded; others
	// have none.
	rest map[string]v1.Amount
	// lapsed are the authorisations that hold nothing any more.
	lapsed map[string]bool
}

// parentKind is the kind of operation on which a kind acts.
var parentKind = map[v1.OperationKind]v1.OperationKind{
	v1.OperationCapture: v1.OperationAuthorize,
	v1.OperationVoid:    v1.OperationAuthorize,
	v1.OperationRefund:  v1.OperationCapture,
}

// post writes an operation with its outcome: declined if the books do not allow it.
func (b *books) post(e Entry) Entry {
	e.State, e.Message = StateSucceeded, b.refusal(e)
	switch {
	case e.Message != "":
		e.State = StateDeclined
	case e.Kind == v1.OperationVoid:
		e.Amount, b.rest[e.Parent] = b.rest[e.Parent], 0
	case e.Parent != "":
		b.rest[e.Parent] -= e.Amount
	}
	if e.State == StateSucceeded && (e.Kind == v1.OperationAuthorize || e.Kind == v1.OperationCapture) {
		b.rest[e.ID] += e.Amount
	}
	return b.write(e)
}

// write adds a line whatever it says.
func (b *books) write(e Entry) Entry {
	e.At = time.Now().UTC()
	b.ledger = append(b.ledger, e)
	return e
}

// lapse lets an authorisation hold nothing any more.
func (b *books) lapse(id string) {
	if e := b.find(id); e != nil && e.Kind == v1.OperationAuthorize {
		b.rest[id], b.lapsed[id] = 0, true
	}
}

// refusal says why an operation is not allowed, "" if it is.
func (b *books) refusal(e Entry) string {
	if e.Kind == v1.OperationAuthorize {
		return ""
	}
	parent := b.find(e.Parent)
	switch rest := b.rest[e.Parent]; {
	case e.Kind == v1.OperationVoid && b.lapsed[e.Parent]:
		return "" // nothing is held, as is wanted
	case parent == nil, parent.Kind != parentKind[e.Kind], parent.Currency != e.Currency, rest == 0:
		return "there is nothing to " + string(e.Kind)
	case e.Kind != v1.OperationVoid && e.Amount > rest:
		return "the amount is above what there is"
	default:
		return ""
	}
}

// find is the line that tells what became of an operation, nil if there is none:
// one that succeeded, for the money has moved whatever else happened, or the last.
func (b *books) find(id string) *Entry {
	var found *Entry
	for _, e := range slices.Backward(b.ledger) {
		if e.ID == id && (found == nil || e.State == StateSucceeded) {
			found = &e
		}
	}
	return found
}

// first is when an operation was first written.
func (b *books) first(id string) time.Time {
	for _, e := range b.ledger {
		if e.ID == id {
			return e.At
		}
	}
	return time.Time{}
}

// sums adds up what became of an authorisation; zero if it is unknown or declined.
func (b *books) sums(authorization string) Sums {
	var s Sums
	captures := map[string]bool{}
	for _, e := range b.ledger {
		switch {
		case e.State != StateSucceeded:
		case e.ID == authorization && e.Kind == v1.OperationAuthorize:
			s.Held += e.Amount
		case e.Parent == authorization && e.Kind == v1.OperationVoid:
			s.Held -= e.Amount
		case e.Parent == authorization && e.Kind == v1.OperationCapture:
			s.Held -= e.Amount
			s.Captured += e.Amount
			captures[e.ID] = true
		case captures[e.Parent]:
			s.Refunded += e.Amount
		}
	}
	return s
}
