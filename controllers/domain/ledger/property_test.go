package ledger

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// pick draws a Shipment that fits and changes a copy of it.
func (w *world) pick(t *rapid.T, fits func(*v1.Shipment) bool, change func(*v1.Shipment)) {
	var names []string
	for _, n := range w.names {
		if s := w.live(n); s != nil && fits(s) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		t.Skip("there is none")
	}
	name := rapid.SampledFrom(names).Draw(t, "shipment")
	s := w.live(name).DeepCopy()
	change(s)
	w.put(name, s)
}

// under lets a turn be written at once, later, or never.
func (w *world) under(t *rapid.T, a *attempt) {
	switch rapid.IntRange(0, 5).Draw(t, "write") {
	case 0, 1, 2, 3:
		w.slow = append(w.slow, w.write(t, a)...)
	case 4:
		w.turns = append(w.turns, a)
	}
}

// actions of everyone; after each the audit finds no difference.
func (w *world) actions() map[string]func(*rapid.T) {
	all := w.shipmentActions()
	maps.Copy(all, w.sourceActions())
	all[""] = func(t *rapid.T) {
		w.tick++
		w.audit(t)
	}
	all["a day passes"] = func(t *rapid.T) {
		w.tick += 3 * 60 * rapid.IntRange(1, 25).Draw(t, "hours")
	}
	all["a turn is written late"] = func(t *rapid.T) {
		if len(w.turns) == 0 {
			t.Skip("none is under way")
		}
		a := w.turns[0]
		w.turns = w.turns[1:]
		w.slow = append(w.slow, w.write(t, a)...)
	}
	all["count"] = func(t *rapid.T) {
		from := max(0, w.tick-60)
		if rapid.IntRange(0, 4).Draw(t, "long ago") == 4 {
			from = 0
		}
		w.count(v1.Quantity(rapid.IntRange(0, 15).Draw(t, "counted")), rapid.IntRange(from, w.tick+30).Draw(t, "taken"))
	}
	all["the past is forgotten"] = func(t *rapid.T) {
		if len(w.past)+len(w.received) == 0 {
			t.Skip("there is none")
		}
		w.past, w.received = w.past[len(w.past)/2:], w.received[(len(w.received)+1)/2:]
	}
	return all
}

// count states a stock-take: a new version of the item.
func (w *world) count(q v1.Quantity, tick int) {
	w.item.Spec.Count = &v1.StockCount{ID: v1.Identifier("c" + w.id()), Quantity: q, TakenAt: when(tick)}
	w.item.Generation++
	w.version++
}

func (w *world) shipmentActions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"cycle": func(t *rapid.T) {
			promise := v1.Quantity(rapid.IntRange(0, 4).Draw(t, "promise"))
			w.under(t, w.turn(t, false, rapid.Bool().Draw(t, "idle"), promise))
		},
		// Otherwise few get as far as to leave.
		"all goes well": func(t *rapid.T) {
			for _, p := range w.write(t, w.turn(t, true, false, v1.Quantity(rapid.IntRange(1, 4).Draw(t, "promise")))) {
				w.create(p)
				if s := w.live(string(p.Source)).DeepCopy(); open(s) && s.Status.ReservedAt == nil {
					w.finish(s)
					w.put(s.Name, s)
				}
			}
		},
		"create": func(t *rapid.T) {
			if len(w.slow) == 0 {
				t.Skip("nobody is about to")
			}
			p := rapid.SampledFrom(w.slow).Draw(t, "promise")
			if rapid.IntRange(0, 5).Draw(t, "lost") == 5 {
				// Who recorded it never heard of it.
				w.create(p, elsewhere)
				return
			}
			w.create(p)
		},
		"take the name": func(t *rapid.T) {
			for _, p := range w.item.Status.Postings {
				if p.Kind == v1.MovementReserve && w.live(string(p.Source)) == nil {
					s := shipment("other-"+p.Reserve.Grant, 1, cancelled)
					if rapid.Bool().Draw(t, "strange") {
						strange(s)
					}
					w.put(string(p.Source), s)
					return
				}
			}
			t.Skip("no promise is without its Shipment")
		},
		"mark": func(t *rapid.T) {
			if len(w.seen) == 0 {
				t.Skip("there is no item yet")
			}
			item := rapid.SampledFrom(w.seen).Draw(t, "item")
			w.pick(t, func(s *v1.Shipment) bool {
				return open(s) && s.Status.ReservedAt == nil && Promised(s, item) && !w.ended[s.Name]
			}, func(s *v1.Shipment) { s.Status.ReservedAt = new(w.now()) })
		},
		"units are not found": func(t *rapid.T) {
			w.pick(t, func(s *v1.Shipment) bool { return open(s) && s.Status.ReservedAt != nil && left(s) > 0 }, func(s *v1.Shipment) {
				at, q := w.told(t), v1.Quantity(rapid.IntRange(1, int(left(s))).Draw(t, "missing"))
				s.Status.Short = append(s.Status.Short, v1.ShortUnits{ID: v1.Identifier("s" + w.id()), Line: "1", StockItem: tea.Name, Quantity: q, At: at})
				w.happened(at, 0, q, 0)
			})
		},
		"dispatch": func(t *rapid.T) {
			w.pick(t, func(s *v1.Shipment) bool { return open(s) && s.Status.ReservedAt != nil }, func(s *v1.Shipment) {
				s.Status.DispatchedAt = new(w.told(t))
				w.happened(*s.Status.DispatchedAt, -left(s), 0, 0)
			})
		},
		"cancel": func(t *rapid.T) {
			w.pick(t, open, func(s *v1.Shipment) { s.Status.CancelledAt = new(w.now()) })
		},
		"acknowledge": func(t *rapid.T) {
			if len(w.seen) == 0 {
				t.Skip("there is no item yet")
			}
			item := rapid.SampledFrom(w.seen).Draw(t, "item")
			w.pick(t, func(s *v1.Shipment) bool { return len(Acknowledge(s, tea, item)) > 0 }, func(s *v1.Shipment) {
				s.Status.Posted = append(s.Status.Posted, Acknowledge(s, tea, item)...)
			})
		},
		"remove": func(t *rapid.T) {
			for _, n := range w.names {
				if s := w.live(n); s != nil && w.mayGo(s) {
					w.remove(n, s)
					return
				}
			}
			t.Skip("none is settled")
		},
	}
}

