package ledger

import (
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// MaxCountLead is how far ahead of the clock the takenAt of a stock-take may be.
const MaxCountLead = 5 * time.Minute

// CountOutcome says what became of a stock-take.
type CountOutcome struct {
	// Reason is one of the reasons of condition CountApplied, "" without a count.
	Reason string
	// Changed says that the counters were changed.
	Changed bool
	// Retry is when a count that is ahead of the clock can be applied.
	Retry time.Time
}

// ApplyCount applies a stock-take: once, and only if its id is new and it was
// taken after the last one, so that neither the last manifest nor an older one
// resets the stock when it is applied again.
//
// What was counted is true at takenAt. The movements after it are added from the
// journal; where the journal does not reach back so far, the count is stale.
func ApplyCount(st *v1.StockItemStatus, c *v1.StockCount, now time.Time) CountOutcome {
	switch {
	case c == nil:
		return CountOutcome{}
	case string(c.ID) == st.CountID:
		return CountOutcome{Reason: v1.ReasonCountApplied}
	case c.TakenAt.After(now.Add(MaxCountLead)):
		return CountOutcome{Reason: v1.ReasonCountInFuture, Retry: c.TakenAt.Add(-MaxCountLead)}
	case st.CountTakenAt != nil && !c.TakenAt.After(st.CountTakenAt.Time):
		return CountOutcome{Reason: v1.ReasonCountSuperseded}
	case st.JournalSince != nil && c.TakenAt.Before(st.JournalSince):
		return CountOutcome{Reason: v1.ReasonCountStale}
	}
	before, onHand := st.OnHand, int64(c.Quantity)
	for _, e := range st.Journal {
		if e.Kind != v1.MovementCount && e.EffectiveAt.After(c.TakenAt.Time) {
			onHand += e.Change
		}
	}
	st.OnHand = v1.Quantity(max(0, onHand))
	st.CountID = string(c.ID)
	st.CountTakenAt = c.TakenAt.DeepCopy()
	journal(st, v1.JournalEntry{
		ID: string(c.ID), Kind: v1.MovementCount, EffectiveAt: c.TakenAt,
		Change: int64(st.OnHand - before), Source: string(c.ID),
	})
	return CountOutcome{Reason: v1.ReasonCountApplied, Changed: true}
}
