// Package lifecycle is the state machine of an Order.
//
//	Facts ──► Decide ──► Plan ──► (the shell acts) ──► Outcome ──► Project ──► status
//
// Decide says what may be done now: at most one irreversible call, which must
// already stand in the stored status as Intended. Project computes the complete
// next status from the facts and from what came of the call; that one write
// also records the next intent. Both are pure, and both compute everything anew
// from counters, operations and facts: the phase is the last thing that is
// computed and is never read back.
//
// Three things are recorded once and then believed: confirmedAt with the
// amounts and the policy of that moment, each payment operation, and
// Completed=True, after which nothing changes any more.
//
// The graph of the phases is in graph.go.
package lifecycle
