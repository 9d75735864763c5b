package stripe

import (
	"bufio"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

var listening = regexp.MustCompile(`^Listening for HTTP at address: (.+)$`)

// startMock runs stripe-mock, which holds each call against Stripe's published
// description of its API, and returns its address.
func startMock(t *testing.T) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "..", "bin", "tools", "stripe-mock")
	mock := exec.CommandContext(t.Context(), path, "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := mock.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := mock.Start(); err != nil {
		t.Fatalf("starting stripe-mock: %v; `hack/tools/build.sh stripe-mock` builds it", err)
	}
	t.Cleanup(func() {
		_ = mock.Process.Kill()
		_ = mock.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			return "http://" + m[1]
		}
	}
	t.Fatal("stripe-mock did not say where it listens")
	return ""
}

// recorder notes each call and the status of its answer.
type recorder struct {
	http.RoundTripper
	calls  []string
	status []int
}

func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	answer, err := r.RoundTripper.RoundTrip(q)
	if err == nil {
		path := regexp.MustCompile(`/pi_[^/]+`).ReplaceAllString(q.URL.Path, "/pi")
		r.calls, r.status = append(r.calls, q.Method+" "+path), append(r.status, answer.StatusCode)
	}
	return answer, err
}

// TestStripeTakesEveryCall makes each kind of call against stripe-mock. It has no
// memory, so that only their shape is seen to: the rest is TestConformance.
func TestStripeTakesEveryCall(t *testing.T) {
	r := &recorder{RoundTripper: &http.Transport{DisableKeepAlives: true}}
	p := &Provider{URL: startMock(t), APIKey: "sk_test_123", Client: &http.Client{Transport: r}}
	s := &sale{T: t, Provider: p}
	hold := s.request(v1.OperationAuthorize, 1000, "", "")
	_, _ = p.Send(t.Context(), hold)
	intent, err := p.intent(t.Context(), s.request(v1.OperationVoid, 1000, hold.ID, "pi_123"))
	if err != nil {
		t.Fatalf("reading the payment intent: %v", err)
	}
	// What the mock describes is not what was made: the calls are given what they need.
	intent.AmountCapturable, intent.AmountReceived, intent.Amount, intent.Status = 1000, 0, 1000, "requires_capture"
	_, _ = p.capture(t.Context(), s.request(v1.OperationCapture, 400, hold.ID, intent.ID), intent, 400)
	intent.Metadata = nil
	void := s.request(v1.OperationVoid, 600, hold.ID, intent.ID)
	_, _ = p.void(t.Context(), void, intent)
	_, _ = p.release(t.Context(), void, intent.ID)
	taken := s.request(v1.OperationCapture, 400, hold.ID, "")
	back := s.request(v1.OperationRefund, 400, taken.ID, "pi_123")
	_, _ = p.api().V1Refunds.Create(t.Context(), refundParams(back, 400))
	_, _, _ = p.refund(t.Context(), back)
	_, _ = p.Lookup(t.Context(), hold)
	_, _ = p.Lookup(t.Context(), payment.Request{ID: hold.ID, Kind: v1.OperationAuthorize, Currency: "CNY"})

	for i, status := range r.status {
		if status >= 400 {
			t.Errorf("Stripe does not take %s: status %d", r.calls[i], status)
		}
	}
	for _, want := range []string{
		"POST /v1/payment_intents", "GET /v1/payment_intents/pi", "POST /v1/payment_intents/pi/capture", "POST /v1/payment_intents/pi",
		"POST /v1/payment_intents/pi/cancel", "POST /v1/refunds", "GET /v1/refunds", "GET /v1/payment_intents", "GET /v1/payment_intents/search",
	} {
		if !slices.Contains(r.calls, want) {
			t.Errorf("%s was not called: %v", want, r.calls)
		}
	}
}
