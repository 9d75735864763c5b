package port

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var secret = secretOf("a secret of 24 bytes or more")

// updatedEvent is the type of event that the tests ask for.
const updatedEvent = "operation.updated"

func secretOf(key string) string {
	return secretPrefix + base64.StdEncoding.EncodeToString([]byte(key))
}

// signed are the headers of a callback that was signed at a time.
func signed(t testing.TB, secret string, at time.Time, body []byte) http.Header {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := hook.Sign("msg_1", at, body)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("webhook-id", "msg_1")
	h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("webhook-signature", signature)
	return h
}

func TestCallback(t *testing.T) {
	const id = "7rwnyhx4vdkwzn6yk2dvs4y7o3cqj5m6l2ab3c4d5e6f7gqhijkq"
	updated := `{"type":"operation.updated","data":{"id":"` + id + `"}}`
	for name, c := range map[string]struct {
		body   string
		age    time.Duration
		secret string
		change func(http.Header)
		// want is the operation; err the error of the port, errOther for any other.
		want string
		err  error
	}{
		"a signed callback names its operation":   {body: updated, want: id},
		"one of four minutes ago too":             {body: updated, age: 4 * time.Minute, want: id},
		"and of a clock that is ahead":            {body: updated, age: -4 * time.Minute, want: id},
		"one of six minutes ago is forged":        {body: updated, age: 6 * time.Minute, err: ErrForged},
		"one of the future is forged":             {body: updated, age: -6 * time.Minute, err: ErrForged},
		"another secret is forged":                {body: updated, secret: secretOf("another secret of 24 bytes"), err: ErrForged},
		"no signature is forged":                  {body: updated, change: func(h http.Header) { h.Del("webhook-signature") }, err: ErrForged},
		"another id of the callback is forged":    {body: updated, change: func(h http.Header) { h.Set("webhook-id", "msg_2") }, err: ErrForged},
		"another time is forged":                  {body: updated, change: func(h http.Header) { h.Set("webhook-timestamp", strconv.FormatInt(time.Now().Unix()+2, 10)) }, err: ErrForged},
		"a time that is none is forged":           {body: updated, change: func(h http.Header) { h.Set("webhook-timestamp", "yesterday") }, err: ErrForged},
		"one of several signatures is enough":     {body: updated, change: func(h http.Header) { h.Set("webhook-signature", "v1,AAAA "+h.Get("webhook-signature")) }, want: id},
		"another version of signature is forged":  {body: updated, change: func(h http.Header) { h.Set("webhook-signature", "v2"+h.Get("webhook-signature")[2:]) }, err: ErrForged},
		"another event is passed over":            {body: `{"type":"payout.paid","data":{"id":"p"}}`},
		"an event without data is passed over":    {body: `{"type":"payout.paid"}`},
		"an operation without an id is an error":  {body: `{"type":"operation.updated","data":{}}`, err: errOther},
		"an operation that is a path is an error": {body: `{"type":"operation.updated","data":{"id":"../x"}}`, err: errOther},
		"a body that is not JSON is an error":     {body: `operation.updated`, err: errOther},
		"a body that is too long is an error":     {body: updated + strings.Repeat(" ", maxBody), err: errOther},
	} {
		t.Run(name, func(t *testing.T) {
			signer := secret
			if c.secret != "" {
				signer = c.secret
			}
			h := signed(t, signer, time.Now().Add(-c.age), []byte(c.body))
			if c.change != nil {
				c.change(h)
			}
			got, err := Callback(secret, updatedEvent, h, []byte(c.body))
			if got != c.want {
				t.Errorf("operation %q, want %q", got, c.want)
			}
			if !is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
		})
	}
}

// errOther stands for an error that is none of the port's.
var errOther = errors.New("any other error")

func is(err, want error) bool {
	if errors.Is(want, errOther) {
		return err != nil && !errors.Is(err, ErrForged) && !errors.Is(err, ErrUnusable)
	}
	return errors.Is(err, want)
}

// With an empty key anybody could sign.
func TestCallbackRefusesSecretsThatAreNone(t *testing.T) {
	body := []byte(`{"type":"operation.updated","data":{"id":"a"}}`)
	for name, weak := range map[string]string{
		"no secret":           "",
		"only the prefix":     secretPrefix,
		"a short key":         secretOf("23 bytes are not enough"),
		"no prefix":           strings.TrimPrefix(secret, secretPrefix),
		"what is not base64":  secretPrefix + "###",
		"the key as it looks": "a secret of 24 bytes or more",
	} {
		t.Run(name, func(t *testing.T) {
			h := signed(t, secret, time.Now(), body)
			if hook, err := standardwebhooks.NewWebhook(weak); err == nil {
				if h["Webhook-Signature"][0], err = hook.Sign("msg_1", time.Now(), body); err != nil {
					t.Fatal(err)
				}
			}
			id, err := Callback(weak, updatedEvent, h, body)
			if id != "" || !errors.Is(err, ErrUnusable) {
				t.Errorf("%q and %v", id, err)
			}
			if err != nil && len(weak) > len(secretPrefix) && strings.Contains(err.Error(), weak) {
				t.Errorf("the error gives the secret away: %v", err)
			}
		})
	}
}

// FuzzCallback takes no callback without a signature, and reads any signed body.
func FuzzCallback(f *testing.F) {
	f.Add("msg_1", "1700000000", "v1,AAAA", []byte(`{"type":"operation.updated","data":{"id":"a"}}`))
	f.Add("", "-9223372036854775808", "v1", []byte(`null`))
	f.Add("m", "9223372036854775807", " , ", []byte(`{"type":1}`))
	f.Fuzz(func(t *testing.T, id, at, signature string, body []byte) {
		h := http.Header{}
		h.Set("webhook-id", id)
		h.Set("webhook-timestamp", at)
		h.Set("webhook-signature", signature)
		if operation, err := Callback(secret, updatedEvent, h, body); err == nil || operation != "" {
			t.Errorf("%q is taken without a signature", operation)
		}
		operation, err := Callback(secret, updatedEvent, signed(t, secret, time.Now(), body), body)
		if errors.Is(err, ErrForged) {
			t.Errorf("a signed callback is refused: %v", err)
		}
		if operation != "" && (err != nil || !Identifier.MatchString(operation)) {
			t.Errorf("%q and %v", operation, err)
		}
	})
}
