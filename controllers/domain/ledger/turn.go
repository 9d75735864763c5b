package ledger

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/condition"
)

// Turn is all that one write of an item carries: what its sources made due,
// what they acknowledged, the stock-take, and new promises.
type Turn struct {
	item   *v1.StockItem
	key    v1.ItemKey
	status *v1.StockItemStatus
	now    time.Time

	droppable []string
	count     CountOutcome
	urgent    bool
}

// NewTurn begins a turn of an item as it was read; its resourceVersion is the
// precondition of the write.
func NewTurn(item *v1.StockItem, now time.Time) *Turn {
	t := &Turn{item: item, key: item.Key(), status: item.Status.DeepCopy(), now: now}
	t.count = ApplyCount(t.status, item.Spec.Count, now)
	return t
}

// Settle deals with an open posting, given the Shipment of its name, nil if
// there is none, and whether it was read live after the item. It says what has
// to be done, and whether that is certain: where it is not, the Shipment must be
// read live and the question asked again. Creating is left to the caller.
func (t *Turn) Settle(p v1.Posting, s *v1.Shipment, live bool) (r Resolution, certain bool) {
	r = Resolve(p, t.key, s)
	// A mark is never unset, so a cached Shipment that carries it is enough.
	marked := r == DropIt && s != nil && Owner(p, s)
	if r == Wait || (!live && !marked) {
		return r, r == Wait
	}
	switch r {
	case DropIt:
		t.acknowledge(p, s)
	case VoidIt:
		Void(t.status, p.ID)
	}
	return r, true
}

// acknowledge lets a posting go with the next write: at once where somebody
// waits for it to go, or where room gets scarce.
func (t *Turn) acknowledge(p v1.Posting, s *v1.Shipment) {
	if len(t.status.Postings) >= halfFull || postingsBytes(t.status) >= MaxPostingBytes/2 {
		Drop(t.status, p.ID)
		return
	}
	t.droppable = append(t.droppable, p.ID)
	if s == nil || !s.DeletionTimestamp.IsZero() || !t.item.DeletionTimestamp.IsZero() {
		t.urgent = true
	}
}

// Post counts the movements that a Shipment, read live after the item, has made due.
func (t *Turn) Post(s *v1.Shipment) error {
	for _, m := range Due(s, t.key) {
		if err := Apply(t.status, t.hard(), m); err != nil {
			return err
		}
	}
	return nil
}

// Reserve promises units.
func (t *Turn) Reserve(m Movement) error { return Apply(t.status, t.hard(), m) }

// Promisable is the number of units that this turn can still promise: none of
// an item that is being deleted or whose list of postings is full.
func (t *Turn) Promisable() v1.Quantity {
	if !t.item.DeletionTimestamp.IsZero() || len(t.status.Postings) >= MaxPostings {
		return 0
	}
	return Available(t.status, t.hard())
}

func (t *Turn) hard() v1.Quantity {
	if t.item.Spec.Safety == nil {
		return 0
	}
	return t.item.Spec.Safety.Hard
}

// halfFull is when acknowledged postings are worth a write of their own.
const halfFull = MaxPostings / 2

// Status is the status to be written. idle says that the item has had no
// movement for a while, so that acknowledged postings may go by a write of
// their own; otherwise they go with the next write that is due anyway.
func (t *Turn) Status(idle bool) *v1.StockItemStatus {
	project(t.status, t.item, t.hard(), t.count, t.now)
	if idle || t.urgent || !equality.Semantic.DeepEqual(t.status, &t.item.Status) {
		for _, id := range t.droppable {
			Drop(t.status, id)
		}
		t.droppable = nil
	}
	return t.status
}

// Acknowledged says whether there are postings that wait for the next write.
func (t *Turn) Acknowledged() bool { return len(t.droppable) > 0 }

// Retry is when a stock-take that is ahead of the clock can be applied; zero for none.
func (t *Turn) Retry() time.Time { return t.count.Retry }

// project derives what people read from the counters.
func project(st *v1.StockItemStatus, item *v1.StockItem, hard v1.Quantity, count CountOutcome, now time.Time) {
	st.ObservedGeneration = item.Generation
	st.Available, st.Short = Available(st, hard), Short(st)
	c := condition.Set{Conditions: &st.Conditions, Generation: item.Generation, Now: now}
	switch count.Reason {
	case "":
		meta.RemoveStatusCondition(&st.Conditions, v1.ConditionCountApplied)
	case v1.ReasonCountApplied:
		c.True(v1.ConditionCountApplied, count.Reason, "the last stock-take is in the counters")
	case v1.ReasonCountSuperseded:
		c.False(v1.ConditionCountApplied, count.Reason, "spec.count was taken before the last one applied, and changes nothing; state a new id with a later takenAt")
	case v1.ReasonCountInFuture:
		c.False(v1.ConditionCountApplied, count.Reason, "spec.count.takenAt is more than 5 minutes ahead; correct it or wait")
	default:
		c.False(v1.ConditionCountApplied, count.Reason, "spec.count was taken before the journal begins; count again")
	}
	c.Keep(v1.ConditionCountConflict, st.Short > 0, v1.ReasonCountBelowReserved, "less was counted than is promised; count again or cancel Orders")
	switch {
	case !item.DeletionTimestamp.IsZero():
		st.Phase = v1.StockBlocked
		c.Reconciling(v1.ReasonDeleting, "waits until nothing is promised from it")
	case st.Short > 0:
		st.Phase = v1.StockBlocked
		c.Stalled(v1.ReasonCountBelowReserved, "less was counted than is promised; count again or cancel Orders")
	default:
		st.Phase = stockPhase(st, item)
		c.Ready(v1.ReasonLedgerCurrent, "the ledger is up to date")
	}
}

func stockPhase(st *v1.StockItemStatus, item *v1.StockItem) v1.StockPhase {
	switch r := item.Spec.Replenish; {
	case st.Available == 0:
		return v1.StockStockout
	case r != nil && r.ReorderPoint != nil && st.Available <= *r.ReorderPoint:
		return v1.StockLow
	default:
		return v1.StockInStock
	}
}

// Holds says whether a posting is still part of the turn.
func (t *Turn) Holds(id string) bool {
	for _, p := range t.status.Postings {
		if p.ID == id {
			return true
		}
	}
	return false
}
