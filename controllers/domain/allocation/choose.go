package allocation

import (
	"math"
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// usualRules are those of a policy without rules.
var usualRules = []v1.AllocationRule{v1.RuleMinimizeSplits, v1.RulePriority, v1.RuleHighestStock}

// byName is what follows the last rule. No two locations have the same name.
const byName = v1.AllocationRule(v1.LocationName)

// candidate is what one location could ship of an order.
type candidate struct {
	location int
	covered  v1.Quantity // open units that it has
	onStock  v1.Quantity // units of their products that it has
	items    int         // that give the covered units
}

// choose finds the location of the next Shipment, among those with any of the open
// units, or with all of them if it is the last. Rule after rule only the best ones
// stay. The rule that leaves but one is the reason: up to it the runner-up is a tie.
func (s *stock) choose(d *Demand, last bool) (location int, reason v1.LocationReason, found bool) {
	tied := s.findCandidates()
	if last {
		tied = slices.DeleteFunc(tied, func(c candidate) bool { return !s.carriesAll(c) })
	}
	if len(tied) == 0 {
		return 0, "", false
	}
	rules := d.Policy.Rules
	if len(rules) == 0 {
		rules = usualRules
	}
	reason = v1.LocationOnly
	for i := 0; len(tied) > 1; i++ {
		rule := byName
		if i < len(rules) {
			rule = rules[i]
		}
		tied, reason = s.best(d, rule, tied), v1.LocationReason(rule)
	}
	return tied[0].location, reason, true
}

// findCandidates lists the locations that hold units of the open lines.
func (s *stock) findCandidates() []candidate {
	s.candidates = s.candidates[:0]
	for _, p := range s.wanted {
		for i := 0; i < len(p.items); {
			c, open := s.candidate(p.items[i].location), p.open
			for ; i < len(p.items) && p.items[i].location == c.location; i++ {
				available := p.items[i].available
				if open > 0 {
					c.items++
				}
				c.covered += min(open, available)
				c.onStock += available
				open -= min(open, available)
			}
		}
	}
	return s.candidates
}

// candidate is that of a location. A seat is only valid if the candidate there is
// of its location, so that seats need not be cleared.
func (s *stock) candidate(location int) *candidate {
	if i := s.seats[location]; i < len(s.candidates) && s.candidates[i].location == location {
		return &s.candidates[i]
	}
	s.seats[location] = len(s.candidates)
	s.candidates = append(s.candidates, candidate{location: location})
	return &s.candidates[s.seats[location]]
}

// carriesAll says whether one Shipment from the location can carry all that is
// open. Each line has an entry, and one more where the next item of its product is
// begun; that such a step may fall between two lines is not counted on.
func (s *stock) carriesAll(c candidate) bool {
	var open v1.Quantity
	for _, p := range s.wanted {
		open += p.open
	}
	return c.covered == open && c.items <= MaxItems && len(s.lines)+c.items-len(s.wanted) <= MaxEntries
}

// best keeps the candidates that a rule prefers to all others.
func (s *stock) best(d *Demand, rule v1.AllocationRule, list []candidate) []candidate {
	kept, lowest := list[:0], int64(0)
	for _, c := range list {
		score := s.score(d, rule, c)
		if len(kept) > 0 && score > lowest {
			continue
		}
		if score < lowest {
			kept = kept[:0]
		}
		kept, lowest = append(kept, c), score
	}
	return kept
}

// score of a location under a rule, the lowest is the best.
func (s *stock) score(d *Demand, rule v1.AllocationRule, c candidate) int64 {
	switch rule {
	case v1.RuleMinimizeSplits:
		return -int64(c.covered)
	case v1.RuleHighestStock:
		return -int64(c.onStock)
	case v1.RulePriority:
		return rank(d.Preference, s.locations[c.location])
	case v1.RuleNearest:
		return rank(d.Distance, s.locations[c.location])
	default:
		return int64(c.location)
	}
}

func rank[N int32 | int64](ranks map[v1.Identifier]N, location v1.Identifier) int64 {
	if r, ok := ranks[location]; ok {
		return int64(r)
	}
	return math.MaxInt64
}
