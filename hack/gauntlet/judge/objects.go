package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// steps calls look for each change of an object of a kind, oldest first; before is
// nil for the first version.
func steps[T client.Object](r *Run, look func(before, after T, gone bool)) {
	latest := map[types.UID]T{}
	for _, v := range r.Versions {
		if o, ok := v.Object.(T); ok {
			look(latest[o.GetUID()], o, v.Gone)
			latest[o.GetUID()] = o
		}
	}
}

// ends are the phases in which an Order stays.
var ends = []v1.OrderPhase{v1.OrderCompleted, v1.OrderCancelled, v1.OrderRejected}

// next are the phases that may follow a phase, as docs/order-lifecycle.md says. It is
// written down here a second time, so that a mistake in the first does not hide.
var next = map[v1.OrderPhase]string{
	v1.OrderReceived:    "OnHold Rejected Confirmed Backordered Cancelling Cancelled",
	v1.OrderOnHold:      "Received Rejected Confirmed Backordered Cancelling Cancelled",
	v1.OrderConfirmed:   "Backordered Processing Shipped Delivered Completed Cancelling Cancelled",
	v1.OrderBackordered: "Confirmed Processing Shipped Delivered Completed Cancelling Cancelled",
	v1.OrderProcessing:  "Confirmed Backordered Shipped Delivered Completed Cancelling Cancelled",
	v1.OrderShipped:     "Backordered Processing Delivered Completed",
	v1.OrderDelivered:   "Shipped Completed",
	v1.OrderCancelling:  "Shipped Delivered Completed Cancelled",
}

// nextParcel are the phases that may follow a phase of a Shipment. Facts come in any
// order that the schema lets through, several at once, and what was lost may be found.
var nextParcel = map[v1.ShipmentPhase]string{
	v1.ShipmentPlanned:    "Reserved Picking Packed Dispatched Delivered Lost Returned Cancelled",
	v1.ShipmentReserved:   "Picking Packed Dispatched Delivered Lost Returned Cancelled",
	v1.ShipmentPicking:    "Packed Dispatched Delivered Lost Returned Cancelled",
	v1.ShipmentPacked:     "Dispatched Delivered Lost Returned Cancelled",
	v1.ShipmentDispatched: "Delivered Lost Returned",
	v1.ShipmentDelivered:  "Dispatched Lost Returned",
	v1.ShipmentLost:       "Dispatched Delivered Returned",
	v1.ShipmentReturned:   "Dispatched Delivered Lost",
}

// observed is the generation that the status of an object is about.
func observed(o client.Object) int64 {
	switch o := o.(type) {
	case *v1.Order:
		return o.Status.ObservedGeneration
	case *v1.Shipment:
		return o.Status.ObservedGeneration
	case *v1.StockItem:
		return o.Status.ObservedGeneration
	case *v1.Partner:
		return o.Status.ObservedGeneration
	default:
		return 0
	}
}

// transitions: phases follow the graph, an end is the end, what was frozen stays, and
// time and generations do not go back.
func transitions(r *Run, report func(string, ...any)) {
	steps(r, func(before, after client.Object, _ bool) {
		if before != nil && observed(after) < observed(before) {
			report("%T %s: observedGeneration went from %d to %d", after, after.GetName(), observed(before), observed(after))
		}
	})
	steps(r, func(before, after *v1.Order, _ bool) {
		if before == nil {
			return
		}
		from, to := before.Status.Phase, after.Status.Phase
		if from != "" && from != to && !slices.Contains(strings.Fields(next[from]), string(to)) {
			report("Order %s went from %s to %s", after.Name, from, to)
		}
		if before.Status.ConfirmedAt != nil && !before.Status.ConfirmedAt.Equal(after.Status.ConfirmedAt) {
			report("Order %s: confirmedAt has changed", after.Name)
		}
		for _, b := range operations(before) {
			i := slices.IndexFunc(operations(after), func(op v1.PaymentOperation) bool { return op.ID == b.ID })
			if i < 0 {
				report("Order %s: %s of %d was forgotten", after.Name, b.Kind, b.Amount)
			} else if a := operations(after)[i]; b.State == v1.OperationSucceeded && (a.State != b.State || a.Amount != b.Amount) {
				report("Order %s: %s of %d had succeeded, and is %s of %d", after.Name, b.Kind, b.Amount, a.State, a.Amount)
			}
		}
		if b, a := promised(before), promised(after); b != nil && !b.Equal(a) {
			report("Order %s was promised for %v, and is for %v", after.Name, b, a)
		}
		for i := 1; i < len(after.Status.Timeline); i++ {
			if after.Status.Timeline[i].EnteredAt.Before(&after.Status.Timeline[i-1].EnteredAt) {
				report("Order %s: its timeline goes back", after.Name)
			}
		}
	})
	steps(r, func(before, after *v1.Shipment, _ bool) {
		if before == nil {
			return
		}
		b, a := before.Status, after.Status
		if b.Phase != "" && b.Phase != a.Phase && !slices.Contains(strings.Fields(nextParcel[b.Phase]), string(a.Phase)) {
			report("Shipment %s went from %s to %s", after.Name, b.Phase, a.Phase)
		}
		if (b.ReservedAt != nil && a.ReservedAt == nil) || (b.CancelledAt != nil && a.CancelledAt == nil) || (b.DispatchedAt != nil && a.DispatchedAt == nil) {
			report("Shipment %s: what had happened has not happened any more", after.Name)
		}
		if a.CancelledAt != nil && a.DispatchedAt != nil {
			report("Shipment %s was cancelled and has left", after.Name)
		}
		fixed := before.Spec.Facts.Picked != nil || before.Spec.Facts.Packed != nil || before.Spec.Facts.Dispatched != nil
		if fixed && len(b.Route) > 0 && !slices.Equal(lanesOf(b.Route), lanesOf(a.Route)) {
			report("Shipment %s was picked for %v, and travels on %v", after.Name, lanesOf(b.Route), lanesOf(a.Route))
		}
		if a.DispatchedAt != nil && a.ReservedAt == nil {
			report("Shipment %s has left and had no units", after.Name)
		}
	})
}

