package gateway

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

func secretOf(text string) string {
	return secretPrefix + base64.StdEncoding.EncodeToString([]byte(text))
}

var (
	ours   = secretOf("a secret of twenty-four b")
	theirs = secretOf("a secret of somebody else")
)

func sign(t testing.TB, secret, body string, at time.Time) http.Header {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := hook.Sign("msg_1", at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set(standardwebhooks.HeaderWebhookID, "msg_1")
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return h
}

func TestCallback(t *testing.T) {
	now := time.Now()
	const about = `{"type":"operation.updated","data":{"id":"op-1"}}`
	for name, test := range map[string]struct {
		secret    string
		header    http.Header
		body      string
		operation string
		want      error
		refused   bool
	}{
		"one about an operation":           {ours, sign(t, ours, about, now), about, "op-1", nil, false},
		"one four minutes late":            {ours, sign(t, ours, about, now.Add(-4*time.Minute)), about, "op-1", nil, false},
		"one about something else":         {ours, sign(t, ours, `{"type":"account.updated"}`, now), `{"type":"account.updated"}`, "", nil, false},
		"one about nothing":                {ours, sign(t, ours, `{"type":"operation.updated"}`, now), `{"type":"operation.updated"}`, "", nil, true},
		"signed, and not JSON":             {ours, sign(t, ours, `x`, now), `x`, "", nil, true},
		"signed by somebody else":          {ours, sign(t, theirs, about, now), about, "", payment.ErrForged, true},
		"with another body":                {ours, sign(t, ours, `{}`, now), about, "", payment.ErrForged, true},
		"six minutes late":                 {ours, sign(t, ours, about, now.Add(-6*time.Minute)), about, "", payment.ErrForged, true},
		"six minutes early":                {ours, sign(t, ours, about, now.Add(6*time.Minute)), about, "", payment.ErrForged, true},
		"without a signature":              {ours, http.Header{}, about, "", payment.ErrForged, true},
		"more than 64 KiB":                 {ours, sign(t, ours, strings.Repeat(" ", maxBody+1), now), strings.Repeat(" ", maxBody+1), "", nil, true},
		"the secret is too short":          {secretOf("short"), sign(t, ours, about, now), about, "", payment.ErrUnusable, true},
		"the secret is another kind of it": {"sk_123", sign(t, ours, about, now), about, "", payment.ErrUnusable, true},
	} {
		operation, err := Callback(test.secret, test.header, []byte(test.body))
		if operation != test.operation || (err != nil) != test.refused || (test.want != nil && !errors.Is(err, test.want)) {
			t.Errorf("%s: %q, %v", name, operation, err)
		}
	}
}

func FuzzCallback(f *testing.F) {
	f.Add(`{"type":"operation.updated","data":{"id":"op-1"}}`)
	f.Add(`{"type":"operation.updated","data":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		operation, err := Callback(ours, sign(t, ours, body, time.Now()), []byte(body))
		if (err != nil && operation != "") || (operation != "" && !identifier.MatchString(operation)) || errors.Is(err, payment.ErrForged) {
			t.Errorf("%q: %q, %v", body, operation, err)
		}
		if operation, err := Callback(ours, sign(t, theirs, body, time.Now()), []byte(body)); operation != "" || (len(body) <= maxBody && !errors.Is(err, payment.ErrForged)) {
			t.Errorf("forged %q: %q, %v", body, operation, err)
		}
	})
}
