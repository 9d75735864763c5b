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

// GiveBooked notes that a carrier has sent word of a booking, for the Shipments of the
// namespace that have it.
func GiveBooked(ctx context.Context, c client.Reader, hints *Hints[*v1.Shipment], namespace, id string) error {
	var list v1.ShipmentList
	if err := c.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{IndexBooking: id}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing the Shipments with booking %s: %w", id, err)
	}
	for i := range list.Items {
		s := &v1.Shipment{}
		s.Namespace, s.Name = list.Items[i].Namespace, list.Items[i].Name
		if err := hints.Give(ctx, s, id); err != nil {
			return err
		}
	}
	return nil
}
