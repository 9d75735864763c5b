package order

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// hints are the Orders of whose payment a provider has sent word. They live in
// memory: whatever is lost with them is found at the next regular look-up.
type hints struct {
	mu     sync.Mutex
	orders map[types.NamespacedName]bool
	wake   chan event.TypedGenericEvent[*v1.Order]
}

// take says whether there is a hint about an order, and forgets it: word that
// comes later leads to another look.
func (h *hints) take(o *v1.Order) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := client.ObjectKeyFromObject(o)
	heard := h.orders[key]
	delete(h.orders, key)
	return heard
}

func (h *hints) give(o *v1.Order) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.orders == nil {
		h.orders = map[types.NamespacedName]bool{}
	}
	h.orders[client.ObjectKeyFromObject(o)] = true
}

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
		r.hints.give(o)
		select {
		case r.hints.wake <- event.TypedGenericEvent[*v1.Order]{Object: o}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
