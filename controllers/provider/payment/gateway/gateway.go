// Package gateway is the adapter for providers of type HTTP: any gateway that
// speaks the contract of docs/payment-gateway.openapi.yaml.
package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

// maxBody bounds what is read of an answer or callback, in bytes.
const maxBody = 64 << 10

// Provider is one gateway.
type Provider struct {
	// URL of the gateway; the paths of the contract, such as /v1/operations, are added to it.
	URL string
	// APIKey is sent with each call, as a bearer token.
	APIKey string
	// Client makes the calls; its Timeout and the context bound them. It follows no
	// redirect here. Nil is a client without a timeout.
	Client *http.Client
}

// sent is the body of a call.
type sent struct {
	ID       string           `json:"id"`
	Kind     v1.OperationKind `json:"kind"`
	Amount   v1.Amount        `json:"amount"`
	Currency v1.Currency      `json:"currency"`
	Parent   string           `json:"parent,omitempty"`
	Token    string           `json:"token,omitempty"`
}

// Lookup finds what became of a request by its ID. Errors: payment.ErrUnknown if
// the gateway never received it, payment.ErrPending if it has not decided,
// payment.ErrUnusable if it refuses the key; any other means no clear answer.
func (p *Provider) Lookup(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	status, body, err := p.call(ctx, http.MethodGet, "/v1/operations/"+url.PathEscape(r.ID), "", nil)
	if err == nil && status == http.StatusNotFound {
		err = unknown(r, body)
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
// but for payment.ErrUnknown, and payment.ErrFailed for status 500.
func (p *Provider) Send(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	body, err := json.Marshal(sent{ID: r.ID, Kind: r.Kind, Amount: r.Amount, Currency: r.Currency, Parent: r.Parent, Token: r.Token})
	if err != nil {
		return nil, fmt.Errorf("gateway: encoding operation %s: %w", r.ID, err)
	}
	status, body, err := p.call(ctx, http.MethodPost, "/v1/operations", r.Key, body)
	if err != nil {
		return nil, fmt.Errorf("gateway: sending operation %s: %w", r.ID, err)
	}
	answer, err := conclude(r, status, body)
	if err != nil {
		return nil, fmt.Errorf("gateway: sending operation %s: %w", r.ID, err)
	}
	return answer, nil
}

// call makes one HTTP call and returns the status and body of the answer. Its
// errors hold nothing that the other side wrote: that could be the key or token.
func (p *Provider) call(ctx context.Context, method, path, key string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(p.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("%w: the provider's url is no address", payment.ErrUnusable)
	}
	if !fitsHeader(p.APIKey) {
		return 0, nil, fmt.Errorf("%w: the Secret's apiKey is empty or has characters that no header takes", payment.ErrUnusable)
	}
	req.Header.Set("Authorization", "Bearer "+p.APIKey)
	req.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", key)
		// Without GetBody net/http does not send the call again by itself, as it would
		// because of the key: whether it is sent again is decided from the stored order.
		req.GetBody = nil
	}
	res, err := p.client().Do(req)
	if err != nil {
		return 0, nil, cause(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return 0, nil, fmt.Errorf("reading the answer: %w", cause(err))
	}
	if len(answer) > maxBody {
		return 0, nil, fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	return res.StatusCode, answer, nil
}

// client follows no redirect: it could carry the key and the token elsewhere.
func (p *Provider) client() *http.Client {
	c := http.Client{}
	if p.Client != nil {
		c = *p.Client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

func fitsHeader(key string) bool {
	return key != "" && strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// cause keeps of a failed call only what is surely not a text of the other side:
// net/http quotes a malformed answer.
func cause(err error) error {
	for _, plain := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, plain) {
			return plain
		}
	}
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &network):
		return network
	case errors.As(err, &certificate):
		return certificate
	default:
		return errors.New("the connection gave no HTTP answer")
	}
}
