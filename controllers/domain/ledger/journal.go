package ledger

import (
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Limits of what an item remembers of its movements, those of the schema.
const (
	// MaxJournal is the number of movements that are kept one by one.
	MaxJournal = 1000
	// MaxFolded is the number of sums of older ones.
	MaxFolded = 480
	// journalAge is how long movements are kept one by one.
	journalAge = 24 * time.Hour
)

// journal adds an entry; what is too old or too much is folded into sums by the
// minute. Nothing is folded by time alone, so that time alone writes nothing.
func journal(st *v1.StockItemStatus, e v1.JournalEntry, now time.Time) {
	e.OnHandAfter = st.OnHand
	st.Journal = append(st.Journal, e)
	n := max(0, len(st.Journal)-MaxJournal)
	for n < len(st.Journal)-1 && now.Sub(st.Journal[n].EffectiveAt.Time) > journalAge {
		n++
	}
	for _, old := range st.Journal[:n] {
		fold(st, old)
	}
	st.Journal = slices.Delete(st.Journal, 0, n)
}

// fold adds an entry to the sum of its minute. What the last stock-take has seen
// matters to no later one, and is forgotten.
func fold(st *v1.StockItemStatus, e v1.JournalEntry) {
	if e.Kind == v1.MovementCount || (st.CountTakenAt != nil && !e.EffectiveAt.After(st.CountTakenAt.Time)) {
		return
	}
	minute := func(s v1.JournalSum) int {
		return s.From.Truncate(time.Minute).Compare(e.EffectiveAt.Truncate(time.Minute))
	}
	i, found := slices.BinarySearchFunc(st.Folded, e, func(s v1.JournalSum, _ v1.JournalEntry) int { return minute(s) })
	if !found {
		st.Folded = slices.Insert(st.Folded, i, v1.JournalSum{From: e.EffectiveAt, Until: e.EffectiveAt})
	}
	add(&st.Folded[i], v1.JournalSum{From: e.EffectiveAt, Until: e.EffectiveAt, Movements: 1, Change: e.Change, Missing: e.Missing})
	if len(st.Folded) > MaxFolded {
		add(&st.Folded[1], st.Folded[0])
		st.Folded = slices.Delete(st.Folded, 0, 1)
	}
}

// add adds up two sums.
func add(s *v1.JournalSum, other v1.JournalSum) {
	if other.From.Before(&s.From) {
		s.From = other.From
	}
	if s.Until.Before(&other.Until) {
		s.Until = other.Until
	}
	s.Movements += other.Movements
	s.Change += other.Change
	s.Missing += other.Missing
}

// since sums up the movements after a time that is later than the last
// stock-take. reached says whether the journal can tell: it cannot if some of
// them are folded together with others from before that time.
func since(st *v1.StockItemStatus, at time.Time) (change int64, missing v1.Quantity, reached bool) {
	for _, s := range st.Folded {
		switch {
		case !s.Until.After(at):
		case s.From.After(at):
			change += s.Change
			missing += s.Missing
		default:
			return 0, 0, false
		}
	}
	for _, e := range st.Journal {
		if e.Kind != v1.MovementCount && e.EffectiveAt.After(at) {
			change += e.Change
			missing += e.Missing
		}
	}
	return change, missing, true
}
