// Package ledger keeps the counters of a StockItem exact.
//
// A counter changes by postings only. A posting is a movement that a source (a
// Shipment, a Return, a Replenishment) or a stock-take has made due; it has an id
// that is the same for ever. The write that changes the counters also adds the
// posting to the item, under the item's resourceVersion. The source then marks
// the id in its own status, and only after that the posting is dropped. A rival
// that did all of this before the item was read is seen in the source's marks,
// one that did it afterwards has changed the item's resourceVersion. So each
// movement is counted exactly once, whoever dies when, and however old a cache is.
//
// The package is pure: it is given what was read and computes what to write.
package ledger

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Limits of the open postings of one item. A full list delays the next promise;
// it never loses one.
const (
	// MaxPostings is their number.
	MaxPostings = 128
	// MaxPostingBytes is their size, encoded.
	MaxPostingBytes = 48 << 10
)

// Movement is one change of counters that is due, and when it happened.
type Movement struct {
	v1.Posting
	// EffectiveAt is the time of the fact, not of the posting: a stock-take
	// taken later has seen it.
	EffectiveAt metav1.Time
	// Missing units were not found: a Release of them does not make them
	// available, until a stock-take tells where they are.
	Missing bool
	// Inspected units are received into quarantine.
	Inspected bool
}

// Apply counts a movement at the time now: it changes the counters and adds the
// posting. An id that is there already changes nothing. The error says why it
// cannot be counted on this version of the item, which is then unchanged.
//
// A movement that a later stock-take has seen changes reserved and quarantined,
// and neither onHand nor missing.
func Apply(st *v1.StockItemStatus, hard v1.Quantity, m Movement, now time.Time) error {
	if posted(st, m.ID) {
		return nil
	}
	if !HasRoom(st, m.Posting) {
		return fmt.Errorf("posting %s: the item has no room for another open posting", m.ID)
	}
	uncounted := !seen(st, m.EffectiveAt)
	if err := admit(st, hard, m, uncounted); err != nil {
		return fmt.Errorf("posting %s: %w", m.ID, err)
	}
	e := effectOf(m)
	st.Reserved += v1.Quantity(e.reserved)
	st.Quarantined += v1.Quantity(e.quarantined)
	if uncounted && e.lasting() {
		moveOnHand(st, e.onHand)
		st.Missing += e.missing
		journal(st, v1.JournalEntry{
			ID: m.ID, Kind: m.Kind, EffectiveAt: m.EffectiveAt, Change: e.onHand, Missing: e.missing, Source: string(m.Source),
		}, now)
	}
	st.Postings = append(st.Postings, m.Posting)
	return nil
}

// effect is by how much a movement changes each counter.
type effect struct {
	reserved, quarantined, onHand int64
	missing                       v1.Quantity
}

// lasting says whether a movement changes what a stock-take would find.
func (e effect) lasting() bool { return e.onHand != 0 || e.missing != 0 }

func effectOf(m Movement) effect {
	q := int64(m.Quantity)
	switch m.Kind {
	case v1.MovementReserve:
		return effect{reserved: q}
	case v1.MovementConsume:
		return effect{reserved: -q, onHand: -q}
	case v1.MovementRelease:
		if m.Missing {
			return effect{reserved: -q, missing: m.Quantity}
		}
		return effect{reserved: -q}
	case v1.MovementReceive, v1.MovementTransferIn:
		if m.Inspected {
			return effect{quarantined: q, onHand: q}
		}
		return effect{onHand: q}
	case v1.MovementAccept:
		return effect{quarantined: -q}
	case v1.MovementScrap, v1.MovementSendBack:
		return effect{quarantined: -q, onHand: -q}
	case v1.MovementTransferOut:
		return effect{onHand: -q}
	default:
		return effect{}
	}
}

// seen says whether the last stock-take has seen what happened at a time.
func seen(st *v1.StockItemStatus, at metav1.Time) bool {
	return st.CountTakenAt != nil && !at.After(st.CountTakenAt.Time)
}

// posted says whether a movement is among the open postings.
func posted(st *v1.StockItemStatus, id string) bool {
	return slices.ContainsFunc(st.Postings, func(p v1.Posting) bool { return p.ID == id })
}

