package ledger

import (
	"maps"
	"slices"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// longAgo is a world in which more has happened, minute by minute, than the
// journal and its sums hold one by one. A few who did it are still there.
func longAgo(t *testing.T) *world {
	w := newWorld(0)
	w.item.Status = *newTurn(w.item, noon).Status(true)
	w.last = w.item.Spec.Count.DeepCopy()
	for minute := 1; len(w.item.Status.Folded) < MaxFolded || w.item.Status.Folded[0].Movements < 100; minute++ {
		if minute > 5000 {
			t.Fatalf("%d sums, and the oldest holds too little", len(w.item.Status.Folded))
		}
		w.tick = 3 * minute
		switch id := w.id(); minute % 5 {
		case 0, 1:
			m := goods(v1.MovementReceive, 2, minute)
			m.ID = "uid-old" + id + "/Receive/1"
			w.longSince(t, m)
			if minute%20 == 0 {
				w.received = append(w.received, m)
			}
		case 2:
			w.leftLongSince(t, shipment(id, 1, reserved), minute)
		case 3:
			w.leftLongSince(t, shipment(id, 2, reserved, short("s1", 1, minute)), minute)
		case 4:
			w.leftLongSince(t, shipment(id, 1, reserved), minute)
		}
		if minute%5 >= 2 && minute%4 > 0 {
			w.past = w.past[:len(w.past)-1]
		}
	}
	w.item.Status = *newTurn(w.item, w.now().Time).Status(true)
	return w
}

// longSince counts a movement that is marked and forgotten.
func (w *world) longSince(t *testing.T, m Movement) {
	st := &w.item.Status
	if err := Apply(st, 0, m, w.now().Time); err != nil {
		t.Fatal(err)
	}
	st.Postings = nil
	switch m.Kind {
	case v1.MovementReceive:
		w.happened(m.EffectiveAt, m.Quantity, 0, 0)
	case v1.MovementConsume:
		w.happened(m.EffectiveAt, -m.Quantity, 0, 0)
	case v1.MovementRelease:
		w.happened(m.EffectiveAt, 0, m.Quantity, 0)
	}
}

func (w *world) leftLongSince(t *testing.T, s *v1.Shipment, minute int) {
	s.Status.DispatchedAt = new(at(minute))
	w.longSince(t, reserve(s.Spec.Grant, Units(s, tea)))
	for _, m := range Movements(s, tea) {
		w.longSince(t, m)
		s.Status.Posted = append(s.Status.Posted, v1.PostedMovement{Item: tea.Name, ItemUID: tea.UID, ID: m.ID})
	}
	w.past = append(w.past, s)
}

// again is the same world, to be moved on.
func (w *world) again() *world {
	next := *w
	next.item = w.item.DeepCopy()
	next.history, next.ended = maps.Clone(w.history), maps.Clone(w.ended)
	next.facts = slices.Clone(w.facts)
	return &next
}

// Nothing is lost or kept twice when the journal is summed up over and over.
func TestALongHistoryAddsUp(t *testing.T) {
	w := longAgo(t)
	st := &w.item.Status
	if len(st.Journal) != MaxJournal || len(st.Folded) != MaxFolded {
		t.Errorf("%d entries, %d sums", len(st.Journal), len(st.Folded))
	}
	for past, received := w.past, w.received; ; past, received = past[(len(past)+1)/2:], received[(len(received)+1)/2:] {
		for _, d := range Audit(w.item, past, received) {
			t.Errorf("with %d Shipments and %d receipts: %s", len(past), len(received), d)
		}
		if len(past)+len(received) == 0 {
			break
		}
	}
	onHand, missing := int64(w.last.Quantity), int64(0)
	for _, f := range w.facts {
		onHand += f.change
		missing += f.missing
	}
	if int64(st.OnHand) != onHand || int64(st.Missing) != missing {
		t.Errorf("%d on hand, %d missing; want %d, %d", st.OnHand, st.Missing, onHand, missing)
	}
	t.Logf("%d movements", len(w.facts))
}
