package ledger

import (
	"fmt"
	"slices"
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
	orphans   []v1.Posting
	foreign   []v1.Posting
	returned  []v1.ObjectName
	refused   []error
	full      bool
	count     CountOutcome
	urgent    bool
}

// Quiet says whether there is nothing to be done about an item unless one of
// owing, the Shipments that have made a movement of it due, or a new promise
// touches it: its turn would change nothing.
func Quiet(item *v1.StockItem) bool {
	st := &item.Status
	return st.ObservedGeneration == item.Generation && len(st.Postings) == 0 && st.Short == 0 && len(st.Recalled) == 0 &&
		item.DeletionTimestamp.IsZero() && (item.Spec.Count == nil || string(item.Spec.Count.ID) == st.CountID)
}

// Read finds a Shipment by its name, nil if there is none: in the cache, or live.
type Read func(name v1.ObjectName, live bool) (*v1.Shipment, error)

// Begin computes the turn of an item that was just read, up to new promises; the
// item's resourceVersion is the precondition of the write. owing are the cached
// Shipments that have made a movement of the item due. Every live read comes
// after the item's: that order is what makes a posting exact.
func Begin(item *v1.StockItem, owing []*v1.Shipment, read Read, now time.Time) (*Turn, error) {
	t := newTurn(item, now)
	for _, p := range item.Status.Postings {
		if p.SourceKind != v1.SourceShipment {
			continue // its own controller takes care of it
		}
		s, err := read(p.Source, false)
		if err != nil {
			return nil, err
		}
		resolution, certain := t.settle(p, s, false)
		if !certain {
			if s, err = read(p.Source, true); err != nil {
				return nil, err
			}
			resolution, _ = t.settle(p, s, true)
		}
		if foreign(p, s) {
			t.foreign = append(t.foreign, p)
		}
		switch resolution {
		case CreateIt:
			t.orphans = append(t.orphans, p)
		case VoidIt:
			if p.Reserve != nil {
				t.returned = append(t.returned, p.Reserve.Order.Name)
			}
		}
	}
	for _, cached := range owing {
		if len(t.status.Postings) >= MaxPostings {
			t.full = true
			break // what does not fit now is read when there is room
		}
		s, err := read(v1.ObjectName(cached.Name), true)
		if err != nil {
			return nil, err
		}
		if s == nil {
			continue
		}
		for _, m := range Due(s, t.key) {
			if !t.HasRoom(m.Posting) {
				t.full = true
				continue
			}
			if err := Apply(t.status, t.hard(), m, now); err != nil {
				t.refused = append(t.refused, err)
			} else if m.Kind == v1.MovementRelease {
				t.returned = append(t.returned, s.Spec.OrderName)
			}
		}
	}
	return t, nil
}

func newTurn(item *v1.StockItem, now time.Time) *Turn {
	t := &Turn{item: item, key: item.Key(), status: item.Status.DeepCopy(), now: now}
	t.count = ApplyCount(t.status, item.Spec.Count, now)
	return t
}

// Orphans are the promises whose Shipment is absent, by a live read: it has to be
// created. Intents go forward.
func (t *Turn) Orphans() []v1.Posting { return t.orphans }

// Foreign are the promises whose name is held by a Shipment of another Order. A
// promise whose own Order is gone, by a live read, is to be taken back: a Shipment
// of a uid that is gone is never marked, whoever creates it and when. The others wait.
func (t *Turn) Foreign() []v1.Posting { return t.foreign }

// TakeBack takes a promise back.
func (t *Turn) TakeBack(p v1.Posting) { Void(t.status, p.ID) }

// Voided is the status of an item that was just read without a promise whose
// Shipment can never be created.
func Voided(item *v1.StockItem, id string, now time.Time) *v1.StockItemStatus {
	t := newTurn(item, now)
	Void(t.status, id)
	return t.Status(false)
}

// Returned are the Orders whose units come back with this turn, by name. They may
// want them again, before others do, and not have noticed yet.
func (t *Turn) Returned() []v1.ObjectName { return t.returned }

// Full says that movements are due for which there is no room yet.
func (t *Turn) Full() bool { return t.full }