// admit says why a movement cannot be counted, nil if it can.
func admit(st *v1.StockItemStatus, hard v1.Quantity, m Movement, uncounted bool) error {
	q := m.Quantity
	switch m.Kind {
	case v1.MovementReserve:
		if available := Available(st, hard); q > available {
			return fmt.Errorf("%d units wanted, %d available", q, available)
		}
	case v1.MovementConsume, v1.MovementRelease:
		if q > st.Reserved {
			return fmt.Errorf("%d units owed, %d reserved: the ledger does not add up", q, st.Reserved)
		}
	case v1.MovementReceive, v1.MovementTransferIn:
		if uncounted && q > v1.MaxQuantity-st.OnHand {
			return fmt.Errorf("%d more units than the %d on hand are more than an item can hold", q, st.OnHand)
		}
		// The stock-take has seen them and made them available; what of them was
		// promised cannot be taken back into quarantine.
		if free := st.OnHand - st.Quarantined - st.Reserved; m.Inspected && !uncounted && q > max(0, free) {
			return fmt.Errorf("%d units for quarantine, %d not promised: count again", q, max(0, free))
		}
	case v1.MovementAccept, v1.MovementScrap, v1.MovementSendBack:
		if q > st.Quarantined {
			return fmt.Errorf("%d units judged, %d in quarantine: the ledger does not add up", q, st.Quarantined)
		}
	case v1.MovementTransferOut:
		if available := Available(st, hard); uncounted && q > available {
			return fmt.Errorf("%d units to be sent, %d available", q, available)
		}
	default:
		return fmt.Errorf("%s is not a movement of a source", m.Kind)
	}
	return nil
}

// moveOnHand changes onHand. A stock-take may have found less than leaves afterwards:
// there is no negative stock, what is in quarantine cannot leave, and what left
// all the same is kept apart as overdrawn.
func moveOnHand(st *v1.StockItemStatus, change int64) {
	left := v1.Quantity(max(0, -change))
	n := min(left, max(0, st.OnHand-st.Quarantined))
	st.OnHand += v1.Quantity(max(0, change)) - n
	st.Overdrawn += left - n
}

// Void takes back a promise whose Shipment can never come to be or does not
// hold it, and drops its posting.
func Void(st *v1.StockItemStatus, id string) {
	for _, p := range st.Postings {
		if p.ID == id && p.Kind == v1.MovementReserve {
			st.Reserved -= p.Quantity
			Drop(st, id)
			return
		}
	}
}

// Drop removes a posting that its source has acknowledged.
func Drop(st *v1.StockItemStatus, id string) {
	st.Postings = slices.DeleteFunc(st.Postings, func(p v1.Posting) bool { return p.ID == id })
}

// Available is the number of units that can be promised.
func Available(st *v1.StockItemStatus, hard v1.Quantity) v1.Quantity {
	return max(0, st.OnHand-st.Quarantined-st.Reserved-st.Missing-hard)
}

// Short is the number of units that are promised and not there.
func Short(st *v1.StockItemStatus) v1.Quantity {
	return max(0, st.Reserved-(st.OnHand-st.Quarantined))
}

// HasRoom says whether one more posting fits into the item.
func HasRoom(st *v1.StockItemStatus, p v1.Posting) bool {
	return len(st.Postings) < MaxPostings && postingsBytes(st)+PostingBytes(p) <= MaxPostingBytes
}

func postingsBytes(st *v1.StockItemStatus) int {
	size := 0
	for _, p := range st.Postings {
		size += PostingBytes(p)
	}
	return size
}

// PostingBytes estimates the encoded size of a posting from above: its strings
// and a fixed share for keys, numbers and punctuation.
func PostingBytes(p v1.Posting) int {
	n := 128 + len(p.ID) + len(p.Kind) + len(p.Source) + len(p.SourceKind)
	if r := p.Reserve; r != nil {
		n += 128 + len(r.Grant) + len(r.Order.Name) + len(r.Order.UID)
		for _, l := range r.Lines {
			n += 48 + len(l.Line)
		}
		for _, i := range r.Items {
			n += 4 + len(i)
		}
	}
	return n
}
