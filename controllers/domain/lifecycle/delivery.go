package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/condition"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
)

// promise is what the customer is promised when the order is confirmed: the time of the
// service level, or a later one that was asked for; nil for nothing. That it is wanted
// earlier is a wish.
func promise(o *v1.Order) *v1.OrderDelivery {
	level := o.Status.Policy.Delivery
	if level == nil {
		return nil
	}
	at := o.Status.ConfirmedAt.Add(time.Duration(level.MaxHours) * time.Hour)
	if by := o.Spec.RequestedBy; by != nil && by.After(at) {
		at = by.Time
	}
	return &v1.OrderDelivery{Promised: new(second(at.UTC()))}
}

// expect notes when the last of the goods is expected, and whether that keeps the
// promise.
func (v *view) expect(f *Facts, now time.Time) {
	if !v.confirmed {
		return
	}
	st := &f.Order.Status
	var d v1.OrderDelivery
	if st.Delivery != nil {
		d.Promised = st.Delivery.Promised
	}
	if v.goods.kept == 0 {
		st.Delivery = orNone(d)
		return
	}
	arrived := v.arrived()
	if arrived == nil && v.goods.backordered == 0 {
		d.ETA = latest(f.Shipments)
	}
	if d.Promised != nil {
		d.Punctuality = fulfilment.Punctual(*d.Promised, d.ETA, arrived, now)
	}
	st.Delivery = orNone(d)
}

// orNone is nil where there is nothing to say.
func orNone(d v1.OrderDelivery) *v1.OrderDelivery {
	if d == (v1.OrderDelivery{}) {
		return nil
	}
	return &d
}

// arrived is when the last unit arrived, nil if not all have.
func (v *view) arrived() *metav1.Time {
	if v.goods.kept == 0 || v.goods.delivered < v.goods.kept {
		return nil
	}
	var last *metav1.Time
	for i := range v.lines {
		if at := v.lines[i].DeliveredAt; at != nil && (last == nil || last.Before(at)) {
			last = at
		}
	}
	return last
}

// latest is when the last of the Shipments is expected, nil if one of them is expected
// at no time.
func latest(shipments []*v1.Shipment) *v1.Arrival {
	var last *v1.Arrival
	for _, s := range shipments {
		if s.Status.CancelledAt != nil || s.Status.DeliveredAt != nil {
			continue
		}
		eta := s.Status.ETA
		if eta == nil {
			return nil
		}
		if last == nil {
			last = eta.DeepCopy()
		}
		if last.P50.Before(&eta.P50) {
			last.P50 = eta.P50
		}
		if last.P90.Before(&eta.P90) {
			last.P90 = eta.P90
		}
	}
	return last
}

// promises writes whether the promise is at risk or broken.
func (v *view) promises(c condition.Set, st *v1.OrderStatus) {
	var d v1.OrderDelivery
	if st.Delivery != nil && v.goods.kept > 0 {
		d = *st.Delivery
	}
	arrived := v.arrived()
	fulfilment.AtRisk(c, arrived == nil, d.Promised, d.ETA, arrived)
}
