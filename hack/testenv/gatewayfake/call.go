package gatewayfake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"

	"ordercycle.dev/ordercycle/hack/testenv/httpcut"
)

// call is the body of a POST.
type call struct {
	ID       string           `json:"id"`
	Kind     v1.OperationKind `json:"kind"`
	Amount   v1.Amount        `json:"amount"`
	Currency v1.Currency      `json:"currency"`
	Parent   string           `json:"parent"`
	Token    string           `json:"token"`
	// key is the Idempotency-Key.
	key string
}

// remembered is a call and its answer, under the call's idempotency key.
type remembered struct {
	call  call
	reply httpcut.Reply
	at    time.Time
}

var (
	broken  = problem(http.StatusInternalServerError, "something went wrong")
	tooMany = problem(http.StatusTooManyRequests, "too many calls")
)

var (
	operationID = regexp.MustCompile(`^[a-z2-7]{52}$`)
	currency    = regexp.MustCompile(`^[A-Z]{3}$`)
)

// read takes the call out of a POST and refuses what breaks the contract.
func read(r *http.Request) (call, error) {
	var c call
	// All of the body is read: a connection with unread bytes is reset when it is
	// cut, and the client would see something else than what is meant.
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return c, errors.New("the body cannot be read")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, errors.New("the body is no operation")
	}
	c.key = r.Header.Get("Idempotency-Key")
	switch parent, known := parentKind[c.Kind]; {
	case !known && c.Kind != v1.OperationAuthorize:
		return c, errors.New("the kind is not known")
	case !operationID.MatchString(c.ID), c.key != c.ID && !strings.HasPrefix(c.key, c.ID+"-"):
		return c, errors.New("the id is none, or does not begin the Idempotency-Key")
	case c.Amount < 0, c.Amount > v1.MaxAmount, c.Amount == 0 && c.Kind != v1.OperationVoid:
		return c, errors.New("the amount is out of bounds")
	case !currency.MatchString(string(c.Currency)):
		return c, errors.New("the currency is none")
	case known && !operationID.MatchString(c.Parent):
		return c, fmt.Errorf("the parent is not the id of an operation of kind %s", parent)
	case !known && c.Parent != "", known && c.Token != "":
		return c, errors.New("only an Authorize has a token, and only it has no parent")
	default:
		return c, nil
	}
}

func problem(status int, why string) httpcut.Reply {
	return httpcut.Reply{Status: status, Body: fmt.Appendf(nil, `{"error":%q}`, why)}
}
