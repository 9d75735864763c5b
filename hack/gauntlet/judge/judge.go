// Package judge says whether what happened in a run was right: it looks at every
// version of every object, at the books of the payment gateway, and at what the
// manager has logged, and knows nothing of how the manager works.
package judge

import (
	"fmt"

	eventsv1 "k8s.io/api/events/v1"

	"ordercycle.dev/ordercycle/hack/gauntlet/history"
	"ordercycle.dev/ordercycle/hack/testenv/carrierfake"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

// Run is all that is known of a run.
type Run struct {
	Versions []history.Version
	Ledger   []gatewayfake.Entry
	// Booked is the carrier's ledger.
	Booked []carrierfake.Entry
	// Misused is how many calls came under the key of another call.
	Misused int
	// Callbacks are what gateway and carrier have sent, with the answers.
	Callbacks []webhookfake.Callback
	// Requests are the calls that the gateway had, without their bodies.
	Requests []gatewayfake.Request
	Events   []eventsv1.Event
	// Log is all that the managers logged, and Books what the simulated provider wrote down.
	Log, Books string
	// Canaries must be found nowhere but in specs and Secrets.
	Canaries []string
	// Missing says what was missing to the end of the course when patience was over,
	// "" if it was reached.
	Missing string
	// Writes is how many the managers sent, and LateWrites are those sent after the end of
	// the course.
	Writes     int
	LateWrites []string
	// Forced says that people took finalizers away, so that Orders may go with what they
	// owe.
	Forced bool
	// OldShipments says that a cache was told of Shipments as they had been: then units may
	// be promised for one that is there, and are taken back when its name turns out taken.
	OldShipments bool
	// Reference is the run in which nothing went wrong, nil where the ends are not
	// compared.
	Reference *Reference
}

// Reference is what a run is compared with.
type Reference struct {
	// End is "" where it may end in another way.
	End    string
	Writes int
}

// Violation is a breach of an invariant.
type Violation struct {
	// Check is the invariant's number in docs/reliability.md.
	Check string `json:"check"`
	Text  string `json:"text"`
}

// check is one invariant.
type check struct {
	id string
	// look calls report for each breach.
	look func(r *Run, report func(format string, args ...any))
}

var checks = []check{
	{"I1", moneyOnce}, {"I2", counters}, {"I3", ledgerAdds}, {"I4", bookedOnce}, {"I5", reachesItsEnd}, {"I6", transitions}, {"I7", nothingTwice},
	{"I8", deletions}, {"I9", honesty}, {"I10", sameEnd}, {"I11", quiet}, {"I13", small}, {"I15", noLeak}, {"I16", linearizable},
}

// IDs are those of all invariants.
func IDs() []string {
	ids := make([]string, len(checks))
	for i, c := range checks {
		ids[i] = c.id
	}
	return ids
}

// maxTexts bounds what is reported of one invariant.
const maxTexts = 5

// Judge lists the breaches of all invariants.
func Judge(r *Run) []Violation {
	var found []Violation
	for _, c := range checks {
		n := 0
		c.look(r, func(format string, args ...any) {
			if n++; n <= maxTexts {
				found = append(found, Violation{c.id, fmt.Sprintf(format, args...)})
			}
		})
	}
	return found
}
