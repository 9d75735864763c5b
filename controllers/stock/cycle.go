package stock

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// cycle is one run over a namespace.
type cycle struct {
	*Reconciler
	namespace string
	now       time.Time

	items []*entry
	byKey map[v1.ItemKey]*entry
	// owing are the cached Shipments that have made a movement due, by item.
	owing map[v1.ItemKey][]*v1.Shipment
	// orders are the cached Orders that wait for units.
	orders []v1.Order
	// plans are the Shipments to be created.
	plans []*plan

	deadline time.Time

	mu     sync.Mutex // guards what follows, and deadline
	errs   []error
	orphan map[string]v1.Posting // by grant: promises whose Shipment is absent
	// refused says that no Shipment can be created: the namespace is being deleted.
	refused bool
}

// entry is one item of the snapshot.
type entry struct {
	item *v1.StockItem
	// turn of the item, nil where nothing is to be done about it.
	turn *ledger.Turn
	// unknown says that it could not be found out what is to be done, so that
	// nothing is promised from it.
	unknown bool
	// promises that the plan adds.
	promises []ledger.Movement
	// recorded says that the item's last write was accepted, or none was needed.
	recorded bool
}

func (c *cycle) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

// err joins what went wrong. Objects that changed or went since they were read
// are not worth a fuss: they are reported only if there is nothing else.
func (c *cycle) err() error {
	serious := slices.DeleteFunc(slices.Clone(c.errs), kube.Outdated)
	if len(serious) == 0 && len(c.errs) > 0 {
		return c.errs[0]
	}
	return errors.Join(serious...)
}

func (c *cycle) wakeAt(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !t.IsZero() && (c.deadline.IsZero() || t.Before(c.deadline)) {
		c.deadline = t
	}
}

// observe takes the snapshot.
func (c *cycle) observe(ctx context.Context) error {
	in := client.InNamespace(c.namespace)
	var items v1.StockItemList
	if err := c.List(ctx, &items, in); err != nil {
		return fmt.Errorf("listing the StockItems: %w", err)
	}
	var owing v1.ShipmentList
	if err := c.List(ctx, &owing, in, client.MatchingFields{indexOwing: yes}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing the Shipments with movements due: %w", err)
	}
	var orders v1.OrderList
	if err := c.List(ctx, &orders, in, client.MatchingFields{indexWaiting: yes}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing the Orders that wait for stock: %w", err)
	}
	c.orders = orders.Items
	c.owing = map[v1.ItemKey][]*v1.Shipment{}
	for i := range owing.Items {
		s := &owing.Items[i]
		for _, key := range ledger.Items(s) {
			if len(ledger.Due(s, key)) > 0 {
				c.owing[key] = append(c.owing[key], s)
			}
		}
	}
	c.byKey = make(map[v1.ItemKey]*entry, len(items.Items))
	c.orphan = map[string]v1.Posting{}
	for i := range items.Items {
		e := &entry{item: &items.Items[i]}
		c.items = append(c.items, e)
		c.byKey[e.item.Key()] = e
	}
	return nil
}

// settle begins the turn of every item about which something is to be done.
func (c *cycle) settle(ctx context.Context) error {
	for _, e := range c.items {
		if err := c.hold(ctx, e); err != nil {
			c.fail(err)
			e.unknown = true
			continue
		}
		if !hasFinalizer(e.item) || (ledger.Quiet(e.item) && len(c.owing[e.item.Key()]) == 0) {
			continue
		}
		turn, err := c.begin(ctx, e.item)
		if err != nil {
			c.fail(fmt.Errorf("StockItem %s: %w", e.item.Name, err))
			e.unknown = true
			continue
		}
		e.turn = turn
		c.wakeAt(turn.Retry())
	}
	return nil
}

// hold keeps the item from vanishing while anything is promised from it, and
// lets it go when nothing is.
func (c *cycle) hold(ctx context.Context, e *entry) error {
	held := hasFinalizer(e.item)
	switch {
	case e.item.DeletionTimestamp.IsZero() && !held:
		return kube.AddFinalizer(ctx, c.Client, e.item, v1.LedgerFinalizer)
	case !e.item.DeletionTimestamp.IsZero() && held && e.item.Status.Reserved == 0 && len(e.item.Status.Postings) == 0:
		c.forget(e.item.Key())
		return kube.RemoveFinalizer(ctx, c.Client, e.item, v1.LedgerFinalizer)
	default:
		return nil
	}
}

// begin computes the turn of an item that was just read, up to new promises.
func (c *cycle) begin(ctx context.Context, item *v1.StockItem) (*ledger.Turn, error) {
	turn, err := ledger.Begin(item, c.owing[item.Key()], func(name v1.ObjectName, live bool) (*v1.Shipment, error) {
		if live {
			return c.shipment(ctx, c.Live, name)
		}
		return c.shipment(ctx, c.Client, name)
	}, c.now)
	if err != nil {
		return nil, err
	}
	for _, p := range turn.Foreign() {
		gone, err := c.orderGone(ctx, p.Reserve.Order)
		if err != nil {
			return nil, err
		}
		if gone {
			turn.TakeBack(p)
		}
	}
	c.mu.Lock()
	for _, p := range turn.Orphans() {
		c.orphan[p.Reserve.Grant] = p
	}
	c.mu.Unlock()
	c.noteReturned(c.namespace, turn.Returned())
	for _, refused := range turn.Refused() {
		c.fail(fmt.Errorf("StockItem %s: %w", item.Name, refused))
	}
	if turn.Full() {
		c.wakeAt(c.now.Add(idleAfter))
	}
	if turn.Short() {
		if err := c.recall(ctx, item, turn); err != nil {
			return nil, err
		}
		c.wakeAt(c.now.Add(idleAfter)) // one of them may be picked instead
	}
	return turn, nil
}

// orderGone says whether an Order is gone for ever: a uid never comes back.
func (c *cycle) orderGone(ctx context.Context, order v1.ObjectIdentity) (bool, error) {
	var o v1.Order
	err := c.Live.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: string(order.Name)}, &o)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading Order %s: %w", order.Name, err)
	}
	return v1.UID(o.UID) != order.UID, nil
}

// busiest is the number of postings under way on the item that has most of them.
func (c *cycle) busiest() int {
	most := 0
	for _, e := range c.items {
		if e.turn != nil {
			most = max(most, e.turn.Open())
		}
	}
	return most
}

// shipment reads a Shipment, nil if there is none.
func (c *cycle) shipment(ctx context.Context, from client.Reader, name v1.ObjectName) (*v1.Shipment, error) {
	var s v1.Shipment
	err := from.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: string(name)}, &s)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading Shipment %s: %w", name, err)
	}
	return &s, nil
}
