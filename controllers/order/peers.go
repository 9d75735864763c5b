package order

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// observePeers reads what the customer's other Orders say about an order whose
// class asks for it. The cache may hold the order; a live read lets it pass.
func (r *Reconciler) observePeers(ctx context.Context, f *lifecycle.Facts) error {
	if !lifecycle.NeedsPeers(f) {
		return nil
	}
	if err := r.readPeers(ctx, f, r.Client); err != nil {
		return err
	}
	if !lifecycle.NeedsLivePeers(f, r.Clock.Now()) {
		return nil
	}
	if err := r.readPeers(ctx, f, r.Live); err != nil {
		return err
	}
	f.Peers.Live = true
	return nil
}

func (r *Reconciler) readPeers(ctx context.Context, f *lifecycle.Facts, from client.Reader) error {
	customer := string(f.Order.Spec.Customer.ID)
	// The index of the cache and the selectable field of the API have one name.
	options := []client.ListOption{client.InNamespace(f.Order.Namespace), client.MatchingFields{kube.IndexOrderCustomer: customer}}
	if from == client.Reader(r.Client) {
		options = append(options, client.UnsafeDisableDeepCopy)
	}
	var orders v1.OrderList
	if err := from.List(ctx, &orders, options...); err != nil {
		return fmt.Errorf("listing the customer's other Orders: %w", err)
	}
	classes := map[v1.ObjectName]*v1.OrderClass{f.Order.Spec.ClassName: f.Class}
	peers := make([]lifecycle.Peer, len(orders.Items))
	for i := range orders.Items {
		o := &orders.Items[i]
		peers[i].Order = o
		if lifecycle.Confirmed(o) {
			continue
		}
		name := o.Spec.ClassName
		if _, known := classes[name]; !known {
			found, err := r.classesFor(ctx, o)
			if err != nil {
				return err
			}
			if classes[name] = nil; len(found) > 0 {
				classes[name] = &found[0]
			}
		}
		peers[i].Class = classes[name]
	}
	f.Peers = lifecycle.Compare(f, peers)
	return nil
}
