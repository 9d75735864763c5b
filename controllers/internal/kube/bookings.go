package kube

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func bookingIDs(o client.Object) []string {
	bookings := o.(*v1.Shipment).Status.Bookings
	ids := make([]string, len(bookings))
	for i := range bookings {
		ids[i] = bookings[i].ID
	}
	return ids
}

// Booked names the Shipments of a namespace that have a booking, with nothing but their
// names.
func Booked(ctx context.Context, c client.Reader, namespace, id string) ([]*v1.Shipment, error) {
	var list v1.ShipmentList
	if err := c.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{IndexBooking: id}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the Shipments with booking %s: %w", id, err)
	}
	names := make([]*v1.Shipment, len(list.Items))
	for i := range list.Items {
		names[i] = &v1.Shipment{}
		names[i].Namespace, names[i].Name = list.Items[i].Namespace, list.Items[i].Name
	}
	return names, nil
}
