package stripe

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment/conformance"
	"ordercycle.dev/ordercycle/controllers/provider/port"
	"ordercycle.dev/ordercycle/hack/testenv/stripefake"
)

func start(t *testing.T) (*stripefake.Account, *Provider) {
	t.Helper()
	account := stripefake.Start()
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		account.Close()
	})
	return account, &Provider{URL: account.URL, APIKey: account.APIKey, Client: &http.Client{Transport: transport}}
}

func TestConformance(t *testing.T) {
	for name, lose := range map[string]stripefake.Fault{"the answer is cut off": stripefake.Cut, "the answer is a 500": stripefake.Broken} {
		t.Run(name, func(t *testing.T) {
			account, provider := start(t)
			account.TakeFee(10)
			conformance.Run(t, conformance.Harness{
				Provider: provider, Accepted: stripefake.CardOK, Declined: stripefake.CardDeclined, Currency: "CNY", ForgetsRefusals: true,
				LoseAnswer: func(testing.TB) { account.Fail(lose) },
				Sums: func(_ testing.TB, operation string) (held, captured, refunded v1.Amount) {
					h, c, r := account.Sums(operation)
					return v1.Amount(h), v1.Amount(c), v1.Amount(r)
				},
			})
		})
	}
}

// sale is an order's way through an account.
type sale struct {
	*testing.T
	*Provider
	seq int32
}

func (s *sale) request(kind v1.OperationKind, amount v1.Amount, parent, ref string) payment.Request {
	s.seq++
	id := domain.OperationID(domain.Identity{Name: s.Name()}, domain.Place{}, kind, s.seq)
	return payment.Request{ID: id, Key: id, Kind: kind, Amount: amount, Currency: "CNY", Parent: parent, ParentRef: ref, Token: stripefake.CardOK, Since: time.Now()}
}

func (s *sale) send(r payment.Request) *payment.Answer {
	s.Helper()
	a, err := s.Send(s.Context(), r)
	if err != nil {
		s.Fatalf("sending %s: %v", r.Kind, err)
	}
	return a
}

// An account that takes one capture of an authorisation releases the rest with it:
// the order's void of the rest finds it done, and a second capture is refused.
func TestAccountWithoutMulticapture(t *testing.T) {
	account, provider := start(t)
	account.Multicapture = false
	s := &sale{T: t, Provider: provider}
	hold := s.request(v1.OperationAuthorize, 1000, "", "")
	held := s.send(hold)
	s.send(s.request(v1.OperationCapture, 400, hold.ID, held.Ref))
	if h, c, _ := account.Sums(hold.ID); h != 0 || c != 400 {
		t.Fatalf("%d held, %d captured", h, c)
	}
	if a := s.send(s.request(v1.OperationCapture, 100, hold.ID, held.Ref)); !a.Declined || !strings.Contains(a.Message, "one capture") {
		t.Errorf("a second capture: %+v", a)
	}
	void := s.request(v1.OperationVoid, 600, hold.ID, held.Ref)
	if a := s.send(void); a.Declined || a.Amount != 600 {
		t.Errorf("the void of what was released: %+v", a)
	}
	if a, err := s.Lookup(t.Context(), void); err != nil || a.Amount != 600 {
		t.Errorf("looked up: %+v, %v", a, err)
	}
}

// An account that may not ask for several captures is asked for one.
func TestStrictAccount(t *testing.T) {
	account, provider := start(t)
	account.Multicapture, account.Strict = false, true
	s := &sale{T: t, Provider: provider}
	hold := s.request(v1.OperationAuthorize, 1000, "", "")
	for range 2 {
		if a := s.send(hold); a.Declined || a.Amount != 1000 {
			t.Errorf("an authorisation: %+v", a)
		}
	}
	if held, _, _ := account.Sums(hold.ID); held != 1000 {
		t.Errorf("%d are held", held)
	}
}

// A key of another account, or of test mode, does not know what was there: a person
// has to mend that, and nothing counts as refused.
func TestAnotherAccount(t *testing.T) {
	_, provider := start(t)
	_, other := start(t)
	s := &sale{T: t, Provider: provider}
	hold := s.request(v1.OperationAuthorize, 1000, "", "")
	held := s.send(hold)
	take := s.request(v1.OperationCapture, 1000, hold.ID, held.Ref)
	if a, err := other.Lookup(t.Context(), take); !errors.Is(err, port.ErrUnusable) {
		t.Errorf("a look-up gives %+v, %v", a, err)
	}
	if a, err := other.Send(t.Context(), take); !errors.Is(err, port.ErrUnusable) {
		t.Errorf("a capture gives %+v, %v", a, err)
	}
}

