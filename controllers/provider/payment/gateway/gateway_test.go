package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

// body is a gateway's answer to a request, with some members replaced; one that
// is replaced by "" is left out.
func body(r payment.Request, replaced map[string]string) string {
	members := map[string]string{
		"id": `"` + r.ID + `"`, "kind": `"` + string(r.Kind) + `"`, "state": `"Succeeded"`,
		"amount": fmt.Sprint(r.Amount), "currency": `"EUR"`, "reference": `"pay_1"`,
	}
	if r.Parent != "" {
		members["parent"] = `"` + r.Parent + `"`
	}
	maps.Copy(members, replaced)
	var list []string
	for name, value := range members {
		if value != "" {
			list = append(list, `"`+name+`":`+value)
		}
	}
	return "{" + strings.Join(list, ",") + "}"
}

// canned answers every call alike.
func canned(t *testing.T, status int, body string) *Provider {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return &Provider{Client: port.Client{URL: server.URL + "/", APIKey: "key_secret"}}
}

// longest is the longest answer that is read, in bytes.
const longest = 64 << 10

// kind names the error of an answer: "" for none, "unclear" for any other.
func kind(err error) string {
	for name, known := range map[string]error{"unknown": port.ErrUnknown, "pending": port.ErrPending, "unusable": port.ErrUnusable} {
		if errors.Is(err, known) {
			return name
		}
	}
	if err != nil {
		return "unclear"
	}
	return ""
}

// Every answer that is not a clear one is no decline and no success.
func TestStatusesAndBodies(t *testing.T) {
	r := request(v1.OperationCapture, 1, 400, "hold-1")
	declined := map[string]string{"state": `"Declined"`, "message": `"no funds"`}
	for name, c := range map[string]struct {
		status int
		body   string
		// lookUp and send are "Succeeded", "Declined" or the kind of an error.
		lookUp, send string
	}{
		"200 is the operation":                         {200, body(r, nil), "Succeeded", "Succeeded"},
		"201 is the operation":                         {201, body(r, nil), "Succeeded", "Succeeded"},
		"a look-up says that it was declined":          {200, body(r, declined), "Declined", "Declined"},
		"402 with a declined operation is a decline":   {402, body(r, declined), "Declined", "Declined"},
		"422 with a declined operation is a decline":   {422, body(r, declined), "Declined", "Declined"},
		"422 without an operation is none":             {422, `{"error":"bad"}`, "unclear", "unclear"},
		"422 with an operation that succeeded is none": {422, body(r, nil), "unclear", "unclear"},
		"402 with a pending operation is none":         {402, body(r, map[string]string{"state": `"Pending"`}), "unclear", "unclear"},
		"400 with a declined operation is none":        {400, body(r, declined), "unclear", "unclear"},
		"202 waits for a decision":                     {202, "", "pending", "pending"},
		"Pending waits for a decision":                 {200, body(r, map[string]string{"state": `"Pending"`}), "pending", "pending"},
		"401 needs another key":                        {401, "", "unusable", "unusable"},
		"403 needs another key":                        {403, body(r, declined), "unusable", "unusable"},
		"404 with the id is an unknown operation":      {404, `{"error":"none","id":"` + r.ID + `"}`, "unknown", "unclear"},
		"404 of another id is no answer":               {404, `{"error":"none","id":"other"}`, "unclear", "unclear"},
		"404 of whatever stands before is no answer":   {404, "<html>", "unclear", "unclear"},
		"Succeeded with nothing is no answer":          {200, body(r, map[string]string{"amount": "0"}), "unclear", "unclear"},
		"409 is no answer":                             {409, body(r, declined), "unclear", "unclear"},
		"429 is no answer":                             {429, body(r, declined), "unclear", "unclear"},
		"500 is no answer":                             {500, body(r, nil), "unclear", "unclear"},
		"503 is no answer":                             {503, "", "unclear", "unclear"},
		"204 is no answer":                             {204, "", "unclear", "unclear"},
		"a redirect is no answer":                      {307, "", "unclear", "unclear"},
		"an empty body is no answer":                   {200, "", "unclear", "unclear"},
		"null is no answer":                            {200, "null", "unclear", "unclear"},
		"another id is no answer":                      {200, body(r, map[string]string{"id": `"other"`}), "unclear", "unclear"},
		"another kind is no answer":                    {200, body(r, map[string]string{"kind": `"Refund"`}), "unclear", "unclear"},
		"an unknown state is no answer":                {200, body(r, map[string]string{"state": `"Settled"`}), "unclear", "unclear"},
		"no amount is no answer":                       {200, body(r, map[string]string{"amount": ""}), "unclear", "unclear"},
		"a negative amount is no answer":               {200, body(r, map[string]string{"amount": "-1"}), "unclear", "unclear"},
		"a broken amount is no answer":                 {200, body(r, map[string]string{"amount": "4.5"}), "unclear", "unclear"},
		"an amount as text is no answer":               {200, body(r, map[string]string{"amount": `"400"`}), "unclear", "unclear"},
		"the largest amount is one":                    {200, body(r, map[string]string{"amount": "9007199254740991"}), "Succeeded", "Succeeded"},
		"more than the largest amount is no answer":    {200, body(r, map[string]string{"amount": "9007199254740992"}), "unclear", "unclear"},
		"a negative fee is no answer":                  {200, body(r, map[string]string{"fee": "-1"}), "unclear", "unclear"},
		"a currency in small letters is no answer":     {200, body(r, map[string]string{"currency": `"eur"`}), "unclear", "unclear"},
		"a capture of nothing is no answer":            {200, body(r, map[string]string{"parent": ""}), "unclear", "unclear"},
		"a parent that fits no status is no answer":    {200, body(r, map[string]string{"parent": `"` + strings.Repeat("a", 65) + `"`}), "unclear", "unclear"},
		"64 KiB are read":                              {200, body(r, nil) + strings.Repeat(" ", longest-len(body(r, nil))), "Succeeded", "Succeeded"},
		"more than 64 KiB are no answer":               {200, body(r, nil) + strings.Repeat(" ", longest-len(body(r, nil))+1), "unclear", "unclear"},
	} {
		t.Run(name, func(t *testing.T) {
			p := canned(t, c.status, c.body)
			for call, want := range map[string]string{"Lookup": c.lookUp, "Send": c.send} {
				do := map[string]func(context.Context, payment.Request) (*payment.Answer, error){"Lookup": p.Lookup, "Send": p.Send}[call]
				answer, err := do(t.Context(), r)
				got := kind(err)
				switch {
				case answer != nil && answer.Declined:
					got += "Declined"
				case answer != nil:
					got += "Succeeded"
				}
				if got != want {
					t.Errorf("%s: %q (%v), want %q", call, got, err, want)
				}
			}
		})
	}
}

