package fulfilment

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/condition"
	"ordercycle.dev/ordercycle/controllers/domain/routing"
)

// expect notes when a Shipment is expected, by the lanes that are left, and whether
// that keeps the promise.
func expect(f *Facts, st *v1.ShipmentStatus, now time.Time) {
	st.ETA, st.Punctuality = nil, ""
	if st.ReservedAt == nil || st.CancelledAt != nil {
		return
	}
	if n := len(st.Route); n > 0 && Travelling(st) {
		last := &st.Route[n-1]
		st.ETA = &v1.Arrival{P50: last.P50, P90: last.P90}
		if st.DispatchedAt != nil {
			legs := legsOf(st.Route)
			p50, p90 := routing.Expect(f.Carriers, legs, routing.Where(legs, st.DispatchedAt.Time, f.Shipment.Spec.Events))
			st.ETA = &v1.Arrival{P50: stamp(p50), P90: stamp(p90)}
		}
	}
	if st.Promised != nil {
		st.Punctuality = Punctual(*st.Promised, st.ETA, st.DeliveredAt, now)
	}
}

// Travelling says whether parcels are reserved for the customer or on their way, and have
// neither arrived nor come to nothing.
func Travelling(st *v1.ShipmentStatus) bool {
	switch st.Phase {
	case v1.ShipmentReserved, v1.ShipmentPicking, v1.ShipmentPacked, v1.ShipmentDispatched:
		return true
	default:
		return false
	}
}

// Punctual says whether a promise is kept: by when it arrived, or else by when nine of
// ten parcels are expected.
func Punctual(promised metav1.Time, eta *v1.Arrival, arrived *metav1.Time, now time.Time) v1.Punctuality {
	switch {
	case arrived != nil && arrived.After(promised.Time), arrived == nil && now.After(promised.Time):
		return v1.PunctualityLate
	case arrived != nil:
		return v1.PunctualityOnTime
	case eta == nil:
		return v1.PunctualityUnknown
	case eta.P90.After(promised.Time):
		return v1.PunctualityLate
	default:
		return v1.PunctualityOnTime
	}
}

// promises writes what is to be known about the route and the promise.
func promises(f *Facts, st *v1.ShipmentStatus, choice *routing.Choice, c condition.Set) {
	on := st.ReservedAt != nil && st.CancelledAt == nil
	switch {
	case unrouted(f, st):
		c.False(v1.ConditionRouted, v1.ReasonNoRoute, unroutedText(f.Shipment, choice))
	case on && len(st.Route) > 0:
		if f.Order != nil && f.Order.Status.Policy != nil {
			c.True(v1.ConditionRouted, v1.ReasonRouteChosen, routeText(st, objective(f.Order)))
		}
	default:
		meta.RemoveStatusCondition(c.Conditions, v1.ConditionRouted)
	}
	AtRisk(c, on && st.DeliveredAt == nil, st.Promised, st.ETA, st.DeliveredAt)
	overdue := on && st.DispatchedAt != nil && st.ETA != nil && c.Now.After(st.ETA.P90.Time) &&
		st.Tracking != v1.TrackingAvailableForPickup && st.Tracking != v1.TrackingFailure
	why := ""
	if overdue {
		why = fmt.Sprintf("nine of ten such parcels have arrived by %s; ask the carrier, and state its event", text(st.ETA.P90))
	}
	c.Keep(v1.ConditionOverdue, overdue, v1.ReasonNoNews, why)
}

// unrouted says whether a Shipment waits that Partners are to deliver, and none can.
func unrouted(f *Facts, st *v1.ShipmentStatus) bool {
	return waiting(st) && byPartners(f.Order) && len(st.Route) == 0 && f.Order.Spec.Management != v1.ManagementPaused
}

// AtRisk writes the conditions PromiseAtRisk and Late: the first while the promise can
// still be kept but is not expected to be, the second once it is broken, for ever.
func AtRisk(c condition.Set, open bool, promised *metav1.Time, eta *v1.Arrival, arrived *metav1.Time) {
	late := promised != nil && ((arrived != nil && arrived.After(promised.Time)) || (open && c.Now.After(promised.Time)))
	risk := promised != nil && open && !late && eta != nil && eta.P90.After(promised.Time)
	why := ""
	if risk {
		why = fmt.Sprintf("promised for %s, and nine of ten arrive by %s", text(*promised), text(eta.P90))
	}
	c.Keep(v1.ConditionPromiseAtRisk, risk, v1.ReasonExpectedLate, why)
	switch {
	case late && arrived != nil:
		c.True(v1.ConditionLate, v1.ReasonArrivedLate, fmt.Sprintf("promised for %s, arrived at %s", text(*promised), text(*arrived)))
	case late:
		c.True(v1.ConditionLate, v1.ReasonNotArrived, fmt.Sprintf("promised for %s, and not there yet", text(*promised)))
	default:
		meta.RemoveStatusCondition(c.Conditions, v1.ConditionLate)
	}
}

func text(t metav1.Time) string { return t.UTC().Format(time.RFC3339) }

// unroutedTurn is how long a Shipment without a route waits until it looks again: what
// keeps only for some hours may find a carrier at another time of day.
const unroutedTurn = time.Hour

// waitTurn is how long a Shipment whose times hold longer than they were sure to waits
// until it looks again.
const waitTurn = 10 * time.Minute

// NextLook is when a Shipment has to be looked at again though nothing happens: what is
// expected may have changed by then. It is zero if there is no such time.
func NextLook(st *v1.ShipmentStatus, now time.Time) time.Time {
	if st.ReservedAt == nil || st.CancelledAt != nil || st.DeliveredAt != nil {
		return time.Time{}
	}
	var next time.Time
	// A time counts from the moment after it.
	add := func(t time.Time) {
		if t = t.Add(time.Second); t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if st.Promised != nil {
		add(st.Promised.Time)
	}
	switch {
	case st.DispatchedAt != nil && st.ETA != nil:
		add(st.ETA.P90.Time)
	case waiting(st) && len(st.Route) > 0 && holdsUntil(st).Before(now):
		add(now.Add(waitTurn))
	case waiting(st) && len(st.Route) > 0:
		add(holdsUntil(st))
	case waiting(st) && meta.IsStatusConditionFalse(st.Conditions, v1.ConditionRouted):
		add(now.Add(unroutedTurn))
	}
	return next
}
