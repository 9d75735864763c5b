package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// world is one item and its Shipments, moved by everyone who may touch them, at
// random and with old caches.
type world struct {
	item  *v1.StockItem
	names []string
	// history of each Shipment by name, the last one is the truth; nil where it
	// is gone. A cache shows any of them.
	history map[string][]*v1.Shipment
	// seen is every status that the item has had; a cache shows any of them.
	seen []*v1.StockItemStatus
	// ended names the Shipments whose Order is gone: they are let go, and none of
	// that name is marked any more. Until then a name is never used again.
	ended map[string]bool
	// slow are the Shipments that somebody is about to create, and may at any time.
	slow   []v1.Posting
	minute int
	grants int

	// last is the stock-take that was applied last, left is what has been posted
	// as dispatched and when it left.
	last *v1.StockCount
	left map[string]Movement
}

func newWorld() *world {
	w := &world{item: item(0, 0), history: map[string][]*v1.Shipment{}, left: map[string]Movement{}, ended: map[string]bool{}}
	w.seen = append(w.seen, w.item.Status.DeepCopy())
	return w
}

func (w *world) now() metav1.Time { return at(w.minute) }

func (w *world) live(name string) *v1.Shipment {
	h := w.history[name]
	if len(h) == 0 {
		return nil
	}
	return h[len(h)-1]
}

func (w *world) cached(t *rapid.T, name string) *v1.Shipment {
	h := w.history[name]
	if i := rapid.IntRange(0, len(h)).Draw(t, "age"); i < len(h) {
		return h[i]
	}
	return nil
}

// put stores the next version of a Shipment.
func (w *world) put(name string, s *v1.Shipment) {
	if _, known := w.history[name]; !known {
		w.names = append(w.names, name)
	}
	w.history[name] = append(w.history[name], s)
}

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

func open(s *v1.Shipment) bool { return s.Status.CancelledAt == nil && s.Status.DispatchedAt == nil }

// create makes the Shipment of a promise, unless its name is taken.
func (w *world) create(p v1.Posting) {
	if name := string(p.Shipment); w.live(name) == nil {
		w.put(name, shipment(p.Reserve.Grant, p.Quantity))
	}
}

