package fulfilment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/booking"
	"ordercycle.dev/ordercycle/controllers/domain/condition"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/domain/routing"
)

// Project computes the next status of a Shipment. It is a pure function of the
// facts: called again with the same ones it changes nothing.
func Project(f *Facts, now time.Time) *v1.ShipmentStatus {
	s := f.Shipment
	st := s.Status.DeepCopy()
	st.ObservedGeneration = s.Generation
	for _, key := range ledger.Items(s) {
		if item := f.Items[key]; item != nil {
			st.Posted = append(st.Posted, ledger.Acknowledge(s, key, &item.Status)...)
		}
	}
	at := stamp(now)
	recordShort(s, st, at)
	advance(f, st, at)
	packing := plan(f, st)
	choice := travel(f, st, now)
	sequence(f, st)
	track := Track{}
	if st.DispatchedAt != nil {
		track = Fold(s.Spec.Events)
		st.Tracking = track.Tracking
		st.DeliveredAt = delivered(st.DeliveredAt, track.DeliveredAt, s.Spec.Events, at)
	}
	st.Phase = phase(s, st, track)
	book(f, st, now)
	expect(f, st, now)
	setConditions(f, st, choice, now)
	c := condition.Set{Conditions: &st.Conditions, Generation: s.Generation, Now: now}
	packable(packing, c)
	booked(f, st, c)
	promises(f, st, choice, c)
	return st
}

// recordShort notes the units that were not found, at most those that are held: what
// is due on an item is judged by the status alone.
func recordShort(s *v1.Shipment, st *v1.ShipmentStatus, now metav1.Time) {
	picked := s.Spec.Facts.Picked
	if picked == nil || st.ReservedAt == nil || st.DispatchedAt != nil || st.CancelledAt != nil {
		return
	}
	for _, p := range picked.Short {
		if slices.ContainsFunc(st.Short, func(u v1.ShortUnits) bool { return u.ID == p.ID }) {
			continue
		}
		var held v1.Quantity
		for _, i := range s.Spec.Items {
			if i.Line == p.Line && i.StockItem == p.StockItem {
				held += i.Quantity
			}
		}
		for _, u := range st.Short {
			if u.Line == p.Line && u.StockItem == p.StockItem {
				held -= u.Quantity
			}
		}
		if q := min(p.Quantity, held); q > 0 {
			st.Short = append(st.Short, v1.ShortUnits{ID: p.ID, Line: p.Line, StockItem: p.StockItem, Quantity: q, At: earlier(picked.At, now)})
		}
	}
}

// empty says whether nothing of the Shipment was found.
func empty(s *v1.Shipment, st *v1.ShipmentStatus) bool {
	var q v1.Quantity
	for _, i := range s.Spec.Items {
		q += i.Quantity
	}
	for _, u := range st.Short {
		q -= u.Quantity
	}
	return q == 0
}

// advance takes the steps that are recorded once: Dispatched, Cancelled,
// Reserved. A dispatch fact that stands while the Shipment is not cancelled
// wins over every cancel: the goods are gone.
func advance(f *Facts, st *v1.ShipmentStatus, now metav1.Time) {
	s := f.Shipment
	if st.DispatchedAt != nil || st.CancelledAt != nil {
		return
	}
	if d := s.Spec.Facts.Dispatched; d != nil {
		st.DispatchedAt = new(earlier(d.At, now))
		return
	}
	unwanted := f.unwanted() != ""
	switch {
	case s.Spec.Facts.PutBack != nil, unwanted && !picked(s), empty(s, st):
		st.CancelledAt = &now
	case f.ItemsLive && f.recalled() != "":
		// Its item was counted below what is promised, and it is the last in the
		// queue: the Order keeps its place and gets units when there are some.
		st.CancelledAt = &now
	case st.ReservedAt == nil && f.ItemsLive && !f.promised():
		// It was made without a promise, or its item is gone: it holds nothing.
		st.CancelledAt = &now
	case !unwanted && st.ReservedAt == nil && f.OrderLive && f.promised() && !f.Surplus() && f.Order.Spec.Management != v1.ManagementPaused:
		st.ReservedAt = &now
	}
}

// delivered is when the parcel arrived: what was recorded stays, unless an earlier
// scan comes in or a Correction takes it back.
func delivered(recorded, scanned *metav1.Time, events []v1.CarrierEvent, now metav1.Time) *metav1.Time {
	if scanned == nil {
		return nil
	}
	corrected := slices.ContainsFunc(events, func(e v1.CarrierEvent) bool { return e.Type == v1.CarrierCorrection })
	if recorded != nil && !corrected && !scanned.Before(recorded) {
		return recorded
	}
	return new(earlier(*scanned, now))
}

// earlier keeps a fact that was stated for a time to come from being counted
// after everything else.
func earlier(at, now metav1.Time) metav1.Time {
	if at.After(now.Time) {
		return now
	}
	return at
}

