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
	"ordercycle.dev/ordercycle/controllers/domain/allocation"
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
			c.wakeAt(c.idleAt(e.item.Key(), c.now))
		}
	}
	return nil
}

// writeItem stores one turn under the version that it was computed from. If the
// item has moved on, everything is computed again from a live read.
func (c *cycle) writeItem(ctx context.Context, e *entry) error {
	for attempt := 1; ; attempt++ {
		idle := !c.now.Before(c.idleAt(e.item.Key(), c.now))
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
	var kept []ledger.Movement
	for _, m := range e.promises {
		s, err := c.shipment(ctx, c.Live, m.Source)
		if err != nil {
			return err
		}
		// One that cannot be made again is left out: its Shipment gets the other
		// items, or is not made. Neither is one made for a name that an earlier plan
		// has promised units for: its Shipment may be on its way.
		if s == nil && !turn.Promises(m.Source) && turn.Reserve(m) == nil {
			kept = append(kept, m)
		}
	}
	e.item, e.turn, e.promises = item, turn, kept
	return nil
}

// create makes the Shipments of what was recorded.
func (c *cycle) create(ctx context.Context) error {
	var g errgroup.Group
	g.SetLimit(parallelWrites)
	for _, p := range c.plans {
		spec := p.Spec(p.grant, func(key v1.ItemKey) bool {
			e := c.byKey[key]
			return e.recorded && e.turn.Holds(ledger.ReserveID(p.grant))
		})
		if len(spec.Items) > 0 {
			g.Go(func() error { c.createShipment(ctx, c.build(p.name, spec)); return nil })
		}
	}
	for _, p := range c.orphan {
		g.Go(func() error { c.adopt(ctx, p); return nil })
	}
	return g.Wait()
}

func (c *cycle) build(name v1.ObjectName, spec v1.ShipmentSpec) *v1.Shipment {
	return &v1.Shipment{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: c.namespace, Name: string(name),
			Finalizers: []string{v1.ShipmentFinalizer},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: v1.SchemeGroupVersion.String(), Kind: "Order",
				Name: string(spec.OrderName), UID: types.UID(spec.OrderUID), Controller: new(true),
			}},
		},
		Spec: spec,
	}
}

// adopt creates the Shipment of a promise that was found without one, after a
// crash or a lost write, from the items that hold it.
func (c *cycle) adopt(ctx context.Context, p v1.Posting) {
	var items []*v1.StockItem
	for _, name := range p.Reserve.Items {
		item := &v1.StockItem{}
		err := c.Live.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: string(name)}, item)
		if err != nil && !apierrors.IsNotFound(err) {
			c.fail(fmt.Errorf("reading StockItem %s: %w", name, err))
			return
		}
		if err == nil {
			items = append(items, item)
		}
	}
	if spec := allocation.Adopt(p, items); len(spec.Items) > 0 {
		c.createShipment(ctx, c.build(p.Source, spec))
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
	c.mu.Lock()
	c.refused = true
	c.mu.Unlock()
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
		voided := ledger.Voided(item, ledger.ReserveID(s.Spec.Grant), c.now)
		if _, err := kube.WriteStatus(ctx, c.Client, item, &item.Status, voided); err != nil {
			c.fail(fmt.Errorf("StockItem %s: %w", key.Name, err))
		}
	}
}
