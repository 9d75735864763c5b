package port

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
	"strings"
	"time"
)

// maxBody bounds what is read of an answer or callback, in bytes.
const maxBody = 64 << 10

// callTimeout bounds one call. A look takes two of them and some writes.
const callTimeout = 20 * time.Second

// NewClient makes the HTTP client for calls to other companies. It follows no redirect:
// the credentials are for the address that was allowed.
func NewClient() *http.Client { return withoutRedirects(&http.Client{Timeout: callTimeout}) }

// Client speaks one of the HTTP contracts in docs.
type Client struct {
	// URL of the other side; the paths of the contract are added to it.
	URL string
	// APIKey is sent with each call, as a bearer token.
	APIKey string
	// HTTP makes the calls; its Timeout and the context bound them. It follows no
	// redirect here. Nil is a client without a timeout.
	HTTP *http.Client
}

// Call makes one HTTP call and returns the status and body of the answer. The key is sent
// as its Idempotency-Key, "" for none. Its errors hold nothing that the other side wrote:
// that could be the API key, or a token of the body.
func (c *Client) Call(ctx context.Context, method, path, key string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("%w: its url is no address", ErrUnusable)
	}
	if !fitsHeader(c.APIKey) {
		return 0, nil, fmt.Errorf("%w: the Secret's apiKey is empty or has characters that no header takes", ErrUnusable)
	}
	req.Header.Set("Authorization", "Bearer "+c.APIKey)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	// Without GetBody net/http does not send a call again by itself, as it would because
	// of the key: whether it is sent again is decided from the stored object.
	req.GetBody = nil
	client := http.DefaultClient
	if c.HTTP != nil {
		client = c.HTTP
	}
	res, err := withoutRedirects(client).Do(req)
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

// withoutRedirects is a copy of a client that follows none: one could carry the key and
// the token elsewhere.
func withoutRedirects(c *http.Client) *http.Client {
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
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

// Refusal is the error of a status that is an answer to no call of a contract; those of
// success, of a decline and 404 are the caller's.
func Refusal(status int) error {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w: the key was refused (status %d); check the Secret's apiKey", ErrUnusable, status)
	case http.StatusConflict:
		return errors.New("the other side has this id with other parameters (status 409)")
	case http.StatusTooManyRequests:
		return errors.New("the other side asks for fewer calls (status 429)")
	case http.StatusInternalServerError:
		return fmt.Errorf("%w (status 500)", ErrFailed)
	default:
		return fmt.Errorf("the other side gave no answer but status %d", status)
	}
}

// Unknown is the error of status 404: the body must name the id, since what stands
// between the other side and us says 404 as well, and what is unknown is sent.
func Unknown(id string, body []byte) error {
	var problem struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &problem); err != nil || problem.ID != id {
		return errors.New("status 404 that does not name the id")
	}
	return ErrUnknown
}
