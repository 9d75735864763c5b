package lifecycle

import (
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// customer is what the customer may be shown of an order whose phase was found.
func (v *view) customer(f *Facts, now time.Time) *v1.CustomerView {
	o := f.Order
	c := &v1.CustomerView{
		State: v.customerState(o, now), Ordered: int64(v.goods.kept), Arrived: int64(v.goods.delivered),
		Total: pricing.Display(v.amounts.Total, o.Spec.Currency), Due: pricing.Display(v.amounts.Due, o.Spec.Currency), Paid: paidText(o, v),
	}
	if d := o.Status.Delivery; d != nil && v.goods.delivered < v.goods.kept {
		if c.ExpectedBy = d.Promised.DeepCopy(); d.ETA != nil {
			c.ExpectedBy = d.ETA.P90.DeepCopy()
		}
	}
	for i := range o.Status.Questions {
		if q := &o.Status.Questions[i]; v.waitsFor(o, q, now) {
			c.Questions = append(c.Questions, q.ID)
		}
	}
	for _, s := range f.Shipments {
		if s.Status.ReservedAt == nil || s.Status.CancelledAt != nil {
			continue
		}
		p := v1.CustomerParcel{Name: v1.ObjectName(s.Name), State: parcelState(s)}
		if n := len(s.Status.Route); n > 0 {
			p.Carrier = s.Status.Route[n-1].Partner
		}
		if s.Status.ETA != nil {
			p.ExpectedBy = s.Status.ETA.P90.DeepCopy() // the Shipment is the cache's
		}
		c.Parcels = append(c.Parcels, p)
	}
	if over := len(c.Parcels) - maxShipments; over > 0 {
		c.Parcels = c.Parcels[over:]
	}
	return c
}

// paidText is what stayed of what was paid.
func paidText(o *v1.Order, v *view) string {
	return pricing.Display(max(0, v.sums.Kept()), o.Spec.Currency)
}

// customerState is the phase in the eyes of the customer.
func (v *view) customerState(o *v1.Order, now time.Time) v1.CustomerState {
	if slices.ContainsFunc(o.Status.Questions, func(q v1.Question) bool { return v.waitsFor(o, &q, now) }) {
		return v1.CustomerNeedsAnswer
	}
	switch o.Status.Phase {
	case v1.OrderOnHold:
		return v1.CustomerChecking
	case v1.OrderRejected:
		return v1.CustomerRefused
	case v1.OrderConfirmed:
		return v1.CustomerConfirmed
	case v1.OrderBackordered:
		return v1.CustomerAwaitingGoods
	case v1.OrderProcessing:
		return v1.CustomerPreparing
	case v1.OrderShipped:
		return v1.CustomerOnItsWay
	case v1.OrderDelivered, v1.OrderCompleted:
		return v1.CustomerDelivered
	case v1.OrderCancelling, v1.OrderCancelled:
		return v1.CustomerCancelled
	default:
		return v1.CustomerReceived
	}
}

// waitsFor says whether a question is to be answered: those of the checks are there as
// long as they are open, and the one about a shortage stays once it was answered.
func (v *view) waitsFor(o *v1.Order, q *v1.Question, now time.Time) bool {
	if q.ID == QuestionShortage {
		return v.asked(o, now)
	}
	return !v.confirmed && !v.ending
}

func parcelState(s *v1.Shipment) v1.ParcelState {
	switch s.Status.Phase {
	case v1.ShipmentDelivered:
		return v1.ParcelArrived
	case v1.ShipmentDispatched:
		return v1.ParcelOnItsWay
	case v1.ShipmentLost, v1.ShipmentReturned:
		return v1.ParcelProblem
	default:
		return v1.ParcelPreparing
	}
}
