package main

import (
	"context"
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/controllers/metrics"
)

// The lease, its events and the books of the simulated payment provider are in
// the manager's own namespace.
// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,verbs=get;create;update,namespace=ordercycle-system
// +kubebuilder:rbac:groups="",resources=events,verbs=create,namespace=ordercycle-system
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;create;update,namespace=ordercycle-system
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

func (o *options) run(ctx context.Context) error {
	restConfig, err := o.restConfig()
	if err != nil {
		return err
	}
	if err := metrics.Register(); err != nil {
		return fmt.Errorf("registering the metrics: %w", err)
	}
	mgr, err := controllers.NewManager(ctx, restConfig, controllers.Options{
		Namespace: o.namespace, Installation: o.installationID, Workers: o.workers, Manager: o.framework(),
		AllowedHosts: o.allowedHosts, CallbackAddress: o.callbacks,
	})
	if err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding /healthz: %w", err)
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding /readyz: %w", err)
	}
	return mgr.Start(ctx)
}

func (o *options) restConfig() (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	c, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w; name a kubeconfig with --kubeconfig", err)
	}
	// The API server shares its capacity fairly by itself; a limit here would
	// only hold this client back.
	c.QPS = -1
	return c, nil
}

func (o *options) framework() manager.Options {
	return manager.Options{
		Metrics: metricsserver.Options{
			BindAddress: o.metricsAddress, SecureServing: true, CertDir: o.metricsCerts,
			FilterProvider: filters.WithAuthenticationAndAuthorization,
		},
		HealthProbeBindAddress:  o.probeAddress,
		LeaderElection:          o.leaderElect,
		LeaderElectionID:        "manager.ordercycle.dev",
		LeaderElectionNamespace: o.namespace,
		// main returns as soon as the manager has stopped, so another one may
		// lead at once.
		LeaderElectionReleaseOnCancel: true,
	}
}
