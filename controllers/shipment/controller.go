// Package shipment is the shell of the Shipment's way through the warehouse and
// to the customer: it reads what package fulfilment needs to know and writes the
// status that it computes.
package shipment

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/booking"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/domain/routing"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
	"ordercycle.dev/ordercycle/controllers/provider/carrier"
)

// Reconciler moves Shipments through their phases.
type Reconciler struct {
	// Client reads from the cache and writes.
	client.Client
	// Live reads from the API server.
	Live     client.Reader
	Clock    clock.PassiveClock
	Carriers carrier.Desk
	// Installation tells the bookings of this installation from those of others which
	// use the same accounts.
	Installation string

	hints *kube.Hints[*v1.Shipment]
	// turns bound the calls to carriers that are made at the same time: one that does not
	// answer must not keep all workers from their work.
	turns chan struct{}
}

// busy is how long a call waits for its turn until it asks again.
const busy = time.Second

// +kubebuilder:rbac:groups=ordercycle.dev,resources=shipments,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=shipments/status,verbs=update
// +kubebuilder:rbac:groups=ordercycle.dev,resources=orders;stockitems,verbs=get;list;watch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=partners,verbs=list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

// Reconcile looks at one Shipment.
func (r *Reconciler) Reconcile(ctx context.Context, s *v1.Shipment) (ctrl.Result, error) {
	now := r.Clock.Now()
	facts, err := r.observe(ctx, s)
	if err != nil {
		return kube.Result(ctx, err, time.Time{}, now)
	}
	status, err := r.project(ctx, facts, now)
	if err != nil {
		return kube.Result(ctx, err, time.Time{}, now)
	}
	heard := r.hints.Take(s)
	due, waits := fulfilment.CallDue(facts, status, heard, now), false
	if due != nil {
		if facts.Called, err = r.callInTurn(ctx, facts, *due); facts.Called == nil {
			due, waits = nil, true
		}
		now = r.Clock.Now() // a call may take long
		if err == nil {
			status, err = r.project(ctx, facts, now)
		}
		if err != nil {
			r.hints.Keep(s, heard)
			return kube.Result(ctx, err, time.Time{}, now)
		}
	}
	if _, err := kube.WriteStatus(ctx, r.Client, s, &s.Status, status); err != nil {
		r.hints.Keep(s, heard)
		return kube.Result(ctx, err, time.Time{}, now)
	}
	if due != nil {
		delete(heard, due.ID)
	}
	heard = booking.Heard(status.Bookings, heard) // one carrier is asked at a time
	r.hints.Keep(s, heard)
	next, err := r.release(ctx, facts, now)
	if next.IsZero() {
		next = fulfilment.NextLook(status, now)
	}
	if call := fulfilment.NextCall(facts, status, heard, now); !call.IsZero() && (next.IsZero() || call.Before(next)) {
		next = call
	}
	if waits {
		next = now.Add(busy)
	}
	return kube.Result(ctx, err, next, now)
}

// project computes the next status. Before a route is given up, or what is booked moves, the
// Partners are read live.
func (r *Reconciler) project(ctx context.Context, f *fulfilment.Facts, now time.Time) (*v1.ShipmentStatus, error) {
	status := fulfilment.Project(f, now)
	if !f.LosesRoute(status) {
		return status, nil
	}
	if err := r.carriers(ctx, r.Live, f); err != nil {
		return nil, err
	}
	f.CarriersLive = true
	return fulfilment.Project(f, now), nil
}

// observe reads what is known about the Shipment, first from the cache. Where
// the next step binds units, the Order is read again, live: the write that takes
// the step rests on the version of the Shipment, which was read before.
func (r *Reconciler) observe(ctx context.Context, s *v1.Shipment) (*fulfilment.Facts, error) {
	f := &fulfilment.Facts{Shipment: s, Installation: r.Installation}
	var err error
	if f.Items, err = r.items(ctx, r.Client, s); err != nil {
		return nil, err
	}
	if f.Order, err = kube.OrderOf(ctx, r.Client, s); err != nil {
		return nil, err
	}
	if f.Order != nil {
		if f.Siblings, err = kube.Siblings(ctx, r.Client, f.Order, s); err != nil {
			return nil, err
		}
	}
	if f.NeedsLiveItems() {
		if f.Items, err = r.items(ctx, r.Live, s); err != nil {
			return nil, err
		}
		f.ItemsLive = true
	}
	if f.Order == nil || f.NeedsLiveOrder() {
		// An Order that the cache does not know may be too new for it.
		if f.Order, err = kube.OrderOf(ctx, r.Live, s); err != nil {
			return nil, err
		}
		f.OrderLive, f.Siblings = true, nil
		if f.Order != nil {
			if f.Siblings, err = kube.Siblings(ctx, r.Live, f.Order, s); err != nil {
				return nil, err
			}
		}
	}
	if fulfilment.NeedsCarriers(s, f.Order) {
		err = r.carriers(ctx, r.Client, f)
	}
	return f, err
}

// carriers notes the Partners of the namespace, as carriers and where they are booked.
func (r *Reconciler) carriers(ctx context.Context, from client.Reader, f *fulfilment.Facts) error {
	var partners v1.PartnerList
	if err := from.List(ctx, &partners, client.InNamespace(f.Shipment.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing the Partners: %w", err)
	}
	f.Carriers, f.Desks = routing.Carriers(partners.Items), booking.Desks(partners.Items)
	return nil
}

// items reads the StockItems of a Shipment, by the identities that were promised:
// one that is gone is absent, one that was made again stands under its new one.
func (r *Reconciler) items(ctx context.Context, from client.Reader, s *v1.Shipment) (map[v1.ItemKey]*v1.StockItem, error) {
	items := map[v1.ItemKey]*v1.StockItem{}
	for _, key := range ledger.Items(s) {
		item := &v1.StockItem{}
		err := from.Get(ctx, types.NamespacedName{Namespace: s.Namespace, Name: string(key.Name)}, item)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading StockItem %s: %w", key.Name, err)
		}
		items[item.Key()] = item
	}
	return items, nil
}

// releaseRetry is how long a Shipment that is being deleted waits for its items before
// it asks again: it reads them live, and what a cache skips wakes nobody.
const releaseRetry = time.Minute

// release removes the finalizer of a Shipment that is being deleted, once live
// reads of its items show that all it did is counted and nothing of it is left. Until
// then it says when to look again; the end of its Order would wake it by itself.
func (r *Reconciler) release(ctx context.Context, f *fulfilment.Facts, now time.Time) (next time.Time, err error) {
	s := f.Shipment
	if s.DeletionTimestamp.IsZero() || len(s.Finalizers) == 0 || !fulfilment.Over(f) {
		return time.Time{}, nil
	}
	if f.Items, err = r.items(ctx, r.Live, s); err != nil {
		return time.Time{}, err
	}
	f.ItemsLive = true
	if !fulfilment.MayGo(f) {
		return now.Add(releaseRetry), nil
	}
	return time.Time{}, kube.RemoveFinalizer(ctx, r.Client, s, v1.ShipmentFinalizer)
}
