// Package conformance is the suite that every carrier passes: what a Shipment relies on
// when it books one.
package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/carrier"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// Harness is a carrier to be tried out, with books that only the suite writes to.
type Harness struct {
	Carrier carrier.Carrier
	// Refuse lets the next booking be refused, Keep lets the next void be refused, and
	// LoseAnswer lets the next call that has an effect lose its answer; each nil if the
	// carrier cannot be made to.
	Refuse, Keep, LoseAnswer func(t testing.TB)
	// Scan has the carrier scan something of a booking; nil if it tells of no scans.
	Scan func(t testing.TB, id string, e v1.CarrierEvent)
	// Live reads in the carrier's own books how often an id is to be carried and paid;
	// nil if there is no way to.
	Live func(t testing.TB, id string) int
}

// Run tries a carrier out.
func Run(t *testing.T, h Harness) {
	for name, test := range map[string]func(*desk){
		"a booking that was never sent is unknown":      unknown,
		"a booking is found again":                      found,
		"all of a transport is taken":                   complete,
		"a repeated call books once":                    repeated,
		"calls at the same time book once":              concurrent,
		"an id is not used for another transport":       misused,
		"a refused booking stays refused":               refused,
		"a voided booking stays void":                   voided,
		"what is void before it comes is never booked":  tombstone,
		"a booking that is not taken back stays booked": kept,
		"a lost answer is found and not repeated":       lostAnswer,
		"a void whose answer was lost is found":         lostVoid,
		"a cancelled call is never an answer":           cancelled,
		"scans are told":                                scanned,
	} {
		t.Run(name, func(t *testing.T) { test(&desk{T: t, Harness: h}) })
	}
}

// desk is where bookings of one test are made.
type desk struct {
	*testing.T
	Harness
}

// request is a transport that was not booked yet, to the door or to a place.
func (d *desk) request(door bool) carrier.Request {
	r := carrier.Request{
		ID:       strings.ToLower(rand.Text() + rand.Text()), // 52 characters of base32
		Shipment: "order-1-s1", Lanes: []v1.Identifier{"main-hub", "hub-east"}, From: "main", To: "east", Currency: "EUR",
		Parcels:  []v1.Parcel{{ID: "1", MassGrams: 1200, VolumeCm3: 9000}, {ID: "2", MassGrams: 300, Traits: []v1.Trait{v1.TraitFragile}}},
		DepartBy: time.Date(2026, 3, 1, 17, 0, 0, 0, time.UTC),
	}
	if door {
		r.To, r.Recipient = "", &carrier.Recipient{Address: v1.Address{Name: "Li Wei", Lines: []string{"1 Example Street"}, City: "Shenzhen", Country: "CN"}, Phone: "+86 10 5555 0100"}
	}
	return r
}

// book books a transport that is to be booked.
func (d *desk) book(r carrier.Request) *carrier.Booking {
	d.Helper()
	b, err := d.Carrier.Book(d.Context(), r)
	if err != nil {
		d.Fatalf("booking: %v", err)
	}
	d.sound(b)
	if b.State != carrier.Booked {
		d.Fatalf("it is %s (%s)", b.State, b.Message)
	}
	return b
}

// sound checks the bounds of an answer.
func (d *desk) sound(b *carrier.Booking) {
	d.Helper()
	for name, text := range map[string]string{"reference": b.Ref, "tracking number": b.TrackingNumber, "message": b.Message} {
		if len(text) > port.MaxMessage || !utf8.ValidString(text) {
			d.Errorf("its %s is %q", name, text)
		}
	}
	if len(b.Label) > carrier.MaxLabel || (b.Price != nil && (*b.Price < 0 || *b.Price > v1.MaxAmount || b.Currency == "")) {
		d.Errorf("label %q, price %v", b.Label, b.Price)
	}
}

// is checks what a look-up says of a booking, and returns it.
func (d *desk) is(id string, state carrier.State) *carrier.Booking {
	d.Helper()
	b, err := d.Carrier.Lookup(d.Context(), id)
	d.says(b, err)(state)
	return b
}

