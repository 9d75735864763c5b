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
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
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
	c.addReturned(ctx)
	if len(c.orders) == 0 {
		return nil
	}
	intents := c.intents()
	var demands []allocation.Demand
	ordinals, seen := map[v1.ObjectName]int{}, map[v1.ObjectName]*v1.Order{}
	for i := range c.orders {
		d, last, err := c.demand(ctx, &c.orders[i], intents[v1.ObjectName(c.orders[i].Name)])
		if err != nil {
			return err
		}
		if len(d.Lines) > 0 {
			demands = append(demands, d)
			ordinals[d.Order.Name], seen[d.Order.Name] = last, &c.orders[i]
		}
	}
	var supplies []allocation.Supply
	for _, e := range c.items {
		if e.unknown || !hasFinalizer(e.item) {
			continue
		}
		s := allocation.Supply{Item: e.item.Key(), SKU: e.item.Spec.SKU, Location: e.item.Spec.Location}
		if e.turn != nil {
			s.Available, s.Slots = e.turn.Promisable()
		} else {
			s.Available, s.Slots = ledger.Promisable(e.item, &e.item.Status)
		}
		supplies = append(supplies, s)
	}
	for _, p := range c.allocate(ctx, demands, supplies, seen, ordinals) {
		ordinals[p.Order.Name]++
		if err := c.promise(ctx, &plan{Plan: p, grant: rand.Text(), name: fulfilment.Name(p.Order.Name, ordinals[p.Order.Name])}); err != nil {
			return err
		}
	}
	return nil
}

// allocate plans the Orders, without those that do not want the units any more: the others
// get them. What an old cache says of an Order is true again in a moment.
func (c *cycle) allocate(ctx context.Context, demands []allocation.Demand, supplies []allocation.Supply, seen map[v1.ObjectName]*v1.Order, shipments map[v1.ObjectName]int) []allocation.Plan {
	asked := map[v1.ObjectName]bool{}
	for {
		plans := allocation.Allocate(demands, supplies)
		refused := map[v1.ObjectName]bool{}
		for _, p := range plans {
			name := p.Order.Name
			if asked[name] {
				continue
			}
			asked[name] = true
			wants, err := c.stillWants(ctx, seen[name], shipments[name])
			if err != nil {
				c.fail(err)
			}
			refused[name] = !wants
		}
		before := len(demands)
		demands = slices.DeleteFunc(demands, func(d allocation.Demand) bool { return refused[d.Order.Name] })
		if len(demands) == before {
			return plans
		}
		c.wakeAt(c.now.Add(idleAfter))
	}
}

// stillWants says whether an Order that has had Shipments wants the units that it is to be
// given now. One that was cancelled meanwhile gives them back at once, and an old cache of
// Orders would give them to it again and again: it is asked itself.
func (c *cycle) stillWants(ctx context.Context, cached *v1.Order, shipments int) (bool, error) {
	if shipments == 0 {
		return true, nil
	}
	var o v1.Order
	err := c.Live.Get(ctx, client.ObjectKeyFromObject(cached), &o)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading Order %s: %w", cached.Name, err)
	}
	return o.UID == cached.UID && o.Generation == cached.Generation, nil
}

// addReturned adds the Orders whose units came back and whose status does not say
// so yet. They are remembered until it does.
func (c *cycle) addReturned(ctx context.Context) {
	waiting := map[string]bool{}
	for i := range c.orders {
		waiting[c.orders[i].Name] = true
	}
	for _, name := range c.takeReturned(c.namespace) {
		var o v1.Order
		err := c.Get(ctx, name, &o)
		if err != nil && !apierrors.IsNotFound(err) {
			c.fail(fmt.Errorf("reading Order %s: %w", name.Name, err))
			c.noteReturned(c.namespace, []v1.ObjectName{v1.ObjectName(name.Name)})
			continue
		}
		if err != nil || waiting[name.Name] || !lifecycle.MayBeServed(&o) {
			continue
		}
		c.orders = append(c.orders, o)
		c.noteReturned(c.namespace, []v1.ObjectName{v1.ObjectName(name.Name)})
	}
}

// intents lists the promises that stand, by the name of their Order.
func (c *cycle) intents() map[v1.ObjectName][]v1.Posting {
	byOrder := map[v1.ObjectName][]v1.Posting{}
	for _, e := range c.items {
		for _, p := range e.item.Status.Postings {
			if p.Reserve != nil && (e.turn == nil || e.turn.Holds(p.ID)) {
				byOrder[p.Reserve.Order.Name] = append(byOrder[p.Reserve.Order.Name], p)
			}
		}
	}
	return byOrder
}

// demand is what an Order still waits for, and the highest ordinal of its name
// that anything remembers.
func (c *cycle) demand(ctx context.Context, o *v1.Order, intents []v1.Posting) (allocation.Demand, int, error) {
	var list v1.ShipmentList
	if err := c.List(ctx, &list, client.InNamespace(c.namespace), client.MatchingFields{kube.IndexShipmentOrder: o.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return allocation.Demand{}, 0, fmt.Errorf("listing the Shipments of Order %s: %w", o.Name, err)
	}
	shipments := make([]*v1.Shipment, len(list.Items))
	for i := range list.Items {
		shipments[i] = &list.Items[i]
	}
	d, last := allocation.Waiting(o, shipments, intents, c.now)
	if len(d.Lines) == 0 {
		return d, last, nil
	}
	locations, err := c.locations(ctx, o)
	if err != nil {
		return d, last, err
	}
	d.Preference = allocation.Preference(locations)
	if slices.Contains(d.Policy.Rules, v1.RuleNearest) {
		d.Distance = allocation.Distances(&o.Spec.ShipTo, locations)
	}
	return d, last, nil
}

// locations are those of the order's class, none without a class. They are the
// class's present ones: where goods can be had is not a term of the order.
func (c *cycle) locations(ctx context.Context, o *v1.Order) ([]v1.Location, error) {
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
	return class.Spec.Locations, nil
}

// promise adds the promises of a planned Shipment to the turns of its items. Where
// one of them has no room for it, none is made: what was planned stays in the queue.
func (c *cycle) promise(ctx context.Context, p *plan) error {
	promises := p.Promises(p.name, p.grant)
	for _, m := range promises {
		e := c.byKey[m.Item]
		if e.turn == nil {
			turn, err := c.begin(ctx, e.item)
			if err != nil {
				return err
			}
			e.turn = turn
		}
		if !e.turn.HasRoom(m.Posting) {
			c.wakeAt(c.now.Add(idleAfter)) // there is room again when postings were acknowledged
			return nil
		}
	}
	for _, m := range promises {
		e := c.byKey[m.Item]
		if err := e.turn.Reserve(m.Movement); err != nil {
			return fmt.Errorf("StockItem %s: planned against another ledger: %w", m.Item.Name, err)
		}
		e.promises = append(e.promises, m.Movement)
	}
	c.plans = append(c.plans, p)
	return nil
}
