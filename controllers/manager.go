// Package controllers puts the controllers of Ordercycle together into a manager.
package controllers

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
	"ordercycle.dev/ordercycle/controllers/metrics"
	"ordercycle.dev/ordercycle/controllers/order"
	"ordercycle.dev/ordercycle/controllers/partner"
	"ordercycle.dev/ordercycle/controllers/provider/callback"
	carrierregistry "ordercycle.dev/ordercycle/controllers/provider/carrier/registry"
	"ordercycle.dev/ordercycle/controllers/provider/payment/registry"
	"ordercycle.dev/ordercycle/controllers/provider/payment/simulated"
	"ordercycle.dev/ordercycle/controllers/provider/port"
	"ordercycle.dev/ordercycle/controllers/shipment"
	"ordercycle.dev/ordercycle/controllers/simulation"
	"ordercycle.dev/ordercycle/controllers/stock"
	"ordercycle.dev/ordercycle/controllers/tracking"
)

// reconcileTimeout bounds one look at one object, calls to providers included.
const reconcileTimeout = time.Minute

// Options are what the controllers need besides the API server.
type Options struct {
	// Namespace of the manager: the books of the simulated payment provider.
	Namespace string
	// Installation tells the payment operations and bookings of this installation from
	// those of others that use the same accounts.
	Installation string
	// AllowedHosts are the hosts that payment providers and carriers may have.
	AllowedHosts []string
	// CallbackAddress is where callbacks of payment providers and carriers are received; "" for
	// nowhere.
	CallbackAddress string
	// Workers of each controller.
	Workers int
	// Clock of the controllers; nil for the real one.
	Clock clock.PassiveClock
	// Wrap is put around the transport of every client; nil for none.
	Wrap transport.WrapperFunc
	// Manager are the framework's options: addresses, leader election, the namespaces
	// of the cache. The scheme, the client and the rest of the cache are set here.
	Manager manager.Options
}

// Scheme knows the kinds of Ordercycle and of Kubernetes.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("registering the kinds: %w", err)
		}
	}
	return scheme, nil
}

// NewManager makes a manager that runs every controller.
func NewManager(ctx context.Context, c *rest.Config, o Options) (manager.Manager, error) {
	scheme, err := Scheme()
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Wrap != nil {
		c = rest.CopyConfig(c)
		c.Wrap(o.Wrap)
	}
	operator := metrics.CountWrites(c, metrics.WriterOperator)
	mgr, err := ctrl.NewManager(operator, o.framework(scheme))
	if err != nil {
		return nil, fmt.Errorf("making the manager: %w", err)
	}
	// The simulated warehouse, carrier and payment provider write in the place of
	// people and systems outside, and are counted apart.
	actor, err := client.New(metrics.CountWrites(c, metrics.WriterSimulation), client.Options{Scheme: scheme, Mapper: mgr.GetRESTMapper()})
	if err != nil {
		return nil, fmt.Errorf("making the client of the simulation: %w", err)
	}
	direct, err := client.New(operator, client.Options{Scheme: scheme, Mapper: mgr.GetRESTMapper()})
	if err != nil {
		return nil, fmt.Errorf("making the client without a cache: %w", err)
	}
	if err := o.setUp(ctx, mgr, actor, direct); err != nil {
		return nil, err
	}
	return mgr, nil
}

// framework completes the options of the framework.
func (o *Options) framework(scheme *runtime.Scheme) manager.Options {
	m := o.Manager
	m.Scheme = scheme
	m.Cache.DefaultTransform = cache.TransformStripManagedFields()
	m.Cache.ReaderFailOnMissingInformer = true
	// EnableReadYourWritesConsistency stays off, though it would spare looks at an old
	// cache: if an object is deleted while its watch is down, and the last version of it
	// was ours, every read of the kind waits for a version that is never seen, until
	// somebody writes another object of the kind (controller-runtime 0.25.2).
	m.Client = client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}}}}
	m.Controller = config.Controller{
		EnableWarmup:          new(true),
		ReconciliationTimeout: reconcileTimeout,
		SkipNameValidation:    o.Manager.Controller.SkipNameValidation,
	}
	return m
}

func (o *Options) setUp(ctx context.Context, mgr manager.Manager, actor, direct client.Client) error {
	if err := kube.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	options := controller.Options{MaxConcurrentReconciles: o.Workers}
	cached, live := mgr.GetClient(), mgr.GetAPIReader()
	access := port.Access{Secrets: live, Namespace: o.Namespace, Installation: o.Installation, Hosts: o.AllowedHosts, HTTP: port.NewClient()}
	payments := &registry.Registry{
		Access:    access,
		Simulated: &simulated.Provider{Client: actor, Namespace: o.Namespace},
	}
	orders := &order.Reconciler{
		Client: cached, Live: live, Clock: o.Clock, Recorder: mgr.GetEventRecorder("ordercycle"),
		Payments: payments, Records: direct, Namespace: o.Namespace, Installation: o.Installation,
	}
	if err := orders.SetupWithManager(ctx, mgr, options); err != nil {
		return fmt.Errorf("setting up the order controller: %w", err)
	}
	if err := (&stock.Reconciler{Client: cached, Live: live, Clock: o.Clock}).SetupWithManager(ctx, mgr, options); err != nil {
		return fmt.Errorf("setting up the stock controller: %w", err)
	}
	carriers := &carrierregistry.Registry{Access: access}
	shipments := &shipment.Reconciler{
		Client: cached, Live: live, Clock: o.Clock, Carriers: carriers, Installation: o.Installation,
	}
	if err := shipments.SetupWithManager(mgr, options); err != nil {
		return fmt.Errorf("setting up the shipment controller: %w", err)
	}
	parcels := &tracking.Reconciler{Client: cached, Clock: o.Clock, Carriers: carriers}
	if err := parcels.SetupWithManager(mgr, options); err != nil {
		return fmt.Errorf("setting up the tracking controller: %w", err)
	}
	if o.CallbackAddress != "" {
		server := &callback.Server{Address: o.CallbackAddress, Receivers: map[string]callback.Receiver{
			callback.PaymentPath: (&callback.Payments{Classes: cached, Verifier: payments, Heard: orders.Heard}).Receive,
			callback.CarrierPath: (&callback.Carriers{Partners: cached, Verifier: carriers, Heard: []func(context.Context, string, string) error{shipments.Heard, parcels.Heard}}).Receive,
		}}
		if err := mgr.Add(server); err != nil {
			return fmt.Errorf("setting up the callback server: %w", err)
		}
	}
	if err := (&partner.Reconciler{Client: cached, Clock: o.Clock}).SetupWithManager(mgr, options); err != nil {
		return fmt.Errorf("setting up the partner controller: %w", err)
	}
	if err := (&simulation.Reconciler{Client: cached, Actor: actor, Live: live, Clock: o.Clock}).SetupWithManager(mgr, options); err != nil {
		return fmt.Errorf("setting up the simulation controller: %w", err)
	}
	return nil
}
