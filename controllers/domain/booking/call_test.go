package booking

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// A call without an answer is made again after 1, 2, 4, ... seconds, what is booked is
// looked up now and then until it leaves, and what is over never.
func TestDue(t *testing.T) {
	const never = -1
	at := metav1.Time{Time: start}
	for _, test := range []struct {
		name    string
		booking v1.Booking
		left    bool
		after   time.Duration
	}{
		{"just recorded", v1.Booking{State: v1.BookingIntended}, false, 0},
		{"no answer", v1.Booking{State: v1.BookingUnknown, Attempts: 1}, false, time.Second},
		{"no answer for the third time", v1.Booking{State: v1.BookingUnknown, Attempts: 3}, true, 4 * time.Second},
		{"booked", v1.Booking{State: v1.BookingBooked}, false, lookAgain},
		{"booked and under way", v1.Booking{State: v1.BookingBooked}, true, never},
		{"to be taken back", v1.Booking{State: v1.BookingBooked, VoidSince: &at}, true, 0},
		{"refused", v1.Booking{State: v1.BookingRefused}, false, never},
		{"void", v1.Booking{State: v1.BookingVoided, VoidSince: &at}, false, never},
		{"kept", v1.Booking{State: v1.BookingKept, VoidSince: &at}, false, lookAtKept},
		{"booked, and no answer since", v1.Booking{State: v1.BookingBooked, Attempts: 2}, false, 2 * time.Second},
	} {
		test.booking.ID, test.booking.At = "x", at
		list := []v1.Booking{test.booking}
		next := NextCall(list, &Wish{Left: test.left}, nil, start)
		if test.after == never {
			if !next.IsZero() || Due(list, &Wish{Left: test.left}, nil, start.Add(100*24*time.Hour)) != nil {
				t.Errorf("%s: it is asked about", test.name)
			}
			continue
		}
		due := start.Add(test.after)
		if !next.Equal(due) {
			t.Errorf("%s: asked at %v, not %v", test.name, next, due)
		}
		if Due(list, &Wish{Left: test.left}, nil, due) == nil || (test.after > 0 && Due(list, &Wish{Left: test.left}, nil, due.Add(-1)) != nil) {
			t.Errorf("%s: not due when it is to be asked", test.name)
		}
	}
}

// While nothing is decided, what was never sent is not asked about, and what may have been
// sent is looked up now and then; what is to be taken back does not wait.
func TestDueWhileHeld(t *testing.T) {
	held, at := &Wish{Held: true}, metav1.Time{Time: start}
	for _, test := range []struct {
		booking v1.Booking
		after   time.Duration
	}{
		{v1.Booking{State: v1.BookingUnknown, Attempts: 1}, lookAgain},
		{v1.Booking{State: v1.BookingIntended, VoidSince: &at, Attempts: 1}, time.Second},
	} {
		test.booking.At = at
		if next := NextCall([]v1.Booking{test.booking}, held, nil, start); !next.Equal(start.Add(test.after)) {
			t.Errorf("%s is asked about at %v", test.booking.State, next)
		}
	}
	never := []v1.Booking{{ID: "a", State: v1.BookingIntended, Attempts: 1, At: at}}
	if next := NextCall(never, held, nil, start); !next.IsZero() {
		t.Errorf("what was never sent is asked about at %v", next)
	}
}

// Nobody waits for the time at which a clock was set back.
func TestClockThatWasSetBack(t *testing.T) {
	list := []v1.Booking{{ID: "a", State: v1.BookingUnknown, Attempts: 9, At: metav1.Time{Time: start}}}
	before := start.Add(-time.Hour)
	for _, heard := range []map[string]bool{nil, {"a": true}} {
		if next := NextCall(list, &Wish{}, heard, before); !next.Equal(before) || Due(list, &Wish{}, heard, before) == nil {
			t.Errorf("an hour before it is asked at %v", next)
		}
	}
}

// What the carrier has said something about is asked for at once, unless it is over.
func TestHeard(t *testing.T) {
	heard := map[string]bool{"b": true}
	at := metav1.Time{Time: start}
	list := []v1.Booking{
		{ID: "a", State: v1.BookingUnknown, Attempts: 5, At: at},
		{ID: "b", State: v1.BookingBooked, At: at},
	}
	if due := Due(list, &Wish{Left: true}, heard, start); due == nil || due.ID != "b" {
		t.Errorf("due is %v", due)
	}
	if open := Heard(list, map[string]bool{"b": true, "gone": true}); len(open) != 1 || !open["b"] {
		t.Errorf("still to be heard is %v", open)
	}
	list[1].State = v1.BookingRefused
	if open := Heard(list, heard); open != nil {
		t.Errorf("still to be heard is %v", open)
	}
	if due := Due(list, &Wish{Left: true}, heard, start); due != nil {
		t.Errorf("due is %v", due)
	}
}

