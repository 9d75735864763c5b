package ledger

import (
	"fmt"
	"slices"
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Difference is a counter of an item that is not what its sources add up to.
type Difference struct {
	Item v1.ItemKey
	// Counter is the field of the status.
	Counter string
	// Recorded is what the item says, Recomputed what its sources add up to.
	Recorded, Recomputed int64
}

func (d Difference) String() string {
	return fmt.Sprintf("StockItem %s: %s is %d, its sources add up to %d", d.Item.Name, d.Counter, d.Recorded, d.Recomputed)
}

// Audit recomputes every counter of an item from the Shipments and from received,
// the movements of other sources that the item has counted, and lists the
// differences. All must have been read as of one moment. It trusts the item for
// the last stock-take (counted, countTakenAt), for what left beyond it
// (overdrawn), and for movements of sources that are gone (journal, folded).
func Audit(item *v1.StockItem, shipments []*v1.Shipment, received []Movement) []Difference {
	a := audit{item: item, st: &item.Status, alive: map[string]bool{}}
	for _, s := range shipments {
		a.shipment(s)
	}
	for _, m := range received {
		a.movement(m)
	}
	for _, p := range a.st.Postings {
		if p.Kind == v1.MovementReserve && !slices.ContainsFunc(shipments, func(s *v1.Shipment) bool { return Owner(p, s) && Units(s, item.Key()) > 0 }) {
			a.reserved += int64(p.Quantity) // its Shipment is about to be made, or does not hold it and the promise is to be voided
		}
	}
	a.journal()
	st := a.st
	onHand := int64(st.Counted) + int64(st.Overdrawn) + a.change
	free := onHand - a.quarantined - a.reserved
	available := max(0, free-a.missing-int64(hard(item)))
	if st.ObservedGeneration != item.Generation {
		available = int64(st.Available) // it follows spec.safety with the next cycle
	}
	var differences []Difference
	for _, c := range []struct {
		name                 string
		recorded, recomputed int64
	}{
		{"onHand", int64(st.OnHand), onHand},
		{"quarantined", int64(st.Quarantined), a.quarantined},
		{"reserved", int64(st.Reserved), a.reserved},
		{"missing", int64(st.Missing), a.missing},
		{"available", int64(st.Available), available},
		{"short", int64(st.Short), max(0, -free)},
		{"journal", 0, a.unjournaled},
	} {
		if c.recorded != c.recomputed {
			differences = append(differences, Difference{item.Key(), c.name, c.recorded, c.recomputed})
		}
	}
	return differences
}

// audit adds up what the sources of an item say.
type audit struct {
	item *v1.StockItem
	st   *v1.StockItemStatus

	reserved, quarantined int64
	// movements since the last stock-take that changed onHand or missing.
	movements []v1.JournalEntry
	// alive are the uids of the Shipments that are there.
	alive map[string]bool

	change, missing int64
	// unjournaled movements are in neither the journal nor its sums.
	unjournaled int64
}

func (a *audit) shipment(s *v1.Shipment) {
	key := a.item.Key()
	a.alive[string(s.UID)] = true
	if Units(s, key) == 0 {
		return
	}
	if s.Status.ReservedAt != nil || Promised(s, a.st) {
		a.reserved += int64(Units(s, key))
	}
	for _, m := range Movements(s, key) {
		if Marked(s, key, m.ID) || posted(a.st, m.ID) {
			a.movement(m)
		}
	}
}

// movement adds what a counted movement did.
func (a *audit) movement(m Movement) {
	e := effectOf(m)
	a.reserved += e.reserved
	a.quarantined += e.quarantined
	if e.lasting() && !seen(a.st, m.EffectiveAt) {
		a.movements = append(a.movements, v1.JournalEntry{ID: m.ID, Change: e.onHand, Missing: e.missing})
	}
}

// journal adds up the movements of the sources, and those of sources that are
// gone, of which the journal and its sums alone know.
func (a *audit) journal() {
	told := map[string]bool{}
	for _, e := range a.movements {
		told[e.ID] = true
		a.add(e.Change, e.Missing)
	}
	written := map[string]bool{}
	for _, e := range a.st.Journal {
		if e.Kind == v1.MovementCount || seen(a.st, e.EffectiveAt) {
			continue
		}
		written[e.ID] = true
		if uid, _, _ := strings.Cut(e.ID, "/"); !told[e.ID] && !a.alive[uid] {
			a.add(e.Change, e.Missing)
		}
	}
	var folded v1.JournalSum
	for _, s := range a.st.Folded {
		folded.Movements += s.Movements
		folded.Change += s.Change
		folded.Missing += s.Missing
	}
	// What the sources tell and the journal does not name is in its sums.
	for _, e := range a.movements {
		if !written[e.ID] {
			folded.Movements--
			folded.Change -= e.Change
			folded.Missing -= e.Missing
		}
	}
	if folded.Movements < 0 {
		a.unjournaled = -int64(folded.Movements)
		return
	}
	a.add(folded.Change, folded.Missing)
}

func (a *audit) add(change int64, missing v1.Quantity) {
	a.change += change
	a.missing += int64(missing)
}