// phase is the view of the steps and facts.
func phase(s *v1.Shipment, st *v1.ShipmentStatus, t Track) v1.ShipmentPhase {
	switch {
	case st.CancelledAt != nil:
		return v1.ShipmentCancelled
	case st.DispatchedAt == nil && st.ReservedAt == nil:
		return v1.ShipmentPlanned
	case st.DispatchedAt == nil && s.Spec.Facts.Packed != nil:
		return v1.ShipmentPacked
	case st.DispatchedAt == nil && s.Spec.Facts.Picked != nil:
		return v1.ShipmentPicking
	case st.DispatchedAt == nil:
		return v1.ShipmentReserved
	case st.DeliveredAt != nil:
		return v1.ShipmentDelivered
	case t.Lost:
		return v1.ShipmentLost
	case t.Tracking == v1.TrackingReturnToSender:
		return v1.ShipmentReturned
	default:
		return v1.ShipmentDispatched
	}
}

// setConditions says what the Shipment waits for.
func setConditions(f *Facts, st *v1.ShipmentStatus, choice *routing.Choice, now time.Time) {
	s := f.Shipment
	c := condition.Set{Conditions: &st.Conditions, Generation: s.Generation, Now: now}
	unwanted := f.unwanted()
	switch st.Phase {
	case v1.ShipmentCancelled:
		if f.voiding(st, c) {
			break
		}
		c.Ready(v1.ReasonCancelled, cancelledText(f, st))
	case v1.ShipmentPlanned:
		if f.Order != nil && f.Order.Spec.Management == v1.ManagementPaused {
			c.Ready(v1.ReasonPaused, "the Order is paused; set spec.management to Active to go on")
		} else {
			c.Reconciling(v1.ReasonReserving, "stock is being reserved")
		}
	case v1.ShipmentReserved, v1.ShipmentPicking, v1.ShipmentPacked:
		switch {
		case unwanted != "":
			c.Ready(v1.ReasonAwaitingWarehouse, fmt.Sprintf("%s: put the picked units back and state facts.putBack", unwanted))
		case s.Spec.Hold != "":
			c.Ready(v1.ReasonOnHold, "held in the warehouse; clear spec.hold to go on")
		case unrouted(f, st):
			c.Stalled(v1.ReasonNoRoute, unroutedText(s, choice))
		case f.Order != nil && f.Order.Spec.Management == v1.ManagementPaused:
			c.Ready(v1.ReasonPaused, "the Order is paused; set spec.management to Active to go on")
		case f.unbooked(st, c):
		default:
			c.Ready(v1.ReasonAwaitingWarehouse, "waiting for the warehouse to state the next fact: picked, packed or dispatched")
		}
	case v1.ShipmentDelivered:
		c.Ready(v1.ReasonArrived, "the customer has it")
	case v1.ShipmentLost, v1.ShipmentReturned:
		c.Stalled(v1.ReasonDeliveryFailed, "the parcel was lost or comes back; decide what the customer gets instead")
	default:
		c.Ready(v1.ReasonAwaitingCarrier, "waiting for the carrier's next event")
	}
	if replaced := f.replaced(); len(replaced) > 0 && !ledger.Settled(s) {
		c.True(v1.ConditionStockItemReplaced, v1.ReasonItemUIDChanged,
			fmt.Sprintf("StockItem %s is not the one that was promised from; correct its stock with a new count", replaced[0]))
	} else {
		meta.RemoveStatusCondition(&st.Conditions, v1.ConditionStockItemReplaced)
	}
}

// cancelledText says why a Shipment is cancelled.
func cancelledText(f *Facts, st *v1.ShipmentStatus) string {
	if old := meta.FindStatusCondition(st.Conditions, v1.ConditionReady); old != nil && (old.Reason == v1.ReasonCancelled || old.Reason == v1.ReasonVoiding) {
		return strings.TrimSuffix(old.Message, takingBack) // the reason was known then
	}
	why := f.unwanted()
	switch {
	case why != "":
	case empty(f.Shipment, st):
		why = "none of its units were found"
	case f.recalled() != "":
		why = fmt.Sprintf("StockItem %s was counted below what is promised", f.recalled())
	case f.Shipment.Spec.Facts.PutBack != nil:
		why = "its units were put back"
	default:
		why = "a StockItem does not hold its promise"
	}
	return "cancelled before it left: " + why
}

// Over says whether nothing more comes of a Shipment: it has left or was cancelled,
// and its Order is gone or closed, because until then the Shipment is the memory of
// what was promised, and without it the same units would be promised again.
func Over(f *Facts) bool {
	s := f.Shipment
	return (s.Status.DispatchedAt != nil || s.Status.CancelledAt != nil) &&
		(f.Order == nil || meta.IsStatusConditionTrue(f.Order.Status.Conditions, v1.ConditionCompleted))
}

// MayGo says whether the finalizer of a Shipment that is being deleted can be
// removed: it is Over, and every item that still exists has counted what it did and
// remembers nothing of it, as live reads say, and no carrier is still to be told. An item that is gone, or was made again
// under its name, can count nothing any more.
func MayGo(f *Facts) bool {
	if !f.ItemsLive || !Over(f) || !booking.Done(f.Shipment.Status.Bookings) {
		return false
	}
	for _, key := range ledger.Items(f.Shipment) {
		if item := f.Items[key]; item != nil && (len(ledger.Due(f.Shipment, key)) > 0 || ledger.Mentions(f.Shipment, &item.Status)) {
			return false
		}
	}
	return true
}
