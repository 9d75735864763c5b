package pricing

import (
	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Part is the price of some of an order's units: for each line those that
// units counts, and the shipping fee with the first of them.
func Part(a *v1.OrderAmounts, lines []v1.OrderLineStatus, units func(*v1.OrderLineStatus) v1.Quantity) v1.Amount {
	var sum v1.Amount
	any := false
	for i := range lines {
		l := &lines[i]
		x := units(l)
		any = any || x > 0
		sum += Cum(l.Net+l.Tax, l.Ordered, x)
	}
	if any {
		sum += a.Shipping
	}
	return sum
}

// Due is the price of all that was not cancelled.
func Due(a *v1.OrderAmounts, lines []v1.OrderLineStatus) v1.Amount {
	return Part(a, lines, func(l *v1.OrderLineStatus) v1.Quantity { return l.Ordered - l.Cancelled })
}

// CaptureTarget is the money that should have come in by now, at most what is due.
func CaptureTarget(moment v1.CaptureMoment, a *v1.OrderAmounts, lines []v1.OrderLineStatus) v1.Amount {
	due := Due(a, lines)
	switch moment {
	case v1.CaptureOnConfirm:
		return due
	case v1.CaptureOnDelivery:
		return min(due, Part(a, lines, func(l *v1.OrderLineStatus) v1.Quantity { return l.Delivered }))
	default:
		return min(due, Part(a, lines, func(l *v1.OrderLineStatus) v1.Quantity { return l.Dispatched }))
	}
}
