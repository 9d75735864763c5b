package order

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// Indexes of Orders that are not confirmed yet: what they wait for can appear.
const (
	indexUnconfirmedSKU   = "unconfirmed-sku"
	indexUnconfirmedClass = "unconfirmed-class"
	// anyClass is indexed for an Order that names no class.
	anyClass = "*"
)

// SetupWithManager registers the controller. An Order is looked at again when it
// or one of its Shipments changes, and, until it is confirmed, when a product or
// class appears that it waits for.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, options controller.Options) error {
	r.hints = kube.NewHints[*v1.Order]()
	if err := index(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	appears := predicate.Funcs{
		UpdateFunc:  func(event.UpdateEvent) bool { return false },
		DeleteFunc:  func(event.DeleteEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("order").
		For(&v1.Order{}).
		Watches(&v1.Shipment{}, kube.EnqueueOrder()).
		Watches(&v1.StockItem{}, r.enqueue(func(o client.Object) (string, []string) {
			return indexUnconfirmedSKU, []string{string(o.(*v1.StockItem).Spec.SKU)}
		}), builder.WithPredicates(appears)).
		WatchesRawSource(r.hints.Source()).
		Watches(&v1.OrderClass{}, r.enqueue(func(o client.Object) (string, []string) {
			return indexUnconfirmedClass, []string{o.GetName(), anyClass}
		})).
		WithOptions(options).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
}

// indexOperation knows the Orders with an open payment operation, by the ids of all
// their operations: a provider may speak of an earlier one.
const indexOperation = "payment-operation"

func operationIDs(obj client.Object) []string {
	p := obj.(*v1.Order).Status.Payment
	if p == nil || payment.Open(p.Operations) == nil {
		return nil
	}
	ids := make([]string, len(p.Operations))
	for i := range p.Operations {
		ids[i] = p.Operations[i].ID
	}
	return ids
}

func index(ctx context.Context, indexer client.FieldIndexer) error {
	if err := indexer.IndexField(ctx, &v1.Order{}, indexOperation, operationIDs); err != nil {
		return fmt.Errorf("indexing Orders by %s: %w", indexOperation, err)
	}
	for name, values := range map[string]func(*v1.Order) []string{
		indexUnconfirmedSKU: func(o *v1.Order) []string {
			skus := make([]string, len(o.Spec.Lines))
			for i, l := range o.Spec.Lines {
				skus[i] = string(l.SKU)
			}
			return skus
		},
		indexUnconfirmedClass: func(o *v1.Order) []string {
			if o.Spec.ClassName == "" {
				return []string{anyClass}
			}
			return []string{string(o.Spec.ClassName)}
		},
	} {
		extract := func(obj client.Object) []string {
			if o := obj.(*v1.Order); o.Status.ConfirmedAt == nil {
				return values(o)
			}
			return nil
		}
		if err := indexer.IndexField(ctx, &v1.Order{}, name, extract); err != nil {
			return fmt.Errorf("indexing Orders by %s: %w", name, err)
		}
	}
	return nil
}

// enqueue maps an object to the Orders that an index knows under its values.
func (r *Reconciler) enqueue(keys func(client.Object) (index string, values []string)) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, obj client.Object) []reconcile.Request {
		var requests []reconcile.Request
		index, values := keys(obj)
		for _, value := range values {
			var orders v1.OrderList
			if err := r.List(ctx, &orders, client.InNamespace(obj.GetNamespace()), client.MatchingFields{index: value}, client.UnsafeDisableDeepCopy); err != nil {
				// The cache answers from memory; it fails only when it is not running.
				continue
			}
			for i := range orders.Items {
				requests = append(requests, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: obj.GetNamespace(), Name: orders.Items[i].Name}})
			}
		}
		return requests
	})
}