// An authorisation is found whatever its age, also where nobody knows when it was
// made: a search does not show the newest, and the list of the last hour no older ones.
func TestAuthorisationIsFoundAtAnyAge(t *testing.T) {
	account, provider := start(t)
	s := &sale{T: t, Provider: provider}
	hold := s.request(v1.OperationAuthorize, 1000, "", "")
	s.send(hold)
	found := func(what string) {
		t.Helper()
		if a, err := s.Lookup(t.Context(), hold); err != nil || a.Amount != 1000 {
			t.Errorf("%s: %+v, %v", what, a, err)
		}
	}
	found("just made")
	recorded := hold.Since
	hold.Since = time.Time{}
	found("just made, by whom nobody knows")
	for _, age := range []time.Duration{10 * time.Minute, 24 * time.Hour} {
		account.Age(age)
		hold.Since = time.Time{}
		found("older")
		recorded = recorded.Add(-age)
		hold.Since = recorded
		found("older, and it is known by how much")
	}
}

// An adoption asks for many operations, and the payment intents are listed once.
func TestAdoptionListsOnce(t *testing.T) {
	account, provider := start(t)
	s := &sale{T: t, Provider: provider}
	for range 4 {
		r := s.request(v1.OperationAuthorize, 1000, "", "")
		r.Since = time.Time{}
		if a, err := s.Lookup(t.Context(), r); !errors.Is(err, port.ErrUnknown) {
			t.Errorf("an operation that was never sent: %+v, %v", a, err)
		}
	}
	lists := 0
	for _, call := range account.Calls() {
		if call == "GET /v1/payment_intents" {
			lists++
		}
	}
	if lists != 1 {
		t.Errorf("listed %d times", lists)
	}
}

// A payment intent that the call has made and not yet confirmed is not refused.
func TestUnfinishedAuthorisation(t *testing.T) {
	account, provider := start(t)
	s := &sale{T: t, Provider: provider}
	slow := s.request(v1.OperationAuthorize, 1000, "", "")
	slow.Token = stripefake.CardSlow
	if a, err := s.Send(t.Context(), slow); !errors.Is(err, port.ErrPending) {
		t.Errorf("sent: %+v, %v", a, err)
	}
	if a, err := s.Lookup(t.Context(), slow); !errors.Is(err, port.ErrPending) {
		t.Errorf("looked up: %+v, %v", a, err)
	}
	account.Age(recent)
	slow.Since = slow.Since.Add(-recent)
	if a, err := s.Lookup(t.Context(), slow); err != nil || !a.Declined {
		t.Errorf("later, when nobody is at it any more: %+v, %v", a, err)
	}
}

// A key that Stripe has forgotten, or for which it repeats a failure, takes nothing
// a second time: the look-up comes first and finds what happened.
func TestSpentKeys(t *testing.T) {
	account, provider := start(t)
	s := &sale{T: t, Provider: provider}
	hold := s.request(v1.OperationAuthorize, 1000, "", "")
	held := s.send(hold)
	account.PruneKeys()
	if again, err := s.Lookup(t.Context(), hold); err != nil || again.Ref != held.Ref {
		t.Errorf("looked up: %+v, %v", again, err)
	}
	take := s.request(v1.OperationCapture, 300, hold.ID, held.Ref)
	account.Fail(stripefake.Unavailable)
	if a, err := s.Send(t.Context(), take); !errors.Is(err, port.ErrFailed) {
		t.Errorf("a 500 gives %+v, %v", a, err)
	}
	if a, err := s.Send(t.Context(), take); !errors.Is(err, port.ErrFailed) {
		t.Errorf("a repeated 500 gives %+v, %v", a, err)
	}
	if a, err := s.Lookup(t.Context(), take); !errors.Is(err, port.ErrUnknown) {
		t.Errorf("what never happened gives %+v, %v", a, err)
	}
	take.Key += "-2"
	if a := s.send(take); a.Declined || a.Amount != 300 {
		t.Errorf("under another key: %+v", a)
	}
	account.PruneKeys()
	s.send(take)
	// A void is written down before it is made: lost in between, it was not made.
	void := s.request(v1.OperationVoid, 700, hold.ID, held.Ref)
	account.FailNotes(stripefake.Cut)
	if a, err := s.Send(t.Context(), void); err == nil {
		t.Errorf("a void whose note was lost: %+v", a)
	}
	if a, err := s.Lookup(t.Context(), void); !errors.Is(err, port.ErrUnknown) {
		t.Errorf("looked up it is %+v, %v", a, err)
	}
	if a := s.send(void); a.Declined || a.Amount != 700 {
		t.Errorf("sent again: %+v", a)
	}
	if _, captured, _ := account.Sums(hold.ID); captured != 300 {
		t.Errorf("%d were captured", captured)
	}
}

