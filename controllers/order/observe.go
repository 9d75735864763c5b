package order

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// observe reads all that the state machine wants to know of an Order.
func (r *Reconciler) observe(ctx context.Context, o *v1.Order) (*lifecycle.Facts, error) {
	f := &lifecycle.Facts{
		Order: o, Heard: r.hints.Take(o) != nil,
		Identity: payment.Identity{
			Installation: r.Installation, Namespace: o.Namespace, Name: o.Name, ExternalRef: o.Spec.ExternalRef,
		},
	}
	for _, read := range []func(context.Context, *lifecycle.Facts) error{
		r.observeGoods, r.observeClass, r.observeRivals, r.observeToken, r.observePeers, r.observeNamespace,
	} {
		if err := read(ctx, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// observeGoods reads the order's Shipments and the stock of its products. Units
// that are cancelled do not come back, and an order that goes forgets its
// Shipments: neither may rest on an old cache.
func (r *Reconciler) observeGoods(ctx context.Context, f *lifecycle.Facts) error {
	shipments := client.Reader(r.Client)
	if lifecycle.Cancels(f.Order) {
		shipments = r.Live
	}
	if err := r.readGoods(ctx, f, r.Client, shipments); err != nil {
		return err
	}
	if !lifecycle.NeedsLive(f, r.Clock.Now()) {
		return nil
	}
	f.Live = true
	return r.readGoods(ctx, f, r.Live, r.Live)
}

// readGoods reads Shipments before stock and after it: a promise that is on an item
// no more has its Shipment afterwards, and units that a Shipment was yet to give
// back before are not missed in between.
func (r *Reconciler) readGoods(ctx context.Context, f *lifecycle.Facts, stock, shipments client.Reader) error {
	var before []*v1.Shipment
	var err error
	if f.Live {
		if before, err = kube.ShipmentsOf(ctx, shipments, f.Order); err != nil {
			return err
		}
	}
	items, err := r.readStock(ctx, f, stock)
	if err != nil {
		return err
	}
	if f.Shipments, err = kube.ShipmentsOf(ctx, shipments, f.Order); err != nil {
		return err
	}
	slices.SortFunc(f.Shipments, func(a, b *v1.Shipment) int {
		return cmp.Compare(fulfilment.Ordinal(a.Name), fulfilment.Ordinal(b.Name))
	})
	f.Intended = fulfilment.Intended(f.Order, f.Shipments, items)
	f.Returning = fulfilment.Returning(f.Shipments, items) || fulfilment.Returning(before, items) || cancelledSince(before, f.Shipments)
	return nil
}

// cancelledSince says whether a Shipment was cancelled between two lists.
func cancelledSince(before, after []*v1.Shipment) bool {
	return slices.ContainsFunc(before, func(b *v1.Shipment) bool {
		return b.Status.CancelledAt == nil && slices.ContainsFunc(after, func(a *v1.Shipment) bool {
			return a.UID == b.UID && a.Status.CancelledAt != nil
		})
	})
}

// readStock reads the stock of the order's products.
func (r *Reconciler) readStock(ctx context.Context, f *lifecycle.Facts, from client.Reader) ([]*v1.StockItem, error) {
	f.Stock = map[v1.SKU]lifecycle.Stock{}
	var all []*v1.StockItem
	for _, l := range f.Order.Spec.Lines {
		if _, done := f.Stock[l.SKU]; done {
			continue
		}
		items, err := r.itemsOf(ctx, from, f.Order.Namespace, l.SKU)
		if err != nil {
			return nil, err
		}
		if len(items) == 0 {
			continue
		}
		s := lifecycle.Stock{ByLocation: map[v1.Identifier]v1.Quantity{}}
		for i := range items {
			item := &items[i]
			all = append(all, item)
			if item.DeletionTimestamp.IsZero() {
				s.Available += item.Status.Available
				s.ByLocation[item.Spec.Location] += item.Status.Available
			}
			s.Pending = s.Pending || item.Status.ObservedGeneration < item.Generation
			if s.UnitCost == 0 && item.Spec.Currency == f.Order.Spec.Currency {
				s.UnitCost = item.Spec.UnitCost
			}
		}
		f.Stock[l.SKU] = s
	}
	return all, nil
}

// itemsOf lists the StockItems of a product: by the cache's index, or live from all
// of the namespace.
func (r *Reconciler) itemsOf(ctx context.Context, from client.Reader, namespace string, sku v1.SKU) ([]v1.StockItem, error) {
	options := []client.ListOption{client.InNamespace(namespace)}
	if from == client.Reader(r.Client) {
		options = append(options, client.MatchingFields{kube.IndexStockSKU: string(sku)}, client.UnsafeDisableDeepCopy)
	}
	var items v1.StockItemList
	if err := from.List(ctx, &items, options...); err != nil {
		return nil, fmt.Errorf("listing the StockItems of %s: %w", sku, err)
	}
	return slices.DeleteFunc(items.Items, func(i v1.StockItem) bool { return i.Spec.SKU != sku }), nil
}

// observeClass reads the class of an order that is not confirmed yet.
func (r *Reconciler) observeClass(ctx context.Context, f *lifecycle.Facts) error {
	o := f.Order
	if lifecycle.Confirmed(o) {
		return nil
	}
	classes, err := r.classesFor(ctx, o)
	if err != nil {
		return err
	}
	if len(classes) == 0 {
		f.ClassMissing = o.Spec.ClassName != ""
		return nil
	}
	f.Class = &classes[0]
	if len(classes) > 1 && o.Status.Phase == "" {
		r.Recorder.Eventf(f.Class, o, corev1.EventTypeWarning, v1.ReasonSeveralDefaultClasses, "Reconcile",
			"several OrderClasses are marked as default; the oldest, %s, is used: remove the annotation from the others", f.Class.Name)
	}
	return nil
}

// classesFor are the classes that an Order may follow, of which the first counts:
// the named one, or the namespace's defaults, the oldest first.
func (r *Reconciler) classesFor(ctx context.Context, o *v1.Order) ([]v1.OrderClass, error) {
	if name := o.Spec.ClassName; name != "" {
		var c v1.OrderClass
		err := r.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: string(name)}, &c)
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading OrderClass %s: %w", name, err)
		}
		return []v1.OrderClass{c}, nil
	}
	var classes v1.OrderClassList
	if err := r.List(ctx, &classes, client.InNamespace(o.Namespace)); err != nil {
		return nil, fmt.Errorf("listing the OrderClasses: %w", err)
	}
	defaults := slices.DeleteFunc(classes.Items, func(c v1.OrderClass) bool { return c.Annotations[v1.DefaultClassAnnotation] != "true" })
	slices.SortFunc(defaults, func(a, b v1.OrderClass) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return defaults, nil
}

// observeRivals looks for an Order that this one repeats. The cache says where
// to look; a live read decides, since the answer is final.
func (r *Reconciler) observeRivals(ctx context.Context, f *lifecycle.Facts) error {
	o := f.Order
	if lifecycle.Confirmed(o) || o.Spec.ExternalRef == "" {
		return nil
	}
	var rivals v1.OrderList
	if err := r.List(ctx, &rivals, client.InNamespace(o.Namespace), client.MatchingFields{kube.IndexOrderRef: kube.OrderRef(o)}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing the Orders with the same externalRef: %w", err)
	}
	for i := range rivals.Items {
		if !lifecycle.Repeats(o, &rivals.Items[i]) {
			continue
		}
		var rival v1.Order
		err := r.Live.Get(ctx, client.ObjectKeyFromObject(&rivals.Items[i]), &rival)
		if err := client.IgnoreNotFound(err); err != nil {
			return fmt.Errorf("reading Order %s: %w", rivals.Items[i].Name, err)
		}
		if err == nil && lifecycle.Repeats(o, &rival) {
			f.Original = v1.ObjectName(rival.Name)
			return nil
		}
	}
	return nil
}

// observeToken checks the Secret of the payment token while it may be needed.
// It is read live and never cached, listed or kept.
func (r *Reconciler) observeToken(ctx context.Context, f *lifecycle.Facts) error {
	o := f.Order
	ref := o.Spec.Payment.TokenSecretRef
	if lifecycle.Confirmed(o) || !lifecycle.NeedsToken(f) {
		return nil
	}
	if ref == nil {
		if lifecycle.TokenRequired(f) {
			f.TokenProblem = "the provider takes no payment without a token; name the Secret that holds it"
		}
		return nil
	}
	var s corev1.Secret
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: string(ref.Name)}, &s)
	switch {
	case apierrors.IsNotFound(err):
		f.TokenProblem = "there is no Secret " + string(ref.Name) + "; create it"
	case err != nil:
		return fmt.Errorf("reading Secret %s: %w", ref.Name, err)
	default:
		f.TokenProblem = tokenProblem(&s)
	}
	return nil
}

// observeNamespace asks whether the order goes with its whole namespace.
func (r *Reconciler) observeNamespace(ctx context.Context, f *lifecycle.Facts) error {
	o := f.Order
	if o.DeletionTimestamp.IsZero() || !lifecycle.HasFinalizer(o) {
		return nil
	}
	var ns corev1.Namespace
	if err := r.Live.Get(ctx, client.ObjectKey{Name: o.Namespace}, &ns); err != nil {
		return fmt.Errorf("reading namespace %s: %w", o.Namespace, err)
	}
	f.NamespaceGoing = !ns.DeletionTimestamp.IsZero()
	return nil
}
