package port

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestClean(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a plain text stays":                          {"no funds", "no funds"},
		"control characters are dropped":              {"a\x00\x1b[31m\r\nb\u0085", "a[31mb"},
		"so is what turns the reading direction":      {"a\u202eb", "ab"},
		"128 bytes stay":                              {strings.Repeat("x", 128), strings.Repeat("x", 128)},
		"more are cut":                                {strings.Repeat("x", 129), strings.Repeat("x", 128)},
		"a rune that would be cut through is dropped": {strings.Repeat("x", 127) + "é", strings.Repeat("x", 127)},
		"a long rune too":                             {strings.Repeat("x", 125) + "😀", strings.Repeat("x", 125)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Clean(c.text); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// kind names the error of a call: "" for none, "unclear" for any but ErrUnusable.
func kind(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrUnusable):
		return "unusable"
	default:
		return "unclear"
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var reached atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	for name, client := range map[string]*http.Client{"any client": {}, "our own": NewClient(), "none": nil} {
		c := &Client{URL: server.URL, APIKey: "key", HTTP: client}
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			if status, _, err := c.Call(t.Context(), method, "/v1/x", "k", nil); err != nil || status != http.StatusTemporaryRedirect {
				t.Errorf("%s, %s: %d, %v", name, method, status, err)
			}
		}
	}
	if reached.Load() {
		t.Error("a call went elsewhere")
	}
}

// net/http repeats by itself what has an Idempotency-Key, if a connection that was used
// before breaks: a call must not be sent again by anyone but who has recorded it.
func TestCallIsSentOnce(t *testing.T) {
	var sends atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			return
		}
		sends.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	}))
	defer server.Close()
	c := &Client{URL: server.URL, APIKey: "key"}
	if status, _, err := c.Call(t.Context(), http.MethodGet, "/v1/x", "", nil); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	if _, _, err := c.Call(t.Context(), http.MethodPost, "/v1/x", "k", []byte("{}")); kind(err) != "unclear" {
		t.Errorf("POST: %v", err)
	}
	if n := sends.Load(); n != 1 {
		t.Errorf("%d sends, want 1", n)
	}
}

func TestWhatCannotBeUsedSaysSo(t *testing.T) {
	for name, c := range map[string]Client{
		"no key":                   {URL: "http://127.0.0.1:1"},
		"a key with a line's end":  {URL: "http://127.0.0.1:1", APIKey: "key\n"},
		"an address that is none":  {URL: "http://a b", APIKey: "key"},
		"a key outside of headers": {URL: "http://127.0.0.1:1", APIKey: "schlüssel"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := c.Call(t.Context(), http.MethodGet, "/v1/x", "", nil); kind(err) != "unusable" {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("nobody listens, which may pass", func(t *testing.T) {
		server := httptest.NewServer(nil)
		server.Close()
		c := &Client{URL: server.URL, APIKey: "key"}
		if _, _, err := c.Call(t.Context(), http.MethodGet, "/v1/x", "", nil); kind(err) != "unclear" {
			t.Errorf("%v", err)
		}
	})
}