func TestAnswerIsTakenOver(t *testing.T) {
	r := request(v1.OperationCapture, 1, 400, "hold-1")
	p := canned(t, http.StatusOK, body(r, map[string]string{
		"amount": "399", "currency": `"JPY"`, "fee": "12", "reference": `"pay\u0000_1"`, "message": `"a\nb"`, "more": `{"x":1}`,
	}))
	got, err := p.Lookup(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	fee := v1.Amount(12)
	want := &payment.Answer{Amount: 399, Currency: "JPY", Parent: "hold-1", Ref: "pay_1", Fee: &fee, Message: "ab"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// The fake refuses the key of somebody else, and the same id with other parameters.
func TestRefusalsOfTheFake(t *testing.T) {
	fake, p := start(t)
	r := request(v1.OperationAuthorize, 1, 400, "")
	if _, err := p.Send(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Amount++
	if _, err := p.Send(t.Context(), r); kind(err) != "unclear" || !strings.Contains(err.Error(), "other parameters") {
		t.Errorf("another amount: %v", err)
	}
	other := *p
	other.APIKey = "another"
	if _, err := other.Send(t.Context(), r); kind(err) != "unusable" || !strings.Contains(err.Error(), "apiKey") {
		t.Errorf("another key: %v", err)
	}
	if got := fake.Sums(r.ID); got != (gatewayfake.Sums{Held: 400}) {
		t.Errorf("books: %+v", got)
	}
}

// FuzzDecode reads any answer without a panic, and what it accepts fits a status.
func FuzzDecode(f *testing.F) {
	r := request(v1.OperationCapture, 1, 400, "hold-1")
	f.Add([]byte(body(r, nil)))
	f.Add([]byte(body(r, map[string]string{"state": `"Declined"`, "fee": "3", "message": `"` + strings.Repeat("é", 99) + `"`})))
	f.Add([]byte(body(r, map[string]string{"amount": "9007199254740992"})))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := decode(r, text)
		if (a == nil) == (err == nil) {
			t.Fatalf("%+v and %v", a, err)
		}
		if err != nil {
			return
		}
		if !fits(a.Amount) || !currency.MatchString(string(a.Currency)) || !port.Identifier.MatchString(a.Parent) || (a.Fee != nil && !fits(*a.Fee)) {
			t.Errorf("%+v is out of bounds", a)
		}
		for _, s := range []string{a.Ref, a.Message} {
			if len(s) > port.MaxMessage || !utf8.ValidString(s) || s != port.Clean(s) {
				t.Errorf("%q is not fit for a status", s)
			}
		}
	})
}

// The other side writes the key and the token wherever it can; no error repeats them.
func TestErrorsHoldNothingOfTheOtherSide(t *testing.T) {
	const key, token = "key_secret", "tok_secret"
	for name, written := range map[string]string{
		"a body":              "HTTP/1.1 500 oh\r\nContent-Length: 21\r\n\r\nkey_secret tok_secret",
		"a JSON error":        "HTTP/1.1 200 oh\r\nContent-Length: 21\r\n\r\nkey_secret tok_secret",
		"a reason":            "HTTP/1.1 500 key_secret tok_secret\r\nContent-Length: 0\r\n\r\n",
		"no HTTP":             "key_secret tok_secret\r\n\r\n",
		"no status":           "HTTP/1.1 key_secret tok_secret\r\n\r\n",
		"a header":            "HTTP/1.1 200 OK\r\nkey_secret tok_secret\r\n\r\n",
		"a length":            "HTTP/1.1 200 OK\r\nContent-Length: tok_secret\r\n\r\n",
		"a transfer encoding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: tok_secret\r\n\r\n",
		"a redirect":          "HTTP/1.1 302 OK\r\nLocation: http://tok_secret.example/%zz\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Errorf("taking the connection over: %v", err)
					return
				}
				_, _ = io.WriteString(conn, written)
				conn.Close()
			}))
			defer server.Close()
			r := request(v1.OperationAuthorize, 1, 400, "")
			r.Token = token
			p := &Provider{Client: port.Client{URL: server.URL, APIKey: key}}
			_, sent := p.Send(t.Context(), r)
			_, found := p.Lookup(t.Context(), r)
			for _, err := range []error{sent, found} {
				if kind(err) != "unclear" {
					t.Fatalf("%v is a clear answer", err)
				}
				if strings.Contains(err.Error(), key) || strings.Contains(err.Error(), token) {
					t.Errorf("the error gives away a secret: %v", err)
				}
			}
		})
	}
}
