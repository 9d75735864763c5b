package httpcarrier

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/carrier"
	"ordercycle.dev/ordercycle/controllers/provider/carrier/conformance"
	"ordercycle.dev/ordercycle/controllers/provider/port"
	"ordercycle.dev/ordercycle/hack/testenv/carrierfake"
	"ordercycle.dev/ordercycle/hack/testenv/contract"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

const (
	document = "carrier.openapi.yaml"
	id       = "7rwnyhx4vdkwzn6yk2dvs4y7o3cqj5m6l2ab3c4d5e6f7gqhijkq"
)

func TestDocumentIsValid(t *testing.T) { contract.Valid(t, contract.Load(t, document)) }

// start runs a fake carrier and the adapter for it; every call is compared with the
// contract.
func start(t *testing.T) (*carrierfake.Carrier, *Carrier) {
	t.Helper()
	fake := carrierfake.Start()
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		fake.Close()
	})
	return fake, &Carrier{port.Client{
		URL: fake.URL, APIKey: fake.APIKey, HTTP: &http.Client{Transport: contract.Watch(t, contract.Load(t, document), transport)},
	}}
}

func TestConformance(t *testing.T) {
	fake, adapter := start(t)
	harness := conformance.Harness{
		Carrier: adapter,
		Refuse:  func(testing.TB) { fake.Fail(carrierfake.Book, carrierfake.Refuse) },
		Keep:    func(testing.TB) { fake.Fail(carrierfake.Void, carrierfake.Keep) },
		Scan: func(t testing.TB, id string, e v1.CarrierEvent) {
			if err := fake.Scan(id, carrierfake.Scan{ID: string(e.ID), Type: string(e.Type), At: e.At.Time, Location: e.Location, Note: e.Note}); err != nil {
				t.Fatal(err)
			}
		},
		Live: func(_ testing.TB, id string) int {
			n := 0
			for _, e := range fake.Live() {
				if e.ID == id {
					n++
				}
			}
			return n
		},
	}
	for name, lose := range map[string]carrierfake.Fault{"the answer is cut off": carrierfake.TimeoutAfter, "the answer is a 500": carrierfake.Error500After} {
		t.Run(name, func(t *testing.T) {
			// Only the call that has an effect is made to lose its answer.
			harness.LoseAnswer = func(testing.TB) {
				lost := false
				fake.OnCall(func(v carrierfake.Verb, _ int) carrierfake.Fault {
					if lost || (v != carrierfake.Book && v != carrierfake.Void) {
						return carrierfake.None
					}
					lost = true
					return lose
				})
			}
			conformance.Run(t, harness)
		})
	}
}

// order1 is a transport to the door.
func order1() carrier.Request {
	return carrier.Request{
		ID: id, Shipment: "order-1-s1", Lanes: []v1.Identifier{"main-east"}, From: "main", Currency: "EUR",
		Recipient: &carrier.Recipient{Address: v1.Address{Name: "Li Wei", Country: "CN"}},
	}
}

// canned answers every call alike.
func canned(t *testing.T, status int, body string) *Carrier {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return &Carrier{port.Client{URL: server.URL, APIKey: "key_secret"}}
}

// kind names what came of a call: a state, or the error.
func kind(b *carrier.Booking, err error) string {
	for name, known := range map[string]error{"unknown": port.ErrUnknown, "pending": port.ErrPending, "unusable": port.ErrUnusable, "failed": port.ErrFailed} {
		if errors.Is(err, known) {
			return name
		}
	}
	if err != nil {
		return "unclear"
	}
	return string(b.State)
}

