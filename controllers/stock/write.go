package stock

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

const (
	// parallelWrites bounds the requests that one cycle has under way.
	parallelWrites = 8
	// writeAttempts bounds how often an item whose version has moved is read again.
	writeAttempts = 3
)

func hasFinalizer(item *v1.StockItem) bool {
	return slices.Contains(item.Finalizers, v1.LedgerFinalizer)
}

// write stores the turn of every item that changed.
func (c *cycle) write(ctx context.Context) error {
	var g errgroup.Group
	g.SetLimit(parallelWrites)
	for _, e := range c.items {
		if e.turn == nil {
			continue
		}
		g.Go(func() error {
			if err := c.writeItem(ctx, e); err != nil {
				c.fail(fmt.Errorf("StockItem %s: %w", e.item.Name, err))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, e := range c.items {
		if e.turn != nil && e.turn.Acknowledged() {
			c.wakeAt(c.idleAt(e.item.Key()))
		}
	}
	return nil
}

// writeItem stores one turn under the version that it was computed from. If the
// item has moved on, everything is computed again from a live read.
func (c *cycle) writeItem(ctx context.Context, e *entry) error {
	for attempt := 1; ; attempt++ {
		idle := !c.now.Before(c.idleAt(e.item.Key()))
		written, err := kube.WriteStatus(ctx, c.Client, e.item, &e.item.Status, e.turn.Status(idle))
		if written {
			c.touch(e.item.Key(), c.now)
		}
		if err == nil {
			e.recorded = true
			return nil
		}
		if !apierrors.IsConflict(err) || attempt == writeAttempts {
			return err
		}
		if err := c.again(ctx, e); err != nil {
			return err
		}
	}
}

// again begins the turn of an item anew, live. A promise is made again only if
// its Shipment is absent: a rival may have recorded it and gone on.
func (c *cycle) again(ctx context.Context, e *entry) error {
	key := e.item.Key()
	item := &v1.StockItem{}
	if err := c.Live.Get(ctx, client.ObjectKeyFromObject(e.item), item); err != nil {
		return fmt.Errorf("reading it again: %w", err)
	}
	if item.Key() != key {
		return fmt.Errorf("it was deleted and made again since the plan")
	}
	turn, err := c.begin(ctx, item)
	if err != nil {
		return err
	}
	for _, m := range e.promises {
		s, err := c.shipment(ctx, c.Live, m.Shipment)
		if err != nil {
			return err
		}
		if s != nil {
			return fmt.Errorf("its promise has a Shipment already, %s", m.Shipment)
		}
		if err := turn.Reserve(m); err != nil {
			return err
		}
	}
	e.item, e.turn = item, turn
	return nil
}

// create makes the Shipments of what was recorded. Intents go forward: a
// Shipment gets the items whose promise stands, and the rest stays in the queue.
func (c *cycle) create(ctx context.Context) error {
	var g errgroup.Group
	g.SetLimit(parallelWrites)
	for _, p := range c.plans {
		s := c.build(p.name, p.grant, p.Order, p.Location)
		for _, i := range p.Items {
			if e := c.byKey[v1.ItemKey{Name: i.StockItem, UID: i.StockItemUID}]; e.recorded && e.turn.Holds(ledger.ReserveID(p.grant)) {
				s.Spec.Items = append(s.Spec.Items, i)
			}
		}
		if len(s.Spec.Items) < len(p.Items) {
			s.Spec.Incomplete = v1.CompletenessIncomplete
		}
		if len(s.Spec.Items) > 0 {
			g.Go(func() error { c.createShipment(ctx, s); return nil })
		}
	}
	for _, p := range c.orphan {
		g.Go(func() error { c.adopt(ctx, p); return nil })
	}
	return g.Wait()
}

func (c *cycle) build(name v1.ObjectName, grant string, order v1.ObjectIdentity, location v1.Identifier) *v1.Shipment {
	return &v1.Shipment{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: c.namespace, Name: string(name),
			Finalizers: []string{v1.ShipmentFinalizer},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: v1.SchemeGroupVersion.String(), Kind: "Order",
				Name: string(order.Name), UID: types.UID(order.UID), Controller: new(true),
			}},
		},
		Spec: v1.ShipmentSpec{
			OrderName: order.Name, OrderUID: order.UID, Grant: grant, Location: location, Incomplete: v1.CompletenessComplete,
		},
	}
}

// adopt creates the Shipment of a promise that was found without one, after a
// crash or a lost write, from the items that hold it.
func (c *cycle) adopt(ctx context.Context, p v1.Posting) {
	s := c.build(p.Shipment, p.Reserve.Grant, p.Reserve.Order, "")
	for _, name := range p.Reserve.Items {
		item := &v1.StockItem{}
		err := c.Live.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: string(name)}, item)
		if apierrors.IsNotFound(err) {
			s.Spec.Incomplete = v1.CompletenessIncomplete
			continue
		}
		if err != nil {
			c.fail(fmt.Errorf("reading StockItem %s: %w", name, err))
			return
		}
		i := slices.IndexFunc(item.Status.Postings, func(q v1.Posting) bool { return q.ID == p.ID })
		if i < 0 {
			s.Spec.Incomplete = v1.CompletenessIncomplete
			continue
		}
		s.Spec.Location = item.Spec.Location
		for _, l := range item.Status.Postings[i].Reserve.Lines {
			s.Spec.Items = append(s.Spec.Items, v1.ShipmentItem{
				Line: l.Line, StockItem: name, StockItemUID: v1.UID(item.UID), SKU: item.Spec.SKU, Quantity: l.Quantity,
			})
		}
	}
	if len(s.Spec.Items) > 0 {
		c.createShipment(ctx, s)
	}
}

// createShipment creates a Shipment by which units are promised. One that is
// there already is ours if its grant is; otherwise its promises are voided in
// the next cycle. Where none can ever be created any more they are voided now.
func (c *cycle) createShipment(ctx context.Context, s *v1.Shipment) {
	err := c.Client.Create(ctx, s)
	switch {
	case err == nil:
	case apierrors.IsAlreadyExists(err):
		there, err := c.shipment(ctx, c.Live, v1.ObjectName(s.Name))
		if err != nil {
			c.fail(err)
		} else if there == nil || there.Spec.Grant != s.Spec.Grant || there.Spec.OrderUID != s.Spec.OrderUID {
			c.wakeAt(c.now.Add(idleAfter))
		}
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		c.voidAll(ctx, s)
	default:
		c.fail(fmt.Errorf("creating Shipment %s: %w", s.Name, err))
	}
}

// voidAll takes back the promises of a Shipment that can never come to be,
// because its namespace is being deleted.
func (c *cycle) voidAll(ctx context.Context, s *v1.Shipment) {
	// The namespace answers before the name does: a rival may have created it.
	if there, err := c.shipment(ctx, c.Live, v1.ObjectName(s.Name)); there != nil || err != nil {
		if err != nil {
			c.fail(err)
		}
		return
	}
	for _, key := range ledger.Items(s) {
		item := &v1.StockItem{}
		if err := c.Live.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: string(key.Name)}, item); err != nil {
			c.fail(fmt.Errorf("reading StockItem %s: %w", key.Name, err))
			continue
		}
		status := item.Status.DeepCopy()
		ledger.Void(status, ledger.ReserveID(s.Spec.Grant))
		if _, err := kube.WriteStatus(ctx, c.Client, item, &item.Status, status); err != nil {
			c.fail(fmt.Errorf("StockItem %s: %w", key.Name, err))
		}
	}
}
