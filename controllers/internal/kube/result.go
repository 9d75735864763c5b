// Package kube holds what every controller does with the API server in the
// same way: writing a status, and turning an error into a result.
package kube

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// conflictDelay is how long a controller whose write was refused waits for its
// cache to catch up. The event of the newer version brings it back sooner.
const conflictDelay = time.Second

// longestWait is how long nobody looks at an object that waits for a time: the clock
// that said how long may be set right meanwhile, which no timer hears of.
const longestWait = 10 * time.Minute

// Result is the one translation of an error, or of the time of the next look,
// into what the queue does: an object that changed or went since it was read is
// looked at again without a fuss, any other error with growing delays.
// A zero deadline means that only an event brings the object back.
func Result(ctx context.Context, err error, deadline, now time.Time) (ctrl.Result, error) {
	switch {
	case Outdated(err):
		log.FromContext(ctx).V(1).Info("the object has changed since it was read; looking again", "cause", err.Error())
		return ctrl.Result{RequeueAfter: conflictDelay}, nil
	case err != nil:
		return ctrl.Result{}, err
	case deadline.IsZero():
		return ctrl.Result{}, nil
	default:
		return ctrl.Result{RequeueAfter: min(max(deadline.Sub(now), time.Millisecond), longestWait)}, nil
	}
}

// Outdated says whether an error means that an object has changed or went since
// it was read: its event is on the way and brings the reader back.
func Outdated(err error) bool { return apierrors.IsConflict(err) || apierrors.IsNotFound(err) }
