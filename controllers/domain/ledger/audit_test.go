package ledger

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// mistake is an error in a ledger that adds up.
type mistake struct {
	kind, name string
	audit      func() []Difference
}

// mistakes are all that can be made once in a world.
func (w *world) mistakes() []mistake {
	// What is available follows the spec with the next cycle, and is compared then.
	w.item.Status.ObservedGeneration = w.item.Generation
	var all []mistake
	shipments, st := w.shipments(), &w.item.Status
	wrong := func(kind, name string, change func(*v1.StockItemStatus)) {
		all = append(all, mistake{kind, name, func() []Difference {
			i := w.item.DeepCopy()
			change(&i.Status)
			return Audit(i, shipments, w.counted(i))
		}})
	}
	for name, counter := range map[string]func(*v1.StockItemStatus) *v1.Quantity{
		"onHand":      func(st *v1.StockItemStatus) *v1.Quantity { return &st.OnHand },
		"quarantined": func(st *v1.StockItemStatus) *v1.Quantity { return &st.Quarantined },
		"reserved":    func(st *v1.StockItemStatus) *v1.Quantity { return &st.Reserved },
		"missing":     func(st *v1.StockItemStatus) *v1.Quantity { return &st.Missing },
		"overdrawn":   func(st *v1.StockItemStatus) *v1.Quantity { return &st.Overdrawn },
		"available":   func(st *v1.StockItemStatus) *v1.Quantity { return &st.Available },
		"short":       func(st *v1.StockItemStatus) *v1.Quantity { return &st.Short },
		"counted":     func(st *v1.StockItemStatus) *v1.Quantity { return &st.Counted },
	} {
		wrong("counter", name+" is one more", func(st *v1.StockItemStatus) { *counter(st)++ })
		wrong("counter", name+" is one less", func(st *v1.StockItemStatus) { *counter(st)-- })
	}
	for _, m := range w.unacknowledged() {
		// Without their posting, goods that came or went look like those of a source
		// that is gone. They are found when they are in the journal twice.
		goods := m.SourceKind == v1.SourceReturn && !m.Inspected && m.Kind != v1.MovementAccept && m.Kind != v1.MovementScrap && m.Kind != v1.MovementSendBack
		if !goods {
			wrong("posting", m.ID+" is dropped too early", func(st *v1.StockItemStatus) { Drop(st, m.ID) })
		}
		again := w.item.DeepCopy()
		Drop(&again.Status, m.ID)
		if Apply(&again.Status, hard(again), m, w.now().Time) == nil && (!goods || entries(&again.Status, m.ID) == 2) {
			project(&again.Status, again, hard(again), CountOutcome{}, w.now().Time)
			wrong("twice", m.ID+" is counted twice", func(st *v1.StockItemStatus) { *st = again.Status })
		}
	}
	since := func(at metav1.Time) bool { return st.CountTakenAt == nil || at.After(st.CountTakenAt.Time) }
	for i, e := range st.Journal {
		if e.Kind != v1.MovementCount && since(e.EffectiveAt) {
			wrong("journal", e.ID+" is not in the journal", func(st *v1.StockItemStatus) { st.Journal = slices.Delete(st.Journal, i, i+1) })
		}
	}
	for i, s := range st.Folded {
		if s.Change != 0 || s.Missing != 0 {
			wrong("sum", s.From.String()+" has no sum", func(st *v1.StockItemStatus) { st.Folded = slices.Delete(st.Folded, i, i+1) })
		}
	}
	for i, s := range shipments {
		wrong("invention", s.Name+" is said to have moved a unit", func(st *v1.StockItemStatus) {
			st.OnHand++
			st.Journal = append(st.Journal, v1.JournalEntry{ID: movementID(s, v1.MovementConsume, "x"), EffectiveAt: w.now(), Change: 1})
			project(st, w.item, hard(w.item), CountOutcome{}, w.now().Time)
		})
		if open(s) && s.Status.ReservedAt != nil && left(s) > 0 && !Promised(s, st) {
			all = append(all, mistake{"Shipment", s.Name + " is forgotten", func() []Difference {
				return Audit(w.item, slices.Delete(slices.Clone(shipments), i, i+1), w.counted(w.item))
			}})
		}
	}
	return all
}

