package stock

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/allocation"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// plan is one Shipment to be created, with the token that ties it to the
// promises on its items.
type plan struct {
	allocation.Plan
	grant string
	name  v1.ObjectName
}

// plan serves the waiting Orders from what the turns leave, and adds the
// promises to the turns.
func (c *cycle) plan(ctx context.Context) error {
	if len(c.orders) == 0 {
		return nil
	}
	intents := c.intents()
	var demands []allocation.Demand
	ordinals := map[v1.ObjectName]int{}
	for i := range c.orders {
		d, last, err := c.demand(ctx, &c.orders[i], intents[v1.ObjectName(c.orders[i].Name)])
		if err != nil {
			return err
		}
		if len(d.Lines) > 0 {
			demands = append(demands, d)
			ordinals[d.Order.Name] = last
		}
	}
	var supplies []allocation.Supply
	for _, e := range c.items {
		if e.turn != nil {
			supplies = append(supplies, allocation.Supply{
				Item: e.item.Key(), SKU: e.item.Spec.SKU, Location: e.item.Spec.Location, Available: e.turn.Promisable(),
			})
		}
	}
	for _, p := range allocation.Allocate(demands, supplies) {
		ordinals[p.Order.Name]++
		c.promise(&plan{Plan: p, grant: rand.Text(), name: fulfilment.Name(p.Order.Name, ordinals[p.Order.Name])})
	}
	return nil
}

// intents lists the promises that stand, by the name of their Order.
func (c *cycle) intents() map[v1.ObjectName][]*v1.Posting {
	byOrder := map[v1.ObjectName][]*v1.Posting{}
	for _, e := range c.items {
		for i := range e.item.Status.Postings {
			if p := &e.item.Status.Postings[i]; p.Reserve != nil && (e.turn == nil || e.turn.Holds(p.ID)) {
				byOrder[p.Reserve.Order.Name] = append(byOrder[p.Reserve.Order.Name], p)
			}
		}
	}
	return byOrder
}

// demand is what an Order still waits for, and the highest ordinal of its name
// that anything remembers.
func (c *cycle) demand(ctx context.Context, o *v1.Order, intents []*v1.Posting) (allocation.Demand, int, error) {
	d := allocation.Demand{
		Order:    v1.ObjectIdentity{Name: v1.ObjectName(o.Name), UID: v1.UID(o.UID)},
		Priority: o.Spec.Priority, ConfirmedAt: o.Status.ConfirmedAt.Time,
	}
	var list v1.ShipmentList
	if err := c.List(ctx, &list, client.InNamespace(c.namespace), client.MatchingFields{kube.IndexShipmentOrder: o.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return d, 0, fmt.Errorf("listing the Shipments of Order %s: %w", o.Name, err)
	}
	promised := map[v1.Identifier]v1.Quantity{}
	known := map[string]bool{}
	last := 0
	for i := range list.Items {
		s := &list.Items[i]
		last = max(last, fulfilment.Ordinal(s.Name))
		known[s.Spec.Grant] = true
		if s.Spec.OrderUID == d.Order.UID && s.Status.CancelledAt == nil {
			for _, item := range s.Spec.Items {
				promised[item.Line] += item.Quantity
			}
		}
	}
	// Promises whose Shipment is not in the cache are as good as Shipments.
	for _, p := range intents {
		last = max(last, fulfilment.Ordinal(string(p.Shipment)))
		if p.Reserve.Order.UID == d.Order.UID && !known[p.Reserve.Grant] {
			for _, l := range p.Reserve.Lines {
				promised[l.Line] += l.Quantity
			}
		}
	}
	skus := make(map[v1.Identifier]v1.SKU, len(o.Spec.Lines))
	for _, l := range o.Spec.Lines {
		skus[l.ID] = l.SKU
	}
	for _, l := range o.Status.Lines {
		if open := l.Ordered - l.Cancelled - promised[l.ID]; open > 0 {
			d.Lines = append(d.Lines, allocation.LineDemand{Line: l.ID, SKU: skus[l.ID], Open: open})
		}
	}
	if len(d.Lines) == 0 {
		return d, last, nil
	}
	var err error
	d.Preference, err = c.preference(ctx, o)
	return d, last, err
}

// preference is the class's order of the locations, nil without a class. It is
// the class's present one: where goods can be had is not a term of the order.
func (c *cycle) preference(ctx context.Context, o *v1.Order) (map[v1.Identifier]int32, error) {
	p := o.Status.Policy
	if p == nil || p.ClassName == "" {
		return nil, nil
	}
	var class v1.OrderClass
	err := c.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: string(p.ClassName)}, &class)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading OrderClass %s: %w", p.ClassName, err)
	}
	preference := make(map[v1.Identifier]int32, len(class.Spec.Locations))
	for _, l := range class.Spec.Locations {
		if l.Priority != nil {
			preference[l.Name] = *l.Priority
		}
	}
	return preference, nil
}

// promise adds the promises of a planned Shipment to the turns of its items. An
// item without room is left out: what it would give stays in the queue.
func (c *cycle) promise(p *plan) {
	var names []v1.ObjectName
	for _, i := range p.Items {
		if !slices.Contains(names, i.StockItem) {
			names = append(names, i.StockItem)
		}
	}
	for _, name := range names {
		r := &v1.ReserveIntent{Grant: p.grant, Order: p.Order, Items: names}
		m := ledger.Movement{Posting: v1.Posting{ID: ledger.ReserveID(p.grant), Kind: v1.MovementReserve, Shipment: p.name, Reserve: r}}
		var key v1.ItemKey
		for _, i := range p.Items {
			if i.StockItem == name {
				key = v1.ItemKey{Name: i.StockItem, UID: i.StockItemUID}
				m.Quantity += i.Quantity
				r.Lines = append(r.Lines, v1.ReserveLine{Line: i.Line, Quantity: i.Quantity})
			}
		}
		e := c.byKey[key]
		if err := e.turn.Reserve(m); err != nil {
			c.wakeAt(c.now.Add(idleAfter)) // there is room again when postings were acknowledged
			continue
		}
		e.promises = append(e.promises, m)
	}
	c.plans = append(c.plans, p)
}