func TestAnswers(t *testing.T) {
	booking := func(state, more string) string { return `{"id":"` + id + `","state":"` + state + `"` + more + `}` }
	for name, c := range map[string]struct {
		status int
		body   string
		// want of Lookup, Book and Void.
		look, book, void string
	}{
		"booked":                                     {200, booking("Booked", ""), "Booked", "Booked", "Booked"},
		"created":                                    {201, booking("Booked", ""), "Booked", "Booked", "Booked"},
		"voided":                                     {200, booking("Voided", ""), "Voided", "Voided", "Voided"},
		"refused with 200":                           {200, booking("Refused", ""), "Refused", "Refused", "Refused"},
		"refused with 422":                           {422, booking("Refused", ""), "unclear", "Refused", "unclear"},
		"422 and booked is unclear":                  {422, booking("Booked", ""), "unclear", "unclear", "unclear"},
		"422 of something in between":                {422, `<html>`, "unclear", "unclear", "unclear"},
		"pending by its status":                      {202, booking("Pending", ""), "pending", "pending", "pending"},
		"pending by its state":                       {200, booking("Pending", ""), "pending", "pending", "pending"},
		"a state that nobody knows":                  {200, booking("Lost", ""), "unclear", "unclear", "unclear"},
		"another booking":                            {200, `{"id":"x","state":"Booked"}`, "unclear", "unclear", "unclear"},
		"no booking":                                 {200, `[]`, "unclear", "unclear", "unclear"},
		"no JSON":                                    {200, `ok`, "unclear", "unclear", "unclear"},
		"not known, by the carrier":                  {404, `{"error":"?","id":"` + id + `"}`, "unknown", "unclear", "unclear"},
		"not known, by something in between":         {404, `not found`, "unclear", "unclear", "unclear"},
		"not known, of another id":                   {404, `{"error":"?","id":"x"}`, "unclear", "unclear", "unclear"},
		"the key is refused":                         {401, `{}`, "unusable", "unusable", "unusable"},
		"the id has another body":                    {409, `{}`, "unclear", "unclear", "unclear"},
		"too many calls":                             {429, `{}`, "unclear", "unclear", "unclear"},
		"it failed":                                  {500, `{}`, "failed", "failed", "failed"},
		"it is not there":                            {503, booking("Booked", ""), "unclear", "unclear", "unclear"},
		"moved":                                      {301, booking("Booked", ""), "unclear", "unclear", "unclear"},
		"a price that is none is passed over":        {200, booking("Booked", `,"price":-1,"currency":"EUR"`), "Booked", "Booked", "Booked"},
		"members that nobody knows are passed over":  {200, booking("Booked", `,"x":{"y":[1]}`), "Booked", "Booked", "Booked"},
		"an answer that is too long is none":         {200, booking("Booked", `,"x":"`+strings.Repeat("x", 64<<10)+`"`), "unclear", "unclear", "unclear"},
		"a price that does not fit is no answer":     {200, booking("Booked", `,"price":1e30`), "unclear", "unclear", "unclear"},
		"a reference that is no text is no answer":   {200, booking("Booked", `,"reference":1`), "unclear", "unclear", "unclear"},
		"the same, of a booking that was not booked": {200, booking("Refused", `,"message":1`), "unclear", "unclear", "unclear"},
	} {
		t.Run(name, func(t *testing.T) {
			a := canned(t, c.status, c.body)
			if got := kind(a.Lookup(t.Context(), id)); got != c.look {
				t.Errorf("Lookup: %s, want %s", got, c.look)
			}
			if got := kind(a.Book(t.Context(), order1())); got != c.book {
				t.Errorf("Book: %s, want %s", got, c.book)
			}
			if got := kind(a.Void(t.Context(), id)); got != c.void {
				t.Errorf("Void: %s, want %s", got, c.void)
			}
		})
	}
}

