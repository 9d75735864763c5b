package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

// stub answers every call with a status and a body.
func stub(t *testing.T, status int, body string, headers ...string) *Provider {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return &Provider{URL: server.URL + "/", APIKey: "key_secret", Client: server.Client()}
}

func TestAnswers(t *testing.T) {
	asked := request(v1.OperationAuthorize, 1, 1000, "")
	body := func(change ...string) string {
		text := fmt.Sprintf(`{"id":%q,"kind":"Authorize","state":"Succeeded","amount":1000,"currency":"EUR","reference":"r"}`, asked.ID)
		return strings.NewReplacer(change...).Replace(text)
	}
	unclear := errors.New("any other error")
	for name, test := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"a success":                      {200, body(), nil},
		"a decline":                      {422, body("Succeeded", "Declined"), nil},
		"a decline with 402":             {402, body("Succeeded", "Declined"), nil},
		"422 without a decline":          {422, body(), unclear},
		"not decided, by status":         {202, body(), payment.ErrPending},
		"not decided, by state":          {200, body("Succeeded", "Pending"), payment.ErrPending},
		"the key is refused":             {401, `{"error":"key_secret is wrong"}`, payment.ErrUnusable},
		"the key may not":                {403, "", payment.ErrUnusable},
		"the id has other parameters":    {409, "", unclear},
		"too many calls":                 {429, "", unclear},
		"the gateway failed":             {500, "", payment.ErrFailed},
		"a proxy has no gateway":         {502, "", unclear},
		"a proxy does not know the path": {404, "<html>", unclear},
		"a redirect is not followed":     {302, "", unclear},
		"not JSON":                       {200, "<html>tok_ok</html>", unclear},
		"another id":                     {200, body(asked.ID, "b"), unclear},
		"another kind":                   {200, body("Authorize", "Void"), unclear},
		"a state of tomorrow":            {200, body("Succeeded", "Settled"), unclear},
		"no amount":                      {200, body(`"amount":1000,`, ""), unclear},
		"a negative amount":              {200, body("1000", "-1"), unclear},
		"an amount above all":            {200, body("1000", "9007199254740992"), unclear},
		"a fraction":                     {200, body("1000", "10.5"), unclear},
		"no currency":                    {200, body("EUR", ""), unclear},
		"a parent of an authorisation":   {200, body(`"reference"`, `"parent":"p","reference"`), unclear},
		"a negative fee":                 {200, body(`"reference"`, `"fee":-1,"reference"`), unclear},
		"more than 64 KiB":               {200, body() + strings.Repeat(" ", maxBody), unclear},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := stub(t, test.status, test.body, "Location", "https://elsewhere.example.com/").Send(t.Context(), asked)
			switch {
			case test.want == nil && (err != nil || answer.Declined != strings.Contains(test.body, "Declined") || answer.Amount != 1000):
				t.Errorf("%+v, %v", answer, err)
			case test.want != nil && err == nil:
				t.Errorf("an answer: %+v", answer)
			}
			for _, kind := range []error{payment.ErrPending, payment.ErrUnusable, payment.ErrFailed, payment.ErrUnknown} {
				if errors.Is(err, kind) != errors.Is(test.want, kind) {
					t.Errorf("is %q: %v", kind, err)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "key_secret") || strings.Contains(err.Error(), "tok_ok")) {
				t.Errorf("the error has a secret in it: %v", err)
			}
		})
	}
}

func TestTextsAreClean(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"a short one":                     {"insufficient funds", "insufficient funds"},
		"control characters are dropped":  {"a\x00b\nc\u202e", "abc"},
		"one at the bound":                {strings.Repeat("é", 64), strings.Repeat("é", 64)},
		"one above is cut between runes":  {"x" + strings.Repeat("é", 64), "x" + strings.Repeat("é", 63)},
		"broken UTF-8 is made whole text": {"a\xff", "a\ufffd"},
	} {
		if got := clean(test.in); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestKeysThatNoHeaderTakes(t *testing.T) {
	for _, key := range []string{"", "a b", "a\nb", "ключ"} {
		p := &Provider{URL: "http://127.0.0.1:1", APIKey: key}
		if _, err := p.Lookup(t.Context(), request(v1.OperationAuthorize, 1, 1, "")); !errors.Is(err, payment.ErrUnusable) {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := stub(t, 200, "").Send(ctx, request(v1.OperationAuthorize, 1, 1, "")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzAnswer(f *testing.F) {
	r := request(v1.OperationCapture, 1, 400, "p")
	f.Add(200, fmt.Sprintf(`{"id":%q,"kind":"Capture","state":"Succeeded","amount":400,"currency":"EUR","parent":"p","fee":1}`, r.ID))
	f.Add(422, `{}`)
	f.Add(500, "")
	f.Fuzz(func(t *testing.T, status int, body string) {
		answer, err := conclude(r, status, []byte(body))
		if (answer == nil) == (err == nil) {
			t.Fatalf("%d %q: %+v and %v", status, body, answer, err)
		}
		if answer == nil {
			return
		}
		if !fits(answer.Amount) || len(answer.Ref) > payment.MaxMessage || len(answer.Message) > payment.MaxMessage ||
			!utf8.ValidString(answer.Ref) || !utf8.ValidString(answer.Message) || answer.Parent == "" {
			t.Errorf("%d %q: %+v", status, body, answer)
		}
	})
}
