package ledger

import (
	"slices"
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
	}
	change, missing, reached := since(st, c.TakenAt.Time)
	if !reached {
		return CountOutcome{Reason: v1.ReasonCountStale}
	}
	before, onHand := st.OnHand, int64(c.Quantity)+change
	st.OnHand, st.Overdrawn = v1.Quantity(min(max(0, onHand), v1.MaxQuantity)), v1.Quantity(max(0, -onHand))
	st.Missing = missing
	st.CountID, st.Counted = string(c.ID), c.Quantity
	st.CountTakenAt = c.TakenAt.DeepCopy()
	st.Folded = slices.DeleteFunc(st.Folded, func(s v1.JournalSum) bool { return !s.Until.After(c.TakenAt.Time) })
	journal(st, v1.JournalEntry{
		ID: string(c.ID), Kind: v1.MovementCount, EffectiveAt: c.TakenAt,
		Change: int64(st.OnHand - before), Source: string(c.ID),
	}, now)
	return CountOutcome{Reason: v1.ReasonCountApplied, Changed: true}
}
