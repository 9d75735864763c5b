package stock

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
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
)

// Indexes of what a cycle has to look at.
const (
	indexOwing   = "owing"
	indexWaiting = "waiting-for-stock"
	yes          = "true"
)

// owing says whether a Shipment has made a movement due that it has not marked.
func owing(s *v1.Shipment) bool {
	for _, key := range ledger.Items(s) {
		if len(ledger.Due(s, key)) > 0 {
			return true
		}
	}
	return false
}

// SetupWithManager registers the controller. Every event asks for a cycle of its
// namespace, so that a storm of them collapses into few batches.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, options controller.Options) error {
	for _, i := range []struct {
		object client.Object
		name   string
		holds  func(client.Object) bool
	}{
		{&v1.Shipment{}, indexOwing, func(o client.Object) bool { return owing(o.(*v1.Shipment)) }},
		{&v1.Order{}, indexWaiting, func(o client.Object) bool { return lifecycle.WaitsForStock(o.(*v1.Order)) }},
	} {
		extract := func(o client.Object) []string {
			if i.holds(o) {
				return []string{yes}
			}
			return nil
		}
		if err := mgr.GetFieldIndexer().IndexField(ctx, i.object, i.name, extract); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", i.object, i.name, err)
		}
	}
	namespace := handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Name: o.GetNamespace()}}}
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("stock").
		Watches(&v1.StockItem{}, namespace, builder.WithPredicates(predicate.Funcs{UpdateFunc: itemMatters})).
		Watches(&v1.Shipment{}, namespace, builder.WithPredicates(predicate.Funcs{UpdateFunc: shipmentMatters})).
		Watches(&v1.Order{}, namespace, builder.WithPredicates(predicate.NewPredicateFuncs(func(o client.Object) bool {
			return lifecycle.WaitsForStock(o.(*v1.Order))
		}))).
		WithOptions(options).
		Complete(r)
}

// itemMatters lets a cycle's own status writes pass by: they made the cycle's
// work, not more of it. Spec, deletion and finalizers matter.
func itemMatters(u event.UpdateEvent) bool {
	before, after := u.ObjectOld.(*v1.StockItem), u.ObjectNew.(*v1.StockItem)
	return before.Generation != after.Generation || !after.DeletionTimestamp.IsZero() || len(before.Finalizers) != len(after.Finalizers)
}

// shipmentMatters lets pass what the ledger does not look at: facts and scans
// until they are in the status as one of the recorded steps.
func shipmentMatters(u event.UpdateEvent) bool {
	before, after := u.ObjectOld.(*v1.Shipment).Status, u.ObjectNew.(*v1.Shipment).Status
	return (before.ReservedAt == nil) != (after.ReservedAt == nil) ||
		(before.DispatchedAt == nil) != (after.DispatchedAt == nil) ||
		(before.CancelledAt == nil) != (after.CancelledAt == nil) ||
		len(before.Posted) != len(after.Posted) ||
		!u.ObjectNew.GetDeletionTimestamp().IsZero()
}