// says checks the state that a call was answered with.
func (d *desk) says(b *carrier.Booking, err error) func(want carrier.State) {
	return func(want carrier.State) {
		d.Helper()
		if err != nil {
			d.Fatalf("it is not answered: %v", err)
		}
		d.sound(b)
		if b.State != want {
			d.Errorf("it is %s, want %s", b.State, want)
		}
	}
}

// live checks the carrier's own books.
func (d *desk) live(id string, want int) {
	d.Helper()
	if d.Live == nil {
		return
	}
	if n := d.Live(d, id); n != want {
		d.Errorf("by the carrier's books it is carried %d times, want %d", n, want)
	}
}

func unknown(d *desk) {
	r := d.request(true)
	d.book(d.request(true))
	if _, err := d.Carrier.Lookup(d.Context(), r.ID); !errors.Is(err, port.ErrUnknown) {
		d.Errorf("Lookup: %v", err)
	}
	if tracker, ok := d.Carrier.(carrier.Tracker); ok {
		if _, err := tracker.Scans(d.Context(), r.ID); !errors.Is(err, port.ErrUnknown) {
			d.Errorf("Scans: %v", err)
		}
	}
	d.live(r.ID, 0)
}

func found(d *desk) {
	r := d.request(true)
	b := d.book(r)
	if b.Ref == "" || b.TrackingNumber == "" {
		d.Errorf("nobody can ask for it: %+v", b)
	}
	if diff := cmp.Diff(b, d.is(r.ID, carrier.Booked)); diff != "" {
		d.Errorf("a look-up says something else (-booked +found):\n%s", diff)
	}
	d.live(r.ID, 1)
}

// complete tries transports with little and with all that a Shipment can have.
func complete(d *desk) {
	r := d.request(false)
	d.book(r)
	d.live(r.ID, 1)
	little := d.request(true)
	little.Parcels, little.DepartBy, little.Recipient = nil, time.Time{}, &carrier.Recipient{}
	d.book(little)
	d.live(little.ID, 1)
	full := d.request(true)
	full.Lanes, full.Parcels = nil, nil
	for i := range 6 {
		full.Lanes = append(full.Lanes, v1.Identifier(fmt.Sprintf("lane-%d", i)))
	}
	for i := range v1.MaxParcels {
		full.Parcels = append(full.Parcels, v1.Parcel{
			ID: v1.Identifier(fmt.Sprint(i + 1)), MassGrams: 1 << 53 / 1000, VolumeCm3: 1 << 53 / 1000,
			Traits: []v1.Trait{v1.TraitFragile, v1.TraitHazmat, v1.TraitColdChain, v1.TraitOversize, v1.TraitPerishable, v1.TraitHighValue},
		})
	}
	d.book(full)
	d.live(full.ID, 1)
}

func repeated(d *desk) {
	r := d.request(true)
	first := d.book(r)
	if diff := cmp.Diff(first, d.book(r)); diff != "" {
		d.Errorf("the second answer is another one (-first +second):\n%s", diff)
	}
	d.live(r.ID, 1)
}

// concurrent allows the losers an error.
func concurrent(d *desk) {
	r := d.request(true)
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			if b, err := d.Carrier.Book(d.Context(), r); err == nil && b.State != carrier.Booked {
				d.Errorf("it is %s", b.State)
			}
		})
	}
	calls.Wait()
	d.is(r.ID, carrier.Booked)
	d.live(r.ID, 1)
}

func misused(d *desk) {
	r := d.request(true)
	d.book(r)
	other := r
	other.Lanes = []v1.Identifier{"another"}
	// What was booked may be the answer, or an error; the other transport is not.
	if b, err := d.Carrier.Book(d.Context(), other); err == nil && b.State != carrier.Booked {
		d.Errorf("it is %s", b.State)
	}
	d.is(r.ID, carrier.Booked)
	d.live(r.ID, 1)
}

