package conformance

import (
	"crypto/rand"
	"strings"
	"testing"

	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Till is where money comes in and goes back, each time under an id. Amounts are
// in minor units of one currency. What is refused is no failure of the test.
type Till interface {
	// Receive takes money in; an id that was there before is a repetition.
	Receive(t testing.TB, id string, amount v1.Amount)
	// PayBack gives money back; an id that was there before is a repetition.
	PayBack(t testing.TB, id string, amount v1.Amount)
	// Kept is what came in and did not go back.
	Kept(t testing.TB) v1.Amount
}

// Money tries out what holds for money of any kind, also for cash. It receives
// and pays back fewer than 20 times each, besides repetitions.
func Money(t *testing.T, till Till) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Till)
	}{
		{"money comes in and goes back once for each id", onceForEachID},
		{"an id with another amount changes nothing", otherAmount},
		{"what is kept is what came in less what went back", walk},
		// The last one, for what was paid back too much may count against later money.
		{"no more goes back than came in", atMostWhatCameIn},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, till) })
	}
}

func newID() string { return strings.ToLower(rand.Text()) }

// moves runs a step and compares by how much it changed what is kept.
func moves(t *testing.T, till Till, by v1.Amount, step func()) {
	t.Helper()
	before := till.Kept(t)
	step()
	if got := till.Kept(t) - before; got != by {
		t.Fatalf("what is kept changed by %d, want %d", got, by)
	}
}

func onceForEachID(t *testing.T, till Till) {
	in, out := newID(), newID()
	moves(t, till, 1000, func() { till.Receive(t, in, 1000) })
	moves(t, till, 0, func() { till.Receive(t, in, 1000) })
	moves(t, till, -400, func() { till.PayBack(t, out, 400) })
	moves(t, till, 0, func() { till.PayBack(t, out, 400) })
	moves(t, till, 0, func() { till.Receive(t, in, 1000) })
}

func otherAmount(t *testing.T, till Till) {
	in, out := newID(), newID()
	moves(t, till, 1000, func() { till.Receive(t, in, 1000) })
	moves(t, till, 0, func() { till.Receive(t, in, 1500) })
	moves(t, till, -400, func() { till.PayBack(t, out, 400) })
	moves(t, till, 0, func() { till.PayBack(t, out, 300) })
}

// step is money under one of a few ids, so that some are repeated.
type step struct {
	back   bool
	id     int
	amount v1.Amount
}

// walk takes one long way, the same in every run, for a till is not emptied
// between two ways. Amounts are tens, for providers that round to them.
func walk(t *testing.T, till Till) {
	const ids = 8
	way := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			back: rapid.Bool().Draw(t, "back"), id: rapid.IntRange(0, ids-1).Draw(t, "id"),
			amount: v1.Amount(10 * rapid.IntRange(10, 200).Draw(t, "amount")),
		}
	}), 40, 40).Example(3)
	var in, out [ids]string
	for _, s := range way {
		if !s.back {
			by := s.amount
			if in[s.id] == "" {
				in[s.id] = newID()
			} else {
				by = 0
			}
			moves(t, till, by, func() { till.Receive(t, in[s.id], s.amount) })
			continue
		}
		by := -min(s.amount, till.Kept(t))
		switch {
		case out[s.id] != "":
			moves(t, till, 0, func() { till.PayBack(t, out[s.id], s.amount) })
		case by != 0:
			out[s.id] = newID()
			moves(t, till, by, func() { till.PayBack(t, out[s.id], -by) })
		}
	}
}

func atMostWhatCameIn(t *testing.T, till Till) {
	till.Receive(t, newID(), 1000)
	before := till.Kept(t)
	till.PayBack(t, newID(), before+10)
	if after := till.Kept(t); after < 0 || after > before {
		t.Fatalf("%d is kept after more than %d was to go back", after, before)
	}
	till.PayBack(t, newID(), before+10)
	if after := till.Kept(t); after < 0 {
		t.Fatalf("%d is kept: more went back than came in", after)
	}
}
