// Package ledger keeps the counters of a StockItem exact.
//
// A counter changes by postings only. A posting is a movement that a Shipment
// (or a stock-take) has made due; it has an id that is the same for ever. The
// write that changes the counters also adds the posting to the item, under the
// item's resourceVersion. The Shipment then marks the id in its own status, and
// only after that the posting is dropped. A rival that did all of this before
// the item was read is seen in the Shipment's marks, one that did it afterwards
// has changed the item's resourceVersion. So each movement is counted exactly
// once, whoever dies when, and however old a cache is.
//
// The package is pure: it is given what was read and computes what to write.
package ledger

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Limits of the lists in the status of a StockItem.
const (
	// MaxPostings is the number of open postings of one item. A full list delays
	// the next promise; it never loses one.
	MaxPostings = 128
	// MaxPostingBytes is the size of the open postings of one item, encoded.
	MaxPostingBytes = 48 << 10
	// MaxJournal is the number of journal entries of one item.
	MaxJournal = 128
)

// Movement is one change of counters that is due, and when it happened.
type Movement struct {
	v1.Posting
	// EffectiveAt is the time of the fact, not of the posting: a stock-take
	// taken later has seen it.
	EffectiveAt metav1.Time
}

// ReserveID is the id of the promise of a grant.
func ReserveID(grant string) string { return grant + "/" + string(v1.MovementReserve) }

func movementID(s *v1.Shipment, kind v1.MovementKind) string {
	return string(s.UID) + "/" + string(kind) + "/0"
}

// Units is the number of units of a Shipment on one item.
func Units(s *v1.Shipment, item v1.ItemKey) v1.Quantity {
	var q v1.Quantity
	for _, i := range s.Spec.Items {
		if i.StockItem == item.Name && i.StockItemUID == item.UID {
			q += i.Quantity
		}
	}
	return q
}

// Items lists the items of a Shipment, each once, in the order of its spec.
func Items(s *v1.Shipment) []v1.ItemKey {
	var keys []v1.ItemKey
	for _, i := range s.Spec.Items {
		if k := (v1.ItemKey{Name: i.StockItem, UID: i.StockItemUID}); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// Due lists the movements that a Shipment has made due on an item and that it
// has not marked as posted. It judges by the Shipment's status alone: a
// dispatched Shipment consumes its units, a cancelled one that carries the
// Reserved mark releases them. One cancelled without the mark owes nothing: its
// promise is voided where it stands.
func Due(s *v1.Shipment, item v1.ItemKey) []Movement {
	q := Units(s, item)
	if q == 0 {
		return nil
	}
	var m Movement
	switch {
	case s.Status.DispatchedAt != nil:
		m = Movement{v1.Posting{Kind: v1.MovementConsume}, *s.Status.DispatchedAt}
	case s.Status.CancelledAt != nil && s.Status.ReservedAt != nil:
		m = Movement{v1.Posting{Kind: v1.MovementRelease}, *s.Status.CancelledAt}
	default:
		return nil
	}
	m.ID, m.Quantity, m.Shipment = movementID(s, m.Kind), q, v1.ObjectName(s.Name)
	if Marked(s, item, m.ID) {
		return nil
	}
	return []Movement{m}
}

// Marked says whether a Shipment has acknowledged a movement of an item.
func Marked(s *v1.Shipment, item v1.ItemKey, id string) bool {
	return slices.Contains(s.Status.Posted, v1.PostedMovement{Item: item.Name, ItemUID: item.UID, ID: id})
}

// Settled says whether nothing that the Shipment did is left to be posted, and
// nothing more can become due.
func Settled(s *v1.Shipment) bool {
	if s.Status.DispatchedAt == nil && s.Status.CancelledAt == nil {
		return false
	}
	for _, item := range Items(s) {
		if len(Due(s, item)) > 0 {
			return false
		}
	}
	return true
}

// Apply counts a movement: it changes the counters and adds the posting. An id
// that is there already changes nothing. The error says why it cannot be
// counted on this version of the item.
func Apply(st *v1.StockItemStatus, hard v1.Quantity, m Movement) error {
	if slices.ContainsFunc(st.Postings, func(p v1.Posting) bool { return p.ID == m.ID }) {
		return nil
	}
	if !HasRoom(st, m.Posting) {
		return fmt.Errorf("posting %s: the item has no room for another open posting", m.ID)
	}
	switch m.Kind {
	case v1.MovementReserve:
		if available := Available(st, hard); m.Quantity > available {
			return fmt.Errorf("posting %s: %d units wanted, %d available", m.ID, m.Quantity, available)
		}
		st.Reserved += m.Quantity
	case v1.MovementConsume, v1.MovementRelease:
		if m.Quantity > st.Reserved {
			return fmt.Errorf("posting %s: %d units owed, %d reserved: the ledger does not add up", m.ID, m.Quantity, st.Reserved)
		}
		st.Reserved -= m.Quantity
		if m.Kind == v1.MovementConsume && (st.CountTakenAt == nil || m.EffectiveAt.After(st.CountTakenAt.Time)) {
			// A stock-take may have found less than left afterwards: there is no
			// negative stock, and the next count tells the truth. The journal keeps
			// all that left, for a count that was taken before and saw it.
			st.OnHand -= max(0, min(m.Quantity, st.OnHand-st.Quarantined))
			journal(st, v1.JournalEntry{ID: m.ID, Kind: m.Kind, EffectiveAt: m.EffectiveAt, Change: -int64(m.Quantity), Source: string(m.Shipment)})
		}
	default:
		return fmt.Errorf("posting %s: %s is not a movement of a Shipment", m.ID, m.Kind)
	}
	st.Postings = append(st.Postings, m.Posting)
	return nil
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
	return max(0, st.OnHand-st.Quarantined-st.Reserved-hard)
}

// Short is the number of units that are promised and not there.
func Short(st *v1.StockItemStatus) v1.Quantity {
	return max(0, st.Reserved-(st.OnHand-st.Quarantined))
}

// HasRoom says whether one more posting fits into the item.
func HasRoom(st *v1.StockItemStatus, p v1.Posting) bool {
	if len(st.Postings) >= MaxPostings {
		return false
	}
	return postingsBytes(st)+PostingBytes(p) <= MaxPostingBytes
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
	n := 128 + len(p.ID) + len(p.Kind) + len(p.Shipment)
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

func journal(st *v1.StockItemStatus, e v1.JournalEntry) {
	e.OnHandAfter = st.OnHand
	st.Journal = append(st.Journal, e)
	if over := len(st.Journal) - MaxJournal; over > 0 {
		for _, gone := range st.Journal[:over] {
			if st.JournalSince == nil || gone.EffectiveAt.After(st.JournalSince.Time) {
				st.JournalSince = gone.EffectiveAt.DeepCopy()
			}
		}
		st.Journal = slices.Delete(st.Journal, 0, over)
	}
}

// Owner says whether a posting belongs to a Shipment: by its uid, or by its
// grant for a promise.
func Owner(p v1.Posting, s *v1.Shipment) bool {
	if p.Kind == v1.MovementReserve {
		return p.Reserve != nil && p.Reserve.Grant == s.Spec.Grant
	}
	return strings.HasPrefix(p.ID, string(s.UID)+"/")
}
