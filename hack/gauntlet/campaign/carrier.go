package campaign

import (
	"fmt"
	"strings"

	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
	"ordercycle.dev/ordercycle/hack/testenv/carrierfake"
)

// carrierCalls are the calls that carriers get, with the beginning of their points and the
// kinds that are tried at each.
var carrierCalls = []carrierCall{
	{carrierfake.Book, "book#", fault.AtBookings()},
	{carrierfake.Void, "void#", fault.AtVoids()},
	{carrierfake.Lookup, "find#", fault.AtLookUps()},
	{carrierfake.Scans, "scans#", fault.AtLookUps()},
}

type carrierCall struct {
	verb  carrierfake.Verb
	point string
	kinds []fault.Kind
}

// at is the point of a call, from 0.
func (c carrierCall) at(n int) string { return fmt.Sprint(c.point, n+1) }

// atCarrier are the carrier's faults by the kinds of the campaign.
var atCarrier = map[fault.Kind]carrierfake.Fault{
	fault.NoCall: carrierfake.TimeoutBefore, fault.NoAnswer: carrierfake.TimeoutAfter, fault.Broken: carrierfake.Error500Before,
	fault.Busy: carrierfake.RateLimit, fault.BrokenAfter: carrierfake.Error500After, fault.LateCall: carrierfake.Late,
	fault.Undecided: carrierfake.Pending, fault.Twice: carrierfake.Pending, fault.Reordered: carrierfake.Pending, fault.Forged: carrierfake.Pending,
	fault.Declined: carrierfake.Refuse, fault.Insisted: carrierfake.Keep,
}

// isCarrierCall says whether a point is a call to a carrier.
func isCarrierCall(point string) bool {
	for _, c := range carrierCalls {
		if strings.HasPrefix(point, c.point) {
			return true
		}
	}
	return false
}

// planCarrier plans the faults at calls to the carrier.
func (s *stage) planCarrier(faults []fault.Fault, w *fault.Wire) {
	for _, f := range faults {
		if f.Kind == fault.Declined && isCarrierCall(f.Point) {
			s.answer = scene.AskCarriersAgain
		}
	}
	s.world.Carrier.OnCall(func(v carrierfake.Verb, n int) carrierfake.Fault {
		point := ""
		for _, c := range carrierCalls {
			if c.verb == v {
				point = c.at(n - 1)
			}
		}
		s.asked.add(point)
		return atCarrier[struck(faults, w, point)]
	})
}

// calledCarrier is how often the carrier had each kind of call, by the beginning of its
// points.
func (s *stage) calledCarrier() map[string]int {
	calls := map[string]int{}
	for _, point := range s.asked.all() {
		prefix, _, _ := strings.Cut(point, "#")
		calls[prefix+"#"]++
	}
	return calls
}