// Refused says why movements that are due cannot be counted on this version of
// the item; the others are.
func (t *Turn) Refused() []error { return t.refused }

// settle deals with an open posting, given the Shipment of its name, nil if
// there is none, and whether it was read live after the item. It says what has
// to be done, and whether that is certain: where it is not, the Shipment must be
// read live and the question asked again. Creating is left to the caller.
func (t *Turn) settle(p v1.Posting, s *v1.Shipment, live bool) (r Resolution, certain bool) {
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

// Reserve promises units.
func (t *Turn) Reserve(m Movement) error {
	if !t.item.DeletionTimestamp.IsZero() {
		return fmt.Errorf("posting %s: the item is being deleted", m.ID)
	}
	return Apply(t.status, t.hard(), m, t.now)
}

// Promises says whether units are promised for a Shipment of a name, by whatever plan: its
// Shipment may be on its way to the API server.
func (t *Turn) Promises(name v1.ObjectName) bool {
	return slices.ContainsFunc(t.status.Postings, func(p v1.Posting) bool { return p.Kind == v1.MovementReserve && p.Source == name })
}

// Promisable is the number of units that this turn can still promise, none of an
// item that is being deleted, and for how many promises there is room.
func (t *Turn) Promisable() (units v1.Quantity, slots int) { return Promisable(t.item, t.status) }

// HasRoom says whether one more posting fits.
func (t *Turn) HasRoom(p v1.Posting) bool { return HasRoom(t.status, p) }

// usualPostingBytes is the size of the promise of a usual Shipment. It only says
// how many promises are planned at once; HasRoom decides.
const usualPostingBytes = 576

// Promisable is the number of units of an item that can be promised on a status
// of it, and for how many promises there is room.
func Promisable(item *v1.StockItem, st *v1.StockItemStatus) (units v1.Quantity, slots int) {
	if !item.DeletionTimestamp.IsZero() {
		return 0, 0
	}
	slots = min(MaxPostings-len(st.Postings), (MaxPostingBytes-postingsBytes(st))/usualPostingBytes)
	return Available(st, hard(item)), max(0, slots)
}

func (t *Turn) hard() v1.Quantity { return hard(t.item) }

func hard(item *v1.StockItem) v1.Quantity {
	if item.Spec.Safety == nil {
		return 0
	}
	return item.Spec.Safety.Hard
}

// Holds says whether a posting is still part of the turn.
func (t *Turn) Holds(id string) bool { return posted(t.status, id) }

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

// Open is the number of postings that wait for their source.
func (t *Turn) Open() int { return len(t.status.Postings) - len(t.droppable) }

// Acknowledged says whether there are postings that wait for the next write.
func (t *Turn) Acknowledged() bool { return len(t.droppable) > 0 }

// Retry is when a stock-take that is ahead of the clock can be applied; zero for none.
func (t *Turn) Retry() time.Time { return t.count.Retry }

// shortText tells what to do where less was counted than is promised.
const shortText = "less was counted than is promised; the last Shipments in the queue that are not being picked give their units back: count again, or put back what is being picked"

// project derives what people read from the counters.
func project(st *v1.StockItemStatus, item *v1.StockItem, hard v1.Quantity, count CountOutcome, now time.Time) {
	st.ObservedGeneration = item.Generation
	st.Available, st.Short = Available(st, hard), Short(st)
	if st.Short == 0 {
		st.Recalled = nil
	}
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
		c.False(v1.ConditionCountApplied, count.Reason, "spec.count was taken between movements that the journal only knows the sum of; count again, with a new id and a takenAt of now")
	}
	c.Keep(v1.ConditionRecountRequired, st.Missing > 0, v1.ReasonUnitsMissing,
		fmt.Sprintf("pickers did not find %d units, which are not promised any more; count again", st.Missing))
	c.Keep(v1.ConditionCountConflict, st.Short > 0, v1.ReasonCountBelowReserved, shortText)
	switch {
	case !item.DeletionTimestamp.IsZero():
		st.Phase = v1.StockBlocked
		c.Reconciling(v1.ReasonDeleting, "waits until nothing is promised from it")
	case st.Short > 0:
		st.Phase = v1.StockBlocked
		c.Stalled(v1.ReasonCountBelowReserved, shortText)
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
