package kube

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// ShipmentsOf lists the Shipments of an Order's uid.
func ShipmentsOf(ctx context.Context, c client.Reader, o *v1.Order) ([]*v1.Shipment, error) {
	var list v1.ShipmentList
	if err := c.List(ctx, &list, client.InNamespace(o.Namespace), client.MatchingFields{IndexShipmentOrder: o.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the Shipments of Order %s: %w", o.Name, err)
	}
	var own []*v1.Shipment
	for i := range list.Items {
		if s := &list.Items[i]; s.Spec.OrderUID == v1.UID(o.UID) {
			own = append(own, s)
		}
	}
	return own, nil
}

// OrderOf reads the Order that the units of a Shipment are promised to; nil if it
// is gone, or if another Order has its name.
func OrderOf(ctx context.Context, from client.Reader, s *v1.Shipment) (*v1.Order, error) {
	var o v1.Order
	err := from.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: string(s.Spec.OrderName)}, &o)
	if apierrors.IsNotFound(err) || (err == nil && v1.UID(o.UID) != s.Spec.OrderUID) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading Order %s: %w", s.Spec.OrderName, err)
	}
	return &o, nil
}

// Siblings lists the other Shipments of a Shipment's Order.
func Siblings(ctx context.Context, c client.Reader, o *v1.Order, s *v1.Shipment) ([]*v1.Shipment, error) {
	all, err := ShipmentsOf(ctx, c, o)
	return slices.DeleteFunc(all, func(other *v1.Shipment) bool { return other.UID == s.UID }), err
}

// EnqueueOrder asks for the Order that a Shipment names. Its owner reference is for
// the garbage collector alone: tools and people take it away, and an Order that no
// longer hears of its Shipments would wait for ever.
func EnqueueOrder() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []reconcile.Request {
		s := o.(*v1.Shipment)
		return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: s.Namespace, Name: string(s.Spec.OrderName)}}}
	})
}

// EnqueueShipments asks for the Shipments of an Order's name.
func EnqueueShipments(c client.Reader) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		var list v1.ShipmentList
		if err := c.List(ctx, &list, client.InNamespace(o.GetNamespace()), client.MatchingFields{IndexShipmentOrder: o.GetName()}, client.UnsafeDisableDeepCopy); err != nil {
			return nil // the cache answers from memory; it fails only when it is not running
		}
		requests := make([]reconcile.Request, len(list.Items))
		for i := range list.Items {
			requests[i] = reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])}
		}
		return requests
	})
}

// EnqueueTravelling asks for the Shipments of the namespace that are reserved or on their
// way, as far as an object matters to them.
func EnqueueTravelling(c client.Reader, matters func(o client.Object, s *v1.Shipment) bool) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		var list v1.ShipmentList
		if err := c.List(ctx, &list, client.InNamespace(o.GetNamespace()), client.MatchingFields{IndexTravelling: Travelling}, client.UnsafeDisableDeepCopy); err != nil {
			return nil // the cache answers from memory; it fails only when it is not running
		}
		var requests []reconcile.Request
		for i := range list.Items {
			if s := &list.Items[i]; matters(o, s) {
				requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(s)})
			}
		}
		return requests
	})
}

// Always is for objects that matter to all of them.
func Always(client.Object, *v1.Shipment) bool { return true }
