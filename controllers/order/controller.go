// Package order is the shell of the Order's state machine: it reads what
// package lifecycle needs to know, makes the one call that it asks for, and
// writes the status that it computes.
package order

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

// Payments makes the adapter of a payment provider that a class of a namespace
// describes. The error is port.ErrUnusable if a person must mend something first.
type Payments interface {
	For(ctx context.Context, namespace string, p *v1.PaymentProvider) (payment.Provider, error)
}

// Reconciler moves Orders through their phases.
type Reconciler struct {
	// Client reads from the cache and writes.
	client.Client
	// Live reads from the API server.
	Live     client.Reader
	Recorder events.EventRecorder
	Clock    clock.PassiveClock
	Payments Payments
	// Records writes what could not be settled into Namespace, that of the manager.
	// Client would wait for a cache of what is not cached.
	Records   client.Writer
	Namespace string
	// Installation tells the payment operations of this installation from those
	// of others which use the same accounts.
	Installation string

	hints *kube.Hints[*v1.Order]
}

// +kubebuilder:rbac:groups=ordercycle.dev,resources=orders,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=orders/status,verbs=update
// +kubebuilder:rbac:groups=ordercycle.dev,resources=shipments;stockitems,verbs=get;list;watch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=orderclasses,verbs=list;watch
// +kubebuilder:rbac:groups="",resources=secrets;namespaces,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile looks at one Order.
func (r *Reconciler) Reconcile(ctx context.Context, o *v1.Order) (ctrl.Result, error) {
	now := r.Clock.Now()
	facts, err := r.observe(ctx, o)
	if err != nil {
		return kube.Result(ctx, err, time.Time{}, now)
	}
	plan := lifecycle.Decide(facts, now)
	outcome, err := r.act(ctx, facts, plan)
	if errors.Is(err, errFresh) {
		return kube.Result(ctx, nil, now.Add(freshTurn), now)
	}
	if err != nil {
		return kube.Result(ctx, err, time.Time{}, now)
	}
	if plan.RemoveFinalizer {
		return kube.Result(ctx, nil, time.Time{}, now)
	}
	err = r.writeStatus(ctx, facts, outcome, now)
	return kube.Result(ctx, err, lifecycle.Deadline(facts, now), now)
}
