package proof

import (
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"slices"
	"strings"
)

// explorer visits every state that can be reached.
type explorer struct {
	rules  rules
	config config

	seed   maphash.Seed
	buffer []byte
	ids    map[uint64]uint32
	worlds map[string]*known
	queue  []*state

	// from and label tell how each state was reached first.
	from   []uint32
	label  []string
	labels map[string]string
	// edges are pairs of ids, for the way back from the ends.
	edges [][2]uint32
	end   []end
	// spent are the states in which an Order has used up the names that the
	// exploration lets it have: it need not be served.
	spent []bool

	found string // the first violation, with how it came about
}

// known is what was found out about a world. What controllers think depends on the
// world alone, so it is thought once.
type known struct {
	key     string
	grants  grants
	current *world // with what people read of the Orders up to date
	checked bool
	problem string
	cycles  map[string][]*cycle
	ships   [][]shipmentWrite
	orders  [][]orderWrite
}

func (x *explorer) known(w *world) *known {
	if w.known != nil {
		return w.known
	}
	key := w.key()
	k := x.worlds[key]
	if k == nil {
		k = &known{key: key, grants: grantsIn(key), cycles: map[string][]*cycle{}, ships: make([][]shipmentWrite, len(w.ships)), orders: make([][]orderWrite, len(w.orders))}
		x.worlds[key] = k
	}
	w.known = k
	return k
}

func explore(r rules, c config, limit int) *explorer {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // states live long
	x := &explorer{
		rules: r, config: c, seed: maphash.MakeSeed(),
		ids: map[uint64]uint32{}, worlds: map[string]*known{}, labels: map[string]string{},
	}
	x.add(0, &state{w: c.world()}, "the beginning")
	for len(x.queue) > 0 && x.found == "" && len(x.ids) <= limit {
		s := x.queue[0]
		x.queue[0] = nil
		x.queue = x.queue[1:]
		x.stockSteps(s, 0)
		if a, b := s.cycles[0], s.cycles[1]; a != b && (a == nil || b == nil || a.key != b.key) {
			x.stockSteps(s, 1) // else it may do the same
		}
		for i := range s.w.ships {
			x.shipmentSteps(s, i)
			x.warehouseSteps(s, i)
		}
		for i := range s.w.orders {
			x.orderSteps(s, i)
			x.customerSteps(s, i)
		}
		for i := range s.w.items {
			x.countSteps(s, i)
		}
	}
	if x.found == "" && len(x.queue) == 0 {
		x.ends()
	}
	return x
}

// step adds the state that an action leads to.
func (x *explorer) step(s *state, label string, change func(*state)) {
	if x.found != "" {
		return
	}
	n := *s
	change(&n)
	x.add(s.id, &n, label)
}

func (x *explorer) add(from uint32, s *state, label string) {
	if x.found != "" {
		return
	}
	x.refresh(s)
	hash := x.hash(s)
	id, there := x.ids[hash]
	if !there {
		id = uint32(len(x.from))
		x.ids[hash] = id
		if text, ok := x.labels[label]; ok {
			label = text
		}
		x.labels[label] = label
		x.from, x.label = append(x.from, from), append(x.label, label)
		s.id = id
		x.queue = append(x.queue, s)
		if problem := x.problem(s.w); problem != "" {
			x.fail(id, problem)
		}
		x.end, x.spent = append(x.end, ending(s)), append(x.spent, spent(s))
	}
	x.edges = append(x.edges, [2]uint32{from, id})
}

func (x *explorer) problem(w *world) string {
	k := x.known(w)
	if !k.checked {
		k.checked, k.problem = true, x.check(w)
	}
	return k.problem
}

// fail records a violation with the steps that led to it.
func (x *explorer) fail(id uint32, problem string) {
	var steps []string
	for ; id != 0; id = x.from[id] {
		steps = append(steps, x.label[id])
	}
	slices.Reverse(steps)
	x.found = fmt.Sprintf("%s\n  after %s", problem, strings.Join(steps, "\n        "))
}

// ends makes sure that everything can still be completed from every state.
func (x *explorer) ends() {
	back := make([][]uint32, len(x.from))
	for _, e := range x.edges {
		back[e[1]] = append(back[e[1]], e[0])
	}
	settles, serves := x.leadsTo(settled, back), x.leadsTo(served, back)
	for id := range x.from {
		if !settles[id] || (!serves[id] && !x.spent[id]) {
			x.fail(uint32(id), "nothing leads to an end from here")
			return
		}
	}
}

// leadsTo says from which states an end can be reached.
func (x *explorer) leadsTo(e end, back [][]uint32) []bool {
	reached := make([]bool, len(x.from))
	var queue []uint32
	for id := range x.from {
		if x.end[id] >= e {
			reached[id] = true
			queue = append(queue, uint32(id))
		}
	}
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, b := range back[id] {
			if !reached[b] {
				reached[b] = true
				queue = append(queue, b)
			}
		}
	}
	return reached
}
