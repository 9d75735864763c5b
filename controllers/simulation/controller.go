// Package simulation plays the warehouse and the carrier of the classes that
// ask for it. It states facts on Shipments exactly as a person would, by
// server-side apply under a field manager of its own, and never writes a status.
package simulation

import (
	"context"
	"fmt"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	ac "ordercycle.dev/ordercycle/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/booking"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// FieldManager of the simulated facts.
const FieldManager = "ordercycle-simulated"

// Reconciler states the next fact of each simulated Shipment.
type Reconciler struct {
	// Client reads from the cache.
	client.Client
	// Actor writes the facts, through a transport of its own, so that they are
	// not counted as the operator's writes.
	Actor client.Client
	// Live reads from the API server.
	Live  client.Reader
	Clock clock.PassiveClock
}

// +kubebuilder:rbac:groups=ordercycle.dev,resources=shipments,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=shipments/facts;shipments/events,verbs=update
// +kubebuilder:rbac:groups=ordercycle.dev,resources=orders,verbs=get;list;watch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=partners,verbs=list;watch

// Reconcile looks at one Shipment.
func (r *Reconciler) Reconcile(ctx context.Context, s *v1.Shipment) (ctrl.Result, error) {
	now := r.Clock.Now()
	o, err := kube.OrderOf(ctx, r.Client, s)
	if err != nil || o == nil || o.Status.Policy == nil {
		return kube.Result(ctx, err, time.Time{}, now)
	}
	facts := &fulfilment.Facts{Shipment: s, Order: o}
	if facts.Siblings, err = kube.Siblings(ctx, r.Client, o, s); err != nil {
		return kube.Result(ctx, err, time.Time{}, now)
	}
	policy := o.Status.Policy
	if fulfilment.NeedsCarriers(s, o) {
		if err = r.partners(ctx, facts); err != nil {
			return kube.Result(ctx, err, time.Time{}, now)
		}
	}
	sim := fulfilment.Simulate(facts, policy, now)
	if !sim.Due {
		return kube.Result(ctx, nil, sim.Next, now)
	}
	// The order may have been cancelled since the cache saw it.
	if facts.Order, err = kube.OrderOf(ctx, r.Live, s); err != nil {
		return kube.Result(ctx, err, time.Time{}, now)
	}
	if sim = fulfilment.Simulate(facts, policy, now); sim.Due {
		err = r.state(ctx, s, &sim)
	}
	return kube.Result(ctx, err, sim.Next, now)
}

// partners notes how the Partners of the namespace are spoken to, and where they are booked.
func (r *Reconciler) partners(ctx context.Context, f *fulfilment.Facts) error {
	var partners v1.PartnerList
	if err := r.List(ctx, &partners, client.InNamespace(f.Shipment.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing the Partners: %w", err)
	}
	f.Desks, f.Adapters = booking.Desks(partners.Items), make(map[v1.ObjectName]v1.PartnerAdapter, len(partners.Items))
	for i := range partners.Items {
		f.Adapters[v1.ObjectName(partners.Items[i].Name)] = partners.Items[i].Spec.Adapter
	}
	return nil
}

// state applies all that the simulation has stated so far, under the version of
// the Shipment that it was computed from: a field manager's list is complete, or
// the server takes the rest for removed.
func (r *Reconciler) state(ctx context.Context, s *v1.Shipment, sim *fulfilment.Simulated) error {
	spec := ac.ShipmentSpec().WithFacts(facts(&sim.Facts))
	for _, e := range sim.Events {
		if fulfilment.IsSimulated(e.ID) {
			event := ac.CarrierEvent().WithID(e.ID).WithType(e.Type).WithAt(e.At)
			if e.Location != "" {
				event.WithLocation(e.Location)
			}
			spec.WithEvents(event)
		}
	}
	apply := ac.Shipment(s.Name, s.Namespace).WithResourceVersion(s.ResourceVersion).WithSpec(spec)
	if err := r.Actor.Apply(ctx, apply, client.FieldOwner(FieldManager)); err != nil {
		return fmt.Errorf("stating a simulated fact: %w", err)
	}
	return nil
}

func facts(f *v1.WarehouseFacts) *ac.WarehouseFactsApplyConfiguration {
	c := ac.WarehouseFacts()
	if p := f.Picked; p != nil && fulfilment.IsSimulated(p.ID) {
		c.WithPicked(ac.PickedFact().WithID(p.ID).WithBy(p.By).WithAt(p.At))
	}
	for _, fact := range []struct {
		value *v1.ActorFact
		set   func(*ac.ActorFactApplyConfiguration) *ac.WarehouseFactsApplyConfiguration
	}{
		{f.Packed, c.WithPacked}, {f.Dispatched, c.WithDispatched}, {f.PutBack, c.WithPutBack},
	} {
		if v := fact.value; v != nil && fulfilment.IsSimulated(v.ID) {
			fact.set(ac.ActorFact().WithID(v.ID).WithBy(v.By).WithAt(v.At))
		}
	}
	return c
}

// SetupWithManager registers the controller. The next fact of a Shipment is due at
// a time that is known, follows from its own change, or from an edit of its Order,
// which may have been paused, resumed or cancelled, or of a Partner, which may be simulated
// from now on. An Order that an old cache shows
// without its policy is waited for.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("simulation").
		For(&v1.Shipment{}).
		Watches(&v1.Order{}, kube.EnqueueShipments(r.Client), builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.Funcs{UpdateFunc: policyCame},
		))).
		Watches(&v1.Partner{}, kube.EnqueueTravelling(r.Client, kube.Always), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(options).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
}

// policyCame lets pass that the policy of an Order is seen for the first time.
func policyCame(u event.UpdateEvent) bool {
	before, after := u.ObjectOld.(*v1.Order).Status, u.ObjectNew.(*v1.Order).Status
	return before.Policy == nil && after.Policy != nil
}