// promised is when an Order was promised, nil if it was not.
func promised(o *v1.Order) *metav1.Time {
	if o.Status.Delivery == nil {
		return nil
	}
	return o.Status.Delivery.Promised
}

func lanesOf(route []v1.RouteLeg) []string {
	var names []string
	for _, l := range route {
		names = append(names, string(l.Partner)+"/"+string(l.Lane))
	}
	return names
}

// deletions: nothing stays half deleted, and no Order goes while it owes anything.
func deletions(r *Run, report func(string, ...any)) {
	there := map[types.UID]client.Object{}
	for _, v := range r.Versions {
		there[v.Object.GetUID()] = v.Object
		if v.Gone {
			delete(there, v.Object.GetUID())
		}
	}
	if r.Missing == "" {
		for _, o := range there {
			if !o.GetDeletionTimestamp().IsZero() && !waitsForOrder(o, there) {
				report("%s is being deleted and stays", o.GetName())
			}
		}
	}
	steps(r, func(_, o *v1.Order, gone bool) {
		if !gone || r.Forced {
			return
		}
		for _, op := range operations(o) {
			if op.State != v1.OperationSucceeded && op.State != v1.OperationDeclined {
				report("Order %s went while %s was %s", o.Name, op.Kind, op.State)
			}
		}
		if a := o.Status.Amounts; a != nil && (a.Authorized != 0 || kept(o) > a.Due) {
			report("Order %s went while %d were held and %d kept of %d due", o.Name, a.Authorized, kept(o), a.Due)
		}
	})
	leftBehind(r, report)
	for _, o := range there {
		if s, ok := o.(*v1.Shipment); ok && s.Status.CancelledAt == nil && s.Status.DispatchedAt == nil {
			if _, alive := there[types.UID(s.Spec.OrderUID)]; !alive && r.Missing == "" {
				report("Shipment %s holds units for an Order that is gone", s.Name)
			}
		}
	}
}

// waitsForOrder says whether a Shipment stays because its Order has not ended: until
// then it is the memory of what was promised.
func waitsForOrder(o client.Object, there map[types.UID]client.Object) bool {
	s, ok := o.(*v1.Shipment)
	if !ok {
		return false
	}
	order, ok := there[types.UID(s.Spec.OrderUID)].(*v1.Order)
	return ok && !slices.Contains(ends, order.Status.Phase)
}

// kept is the money that came in for an Order and did not go back, as its operations
// and what people have recorded say.
func kept(o *v1.Order) v1.Amount {
	var sum v1.Amount
	for _, op := range operations(o) {
		switch {
		case op.State != v1.OperationSucceeded || op.Currency != "":
		case op.Kind == v1.OperationCapture:
			sum += op.Amount
		case op.Kind == v1.OperationRefund:
			sum -= op.Amount
		}
	}
	return sum + byHand(o)
}

// reachesItsEnd: once nothing goes wrong any more, the course reaches its end.
func reachesItsEnd(r *Run, report func(string, ...any)) {
	if r.Missing != "" {
		report("the end was not reached: %s", r.Missing)
	}
}

// sameEnd: it ends as it would have if nothing had gone wrong.
func sameEnd(r *Run, report func(string, ...any)) {
	if r.Reference == nil || r.Reference.End == "" || r.Missing != "" {
		return
	}
	if end := End(r.Versions); end != r.Reference.End {
		report("it ends as %s; without the fault as %s", end, r.Reference.End)
	}
}

// quiet: after the end nobody writes any more, and a fault does not make the
// manager write without bounds.
func quiet(r *Run, report func(string, ...any)) {
	if n := len(r.LateWrites); n > 0 {
		report("%d writes after the end: %s", n, strings.Join(r.LateWrites[:min(n, maxTexts)], ", "))
	}
	if r.Reference != nil && r.Writes > 3*r.Reference.Writes+20 {
		report("%d writes; without the fault it takes %d", r.Writes, r.Reference.Writes)
	}
}

// maxObject is the largest that an object may be, in bytes.
const maxObject = 256 << 10

// small: no object grows above its bound.
func small(r *Run, report func(string, ...any)) {
	for _, v := range r.Versions {
		if text, err := json.Marshal(v.Object); err != nil || len(text) > maxObject {
			report("%s has %d bytes (%v)", v.Object.GetName(), len(text), err)
		}
	}
}

// noLeak: what is secret or personal is in no log, event or status.
func noLeak(r *Run, report func(string, ...any)) {
	look := func(where, text string) {
		for _, canary := range r.Canaries {
			if strings.Contains(text, canary) {
				report("%q is in %s", canary, where)
			}
		}
	}
	look("the log", r.Log)
	look("the books of the simulated provider", r.Books)
	look("what the provider was asked", encoded(r.Requests))
	for i := range r.Events {
		look("event "+r.Events[i].Reason, encoded(r.Events[i]))
	}
	for _, v := range r.Versions {
		o := v.Object
		if order, ok := o.(*v1.Order); ok { // the customer's own words are in its spec
			written := order.DeepCopy()
			written.Spec, written.ManagedFields = v1.OrderSpec{}, nil
			o = written
		}
		look(fmt.Sprintf("%T %s", o, o.GetName()), encoded(o))
	}
}

func encoded(o any) string {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Sprint(o)
	}
	return string(text)
}
