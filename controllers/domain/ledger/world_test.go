package ledger

import (
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// world is one item and its sources, moved by everyone who may touch them, at
// random, with old caches and with writes that come late.
type world struct {
	item *v1.StockItem
	// version of the item; a turn that was computed from another one is refused.
	version int
	names   []string
	// history of each Shipment by name, the last one is the truth; nil where it
	// is gone. A cache shows any of them.
	history map[string][]*v1.Shipment
	// seen are the postings that the item has had; a cache shows any of them.
	seen []*v1.StockItemStatus
	// ended names the Shipments whose Order is gone: they are let go, and none of
	// that name is marked any more. Until then a name is used again only after a
	// Shipment of an Order that had it before.
	ended map[string]bool
	// slow are the Shipments that somebody is about to create, and may at any time.
	slow []v1.Posting
	// turns are under way.
	turns   []*attempt
	sources []*source
	// past are Shipments and movements of other sources that are settled.
	past     []*v1.Shipment
	received []Movement
	tick     int
	ids      int

	// last is the stock-take that was applied last, facts are what has happened.
	last  *v1.StockCount
	facts []fact
}

// fact is what somebody did, whether the ledger knows of it or not.
type fact struct {
	at                           metav1.Time
	change, missing, quarantined int64
}

// attempt is a turn that is computed and not written.
type attempt struct {
	version int
	after   *v1.StockItemStatus
	absent  []v1.Posting
}

func newWorld(hard v1.Quantity) *world {
	w := &world{item: item(0, 0), history: map[string][]*v1.Shipment{}, ended: map[string]bool{}}
	w.item.Spec.Safety = &v1.SafetyStock{Hard: hard}
	w.item.Spec.Count = &v1.StockCount{ID: "c0", Quantity: 9, TakenAt: at(0)}
	return w
}

// when is some ticks after noon, three a minute, so that one minute has more than
// one moment.
func when(tick int) metav1.Time {
	return metav1.NewTime(noon.Add(time.Duration(tick) * 20 * time.Second))
}

func (w *world) now() metav1.Time { return when(w.tick) }

// told is when something happened that is told now.
func (w *world) told(t *rapid.T) metav1.Time {
	return when(w.tick - rapid.IntRange(0, min(w.tick, 60)).Draw(t, "late"))
}

func (w *world) id() string {
	w.ids++
	return strconv.Itoa(w.ids)
}

func (w *world) happened(at metav1.Time, change, missing, quarantined v1.Quantity) {
	w.facts = append(w.facts, fact{at, int64(change), int64(missing), int64(quarantined)})
}

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
		return h[len(h)-1-i]
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

// shipments are all that are there.
func (w *world) shipments() []*v1.Shipment {
	all := slices.Clone(w.past)
	for _, n := range w.names {
		if s := w.live(n); s != nil {
			all = append(all, s)
		}
	}
	return all
}

// create makes the Shipment of a promise, unless its name is taken.
func (w *world) create(p v1.Posting, changes ...func(*v1.Shipment)) {
	if name := string(p.Source); w.live(name) == nil {
		s := shipment(p.Reserve.Grant, p.Quantity, changes...)
		if len(w.history[name]) > 0 {
			s.UID += types.UID("-" + w.id()) // a late hand makes one that was there already
		}
		w.put(name, s)
	}
}

// turn computes a turn of the stock controller; fresh says that its cache is.
func (w *world) turn(t *rapid.T, fresh, idle bool, promise v1.Quantity) *attempt {
	cached := func(name string) *v1.Shipment {
		if fresh {
			return w.live(name)
		}
		return w.cached(t, name)
	}
	var owing []*v1.Shipment
	for _, n := range w.names {
		if s := cached(n); s != nil && len(Due(s, tea)) > 0 {
			owing = append(owing, s)
		}
	}
	turn, err := Begin(w.item, owing, func(name v1.ObjectName, live bool) (*v1.Shipment, error) {
		if live {
			return w.live(string(name)), nil
		}
		return cached(string(name)), nil
	}, w.now().Time)
	if err != nil {
		t.Fatal(err)
	}
	for _, refused := range turn.Refused() {
		if !strings.Contains(refused.Error(), "no room") {
			t.Fatal(refused)
		}
	}
	absent := slices.Clone(turn.Orphans())
	if promise > 0 {
		m := reserve(w.id(), promise)
		units, _ := turn.Promisable()
		room := turn.HasRoom(m.Posting)
		if err := turn.Reserve(m); (err == nil) != (room && promise <= units) || turn.Holds(m.ID) != (err == nil) {
			t.Fatalf("%d promised of %d, room is %v: %v", promise, units, room, err)
		}
		if turn.Holds(m.ID) {
			absent = append(absent, m.Posting)
		}
	}
	if turn.Short() {
		turn.Recall(w.shipments())
	}
	return &attempt{w.version, turn.Status(idle), absent}
}

// write is the API server: it refuses a turn of an old version, and must have no
// reason to refuse any other.
func (w *world) write(t *rapid.T, a *attempt) []v1.Posting {
	if a.version != w.version {
		return nil
	}
	accept(t, &w.item.Status, a.after)
	if a.after.CountID != w.item.Status.CountID {
		w.last = w.item.Spec.Count.DeepCopy()
	}
	w.item.Status = *a.after
	w.version++
	w.seen = append(w.seen, &v1.StockItemStatus{Postings: slices.Clone(a.after.Postings)})
	return a.absent
}

// accept checks what the schema of an item demands of a write, and more.
func accept(t *rapid.T, before, after *v1.StockItemStatus) {
	over := func(st *v1.StockItemStatus) v1.Quantity { return st.Reserved - (st.OnHand - st.Quarantined) }
	if over(after) > 0 && over(after) > over(before) && (after.CountID == before.CountID || after.Reserved > before.Reserved) {
		t.Fatalf("oversold: %d of %d-%d reserved, was %d of %d-%d", after.Reserved, after.OnHand, after.Quarantined, before.Reserved, before.OnHand, before.Quarantined)
	}
	for _, q := range []v1.Quantity{after.OnHand, after.Reserved, after.Quarantined, after.Missing, after.Overdrawn, after.Available, after.Short, after.Counted} {
		if q < 0 || q > v1.MaxQuantity {
			t.Fatalf("counter out of range: %+v", after)
		}
	}
	if after.Overdrawn > before.Overdrawn && after.CountID == before.CountID && before.Short == 0 {
		t.Fatalf("%d overdrawn of an item that was not short", after.Overdrawn-before.Overdrawn)
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
	if len(after.Postings) > MaxPostings || len(after.Journal) > MaxJournal || len(after.Folded) > MaxFolded || len(after.Recalled) > maxRecalled {
		t.Fatalf("%d postings, %d entries, %d sums, %d recalled", len(after.Postings), len(after.Journal), len(after.Folded), len(after.Recalled))
	}
	for i, s := range after.Folded {
		if s.Until.Before(&s.From) || (i > 0 && s.From.Truncate(time.Minute).Compare(after.Folded[i-1].From.Truncate(time.Minute)) <= 0) {
			t.Fatalf("sum %d is out of order: %+v", i, after.Folded)
		}
		if after.CountTakenAt != nil && !s.From.After(after.CountTakenAt.Time) {
			t.Fatalf("the stock-take of %v has seen sum %d: %+v", after.CountTakenAt, i, s)
		}
	}
}

// audit compares the counters with what the sources add up to, at this moment.
func (w *world) audit(t *rapid.T) {
	for _, d := range Audit(w.item, w.shipments(), w.counted(w.item)) {
		t.Error(d)
	}
}

// check compares the counters with what has happened, when all of it is counted.
func (w *world) check(t *rapid.T) {
	var promised, change, missing, quarantined int64
	for _, n := range w.names {
		if s := w.live(n); s != nil && open(s) {
			promised += int64(left(s))
		}
	}
	if w.last != nil {
		change = int64(w.last.Quantity)
	}
	for _, f := range w.facts {
		quarantined += f.quarantined
		if w.last == nil || f.at.After(w.last.TakenAt.Time) {
			change += f.change
			missing += f.missing
		}
	}
	st := w.item.Status
	if int64(st.Reserved) != promised || int64(st.Quarantined) != quarantined || int64(st.Missing) != missing || int64(st.OnHand-st.Overdrawn) != change {
		t.Fatalf("at rest %d reserved, %d quarantined, %d missing, %d-%d on hand; want %d, %d, %d, %d",
			st.Reserved, st.Quarantined, st.Missing, st.OnHand, st.Overdrawn, promised, quarantined, missing, change)
	}
}

func open(s *v1.Shipment) bool { return s.Status.CancelledAt == nil && s.Status.DispatchedAt == nil }

// left is the number of units of the item that a Shipment has, but for the short picks.
func left(s *v1.Shipment) v1.Quantity {
	if s.Spec.Items[0].StockItemUID != tea.UID {
		return 0
	}
	q := s.Spec.Items[0].Quantity
	for _, missed := range s.Status.Short {
		q -= missed.Quantity
	}
	return q
}
