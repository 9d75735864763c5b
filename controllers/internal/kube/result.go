// Package kube holds what every controller does with the API server in the
// same way: writing a status, and turning an error into a result.
package kube

import (
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"context"
)

// conflictDelay is how long a controller whose write was refused waits for its
// cache to catch up. The event of the newer version brings it back sooner.
const conflictDelay = time.Second

// Result is the one translation of an error, or of the time of the next look,
// into what the queue does: a conflict means that a newer version is on its way
// and is tried again without a fuss, any other error with growing delays.
// A zero deadline means that only an event brings the object back.
func Result(ctx context.Context, err error, deadline, now time.Time) (ctrl.Result, error) {
	switch {
	case apierrors.IsConflict(err):
		log.FromContext(ctx).V(1).Info("the object has changed since it was read; looking again", "cause", err.Error())
		return ctrl.Result{RequeueAfter: conflictDelay}, nil
	case err != nil:
		return ctrl.Result{}, err
	case deadline.IsZero():
		return ctrl.Result{}, nil
	default:
		return ctrl.Result{RequeueAfter: max(deadline.Sub(now), time.Millisecond)}, nil
	}
}
