package stock

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/allocation"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// recall notes in a turn which Shipments are to give units back. A cache that is
// behind does not show the last in the queue and would have one give way that is
// served before it, so whatever is recalled anew is chosen from a live list. What
// the item recalls already needs none: that may stand for as long as a warehouse
// takes.
func (c *cycle) recall(ctx context.Context, item *v1.StockItem, turn *ledger.Turn) error {
	holders, err := c.holders(ctx, c.Client, item, client.MatchingFields{indexHolding: item.Name})
	if err != nil {
		return err
	}
	if !turn.Recall(holders) {
		return nil
	}
	if holders, err = c.holders(ctx, c.Live, item); err != nil {
		return err
	}
	turn.Recall(holders)
	return nil
}

// holders are the Shipments that hold units of an item, by the place of their
// Orders in the queue.
func (c *cycle) holders(ctx context.Context, from client.Reader, item *v1.StockItem, which ...client.ListOption) ([]*v1.Shipment, error) {
	var list v1.ShipmentList
	which = append(which, client.InNamespace(c.namespace), client.UnsafeDisableDeepCopy)
	if err := from.List(ctx, &list, which...); err != nil {
		return nil, fmt.Errorf("listing the Shipments that hold units of StockItem %s: %w", item.Name, err)
	}
	places := make(map[*v1.Shipment]allocation.Place, len(list.Items))
	var queue []*v1.Shipment
	for i := range list.Items {
		s := &list.Items[i]
		if !slices.Contains(holding(s), item.Name) {
			continue
		}
		o, err := kube.OrderOf(ctx, c.Client, s)
		if err == nil && o == nil {
			o, err = kube.OrderOf(ctx, from, s) // the cache may not know it yet
		}
		if err != nil {
			return nil, err
		}
		queue, places[s] = append(queue, s), allocation.PlaceOf(o)
	}
	slices.SortFunc(queue, func(a, b *v1.Shipment) int {
		return cmp.Or(places[a].Compare(places[b]), cmp.Compare(fulfilment.Ordinal(a.Name), fulfilment.Ordinal(b.Name)))
	})
	return queue, nil
}
