package gatewayfake

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
)

// Fault is what goes wrong with one call. A look-up can fail by the first five;
// the others do nothing to it. A call whose key is remembered is only answered
// again, so of the others only a cut or RateLimit reaches it.
type Fault string

// Faults of a gateway.
const (
	// None lets a call be.
	None Fault = ""
	// TimeoutBefore cuts the connection before anything has happened.
	TimeoutBefore Fault = "TimeoutBefore"
	// TimeoutAfter has the effect, and cuts the connection before the answer.
	TimeoutAfter Fault = "TimeoutAfter"
	// Error500Before answers 500 without an effect, and again so for the same key.
	Error500Before Fault = "Error500Before"
	// Error500After has the effect and answers 500, and again so for the same key;
	// only a look-up tells the truth.
	Error500After Fault = "Error500After"
	// RateLimit answers 429 without an effect; the key is not remembered.
	RateLimit Fault = "RateLimit"
	// Decline refuses the operation.
	Decline Fault = "Decline"
	// Pending accepts the operation and leaves it undecided: see Decide and DecideAfter.
	Pending Fault = "Pending"
	// Late cuts the connection, and the call arrives at the gateway a moment after
	// that, or when it is sent again under the same key.
	Late Fault = "Late"
	// OtherAmount captures half of what was asked for, rounded up.
	OtherAmount Fault = "OtherAmount"
	// Lapsed lets what was held lapse before the operation that acts on it: a capture is
	// declined, and a void releases nothing. It does nothing to a refund.
	Lapsed Fault = "Lapsed"
	// Pruned has the effect, cuts the connection before the answer, and forgets the key.
	Pruned Fault = "Pruned"
	// OtherCurrency carries the operation out in XTS, the code for tests. It is no
	// chance of Chaos: what it holds is released by nobody.
	OtherCurrency Fault = "OtherCurrency"
)

// Faults are those of Chaos.
func Faults() []Fault {
	return []Fault{TimeoutBefore, TimeoutAfter, Error500Before, Error500After, RateLimit, Late, Decline, Pending, OtherAmount}
}

// faults says which fault is next.
type faults struct {
	sends, lookups []Fault

	decide func(send bool, n int) Fault
	count  map[string]int

	seed     uint64
	perMille int
	kinds    []Fault
	calls    map[string]uint64
}

// FailSends plans the faults of the next sends, one for each; None skips one.
func (g *Gateway) FailSends(planned ...Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults.sends = append(g.faults.sends, planned...)
}

// FailLookups plans the faults of the next look-ups, one for each; None skips one.
func (g *Gateway) FailLookups(planned ...Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults.lookups = append(g.faults.lookups, planned...)
}

// OnCall lets decide say what goes wrong with each call, of which it is told whether
// it has an effect and how many of its kind there have been, from 1. It must not
// call the gateway.
func (g *Gateway) OnCall(decide func(send bool, n int) Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults.decide = decide
	if g.faults.count == nil {
		g.faults.count = map[string]int{}
	}
}

// Chaos lets perMille of 1000 calls fail, each by one of the kinds of faults, or
// by any if none are given. Which do is a function of the seed, the operation and
// how often it was called, so it does not change with the order of the calls. Each
// operation fails by chance at most maxChances times a method, so that it ends.
func (g *Gateway) Chaos(seed uint64, perMille int, kinds ...Fault) {
	if len(kinds) == 0 {
		kinds = Faults()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults.seed, g.faults.perMille, g.faults.kinds = seed, perMille, slices.Clone(kinds)
	g.faults.calls = map[string]uint64{}
}

// Calm ends Chaos and forgets the planned faults.
func (g *Gateway) Calm() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults = faults{}
}

// maxChances is how many of the sends of an operation, and of its look-ups, may
// fail by chance.
const maxChances = 2

// draw is the fault of a call: the planned one, else one by chance.
func (f *faults) draw(method, id string) Fault {
	if f.decide != nil {
		f.count[method]++
		return f.decide(method == http.MethodPost, f.count[method])
	}
	planned := &f.lookups
	if method == http.MethodPost {
		planned = &f.sends
	}
	if len(*planned) > 0 {
		next := (*planned)[0]
		*planned = (*planned)[1:]
		return next
	}
	if f.perMille == 0 {
		return None
	}
	call := method + " " + id
	if f.calls[call]++; f.calls[call] > maxChances {
		return None
	}
	h := sha256.Sum256(fmt.Appendf(nil, "%d %s %d", f.seed, call, f.calls[call]))
	if int(binary.BigEndian.Uint32(h[:])%1000) >= f.perMille {
		return None
	}
	return f.kinds[int(binary.BigEndian.Uint32(h[4:]))%len(f.kinds)]
}
