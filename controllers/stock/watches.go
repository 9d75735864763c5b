package stock

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
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
	indexHolding = "holding-units-of"
	yes          = "true"
)

// holding names the items of which a Shipment still holds units, or is yet to give
// them back.
func holding(s *v1.Shipment) []string {
	gone := s.Status.CancelledAt != nil && s.Status.ReservedAt != nil && !ledger.Owes(s)
	if gone || s.Status.DispatchedAt != nil {
		return nil
	}
	var names []string
	for _, key := range ledger.Items(s) {
		names = append(names, string(key.Name))
	}
	return names
}

// SetupWithManager registers the controller. Every event asks for a cycle of its
// namespace, so that a storm of them collapses into few batches.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, options controller.Options) error {
	is := func(holds bool) []string {
		if holds {
			return []string{yes}
		}
		return nil
	}
	for _, i := range []struct {
		object client.Object
		name   string
		values client.IndexerFunc
	}{
		{&v1.Shipment{}, indexOwing, func(o client.Object) []string { return is(ledger.Owes(o.(*v1.Shipment))) }},
		{&v1.Shipment{}, indexHolding, func(o client.Object) []string { return holding(o.(*v1.Shipment)) }},
		{&v1.Order{}, indexWaiting, func(o client.Object) []string { return is(lifecycle.WaitsForStock(o.(*v1.Order))) }},
	} {
		if err := mgr.GetFieldIndexer().IndexField(ctx, i.object, i.name, i.values); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", i.object, i.name, err)
		}
	}
	namespace := handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []reconcile.Request {
		return []reconcile.Request{cycleOf(o)}
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("stock").
		Watches(&v1.StockItem{}, r.itemHandler()).
		Watches(&v1.Shipment{}, namespace, builder.WithPredicates(predicate.Funcs{UpdateFunc: shipmentMatters})).
		Watches(&v1.Order{}, namespace, builder.WithPredicates(predicate.NewPredicateFuncs(func(o client.Object) bool {
			return lifecycle.WaitsForStock(o.(*v1.Order))
		}))).
		WithOptions(options).
		Complete(r)
}

// cycleOf asks for a cycle of an object's namespace.
func cycleOf(o client.Object) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Name: o.GetNamespace()}}
}

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// itemHandler asks for a cycle when an item comes, goes, or changes in a way that
// matters.
func (r *Reconciler) itemHandler() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queue) { q.Add(cycleOf(e.Object)) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queue) { q.Add(cycleOf(e.Object)) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) {
			if itemMatters(e) {
				q.Add(cycleOf(e.ObjectNew))
				return
			}
			r.posted(ctx, e, q)
		},
	}
}

// posted asks for a cycle where a posting has come that its Shipment has acknowledged
// already, and, some time later, where its Shipment is not there: its coming would ask
// for one, but who was about to create it may have died. Such a posting is no write of
// this process: its cache began with the item as it was before an earlier one wrote it.
func (r *Reconciler) posted(ctx context.Context, u event.UpdateEvent, q queue) {
	before, after := u.ObjectOld.(*v1.StockItem), u.ObjectNew.(*v1.StockItem)
	known := make(map[string]bool, len(before.Status.Postings))
	for _, p := range before.Status.Postings {
		known[p.ID] = true
	}
	for _, p := range after.Status.Postings {
		if known[p.ID] {
			continue
		}
		s := &v1.Shipment{}
		if err := r.Get(ctx, types.NamespacedName{Namespace: after.Namespace, Name: string(p.Source)}, s); err != nil {
			q.AddAfter(cycleOf(after), idleAfter)
			continue
		}
		if resolution := ledger.Resolve(p, after.Key(), s); resolution == ledger.DropIt || resolution == ledger.VoidIt {
			q.Add(cycleOf(after))
			return
		}
	}
}

// itemMatters lets a cycle's own status writes pass by: they made the cycle's
// work, not more of it. Spec, deletion and finalizers matter, and that there is more to
// promise than before: another process may have written that, and who waits for it was
// looked at without it.
func itemMatters(u event.UpdateEvent) bool {
	before, after := u.ObjectOld.(*v1.StockItem), u.ObjectNew.(*v1.StockItem)
	return before.Generation != after.Generation || after.Status.Available > before.Status.Available || !after.DeletionTimestamp.IsZero() || len(before.Finalizers) != len(after.Finalizers)
}

// shipmentMatters lets pass what the ledger does not look at: facts and scans
// until they are in the status as one of the recorded steps.
func shipmentMatters(u event.UpdateEvent) bool {
	before, after := u.ObjectOld.(*v1.Shipment).Status, u.ObjectNew.(*v1.Shipment).Status
	return (before.ReservedAt == nil) != (after.ReservedAt == nil) ||
		(before.DispatchedAt == nil) != (after.DispatchedAt == nil) ||
		(before.CancelledAt == nil) != (after.CancelledAt == nil) ||
		len(before.Short) != len(after.Short) ||
		len(before.Posted) != len(after.Posted) ||
		!u.ObjectNew.GetDeletionTimestamp().IsZero()
}
