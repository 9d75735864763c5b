package proof

import (
	"fmt"
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/allocation"
)

// stockSteps are what a stock controller may do next.
func (x *explorer) stockSteps(s *state, who int) {
	c := s.cycles[who]
	name := string(rune('A' + who))
	if c == nil || c.read() {
		x.beginSteps(s, who, name)
	}
	if c == nil {
		return
	}
	x.step(s, name+" crashes", func(n *state) { n.cycles[who] = nil })
	writing := false
	for i := range c.writes {
		if !c.writes[i].done {
			writing = true
			x.writeSteps(s, who, i, name)
		}
	}
	if !writing {
		x.createSteps(s, who, name)
	}
}

// beginSteps are to read and to plan; the variant that reads the Shipments first
// does so in a step of its own.
func (x *explorer) beginSteps(s *state, who int, name string) {
	var seen []*v1.Shipment
	if c := s.cycles[who]; c != nil {
		seen = c.seen
	} else if x.rules.readFirst {
		if c := (&cycle{seen: s.w.live("")}).seal(); c != nil {
			x.step(s, name+" reads the Shipments", func(n *state) { n.cycles[who] = c })
		}
	}
	for _, begun := range x.thoughts(s, seen) {
		text := name + " reads"
		if x.rules.readFirst && seen == nil {
			text = name + ", which found no Shipments, reads"
		}
		for _, made := range begun.creates {
			text += fmt.Sprintf(", and plans %s for %s", made.name, made.plan.Order.UID)
		}
		x.step(s, text, func(n *state) { n.cycles[who] = begun })
	}
}

// thoughts are the cycles that may begin. Grants that the other controller is about
// to use are not free.
func (x *explorer) thoughts(s *state, seen []*v1.Shipment) []*cycle {
	k := x.known(s.w)
	used := x.used(s)
	key := fmt.Sprint(uint64(used))
	for _, sh := range seen {
		key += "|" + shipKey(sh, false)
	}
	list, there := k.cycles[key]
	if !there {
		list = x.rules.think(s.w, used, seen)
		k.cycles[key] = list
	}
	return list
}

// writeSteps write the status of an item; one that somebody else has written
// meanwhile is given up, or read again once.
func (x *explorer) writeSteps(s *state, who, i int, name string) {
	c := s.cycles[who]
	w := c.writes[i]
	text := " " + s.w.items[w.item].Name
	if !w.stale {
		x.step(s, name+" writes"+text, func(n *state) { n.writeItem(x, who, i) })
		return
	}
	x.step(s, name+" gives up"+text, func(n *state) {
		next := c.clone()
		next.writes[i].done = true
		n.cycles[who] = next.seal()
	})
	if !w.again {
		x.step(s, name+" reads"+text+" again", func(n *state) { n.cycles[who] = x.rules.retry(s.w, c, i) })
	}
}

func (s *state) writeItem(x *explorer, who, i int) {
	c := s.cycles[who].clone()
	w := &c.writes[i]
	w.done, w.recorded = true, true
	s.cycles[who] = c
	old := s.w.items[w.item]
	n := old.DeepCopy()
	n.Status = *w.status
	x.accept(s, &old.Status, &n.Status)
	s.putItem(w.item, n)
	s.cycles[who] = c.seal()
}

// createSteps make the Shipments of the promises that were recorded.
func (x *explorer) createSteps(s *state, who int, name string) {
	c := s.cycles[who]
	for i, made := range c.creates {
		x.step(s, fmt.Sprintf("%s creates %s", name, made.name), func(n *state) {
			spec := made.spec
			if made.plan != nil {
				spec = made.plan.Spec(made.grant, func(key v1.ItemKey) bool { return c.recorded(s.w, key, made.grant) })
			}
			x.create(n, made.name, spec)
			n.cycles[who] = c.without(i, -1).finish()
		})
	}
	for i, p := range c.adopts {
		x.step(s, fmt.Sprintf("%s reads what promises %s", name, p.Source), func(n *state) {
			var items []*v1.StockItem
			for _, it := range s.w.items {
				if slices.Contains(p.Reserve.Items, v1.ObjectName(it.Name)) {
					items = append(items, it.StockItem)
				}
			}
			next := c.without(-1, i)
			if spec := allocation.Adopt(p, items); len(spec.Items) > 0 {
				next.creates = append(next.creates, creation{name: p.Source, grant: p.Reserve.Grant, spec: spec})
			}
			n.cycles[who] = next.finish()
		})
	}
}
