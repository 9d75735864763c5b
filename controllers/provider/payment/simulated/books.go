package simulated

import (
	"encoding/json"
	"fmt"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// entry is one line of the ledger, as JSON under the operation's id.
type entry struct {
	Kind     v1.OperationKind `json:"kind"`
	Amount   v1.Amount        `json:"amount"`
	Currency v1.Currency      `json:"currency"`
	Parent   string           `json:"parent,omitempty"`
	Declined string           `json:"declined,omitempty"`
	At       time.Time        `json:"at"`
	// Used is what captures and voids took of an authorisation, or refunds of a
	// capture, by their ids. An id in it has had its effect.
	Used map[string]v1.Amount `json:"used,omitempty"`
}

// parentKind is the kind of operation on which a kind acts.
var parentKind = map[v1.OperationKind]v1.OperationKind{
	v1.OperationCapture: v1.OperationAuthorize,
	v1.OperationVoid:    v1.OperationAuthorize,
	v1.OperationRefund:  v1.OperationCapture,
}

// use lets child, the operation with an id, take its amount of what is left of e:
// a void takes all of it. It returns what became of child, which is declined if
// that is not there, and whether e has changed. An id that took an amount keeps it.
func (e *entry) use(id string, child entry) (became entry, changed bool) {
	if taken, ok := e.Used[id]; ok {
		child.Amount = taken
		return child, false
	}
	rest := e.Amount
	for _, taken := range e.Used {
		rest -= taken
	}
	switch {
	case e.Declined != "", e.Kind != parentKind[child.Kind], e.Currency != child.Currency, rest == 0:
		return child.refused(), false
	case child.Kind == v1.OperationVoid:
		child.Amount = rest
	case child.Amount > rest:
		child.Declined = "the amount is above what there is"
		return child, false
	}
	if e.Used == nil {
		e.Used = map[string]v1.Amount{}
	}
	e.Used[id] = child.Amount
	return child, true
}

// refused is an operation that has nothing to act on.
func (e entry) refused() entry {
	e.Declined = "there is nothing to " + string(e.Kind)
	return e
}

func (e *entry) answer(id string) *payment.Answer {
	return &payment.Answer{Declined: e.Declined != "", Amount: e.Amount, Currency: e.Currency, Parent: e.Parent, Ref: "sim_" + id[:12], Message: e.Declined}
}

// find reads an entry of the data of a ConfigMap; port.ErrUnknown if there is none.
func find(books map[string]string, id string) (*entry, error) {
	line, ok := books[id]
	if !ok {
		return nil, port.ErrUnknown
	}
	e := &entry{}
	if err := json.Unmarshal([]byte(line), e); err != nil {
		return nil, fmt.Errorf("simulated: entry %s of the ledger is damaged: %w", id, err)
	}
	return e, nil
}

// put writes an entry to the data of a ConfigMap.
func put(books map[string]string, id string, e *entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("simulated: encoding the entry: %w", err)
	}
	books[id] = string(line)
	return nil
}

func size(books map[string]string) int {
	n := 0
	for k, v := range books {
		n += len(k) + len(v)
	}
	return n
}
