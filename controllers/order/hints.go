package order

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Heard looks the open payment operation of an Order up at once. operation is the
// id of any of its operations; an Order without an open one has nothing to ask.
func (r *Reconciler) Heard(ctx context.Context, namespace, operation string) error {
	var orders v1.OrderList
	if err := r.List(ctx, &orders, client.InNamespace(namespace), client.MatchingFields{indexOperation: operation}, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	for i := range orders.Items {
		o := &v1.Order{}
		o.Namespace, o.Name = orders.Items[i].Namespace, orders.Items[i].Name
		if err := r.hints.Give(ctx, o, operation); err != nil {
			return err
		}
	}
	return nil
}
