package routing

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// cost is what a way costs in each of the three respects that count.
type cost struct {
	// amount in minor units, ppm the damaged ones of a million parcels.
	amount v1.Amount
	ppm    int64
	// p90 is when nine of ten parcels are there.
	p90 time.Time
}

// value of a way, by which ways are compared: the least is the best.
type value [3]int64

func (v value) compare(o value) int { return slices.Compare(v[:], o[:]) }

// measure says what a way is worth, and whether it is good enough. It never falls when
// any of the three costs grows.
type measure func(cost) (v value, ok bool)

// label is a way to a place.
type label struct {
	cost
	state, hops int
	// edge by which it got there, and what it was before; -1 and nil at the start.
	edge   int
	before *label
	// hope is the value of the best that could become of it.
	hope value
	// dropped: another one is as good.
	dropped bool
	// order in which it was made, which decides last.
	order int
}

// search looks for the best way through a network.
type search struct {
	*network
	measure measure
	// via, if it is not "", is a mode that some lane of the way has.
	via   v1.Mode
	ready time.Time
	// most lanes that the way has.
	most   int
	bounds [][]bound
	// kept are the labels at each state that none of the others there beats, and best the
	// best hope at each, by the number of lanes.
	kept  [][]*label
	best  [][]*value
	queue queue
	made  int
}

// bound is the least that the rest of a way adds in each respect.
type bound struct {
	amount v1.Amount
	ppm    int64
	hours  time.Duration
	there  bool
}

// A state is a place, and whether the mode that is asked for was used.
func state(node int, used bool) int {
	if used {
		return 2*node + 1
	}
	return 2 * node
}

func (s *search) uses(e *edge, used bool) bool { return used || s.via == "" || e.lane.Mode == s.via }

var goal = state(customer, true)

// run finds the best way from a place; nil if there is none.
func (s *search) run(from int) *label {
	s.limit()
	s.kept = make([][]*label, 2*len(s.out))
	s.best = make([][]*value, 2*len(s.out))
	for i := range s.best {
		s.best[i] = make([]*value, s.most+1)
	}
	s.push(&label{cost: cost{p90: s.ready}, state: state(from, s.via == ""), edge: -1})
	for s.queue.Len() > 0 {
		l := heap.Pop(&s.queue).(*label)
		if l.dropped || (s.made > budget && s.hopeless(l, false)) {
			continue
		}
		if l.state == goal {
			return l
		}
		for _, i := range s.out[l.state/2] {
			s.extend(l, i)
		}
	}
	return nil
}

// extend takes one lane more.
func (s *search) extend(l *label, i int) {
	e := &s.edges[i]
	leaves, ok := e.hours.leave(l.p90, e.cutoff)
	if !ok {
		return
	}
	s.push(&label{
		cost:  cost{l.amount + e.cost, l.ppm + int64(e.lane.DamagePpm), leaves.Add(e.transit)},
		state: state(e.to, s.uses(e, l.state%2 == 1)), hops: l.hops + 1, edge: i, before: l,
	})
}

// push queues a label, unless it leads nowhere or another one at its place is as good.
func (s *search) push(l *label) {
	rest := s.bounds[s.most-l.hops][l.state]
	if !rest.there { // in so few lanes
		return
	}
	var ok bool
	if l.hope, ok = s.measure(cost{l.amount + rest.amount, l.ppm + rest.ppm, l.p90.Add(rest.hours)}); !ok {
		return
	}
	if s.made > budget {
		if s.hopeless(l, true) {
			return
		}
	} else if !s.keep(l) {
		return
	}
	if best := &s.best[l.state][l.hops]; *best == nil || l.hope.compare(**best) < 0 {
		*best = &l.hope
	}
	s.made++
	l.order = s.made
	heap.Push(&s.queue, l)
}

// budget is how many labels are made before the search gets coarse: then of those at a
// state the most hopeful one of each number of lanes goes on alone, so that a network
// in which everything is traded off against everything takes no longer. What is found
// is no longer proved to be the best. Ordinary networks take some hundreds.
const budget = 5000

// hopeless says whether another label at the same place, of no more lanes, has better
// hopes, or as good ones.
func (s *search) hopeless(l *label, asGood bool) bool {
	for _, best := range s.best[l.state][:l.hops+1] {
		if best == nil {
			continue
		}
		if c := best.compare(l.hope); c < 0 || (c == 0 && asGood) {
			return true
		}
	}
	return false
}

// keep keeps a label if no other one is as good, and drops those that are not as good.
func (s *search) keep(l *label) bool {
	kept := s.kept[l.state]
	for _, k := range kept {
		if k.beats(l) {
			return false
		}
	}
	s.kept[l.state] = append(slices.DeleteFunc(kept, func(k *label) bool {
		k.dropped = l.beats(k)
		return k.dropped
	}), l)
	return true
}

// beats says whether a label is as good as another one in every respect.
func (l *label) beats(o *label) bool {
	return l.hops <= o.hops && l.amount <= o.amount && l.ppm <= o.ppm && !l.p90.After(o.p90)
}

// limit computes the bounds: the least that so many lanes add from each state on,
// without waits.
func (s *search) limit() {
	s.bounds = make([][]bound, s.most+1)
	for left := range s.bounds {
		s.bounds[left] = make([]bound, 2*len(s.out))
		s.bounds[left][goal].there = true
		if left == 0 {
			continue
		}
		now, before := s.bounds[left], s.bounds[left-1]
		for i := range s.edges {
			e := &s.edges[i]
			for _, used := range []bool{false, true} {
				rest := before[state(e.to, s.uses(e, used))]
				if !rest.there {
					continue
				}
				b := &now[state(e.from, used)]
				if !b.there {
					*b = bound{math.MaxInt64, math.MaxInt64, math.MaxInt64, true}
				}
				b.amount = min(b.amount, rest.amount+e.cost)
				b.ppm = min(b.ppm, rest.ppm+int64(e.lane.DamagePpm))
				b.hours = min(b.hours, rest.hours+e.transit)
			}
		}
	}
}

// queue has the most hopeful label first.
type queue []*label

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	return cmp.Or(q[i].hope.compare(q[j].hope), cmp.Compare(q[i].order, q[j].order)) < 0
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue) Push(x any) { *q = append(*q, x.(*label)) }

func (q *queue) Pop() any {
	old := *q
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return l
}
