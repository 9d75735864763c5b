package port

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	// secretPrefix begins a secret of Standard Webhooks; base64 of the key follows.
	secretPrefix = "whsec_"
	// minSecret is the shortest key that Standard Webhooks allows, in bytes. The
	// library would take an empty one, with which anybody can sign.
	minSecret = 24
)

// SignatureHeader holds what a callback is signed with; without it, it is forged.
const SignatureHeader = standardwebhooks.HeaderWebhookSignature

// Identifier is what ids of the contracts look like.
var Identifier = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// event is the body of a callback.
type event struct {
	Type string `json:"type"`
	Data struct {
		ID string `json:"id"`
	} `json:"data"`
}

// Callback verifies a callback by Standard Webhooks and returns the id that it is
// about, "" if it tells of another type of event. It says nothing of what has become of
// that: it is looked up. Errors: ErrUnusable if the secret is none, ErrForged if the
// signature does not fit or was made more than five minutes ago or ahead; any other
// means a signed body that is none.
func Callback(secret, eventType string, h http.Header, body []byte) (id string, err error) {
	encoded, ok := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < minSecret {
		return "", fmt.Errorf("%w: the Secret's webhookSecret is not %s and base64 of at least %d bytes", ErrUnusable, secretPrefix, minSecret)
	}
	hook, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return "", fmt.Errorf("%w: the Secret's webhookSecret cannot be used", ErrUnusable)
	}
	if len(body) > maxBody {
		return "", fmt.Errorf("a callback of more than %d bytes", maxBody)
	}
	if err := hook.Verify(body, h); err != nil {
		return "", forged(err)
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return "", errors.New("the callback is not an event in JSON")
	}
	if e.Type != eventType {
		return "", nil
	}
	if !Identifier.MatchString(e.Data.ID) {
		return "", errors.New("the callback has no id")
	}
	return e.Data.ID, nil
}

// forged keeps the kind of the problem: the library's own text quotes the headers
// of whoever called.
func forged(err error) error {
	for _, kind := range []error{
		standardwebhooks.ErrRequiredHeaders, standardwebhooks.ErrInvalidHeaders, standardwebhooks.ErrNoMatchingSignature,
		standardwebhooks.ErrMessageTooOld, standardwebhooks.ErrMessageTooNew,
	} {
		if errors.Is(err, kind) {
			return fmt.Errorf("%w: %w", ErrForged, kind)
		}
	}
	return ErrForged
}
