package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// operation is a gateway's answer.
type operation struct {
	ID        string           `json:"id"`
	Kind      v1.OperationKind `json:"kind"`
	State     string           `json:"state"`
	Amount    *v1.Amount       `json:"amount"`
	Currency  v1.Currency      `json:"currency"`
	Parent    string           `json:"parent"`
	Reference string           `json:"reference"`
	Fee       *v1.Amount       `json:"fee"`
	Message   string           `json:"message"`
}

// States of an operation at the gateway.
const (
	stateSucceeded = "Succeeded"
	stateDeclined  = "Declined"
	statePending   = "Pending"
)

var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// conclude turns status and body of an answer into the port's terms. Only a
// complete operation in state Declined is a decline: a status alone may come from
// anything that stands between the gateway and us.
func conclude(r payment.Request, status int, body []byte) (*payment.Answer, error) {
	switch status {
	case http.StatusOK, http.StatusCreated:
		return decode(r, body)
	case http.StatusAccepted:
		return nil, port.ErrPending
	case http.StatusPaymentRequired, http.StatusUnprocessableEntity:
		if answer, err := decode(r, body); err == nil && answer.Declined {
			return answer, nil
		}
		return nil, fmt.Errorf("status %d without a declined operation", status)
	default:
		return nil, port.Refusal(status)
	}
}

// decode reads an operation and checks that it is the one that was asked for.
// Its errors quote nothing of the body.
func decode(r payment.Request, body []byte) (*payment.Answer, error) {
	var op operation
	if err := json.Unmarshal(body, &op); err != nil {
		return nil, errors.New("the answer is not an operation in JSON")
	}
	switch {
	case op.ID != r.ID || op.Kind != r.Kind:
		return nil, errors.New("the answer is about another operation")
	case op.Amount == nil, !fits(*op.Amount), *op.Amount == 0 && op.Kind != v1.OperationVoid:
		return nil, errors.New("the answer has no usable amount")
	case op.Fee != nil && !fits(*op.Fee):
		return nil, errors.New("the answer has an unusable fee")
	case !currency.MatchString(string(op.Currency)):
		return nil, errors.New("the answer has no usable currency")
	case (op.Kind == v1.OperationAuthorize) != (op.Parent == ""), op.Parent != "" && !port.Identifier.MatchString(op.Parent):
		return nil, errors.New("the answer has no usable parent")
	}
	switch op.State {
	case stateSucceeded, stateDeclined:
	case statePending:
		return nil, port.ErrPending
	default:
		return nil, errors.New("the answer has an unknown state")
	}
	return &payment.Answer{
		Declined: op.State == stateDeclined, Amount: *op.Amount, Currency: op.Currency, Parent: op.Parent,
		Ref: port.Clean(op.Reference), Fee: op.Fee, Message: port.Clean(op.Message),
	}, nil
}

func fits(a v1.Amount) bool { return a >= 0 && a <= v1.MaxAmount }