func TestAnswerIsTakenOver(t *testing.T) {
	for name, c := range map[string]struct {
		members string
		want    carrier.Booking
	}{
		"all that there is": {
			`"reference":"bk_1","trackingNumber":"TN1","label":"https://c.example/l/1","price":1250,"currency":"EUR","message":"soon"`,
			carrier.Booking{Ref: "bk_1", TrackingNumber: "TN1", Label: "https://c.example/l/1", Price: new(v1.Amount(1250)), Currency: "EUR", Message: "soon"},
		},
		"what does not print is dropped":               {`"reference":"b\u0000k","message":"a\nb"`, carrier.Booking{Ref: "bk", Message: "ab"}},
		"a price in no currency is none":               {`"price":1250,"currency":"euro"`, carrier.Booking{}},
		"a price without a currency is none":           {`"price":1250`, carrier.Booking{}},
		"labels without TLS are none":                  {`"label":"http://c.example/l/1"`, carrier.Booking{}},
		"labels with credentials are none":             {`"label":"https://a:b@c.example/l/1"`, carrier.Booking{}},
		"labels behind a key in the address are none":  {`"label":"https://c.example/l/1?key=secret"`, carrier.Booking{}},
		"an address is as long as it is written":       {`"label":"https://c.example/` + strings.Repeat("ü", 100) + `"`, carrier.Booking{}},
		"a part of an address is none":                 {`"label":"https://c.example/` + strings.Repeat("x", carrier.MaxLabel) + `"`, carrier.Booking{}},
		"an address that is none":                      {`"label":"javascript:alert(1)"`, carrier.Booking{}},
		"a reference that is too long is cut":          {`"reference":"` + strings.Repeat("x", 200) + `"`, carrier.Booking{Ref: strings.Repeat("x", 128)}},
		"what breaks out of a terminal does not print": {`"message":"\u001b[31mred"`, carrier.Booking{Message: "[31mred"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.State = carrier.Booked
			got, err := canned(t, http.StatusOK, `{"id":"`+id+`","state":"Booked",`+c.members+`}`).Book(t.Context(), order1())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestScans(t *testing.T) {
	at := metav1.NewTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	list := func(scans string) string { return `{"id":"` + id + `","scans":[` + scans + `]}` }
	const when = `"at":"2026-03-01T13:00:00.75+01:00"`
	for name, c := range map[string]struct {
		status int
		body   string
		want   []v1.CarrierEvent
		err    string
	}{
		"none": {200, list(""), []v1.CarrierEvent{}, ""},
		"one": {
			200, list(`{"id":"s1","type":"InTransit",` + when + `,"location":"hub","note":"on a ship"}`),
			[]v1.CarrierEvent{{ID: "s1", Type: v1.CarrierInTransit, At: at, Location: "hub", Note: "on a ship"}}, "",
		},
		"a type that nobody knows is kept": {
			200, list(`{"id":"s1","type":"CustomsHold",` + when + `,"note":"papers"}`),
			[]v1.CarrierEvent{{ID: "s1", Type: v1.CarrierOther, At: at, Note: "CustomsHold papers"}}, "",
		},
		"one without a time tells nothing": {200, list(`{"id":"s1","type":"InTransit"}`), []v1.CarrierEvent{}, ""},
		"one of a year that the API does not take tells nothing": {
			200, list(`{"id":"s1","type":"InTransit","at":"9999-12-31T23:59:59-12:00"},{"id":"s2","type":"InTransit","at":"0000-01-01T00:00:00+12:00"}`), []v1.CarrierEvent{}, "",
		},
		"what is too long is cut": {
			200, list(`{"id":"s1","type":"InTransit",` + when + `,"location":"` + strings.Repeat("ü", 30) + `","note":"` + strings.Repeat("x", 99) + `"}`),
			[]v1.CarrierEvent{{ID: "s1", Type: v1.CarrierInTransit, At: at, Location: strings.Repeat("ü", 20), Note: strings.Repeat("x", 60)}}, "",
		},
		"a time that is none":       {200, list(`{"id":"s1","type":"InTransit","at":"yesterday"}`), nil, "unclear"},
		"of another booking":        {200, `{"id":"x","scans":[]}`, nil, "unclear"},
		"no JSON":                   {200, `ok`, nil, "unclear"},
		"not known":                 {404, `{"id":"` + id + `"}`, nil, "unknown"},
		"not known by what between": {404, ``, nil, "unclear"},
		"the key is refused":        {403, ``, nil, "unusable"},
		"too many calls":            {429, ``, nil, "unclear"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := canned(t, c.status, c.body).Scans(t.Context(), id)
			if err != nil || c.err != "" {
				if k := kind(nil, err); k != c.err {
					t.Errorf("%v, want %s", err, c.err)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Scans whose ids no object takes are told apart, and the same when they come again.
func TestScansWithoutUsableIDs(t *testing.T) {
	body := []byte(`{"id":"` + id + `","scans":[
		{"id":"a b","type":"InTransit","at":"2026-03-01T12:00:00Z"},{"id":"a  b","type":"InTransit","at":"2026-03-01T12:00:00Z"},
		{"type":"InTransit","at":"2026-03-01T12:00:00Z"},{"type":"InTransit","at":"2026-03-01T12:00:01Z"},{"type":"Delivered","at":"2026-03-01T12:00:01Z"}]}`)
	first, err := scans(id, body)
	if err != nil {
		t.Fatal(err)
	}
	again, err := scans(id, body)
	if err != nil || !cmp.Equal(first, again) {
		t.Errorf("%v: first %+v, then %+v", err, first, again)
	}
	names := map[v1.Identifier]bool{}
	for _, e := range first {
		names[e.ID] = true
	}
	if len(names) != 5 {
		t.Errorf("five scans have %d names: %v", len(names), names)
	}
}

// Every answer of the contract occurs, and none is outside of it.
func TestEveryAnswerKeepsTheContract(t *testing.T) {
	fake, a := start(t)
	c := a.HTTP.Transport.(*contract.Exchanges)
	fake.Charge(1250, "EUR")
	n := 0
	book := func(planned carrierfake.Fault) carrier.Request {
		n++
		r := order1()
		r.ID = strings.Repeat("a", 51) + string(rune('a'+n))
		fake.Fail(carrierfake.Book, planned)
		_, _ = a.Book(t.Context(), r)
		return r
	}
	r := book(carrierfake.None)
	other := r
	other.From = "elsewhere"
	_, _ = a.Book(t.Context(), other)
	_, _ = a.Book(t.Context(), r)
	for _, f := range []carrierfake.Fault{carrierfake.Refuse, carrierfake.Error500Before, carrierfake.RateLimit} {
		book(f)
	}
	waiting := book(carrierfake.Pending)
	_, _ = a.Lookup(t.Context(), waiting.ID)
	for _, id := range []string{r.ID, strings.Repeat("z", 52)} {
		_, _ = a.Lookup(t.Context(), id)
		_, _ = a.Scans(t.Context(), id)
		_, _ = a.Void(t.Context(), id)
	}
	for verb, call := range map[carrierfake.Verb]func(){
		carrierfake.Lookup: func() { _, _ = a.Lookup(t.Context(), r.ID) },
		carrierfake.Void:   func() { _, _ = a.Void(t.Context(), r.ID) },
		carrierfake.Scans:  func() { _, _ = a.Scans(t.Context(), r.ID) },
	} {
		for _, f := range []carrierfake.Fault{carrierfake.Error500Before, carrierfake.RateLimit} {
			fake.Fail(verb, f)
			call()
		}
	}
	wrong := *a
	wrong.APIKey = "another"
	_, _ = wrong.Book(t.Context(), r)
	_, _ = wrong.Lookup(t.Context(), r.ID)
	_, _ = wrong.Void(t.Context(), r.ID)
	for _, answer := range []string{
		"PUT OK", "PUT Created", "PUT Accepted", "PUT Unauthorized", "PUT Conflict", "PUT Unprocessable Entity", "PUT Too Many Requests", "PUT Internal Server Error",
		"GET OK", "GET Accepted", "GET Unauthorized", "GET Not Found", "GET Too Many Requests", "GET Internal Server Error",
		"DELETE OK", "DELETE Unauthorized", "DELETE Too Many Requests", "DELETE Internal Server Error",
	} {
		if c.Seen(answer) == 0 {
			t.Errorf("%s did not occur", answer)
		}
	}
}

// A booking that arrives late is booked once, whichever of its calls comes first.
func TestLateBookingIsBookedOnce(t *testing.T) {
	fake, a := start(t)
	r := order1()
	fake.Fail(carrierfake.Book, carrierfake.Late)
	if b, err := a.Book(t.Context(), r); err == nil {
		t.Fatalf("it was answered: %+v", b)
	}
	if _, err := a.Lookup(t.Context(), r.ID); !errors.Is(err, port.ErrUnknown) {
		t.Errorf("it is known already: %v", err)
	}
	if b, err := a.Book(t.Context(), r); err != nil || b.State != carrier.Booked {
		t.Errorf("%+v, %v", b, err)
	}
	if n := len(fake.Ledger()); n != 1 {
		t.Errorf("%d entries", n)
	}
}

// A callback of the fake keeps the contract, and is taken unless it is forged.
func TestCallbacksKeepTheContract(t *testing.T) {
	doc := contract.Load(t, document)
	fake, a := start(t)
	url, told := contract.Receive(t, doc, "/v1/bookings/{id}", "bookingUpdated", func(h http.Header, body []byte) (string, error) {
		return port.Callback(fake.WebhookSecret, BookingUpdated, h, body)
	})
	r := order1()
	if _, err := a.Book(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for delivery, want := range map[webhookfake.Delivery]error{webhookfake.Once: nil, webhookfake.Forged: port.ErrForged} {
		fake.CallBack(url, delivery)
		if err := fake.Scan(r.ID, carrierfake.Scan{ID: "s1", Type: "Accepted", At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		switch got := <-told; {
		case !errors.Is(got.Err, want):
			t.Errorf("%s: error %v, want %v", delivery, got.Err, want)
		case want == nil && got.ID != r.ID:
			t.Errorf("%s: the callback is about %q, want %q", delivery, got.ID, r.ID)
		}
	}
}

// FuzzAnswers reads whatever a carrier answers, and keeps the bounds of the schema.
func FuzzAnswers(f *testing.F) {
	f.Add(200, []byte(`{"id":"`+id+`","state":"Booked","price":1,"currency":"EUR","label":"https://a/b"}`))
	f.Add(422, []byte(`{"id":"`+id+`","state":"Refused","message":"\u202e"}`))
	f.Add(200, []byte(`{"id":"`+id+`","scans":[{"id":"","type":"\u0000","at":"9999-12-31T23:59:59-12:00"}]}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if b, err := conclude(id, status, body); err == nil {
			if len(b.Ref) > port.MaxMessage || len(b.TrackingNumber) > port.MaxMessage || len(b.Message) > port.MaxMessage || len(b.Label) > carrier.MaxLabel {
				t.Errorf("it is too long: %+v", b)
			}
			if b.Price != nil && (*b.Price < 0 || *b.Price > v1.MaxAmount) {
				t.Errorf("price %d", *b.Price)
			}
		}
		events, err := scans(id, body)
		if err != nil {
			return
		}
		for _, e := range events {
			if !eventID.MatchString(string(e.ID)) || len(e.Location) > maxLocation || len(e.Note) > maxNote || e.Type == "" {
				t.Errorf("%+v fits into no object", e)
			}
			if text, err := e.At.MarshalJSON(); err != nil || string(text) == "null" {
				t.Errorf("its time is %s, %v", text, err)
			}
		}
	})
}