// turn is one turn of the stock controller. It says what has to be created.
func (w *world) turn(t *rapid.T, idle bool, promise v1.Quantity, crash bool) []v1.Posting {
	before := w.item.Status.DeepCopy()
	turn := NewTurn(w.item, w.now().Time)
	var absent []v1.Posting
	for _, p := range w.item.Status.Postings {
		r, certain := turn.Settle(p, w.cached(t, string(p.Shipment)), false)
		if !certain {
			r, certain = turn.Settle(p, w.live(string(p.Shipment)), true)
		}
		if !certain {
			t.Fatalf("posting %s: not even a live read tells what to do: %s", p.ID, r)
		}
		if r == CreateIt {
			absent = append(absent, p)
		}
	}
	posted := map[string]Movement{}
	for _, n := range w.names {
		if s := w.live(n); s != nil {
			for _, m := range Due(s, tea) {
				if m.Kind == v1.MovementConsume {
					posted[m.ID] = m
				}
			}
			if err := turn.Post(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if promise > 0 {
		w.grants++
		m := reserve(strconv.Itoa(w.grants), promise)
		free := turn.Promisable()
		if err := turn.Reserve(m); (err == nil) != (promise <= free) {
			t.Fatalf("%d promised of %d: %v", promise, free, err)
		}
		if turn.Holds(m.ID) {
			absent = append(absent, m.Posting)
		}
	}
	after := turn.Status(idle)
	if crash {
		return nil
	}
	w.accept(t, before, after)
	maps.Copy(w.left, posted)
	if after.CountID != before.CountID {
		w.last = w.item.Spec.Count.DeepCopy()
	}
	w.item.Status = *after
	w.seen = append(w.seen, after.DeepCopy())
	return absent
}

// accept is the API server: it refuses what promises more than there is.
func (w *world) accept(t *rapid.T, before, after *v1.StockItemStatus) {
	over := func(st *v1.StockItemStatus) v1.Quantity { return st.Reserved - (st.OnHand - st.Quarantined) }
	if over(after) > 0 && over(after) > over(before) && (after.CountID == before.CountID || after.Reserved > before.Reserved) {
		t.Fatalf("oversold: %d of %d reserved, was %d of %d", after.Reserved, after.OnHand, before.Reserved, before.OnHand)
	}
	if after.OnHand < 0 || after.Reserved < 0 || after.Quarantined < 0 || after.Available < 0 || after.Short < 0 {
		t.Fatalf("a counter is negative: %+v", after)
	}
	if before.CountTakenAt != nil && after.CountTakenAt.Before(before.CountTakenAt) {
		t.Fatalf("countTakenAt goes back from %v to %v", before.CountTakenAt, after.CountTakenAt)
	}
	ids := map[string]bool{}
	for _, p := range after.Postings {
		if ids[p.ID] {
			t.Fatalf("posting %s stands twice", p.ID)
		}
		ids[p.ID] = true
	}
}

// actions of everyone.
func (w *world) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"": func(*rapid.T) { w.minute++ },
		"cycle": func(t *rapid.T) {
			absent := w.turn(t, rapid.Bool().Draw(t, "idle"), v1.Quantity(rapid.IntRange(0, 4).Draw(t, "promise")), rapid.IntRange(0, 4).Draw(t, "crash") == 4)
			w.slow = append(w.slow, absent...)
		},
		"create": func(t *rapid.T) {
			if len(w.slow) == 0 {
				t.Skip("nobody is about to")
			}
			w.create(rapid.SampledFrom(w.slow).Draw(t, "promise"))
		},
		"take the name": func(t *rapid.T) {
			for _, p := range w.item.Status.Postings {
				if p.Kind == v1.MovementReserve && w.live(string(p.Shipment)) == nil {
					w.put(string(p.Shipment), shipment("other-"+p.Reserve.Grant, 1, cancelled))
					return
				}
			}
			t.Skip("no promise is without its Shipment")
		},
		"mark": func(t *rapid.T) {
			item := rapid.SampledFrom(w.seen).Draw(t, "item")
			w.pick(t, func(s *v1.Shipment) bool {
				return open(s) && s.Status.ReservedAt == nil && Promised(s, item) && !w.ended[s.Name]
			}, func(s *v1.Shipment) { s.Status.ReservedAt = new(w.now()) })
		},
		"dispatch": func(t *rapid.T) {
			w.pick(t, func(s *v1.Shipment) bool { return open(s) && s.Status.ReservedAt != nil }, func(s *v1.Shipment) {
				// The fact may be told late.
				late := rapid.IntRange(0, w.minute).Draw(t, "late")
				s.Status.DispatchedAt = new(at(w.minute - late))
			})
		},
		"cancel": func(t *rapid.T) {
			w.pick(t, open, func(s *v1.Shipment) { s.Status.CancelledAt = new(w.now()) })
		},
		"acknowledge": func(t *rapid.T) {
			w.pick(t, func(s *v1.Shipment) bool { return len(Acknowledge(s, tea, &w.item.Status)) > 0 }, w.acknowledge)
		},
		"remove": func(t *rapid.T) {
			for _, n := range w.names {
				if s := w.live(n); s != nil && Settled(s) && !Mentions(s, &w.item.Status) {
					w.ended[n] = true
					w.put(n, nil)
					return
				}
			}
			t.Skip("none is settled")
		},
		"count": func(t *rapid.T) {
			w.grants++
			w.item.Spec.Count = &v1.StockCount{
				ID: v1.Identifier("c" + strconv.Itoa(w.grants)), Quantity: v1.Quantity(rapid.IntRange(0, 9).Draw(t, "counted")),
				TakenAt: at(rapid.IntRange(0, w.minute+10).Draw(t, "taken")),
			}
		},
	}
}

func (w *world) acknowledge(s *v1.Shipment) {
	s.Status.Posted = append(s.Status.Posted, Acknowledge(s, tea, &w.item.Status)...)
}

// rest lets everything that is under way come to its end.
func (w *world) rest(t *rapid.T) {
	for n := 0; ; n++ {
		w.minute++
		before := w.item.Status.DeepCopy()
		for _, p := range w.turn(t, true, 0, false) {
			w.create(p)
		}
		for _, name := range slices.Clone(w.names) {
			s := w.live(name)
			if s == nil {
				continue
			}
			s = s.DeepCopy()
			if open(s) && s.Status.ReservedAt == nil {
				if Promised(s, &w.item.Status) && !w.ended[name] {
					s.Status.ReservedAt = new(w.now())
				} else {
					s.Status.CancelledAt = new(w.now())
				}
			}
			w.acknowledge(s)
			w.put(name, s)
		}
		if len(w.item.Status.Postings) == 0 && len(before.Postings) == 0 && w.settled() {
			return
		}
		if n > 200 {
			t.Fatalf("no rest: %+v", w.item.Status.Postings)
		}
	}
}

func (w *world) settled() bool {
	for _, n := range w.names {
		if s := w.live(n); s != nil && !open(s) && !Settled(s) {
			return false
		}
	}
	return true
}

// check compares the counters with what has happened.
func (w *world) check(t *rapid.T) {
	var promised, onHand v1.Quantity
	for _, n := range w.names {
		if s := w.live(n); s != nil && open(s) {
			promised += Units(s, tea)
		}
	}
	if w.last != nil {
		onHand = w.last.Quantity
		for _, m := range w.left {
			if m.EffectiveAt.After(w.last.TakenAt.Time) {
				onHand = max(0, onHand-m.Quantity)
			}
		}
	}
	st := w.item.Status
	if st.Reserved != promised || st.OnHand != onHand {
		t.Fatalf("at rest %d of %d are reserved; want %d of %d", st.Reserved, st.OnHand, promised, onHand)
	}
}

func exactLedger(t *rapid.T) {
	w := newWorld()
	w.item.Spec.Count = &v1.StockCount{ID: "c0", Quantity: 9, TakenAt: at(0)}
	t.Repeat(w.actions())
	w.rest(t)
	w.check(t)
}

// Whatever happens in whatever order, and however old the caches are: the item
// is never oversold but by a stock-take, each movement is counted once, and at
// rest the counters are the last stock-take less what left after it.
func TestTheLedgerIsExact(t *testing.T) { rapid.Check(t, exactLedger) }

func FuzzLedger(f *testing.F) {
	for _, seed := range []string{"", "promise, dispatch, count", fmt.Sprint(time.Hour, noon)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(rapid.MakeFuzz(exactLedger))
}