func refused(d *desk) {
	if d.Refuse == nil {
		d.Skip("the carrier cannot be made to refuse a booking")
	}
	r := d.request(true)
	d.Refuse(d)
	for range 2 {
		d.says(d.Carrier.Book(d.Context(), r))(carrier.Refused)
	}
	d.is(r.ID, carrier.Refused)
	if b, err := d.Carrier.Void(d.Context(), r.ID); err != nil || b.State == carrier.Booked {
		d.Errorf("voided: %+v, %v", b, err)
	}
	d.live(r.ID, 0)
}

func voided(d *desk) {
	r := d.request(true)
	d.book(r)
	for range 2 {
		d.says(d.Carrier.Void(d.Context(), r.ID))(carrier.Voided)
	}
	d.is(r.ID, carrier.Voided)
	d.says(d.Carrier.Book(d.Context(), r))(carrier.Voided)
	d.live(r.ID, 0)
}

func tombstone(d *desk) {
	r := d.request(true)
	d.says(d.Carrier.Void(d.Context(), r.ID))(carrier.Voided)
	d.is(r.ID, carrier.Voided)
	d.says(d.Carrier.Book(d.Context(), r))(carrier.Voided)
	d.live(r.ID, 0)
}

func kept(d *desk) {
	if d.Keep == nil {
		d.Skip("the carrier cannot be made to refuse a void")
	}
	r := d.request(true)
	d.book(r)
	d.Keep(d)
	d.says(d.Carrier.Void(d.Context(), r.ID))(carrier.Booked)
	d.is(r.ID, carrier.Booked)
	d.live(r.ID, 1)
}

func lostAnswer(d *desk) {
	if d.LoseAnswer == nil {
		d.Skip("the carrier cannot be made to lose an answer")
	}
	r := d.request(true)
	d.LoseAnswer(d)
	if b, err := d.Carrier.Book(d.Context(), r); err == nil {
		d.Fatalf("the answer was not lost: %+v", b)
	}
	d.is(r.ID, carrier.Booked)
	d.book(r)
	d.live(r.ID, 1)
}

func lostVoid(d *desk) {
	if d.LoseAnswer == nil {
		d.Skip("the carrier cannot be made to lose an answer")
	}
	r := d.request(true)
	d.book(r)
	d.LoseAnswer(d)
	if b, err := d.Carrier.Void(d.Context(), r.ID); err == nil {
		d.Fatalf("the answer was not lost: %+v", b)
	}
	d.is(r.ID, carrier.Voided)
	d.live(r.ID, 0)
}

func cancelled(d *desk) {
	r := d.request(true)
	ctx, cancel := context.WithCancel(d.Context())
	cancel()
	if b, err := d.Carrier.Book(ctx, r); err == nil {
		d.Errorf("Book: %+v", b)
	}
	if b, err := d.Carrier.Lookup(ctx, r.ID); err == nil || errors.Is(err, port.ErrUnknown) {
		d.Errorf("Lookup: %+v, %v", b, err)
	}
	if b, err := d.Carrier.Void(ctx, r.ID); err == nil || errors.Is(err, port.ErrUnknown) {
		d.Errorf("Void: %+v, %v", b, err)
	}
}

func scanned(d *desk) {
	tracker, ok := d.Carrier.(carrier.Tracker)
	if !ok || d.Scan == nil {
		d.Skip("the carrier tells of no scans")
	}
	r := d.request(true)
	d.book(r)
	told := func(want ...v1.CarrierEvent) {
		d.Helper()
		got, err := tracker.Scans(d.Context(), r.ID)
		if err != nil {
			d.Fatal(err)
		}
		if len(got) != len(want) || (len(want) > 0 && !cmp.Equal(want, got)) {
			d.Errorf("told are %+v, want %+v", got, want)
		}
	}
	told()
	at := metav1.NewTime(time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC))
	accepted := v1.CarrierEvent{ID: "s-1", Type: v1.CarrierAccepted, At: at, Location: "main"}
	arrived := v1.CarrierEvent{ID: "s-2", Type: v1.CarrierDelivered, At: metav1.NewTime(at.Add(time.Hour)), Note: "at the door"}
	d.Scan(d, r.ID, accepted)
	told(accepted)
	d.Scan(d, r.ID, arrived)
	told(accepted, arrived)
	told(accepted, arrived)
}
