package booking

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// world is a Shipment, its manager, which may die at any time, and a carrier that is
// spoken to by a bad line.
type world struct {
	*rand.Rand
	now    time.Time
	stored []v1.Booking
	wish   Wish
	// books of the carrier, by reference; what is not in it was never received.
	books map[string]v1.BookingState
	// late are calls that are still on their way.
	late []func()
	log  []string
}

func (w *world) note(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

// book is the carrier's answer to a booking: once for each id, for ever.
func (w *world) book(id string) {
	if _, known := w.books[id]; !known {
		w.books[id] = v1.BookingBooked
		if w.IntN(6) == 0 {
			w.books[id] = v1.BookingRefused
		}
	}
}

// void is the carrier's answer to a taking back: it may insist.
func (w *world) void(id string) {
	if was, known := w.books[id]; !known || (was == v1.BookingBooked && w.IntN(4) > 0) {
		w.books[id] = v1.BookingVoided
	}
}

// send carries a call out: now, later, or never; and says whether an answer came.
func (w *world) send(call func()) (answered bool) {
	switch w.IntN(5) {
	case 0: // lost on the way there
	case 1: // lost on the way back
		call()
	case 2: // late
		w.late = append(w.late, call)
	default:
		call()
		return true
	}
	return false
}

// look is one look of the manager at what is stored.
func (w *world) look(dies bool) {
	if next := Plan(w.stored, w.wish, shop, w.now); summary(next) != summary(w.stored) {
		w.note("plan %s", summary(next))
		if !dies {
			w.stored = next
		}
		return
	}
	due := Due(w.stored, &w.wish, nil, w.now)
	if due == nil {
		return
	}
	b := *due
	answered, found, sent := w.IntN(6) > 0, false, false
	switch {
	case b.VoidSince != nil && b.State != v1.BookingKept:
		answered = w.send(func() { w.void(b.ID) })
	case answered:
		if _, found = w.books[b.ID]; found {
			break
		}
		if w.wish.Left || w.wish.Held {
			if w.wish.Left {
				b = TakeBack(b, w.now)
			}
			answered = false
			break
		}
		sent = true
		answered = w.send(func() { w.book(b.ID) })
	}
	switch {
	case answered:
		b = Conclude(b, Answer{State: w.books[b.ID], Found: found}, w.now)
	case b.VoidSince == nil || due.VoidSince != nil:
		b = Unclear(b, sent, "", w.now)
	}
	w.note("call %s", summary([]v1.Booking{b}))
	if !dies {
		i := slices.IndexFunc(w.stored, func(o v1.Booking) bool { return o.ID == b.ID })
		w.stored = slices.Clone(w.stored)
		w.stored[i] = b
	}
}

func (w *world) change() {
	if w.wish.Left {
		return
	}
	runs := []Run{run("swift", "a"), run("cargo", "b")}
	switch w.IntN(6) {
	case 0:
		w.wish = Wish{}
	case 1:
		w.wish = Wish{Runs: runs[:1]}
	case 2:
		w.wish = Wish{Runs: runs}
	case 3:
		w.wish.Held = !w.wish.Held
	case 4:
		for i := range runs {
			runs[i].DepartBy = &metav1.Time{Time: w.now}
		}
		w.wish = Wish{Runs: runs}
	case 5:
		w.wish.Left = w.IntN(4) == 0
	}
	w.note("wish %d held %v left %v", len(w.wish.Runs), w.wish.Held, w.wish.Left)
}

func (w *world) live(id string) bool { return w.books[id] == v1.BookingBooked }

// step is anything that can happen.
func (w *world) step() {
	switch w.IntN(10) {
	case 0:
		w.change()
	case 1:
		if n := len(w.late); n > 0 {
			i := w.IntN(n)
			w.late[i]()
			w.late = slices.Delete(w.late, i, i+1)
			w.note("a late call arrives")
		}
	case 2:
		for _, b := range w.stored {
			if w.live(b.ID) && w.IntN(8) == 0 {
				w.books[b.ID] = v1.BookingVoided
				w.note("the carrier takes %d back", b.Seq)
			}
		}
	case 3:
		w.look(true)
	default:
		w.look(false)
	}
	w.now = w.now.Add(time.Duration(w.IntN(4)) * time.Second)
	if w.IntN(40) == 0 {
		w.now = w.now.Add(-time.Hour)
	}
}

// settle lets everything come to its end.
func (w *world) settle() {
	w.wish.Held = false
	for range 600 {
		if len(w.late) > 0 {
			w.late[0]()
			w.late = w.late[1:]
		}
		w.look(false)
		w.now = w.now.Add(lookAtKept)
	}
}

// check says what is wrong in the end, "" for nothing.
func (w *world) check() string {
	if !Done(w.stored) {
		return "something is open"
	}
	known := map[string]*v1.Booking{}
	for i := range w.stored {
		b := &w.stored[i]
		known[b.ID] = b
		// What has left is not looked up any more: it may have been taken back since.
		if has, says := w.live(b.ID), b.State == v1.BookingBooked; says && !has && !w.wish.Left {
			return fmt.Sprintf("%d is said to be booked, and is %s", b.Seq, w.books[b.ID])
		}
	}
	for id, state := range w.books {
		if b := known[id]; state == v1.BookingBooked && (b == nil || (b.State != v1.BookingBooked && b.State != v1.BookingKept)) {
			return fmt.Sprintf("the carrier has %s, of which nothing is known: %+v", id, b)
		}
	}
	st := Stand(w.stored, w.wish)
	if !w.wish.Left && st.Booked < st.Wanted && st.Blocked == nil && !st.Full {
		return fmt.Sprintf("%d of %d runs are booked, and nothing is in the way", st.Booked, st.Wanted)
	}
	wanted := 0
	for i := range w.stored {
		if b := &w.stored[i]; b.State == v1.BookingBooked {
			wanted++
		}
	}
	if !w.wish.Left && wanted > st.Wanted {
		return fmt.Sprintf("%d are booked where %d are wanted", wanted, st.Wanted)
	}
	return ""
}

// Whatever is lost, late or done twice: in the end the carrier has what is wanted, each
// once, and nothing else that it did not insist on, and all that it has is known.
func TestLife(t *testing.T) {
	for seed := range uint64(1000) {
		w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), now: start, books: map[string]v1.BookingState{}}
		for range 60 {
			w.step()
		}
		w.settle()
		if wrong := w.check(); wrong != "" {
			for _, line := range w.log {
				t.Log(line)
			}
			t.Fatalf("seed %d: %s; in the end %s", seed, wrong, summary(w.stored))
		}
	}
}
