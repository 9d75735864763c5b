// Package audit is the shell of the ledger's audit: it reads every StockItem and
// Shipment as of one moment and compares the counters with what they add up to.
package audit

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

// Report is what an audit found.
type Report struct {
	// Items and Shipments are how many were compared.
	Items, Shipments int
	// Differences by namespace.
	Differences map[string][]ledger.Difference
}

// Run audits the StockItems of a namespace, or of all if it is empty. It reads
// live and changes nothing; from must not be a cache.
//
// The two lists are of one moment, so that the audit is exact while orders are
// worked on: the second is read at the resourceVersion of the first, which one
// etcd counts for all kinds.
func Run(ctx context.Context, from client.Reader, namespace string) (*Report, error) {
	in := client.InNamespace(namespace)
	var items v1.StockItemList
	if err := from.List(ctx, &items, in); err != nil {
		return nil, fmt.Errorf("listing the StockItems: %w", err)
	}
	var shipments v1.ShipmentList
	moment := &client.ListOptions{Raw: &metav1.ListOptions{
		ResourceVersion: items.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact,
	}}
	if err := from.List(ctx, &shipments, in, moment); err != nil {
		return nil, fmt.Errorf("listing the Shipments: %w", err)
	}
	holders := map[client.ObjectKey][]*v1.Shipment{}
	for i := range shipments.Items {
		s := &shipments.Items[i]
		for _, key := range ledger.Items(s) {
			name := client.ObjectKey{Namespace: s.Namespace, Name: string(key.Name)}
			holders[name] = append(holders[name], s)
		}
	}
	r := &Report{Items: len(items.Items), Shipments: len(shipments.Items), Differences: map[string][]ledger.Difference{}}
	for i := range items.Items {
		item := &items.Items[i]
		if d := ledger.Audit(item, holders[client.ObjectKeyFromObject(item)], nil); len(d) > 0 {
			r.Differences[item.Namespace] = append(r.Differences[item.Namespace], d...)
		}
	}
	return r, nil
}
