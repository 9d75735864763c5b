// Package gateway is the adapter for providers of type HTTP: any gateway that
// speaks the contract of docs/payment-gateway.openapi.yaml.
package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// Provider is one gateway; the paths of the contract are such as /v1/operations.
type Provider struct {
	port.Client
}

// OperationUpdated is the type of the callbacks that are about an operation.
const OperationUpdated = "operation.updated"

// sent is the body of a call.
type sent struct {
	ID       string           `json:"id"`
	Kind     v1.OperationKind `json:"kind"`
	Amount   v1.Amount        `json:"amount"`
	Currency v1.Currency      `json:"currency"`
	Parent   string           `json:"parent,omitempty"`
	Token    string           `json:"token,omitempty"`
}

// Lookup finds what became of a request by its ID. Errors: port.ErrUnknown if
// the gateway never received it, port.ErrPending if it has not decided,
// port.ErrUnusable if it refuses the key; any other means no clear answer.
func (p *Provider) Lookup(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	status, body, err := p.Call(ctx, http.MethodGet, "/v1/operations/"+url.PathEscape(r.ID), "", nil)
	if err == nil && status == http.StatusNotFound {
		err = port.Unknown(r.ID, body)
	}
	if err != nil {
		return nil, fmt.Errorf("gateway: looking up operation %s: %w", r.ID, err)
	}
	answer, err := conclude(r, status, body)
	if err != nil {
		return nil, fmt.Errorf("gateway: looking up operation %s: %w", r.ID, err)
	}
	return answer, nil
}

// Send asks the gateway to carry an operation out. Its errors are those of Lookup,
// but for port.ErrUnknown, and port.ErrFailed for status 500.
func (p *Provider) Send(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	body, err := json.Marshal(sent{ID: r.ID, Kind: r.Kind, Amount: r.Amount, Currency: r.Currency, Parent: r.Parent, Token: r.Token})
	if err != nil {
		return nil, fmt.Errorf("gateway: encoding operation %s: %w", r.ID, err)
	}
	status, body, err := p.Call(ctx, http.MethodPost, "/v1/operations", r.Key, body)
	if err != nil {
		return nil, fmt.Errorf("gateway: sending operation %s: %w", r.ID, err)
	}
	answer, err := conclude(r, status, body)
	if err != nil {
		return nil, fmt.Errorf("gateway: sending operation %s: %w", r.ID, err)
	}
	return answer, nil
}