func entries(st *v1.StockItemStatus, id string) (n int) {
	for _, e := range st.Journal {
		if e.ID == id {
			n++
		}
	}
	return n
}

// unacknowledged lists the movements of open postings that are not marked.
func (w *world) unacknowledged() []Movement {
	var all []Movement
	for _, p := range w.item.Status.Postings {
		is := func(m Movement) bool { return m.ID == p.ID }
		if p.Kind == v1.MovementReserve && !slices.ContainsFunc(w.shipments(), func(s *v1.Shipment) bool { return Owner(p, s) && s.Status.ReservedAt != nil }) {
			all = append(all, Movement{Posting: p})
		}
		for _, s := range w.shipments() {
			all = append(all, slices.DeleteFunc(Due(s, tea), func(m Movement) bool { return !is(m) })...)
		}
		for _, s := range w.sources {
			if i := slices.IndexFunc(s.due, is); i >= 0 && !s.marks[p.ID] {
				all = append(all, s.due[i])
			}
		}
	}
	return all
}

// Whatever is wrong once, the audit finds it, in every state of the world.
func TestAuditFindsEveryMistake(t *testing.T) {
	made := map[string]int{}
	finds := func(t *rapid.T, mistakes []mistake) {
		for _, m := range mistakes {
			if len(m.audit()) == 0 {
				t.Errorf("%s, and the audit finds nothing", m.name)
			}
			made[m.kind]++
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(1)
		t.Repeat(w.actions())
		finds(t, w.mistakes())
		w.rest(t)
		finds(t, w.mistakes())
	})
	long := longAgo(t)
	rapid.Check(t, func(t *rapid.T) {
		w := long.again()
		t.Repeat(w.actions())
		finds(t, rapid.SliceOfN(rapid.SampledFrom(w.mistakes()), 10, 10).Draw(t, "mistakes"))
	})
	for _, kind := range []string{"counter", "posting", "twice", "journal", "sum", "invention", "Shipment"} {
		if made[kind] < 10 {
			t.Errorf("%d mistakes of kind %s were made", made[kind], kind)
		}
	}
	t.Log(made)
}

func TestDifferencesAreTold(t *testing.T) {
	i := stored(item(5, 2))
	i.Status.Counted, i.Status.OnHand = 5, 4
	got := Audit(i, []*v1.Shipment{shipment("a", 2, reserved)}, nil)
	if len(got) != 1 || got[0].String() != "StockItem tea: onHand is 4, its sources add up to 5" {
		t.Errorf("differences are %v", got)
	}
}

// A promise is of nobody until its Shipment is made, and stays one where the
// Shipment does not hold it.
func TestAuditCountsPromisesOfNobody(t *testing.T) {
	for name, there := range map[string][]*v1.Shipment{
		"its Shipment is not made yet":        nil,
		"its Shipment is not marked yet":      {shipment("a", 2)},
		"its Shipment was cancelled":          {shipment("a", 2, cancelled)},
		"its Shipment holds something else":   {shipment("a", 2, elsewhere)},
		"its name is taken":                   {shipment("b", 2, cancelled)},
		"its Shipment is marked":              {shipment("a", 2, reserved)},
		"its Shipment has left, not counted":  {shipment("a", 2, reserved, dispatched)},
		"its Shipment was cancelled and owes": {shipment("a", 2, reserved, cancelled)},
	} {
		i := holding(5, 2, reserve("a", 2).Posting)
		i.Status.Counted = 5
		for _, d := range Audit(i, there, nil) {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// Two mistakes may hide each other in the sums, and not in the journal.
func TestAuditMissesMovementsThatTheJournalDoesNotTell(t *testing.T) {
	came, went := goods(v1.MovementReceive, 2, 5), goods(v1.MovementTransferOut, 2, 6)
	i := stored(item(5, 0))
	i.Status.Counted = 5
	if d := Audit(i, nil, nil); len(d) != 0 {
		t.Fatal(d)
	}
	got := Audit(i, nil, []Movement{came, went})
	if len(got) != 1 || got[0] != (Difference{tea, "journal", 0, 2}) {
		t.Errorf("differences are %v", got)
	}
}