// No error or message holds the key, the card, or what Stripe writes for people.
func TestErrors(t *testing.T) {
	account, provider := start(t)
	s := &sale{T: t, Provider: provider}
	account.TakeFee(33)
	declined := s.request(v1.OperationAuthorize, 1000, "", "")
	declined.Token = stripefake.CardDeclined
	if a := s.send(declined); !a.Declined || a.Message != "insufficient funds" {
		t.Errorf("a decline: %+v", a)
	}
	slow := s.request(v1.OperationAuthorize, 1000, "", "")
	slow.Token = stripefake.CardProcessing
	busy := s.request(v1.OperationAuthorize, 1000, "", "")
	other := Provider{URL: provider.URL, APIKey: "sk_live_another_secret", Client: provider.Client}
	gone := Provider{URL: "http://127.0.0.1:1", APIKey: provider.APIKey, Client: provider.Client}
	lost := s.request(v1.OperationAuthorize, 1000, "", "")
	for name, test := range map[string]struct {
		provider *Provider
		request  payment.Request
		fault    stripefake.Fault
		want     error
	}{
		"the bank has not decided":    {provider, slow, stripefake.None, port.ErrPending},
		"Stripe asks for fewer calls": {provider, busy, stripefake.Busy, nil},
		"the key is refused":          {&other, busy, stripefake.None, port.ErrUnusable},
		"nobody answers":              {&gone, busy, stripefake.None, nil},
		"the answer is lost":          {provider, lost, stripefake.Cut, nil},
	} {
		if test.fault != stripefake.None {
			account.Fail(test.fault)
		}
		a, err := test.provider.Send(t.Context(), test.request)
		if err == nil || (test.want != nil && !errors.Is(err, test.want)) || (test.want == nil && errors.Is(err, port.ErrFailed)) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
		for _, secret := range []string{"sk_live", "sk_test", "pm_card", "Ann Example"} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error holds %s: %v", name, secret, err)
			}
		}
	}
	hold := s.request(v1.OperationAuthorize, 1000, "", "")
	held := s.send(hold)
	if a := s.send(s.request(v1.OperationCapture, 1000, hold.ID, held.Ref)); a.Fee == nil || *a.Fee != 33 {
		t.Errorf("the fee of a capture: %+v", a.Fee)
	}
}

func TestCurrencies(t *testing.T) {
	for name, test := range map[string]struct {
		code   v1.Currency
		amount v1.Amount
		want   int64
		ok     bool
	}{
		"cents":                          {"CNY", 1234, 1234, true},
		"yen have no cents":              {"JPY", 1234, 1234, true},
		"dinars in tens of fils":         {"BHD", 12340, 12340, true},
		"dinars in single fils":          {"BHD", 12345, 0, false},
		"kronur in hundredths":           {"ISK", 50, 5000, true},
		"shillings in hundredths":        {"UGX", 50, 5000, true},
		"whole ariary":                   {"MGA", 500, 5, true},
		"parts of an ariary":             {"MGA", 505, 0, false},
		"a currency that does not exist": {"ABC", 1, 0, false},
	} {
		got, err := toStripe(test.amount, test.code)
		if (err == nil) != test.ok || got != test.want {
			t.Errorf("%s: %d, %v", name, got, err)
			continue
		}
		if back, err := fromStripe(got, test.code); test.ok && (err != nil || back != test.amount) {
			t.Errorf("%s: back %d, %v", name, back, err)
		}
	}
}
