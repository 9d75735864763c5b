// Package partner is the shell that says of each Partner whether it can be worked with.
package partner

import (
	"context"
	"time"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/partner"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// Reconciler writes the status of Partners.
type Reconciler struct {
	// Client reads from the cache and writes.
	client.Client
	Clock clock.PassiveClock
}

// +kubebuilder:rbac:groups=ordercycle.dev,resources=partners,verbs=list;watch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=partners/status,verbs=update

// Reconcile looks at one Partner.
func (r *Reconciler) Reconcile(ctx context.Context, p *v1.Partner) (ctrl.Result, error) {
	now := r.Clock.Now()
	_, err := kube.WriteStatus(ctx, r.Client, p, &p.Status, partner.Project(p, now))
	return kube.Result(ctx, err, time.Time{}, now)
}

// SetupWithManager registers the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("partner").
		For(&v1.Partner{}).
		WithOptions(options).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
}
