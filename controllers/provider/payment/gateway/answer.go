package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
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

var (
	currency   = regexp.MustCompile(`^[A-Z]{3}$`)
	identifier = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

// conclude turns status and body of an answer into the port's terms. Only a
// complete operation in state Declined is a decline: a status alone may come from
// anything that stands between the gateway and us.
func conclude(r payment.Request, status int, body []byte) (*payment.Answer, error) {
	switch status {
	case http.StatusOK, http.StatusCreated:
		return decode(r, body)
	case http.StatusAccepted:
		return nil, payment.ErrPending
	case http.StatusPaymentRequired, http.StatusUnprocessableEntity:
		if answer, err := decode(r, body); err == nil && answer.Declined {
			return answer, nil
		}
		return nil, fmt.Errorf("status %d without a declined operation", status)
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, fmt.Errorf("%w: the gateway refused the key (status %d); check the Secret's apiKey", payment.ErrUnusable, status)
	case http.StatusConflict:
		return nil, errors.New("the gateway has this id with other parameters (status 409)")
	case http.StatusTooManyRequests:
		return nil, errors.New("the gateway asks for fewer calls (status 429)")
	case http.StatusInternalServerError:
		return nil, fmt.Errorf("%w (status 500)", payment.ErrFailed)
	default:
		return nil, fmt.Errorf("the gateway gave no answer but status %d", status)
	}
}

// unknown is the answer 404: it must name the id, since what stands between the
// gateway and us says 404 as well, and an operation that is unknown is sent.
func unknown(r payment.Request, body []byte) error {
	var problem struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &problem); err != nil || problem.ID != r.ID {
		return errors.New("status 404 that does not name the operation")
	}
	return payment.ErrUnknown
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
	case (op.Kind == v1.OperationAuthorize) != (op.Parent == ""), op.Parent != "" && !identifier.MatchString(op.Parent):
		return nil, errors.New("the answer has no usable parent")
	}
	switch op.State {
	case stateSucceeded, stateDeclined:
	case statePending:
		return nil, payment.ErrPending
	default:
		return nil, errors.New("the answer has an unknown state")
	}
	return &payment.Answer{
		Declined: op.State == stateDeclined, Amount: *op.Amount, Currency: op.Currency, Parent: op.Parent,
		Ref: clean(op.Reference), Fee: op.Fee, Message: clean(op.Message),
	}, nil
}

func fits(a v1.Amount) bool { return a >= 0 && a <= v1.MaxAmount }

// clean makes a text of the gateway fit for a status: what does not print is
// dropped, and it ends before the rune that would pass payment.MaxMessage bytes.
func clean(s string) string {
	return payment.Cut(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s))
}
