// Package tracking asks the carriers that were booked for their scans, and states them as
// events of the Shipments, by server-side apply under a field manager of its own: the same
// way in which a carrier that applies its events does. It never writes a status.
package tracking

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
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	ac "ordercycle.dev/ordercycle/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
	"ordercycle.dev/ordercycle/controllers/provider/carrier"
)

// FieldManager of the events.
const FieldManager = "ordercycle-tracking"

// Reconciler follows the parcels of booked Shipments.
type Reconciler struct {
	// Client reads from the cache and writes.
	client.Client
	Clock    clock.PassiveClock
	Carriers carrier.Desk

	looks looks
	hints *kube.Hints[*v1.Shipment]
}

// +kubebuilder:rbac:groups=ordercycle.dev,resources=shipments,verbs=list;watch;patch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=shipments/events,verbs=update
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

// Reconcile looks at one Shipment.
func (r *Reconciler) Reconcile(ctx context.Context, s *v1.Shipment) (ctrl.Result, error) {
	now, key := r.Clock.Now(), client.ObjectKeyFromObject(s)
	heard := r.hints.Take(s)
	followed := fulfilment.Followed(s, now)
	if len(followed) == 0 {
		r.looks.forget(key)
		return kube.Result(ctx, nil, time.Time{}, now)
	}
	var next time.Time
	for _, b := range followed {
		due := r.looks.due(key, b.ID, fulfilment.LookEvery(s), now)
		if heard[b.ID] || !due.After(now) {
			written, err := r.look(ctx, s, b)
			if err != nil || written {
				// What was written asks for another look, at the other bookings.
				if err == nil {
					delete(heard, b.ID)
				}
				r.hints.Keep(s, heard)
				return kube.Result(ctx, err, time.Time{}, now)
			}
			now = r.Clock.Now() // a call may take long
			due = r.looks.due(key, b.ID, fulfilment.LookEvery(s), now)
		}
		if next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return kube.Result(ctx, nil, next, now)
}

// look asks a carrier for the scans of a booking, and says whether it stated new ones.
func (r *Reconciler) look(ctx context.Context, s *v1.Shipment, b *v1.Booking) (written bool, err error) {
	scans, err := r.scans(ctx, s, b)
	now := r.Clock.Now()
	if err != nil {
		log.FromContext(ctx).Info("the carrier did not say where the parcels are; it will be asked again", "booking", b.ID, "partner", b.Partner, "cause", err.Error())
		r.looks.note(client.ObjectKeyFromObject(s), b.ID, now, false)
		return false, nil
	}
	events, more := fulfilment.Scanned(s, b, scans)
	if more {
		if err := r.state(ctx, s, events); err != nil {
			return false, err
		}
	}
	r.looks.note(client.ObjectKeyFromObject(s), b.ID, now, true)
	return more, nil
}

// scans asks a carrier; one that does not track tells of none.
func (r *Reconciler) scans(ctx context.Context, s *v1.Shipment, b *v1.Booking) ([]v1.CarrierEvent, error) {
	c, err := r.Carriers.At(ctx, s.Namespace, b.URL, b.SecretRef)
	if err != nil {
		return nil, err
	}
	tracker, ok := c.(carrier.Tracker)
	if !ok {
		return nil, nil
	}
	return tracker.Scans(ctx, b.ID)
}

// state applies all that was scanned so far, under the version of the Shipment that it was
// computed from: a field manager's list is complete, or the server takes the rest for
// removed.
func (r *Reconciler) state(ctx context.Context, s *v1.Shipment, events []v1.CarrierEvent) error {
	spec := ac.ShipmentSpec()
	for _, e := range events {
		event := ac.CarrierEvent().WithID(e.ID).WithType(e.Type).WithAt(e.At)
		if e.Location != "" {
			event.WithLocation(e.Location)
		}
		if e.Note != "" {
			event.WithNote(e.Note)
		}
		spec.WithEvents(event)
	}
	apply := ac.Shipment(s.Name, s.Namespace).WithResourceVersion(s.ResourceVersion).WithSpec(spec)
	if err := r.Apply(ctx, apply, client.FieldOwner(FieldManager)); err != nil {
		return fmt.Errorf("stating the scans of a carrier: %w", err)
	}
	return nil
}

// Heard looks at the scans of a booking at once, of which a carrier has sent word.
func (r *Reconciler) Heard(ctx context.Context, namespace, id string) error {
	return kube.GiveBooked(ctx, r.Client, r.hints, namespace, id)
}

// SetupWithManager registers the controller. A Shipment is looked at when it changes, when
// a look at one of its bookings is due, and when a carrier has sent word of one.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	r.hints = kube.NewHints[*v1.Shipment]()
	return ctrl.NewControllerManagedBy(mgr).
		Named("tracking").
		For(&v1.Shipment{}, builder.WithPredicates(predicate.Funcs{DeleteFunc: r.gone})).
		WatchesRawSource(r.hints.Source()).
		WithOptions(options).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
}

// gone forgets a Shipment.
func (r *Reconciler) gone(e event.DeleteEvent) bool {
	s := e.Object.(*v1.Shipment)
	r.looks.forget(client.ObjectKeyFromObject(s))
	r.hints.Take(s)
	return false
}
