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
	// owing are the cached Shipments that have made a movement due.
	owing []v1.Shipment
	// orders are the cached Orders that wait for units.
	orders []v1.Order
	// plans are the Shipments to be created.
	plans []*plan

	deadline time.Time

	mu     sync.Mutex
	errs   []error
	orphan map[string]v1.Posting // by grant: promises whose Shipment is absent
}

// entry is one item of the snapshot.
type entry struct {
	item *v1.StockItem
	turn *ledger.Turn
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
	c.owing, c.orders = owing.Items, orders.Items
	c.byKey = make(map[v1.ItemKey]*entry, len(items.Items))
	c.orphan = map[string]v1.Posting{}
	for i := range items.Items {
		e := &entry{item: &items.Items[i]}
		c.items = append(c.items, e)
		c.byKey[e.item.Key()] = e
	}
	return nil
}

// settle begins the turn of every item.
func (c *cycle) settle(ctx context.Context) error {
	for _, e := range c.items {
		if err := c.hold(ctx, e); err != nil {
			c.fail(err)
			continue
		}
		if !hasFinalizer(e.item) {
			continue // it is going
		}
		turn, err := c.begin(ctx, e.item)
		if err != nil {
			c.fail(fmt.Errorf("StockItem %s: %w", e.item.Name, err))
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
		return client.IgnoreNotFound(kube.RemoveFinalizer(ctx, c.Client, e.item, v1.LedgerFinalizer))
	default:
		return nil
	}
}

// begin computes the turn of an item that was just read, up to new promises.
// Every live read it makes comes after the item's.
func (c *cycle) begin(ctx context.Context, item *v1.StockItem) (*ledger.Turn, error) {
	turn := ledger.NewTurn(item, c.now)
	for _, p := range item.Status.Postings {
		s, err := c.shipment(ctx, c.Client, p.Shipment)
		if err != nil {
			return nil, err
		}
		resolution, certain := turn.Settle(p, s, false)
		if !certain {
			if s, err = c.shipment(ctx, c.Live, p.Shipment); err != nil {
				return nil, err
			}
			resolution, _ = turn.Settle(p, s, true)
		}
		if resolution == ledger.CreateIt {
			c.mu.Lock()
			c.orphan[p.Reserve.Grant] = p
			c.mu.Unlock()
		}
	}
	key := item.Key()
	for i := range c.owing {
		if len(ledger.Due(&c.owing[i], key)) == 0 {
			continue
		}
		s, err := c.shipment(ctx, c.Live, v1.ObjectName(c.owing[i].Name))
		if err != nil {
			return nil, err
		}
		if s == nil {
			continue
		}
		if err := turn.Post(s); err != nil {
			c.fail(fmt.Errorf("StockItem %s: %w", item.Name, err))
		}
	}
	return turn, nil
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
