package shipment

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
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
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// SetupWithManager registers the controller. A Shipment is looked at again when
// it changes, when an item posts or drops a movement of it, when its Order no
// longer wants its units, before it is marked, when a carrier has sent word of a booking, when another Shipment of the Order comes
// or goes, and, while it is open how it travels, when a Partner or what a StockItem says
// of its units changes.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	r.hints = kube.NewHints[*v1.Shipment]()
	r.turns = make(chan struct{}, max(1, options.MaxConcurrentReconciles/2))
	return ctrl.NewControllerManagedBy(mgr).
		Named("shipment").
		For(&v1.Shipment{}).
		Watches(&v1.StockItem{}, itemHandler()).
		Watches(&v1.Order{}, kube.EnqueueShipments(r.Client), builder.WithPredicates(predicate.Funcs{
			UpdateFunc: orderMatters,
		})).
		Watches(&v1.Shipment{}, r.enqueueUnmarked(), builder.WithPredicates(predicate.Funcs{
			UpdateFunc: unitsGone,
		})).
		Watches(&v1.Partner{}, kube.EnqueueTravelling(r.Client, kube.Always), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1.StockItem{}, kube.EnqueueTravelling(r.Client, holds), builder.WithPredicates(predicate.Funcs{
			CreateFunc: func(event.CreateEvent) bool { return false },
			UpdateFunc: unitChanged,
			DeleteFunc: func(event.DeleteEvent) bool { return false },
		})).
		WatchesRawSource(r.hints.Source()).
		WithOptions(options).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
}

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// itemHandler asks for the Shipments whose postings came to an item or went
// from it, or that it recalls; the others learn nothing from its change.
func itemHandler() handler.EventHandler {
	change := func(before, after client.Object, q queue) {
		had, has := postings(before), postings(after)
		for id, name := range had {
			if _, stays := has[id]; !stays {
				q.Add(reconcile.Request{NamespacedName: name})
			}
		}
		for id, name := range has {
			if _, old := had[id]; !old {
				q.Add(reconcile.Request{NamespacedName: name})
			}
		}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queue) { change(nil, e.Object, q) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue) { change(e.ObjectOld, e.ObjectNew, q) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queue) { change(e.Object, nil, q) },
	}
}

// postings maps the ids of an item's postings and recalls to the names of their
// Shipments.
func postings(o client.Object) map[string]types.NamespacedName {
	item, ok := o.(*v1.StockItem)
	if !ok {
		return nil
	}
	names := make(map[string]types.NamespacedName, len(item.Status.Postings))
	for _, p := range item.Status.Postings {
		names[p.ID] = types.NamespacedName{Namespace: item.Namespace, Name: string(p.Source)}
	}
	for _, r := range item.Status.Recalled {
		names["recalled/"+string(r.UID)] = types.NamespacedName{Namespace: item.Namespace, Name: string(r.Name)}
	}
	return names
}

// enqueueUnmarked asks for the Shipments of the same Order that are not marked
// Reserved: one of them may wait for another that is too many to go.
func (r *Reconciler) enqueueUnmarked() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		var list v1.ShipmentList
		if err := r.List(ctx, &list, client.InNamespace(o.GetNamespace()),
			client.MatchingFields{kube.IndexShipmentOrder: string(o.(*v1.Shipment).Spec.OrderName)}, client.UnsafeDisableDeepCopy); err != nil {
			return nil // the cache answers from memory; it fails only when it is not running
		}
		var requests []reconcile.Request
		for i := range list.Items {
			s := &list.Items[i]
			if s.UID != o.GetUID() && s.Status.ReservedAt == nil && s.Status.CancelledAt == nil && s.Status.DispatchedAt == nil {
				requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(s)})
			}
		}
		return requests
	})
}

// holds says whether a Shipment has units of a StockItem.
func holds(item client.Object, s *v1.Shipment) bool {
	return slices.ContainsFunc(s.Spec.Items, func(i v1.ShipmentItem) bool { return types.UID(i.StockItemUID) == item.GetUID() })
}

// unitChanged lets pass that a product is another one to pack and to carry.
func unitChanged(u event.UpdateEvent) bool {
	return !equality.Semantic.DeepEqual(u.ObjectOld.(*v1.StockItem).Spec.Unit, u.ObjectNew.(*v1.StockItem).Spec.Unit)
}

// unitsGone lets pass that a Shipment holds fewer units than before.
func unitsGone(u event.UpdateEvent) bool {
	before, after := u.ObjectOld.(*v1.Shipment).Status, u.ObjectNew.(*v1.Shipment).Status
	return (before.CancelledAt == nil) != (after.CancelledAt == nil) || len(before.Short) != len(after.Short)
}

// orderMatters lets pass what can make the units of a Shipment unwanted, or
// wanted again, or lets a deleted Shipment go: an edit, a deletion, more cancelled
// units, the end of the Order.
func orderMatters(u event.UpdateEvent) bool {
	before, after := u.ObjectOld.(*v1.Order), u.ObjectNew.(*v1.Order)
	return before.Generation != after.Generation ||
		before.DeletionTimestamp.IsZero() != after.DeletionTimestamp.IsZero() ||
		cancelled(before) != cancelled(after) ||
		meta.IsStatusConditionTrue(before.Status.Conditions, v1.ConditionCompleted) != meta.IsStatusConditionTrue(after.Status.Conditions, v1.ConditionCompleted)
}

func cancelled(o *v1.Order) v1.Quantity {
	var sum v1.Quantity
	for _, l := range o.Status.Lines {
		sum += l.Cancelled
	}
	return sum
}