func (w *world) mayGo(s *v1.Shipment) bool { return Settled(s) && !Mentions(s, &w.item.Status) }

// remove lets a Shipment go, and with it its Order.
func (w *world) remove(name string, s *v1.Shipment) {
	w.ended[name] = w.ended[name] || s.Spec.OrderUID == "uid-order"
	w.put(name, nil)
}

// rest lets everything that is under way come to its end.
func (w *world) rest(t *rapid.T) {
	for n := 0; ; n++ {
		w.tick += 3
		before := len(w.item.Status.Postings)
		for _, p := range w.write(t, w.turn(t, true, true, 0)) {
			w.create(p)
		}
		for _, name := range slices.Clone(w.names) {
			s := w.live(name)
			if s == nil {
				continue
			}
			if s.Spec.OrderUID != "uid-order" && w.mayGo(s) {
				w.remove(name, s)
				continue
			}
			s = s.DeepCopy()
			w.finish(s)
			w.put(name, s)
		}
		for _, s := range w.sources {
			w.write(t, w.post(t, s, true))
			s.mark(&w.item.Status)
		}
		w.audit(t)
		if before == 0 && len(w.item.Status.Postings) == 0 && w.settled() {
			return
		}
		if n == 20 {
			w.count(1000, w.tick) // what was refused for want of units is admitted
		}
		if n > 200 {
			t.Fatalf("no rest: %+v", w.item.Status.Postings)
		}
	}
}

// finish is a look of the Shipments' controller.
func (w *world) finish(s *v1.Shipment) {
	if open(s) && s.Status.ReservedAt == nil {
		if Promised(s, &w.item.Status) && !w.ended[s.Name] {
			s.Status.ReservedAt = new(w.now())
		} else {
			s.Status.CancelledAt = new(w.now())
		}
	}
	s.Status.Posted = append(s.Status.Posted, Acknowledge(s, tea, &w.item.Status)...)
}

func (w *world) settled() bool {
	for _, n := range w.names {
		if s := w.live(n); s != nil && len(Due(s, tea)) > 0 {
			return false
		}
	}
	return !slices.ContainsFunc(w.sources, (*source).open)
}

// run moves the world for longer than one round of rapid's.
func (w *world) run(t *rapid.T, rounds int) {
	for range rounds {
		t.Repeat(w.actions())
	}
	w.rest(t)
	w.check(t)
}

func exactLedger(t *rapid.T) { newWorld(v1.Quantity(rapid.IntRange(0, 2).Draw(t, "hard"))).run(t, 5) }

// Whatever happens in whatever order, and however old the caches are: the item
// is never oversold but by a stock-take, each movement is counted once, the audit
// finds no difference at any moment, and at rest the counters are the last
// stock-take and what came and left after it.
func TestTheLedgerIsExact(t *testing.T) { rapid.Check(t, exactLedger) }

// The same where the journal is full and has been summed up for long.
func TestTheLedgerIsExactForLong(t *testing.T) {
	long := longAgo(t)
	rapid.Check(t, func(t *rapid.T) { long.again().run(t, 1) })
}

func FuzzLedger(f *testing.F) {
	for _, seed := range []string{"", "promise, dispatch, count", fmt.Sprint(time.Hour, noon)} {
		f.Add([]byte(seed))
	}
	fuzz.Drawn(f, exactLedger)
}