// Of two that are due the one that has waited longer is asked about.
func TestLongestFirst(t *testing.T) {
	list := []v1.Booking{
		{ID: "a", State: v1.BookingIntended, At: metav1.Time{Time: start.Add(time.Second)}},
		{ID: "b", State: v1.BookingIntended, At: metav1.Time{Time: start}},
	}
	if due := Due(list, &Wish{}, nil, start.Add(time.Minute)); due.ID != "b" {
		t.Errorf("due is %s", due.ID)
	}
}

func TestConclude(t *testing.T) {
	voided := &metav1.Time{Time: start}
	for _, test := range []struct {
		name    string
		booking v1.Booking
		answer  Answer
		want    v1.BookingState
		ours    bool // taken back by us
	}{
		{"booked", v1.Booking{State: v1.BookingIntended}, Answer{State: v1.BookingBooked}, v1.BookingBooked, false},
		{"refused", v1.Booking{State: v1.BookingUnknown}, Answer{State: v1.BookingRefused, Found: true}, v1.BookingRefused, false},
		{"taken back", v1.Booking{State: v1.BookingBooked, VoidSince: voided}, Answer{State: v1.BookingVoided}, v1.BookingVoided, true},
		{"not let go", v1.Booking{State: v1.BookingBooked, VoidSince: voided}, Answer{State: v1.BookingBooked}, v1.BookingKept, true},
		{"taken back, but refused before", v1.Booking{State: v1.BookingUnknown, VoidSince: voided}, Answer{State: v1.BookingRefused}, v1.BookingRefused, true},
		{"void by the carrier", v1.Booking{State: v1.BookingBooked}, Answer{State: v1.BookingVoided, Found: true}, v1.BookingVoided, false},
		{"void since an earlier life", v1.Booking{State: v1.BookingIntended}, Answer{State: v1.BookingVoided, Found: true}, v1.BookingVoided, true},
	} {
		test.booking.Attempts, test.booking.Message = 3, "mend it"
		got := Conclude(test.booking, test.answer, start)
		if got.State != test.want || (got.VoidSince != nil) != test.ours || got.Attempts != 0 || got.Message != "" {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

// An answer that says less than the one before takes nothing away.
func TestConcludeKeepsWhatWasSaid(t *testing.T) {
	said := Conclude(v1.Booking{State: v1.BookingIntended}, Answer{State: v1.BookingBooked, Ref: "r", TrackingNumber: "t", Label: "l", Price: new(v1.Amount(5))}, start)
	said.VoidSince = &metav1.Time{Time: start}
	kept := Conclude(said, Answer{State: v1.BookingBooked, Message: "too late"}, start)
	if kept.State != v1.BookingKept || kept.Ref != "r" || kept.TrackingNumber != "t" || kept.Label != "l" || kept.Price == nil || *kept.Price != 5 || kept.Message != "too late" {
		t.Errorf("%+v", kept)
	}
	if free := Conclude(kept, Answer{State: v1.BookingVoided}, start); free.State != v1.BookingVoided {
		t.Errorf("let go in the end: %+v", free)
	}
}

func TestUnclear(t *testing.T) {
	for before, want := range map[v1.BookingState]v1.BookingState{
		v1.BookingIntended: v1.BookingUnknown, v1.BookingUnknown: v1.BookingUnknown, v1.BookingBooked: v1.BookingBooked,
	} {
		got := Unclear(v1.Booking{State: before, Attempts: 1}, true, "mend it", start)
		mend := "mend it"
		if before == v1.BookingBooked {
			mend = "" // what the carrier said about it stays
		}
		if got.State != want || got.Attempts != 2 || got.Message != mend || !got.At.Time.Equal(start) {
			t.Errorf("from %s: %+v", before, got)
		}
	}
	if got := Unclear(v1.Booking{State: v1.BookingIntended}, false, "", start); got.State != v1.BookingIntended || got.Attempts != 1 {
		t.Errorf("never sent: %+v", got)
	}
}

func TestStand(t *testing.T) {
	a, b := run("swift", "a"), run("cargo", "b")
	w := Wish{Runs: []Run{a, b}}
	list := Plan(nil, w, shop, start)
	if st := Stand(list, w); st.Wanted != 2 || st.Booked != 0 || st.Waiting == nil || st.Blocked != nil || st.Kept != nil {
		t.Errorf("at first: %+v", st)
	}
	list[0].State, list[1].State = v1.BookingBooked, v1.BookingRefused
	if st := Stand(list, w); st.Booked != 1 || st.Waiting != nil || st.Blocked == nil || st.Blocked.Partner != "cargo" {
		t.Errorf("with one refused: %+v", st)
	}
	list[0].State, list[0].VoidSince = v1.BookingKept, &metav1.Time{Time: start}
	if st := Stand(list, Wish{}); st.Kept == nil || st.Wanted != 0 || !Done(list) {
		t.Errorf("kept by the carrier: %+v", st)
	}
	list[0] = Unclear(v1.Booking{State: v1.BookingIntended}, false, "create the Secret", start)
	if st := Stand(list, Wish{}); st.Stuck == nil || Done(list) {
		t.Errorf("without a Secret: %+v", st)
	}
}
