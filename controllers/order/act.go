package order

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// act carries out the plan: finalizers, and at most one call to the payment
// provider. Such a call stands in the stored status already, so it can be
// repeated by whoever comes next, under the same id.
func (r *Reconciler) act(ctx context.Context, f *lifecycle.Facts, p lifecycle.Plan) (lifecycle.Outcome, error) {
	switch {
	case p.RemoveFinalizer:
		if p.Record {
			if err := r.record(ctx, f); err != nil {
				return lifecycle.Outcome{}, err
			}
		} else if !lifecycle.Orphaned(f.Order) {
			if err := r.remembered(ctx, f); err != nil {
				return lifecycle.Outcome{}, err
			}
		}
		return lifecycle.Outcome{}, kube.RemoveFinalizer(ctx, r.Client, f.Order, v1.OrderFinalizer)
	case p.AddFinalizer:
		if err := kube.AddFinalizer(ctx, r.Client, f.Order, v1.OrderFinalizer); err != nil {
			return lifecycle.Outcome{}, err
		}
	}
	switch {
	case p.Call != nil: // first, so that no other provider keeps it waiting
		return lifecycle.Outcome{Operation: r.call(ctx, f, *p.Call)}, nil
	case p.Adopt:
		return r.adopt(ctx, f), nil
	default:
		return lifecycle.Outcome{}, nil
	}
}

// writeStatus computes the next status, writes it if it differs, and tells what
// has newly come to need attention.
func (r *Reconciler) writeStatus(ctx context.Context, f *lifecycle.Facts, out lifecycle.Outcome, now time.Time) error {
	before := f.Order.Status.DeepCopy()
	after := lifecycle.Project(f, out, now)
	written, err := kube.WriteStatus(ctx, r.Client, f.Order, &f.Order.Status, after)
	if err != nil || !written {
		return err
	}
	for _, n := range lifecycle.Notes(before, after) {
		kind := corev1.EventTypeNormal
		if n.Warning {
			kind = corev1.EventTypeWarning
		}
		r.Recorder.Eventf(f.Order, nil, kind, n.Reason, "Reconcile", "%s", n.Message)
	}
	return nil
}
