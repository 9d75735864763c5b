package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// options are the flags of the manager.
type options struct {
	kubeconfig     string
	namespace      string
	installationID string
	allowedHosts   []string

	leaderElect    bool
	metricsAddress string
	metricsCerts   string
	probeAddress   string
	callbacks      string
	workers        int

	logLevel  string
	logFormat string
}

func newCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "manager",
		Short: "Run the controllers of Ordercycle",
		Long: `manager runs the controllers that move Orders, Shipments and StockItems of
ordercycle.dev through their phases. It needs the CRDs of config/crd and the
permissions of config/rbac. Any number of managers may run: one leads, the
others wait.`,
		Example: `  # against the cluster of a kubeconfig, logs for people
  manager --kubeconfig ~/.kube/config --log-format text

  # one of several installations that share a payment provider's account
  manager --installation-id shop-eu`,
		Args:          cobra.NoArgs,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.setUpLogs(); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	all := cmd.PersistentFlags()
	all.SortFlags = false
	all.StringVar(&o.kubeconfig, "kubeconfig", "", "path of a kubeconfig; empty means $KUBECONFIG, else the service account of the pod")
	all.StringVar(&o.logLevel, "log-level", "info", "least level that is logged: debug, info, warn or error")
	all.StringVar(&o.logFormat, "log-format", "json", "form of the logs: json or text")
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.namespace, "namespace", defaultNamespace(), "namespace of the manager: its lease, the credentials of payment providers and carriers, records of unsettled Orders and the books of the simulated payment provider are kept there")
	f.StringVar(&o.installationID, "installation-id", "", "name of this installation, part of the id of every payment operation and booking; providers of type HTTP and Stripe, and carriers, are not called without it, and it is never changed afterwards")
	f.StringSliceVar(&o.allowedHosts, "allowed-hosts", nil, "hosts, or host:port, that payment providers of type HTTP and Stripe, and Partners of type HTTP, may have in their url; Stripe's own needs no mention")
	f.StringVar(&o.callbacks, "callback-bind-address", "", "address at which payment providers and carriers may send callbacks, by HTTP to /payments/<namespace>/<class>/<provider> and /carriers/<namespace>/<partner>; empty means that they are only polled")
	f.BoolVar(&o.leaderElect, "leader-elect", true, "take part in the election of a leader, so that one of several managers works and the others wait")
	f.StringVar(&o.metricsAddress, "metrics-bind-address", ":8443", "address of the metrics, by HTTPS and for callers who may get /metrics; \"0\" turns them off")
	f.StringVar(&o.metricsCerts, "metrics-cert-dir", "", "directory with tls.crt and tls.key for the metrics, read again when they change; empty means a self-signed certificate")
	f.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz; \"0\" turns them off")
	f.IntVar(&o.workers, "workers", 4, "how many Orders, Shipments and namespaces are worked on at the same time, each")
	cmd.AddCommand(newAuditCommand(o))
	return cmd
}

// setUpLogs sends the logs of all libraries to one structured logger.
func (o *options) setUpLogs() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return fmt.Errorf("--log-level %q: it must be debug, info, warn or error", o.logLevel)
	}
	handlerOptions := &slog.HandlerOptions{Level: level}
	var handler slog.Handler
	switch o.logFormat {
	case "json":
		handler = slog.NewJSONHandler(os.Stderr, handlerOptions)
	case "text":
		handler = slog.NewTextHandler(os.Stderr, handlerOptions)
	default:
		return fmt.Errorf("--log-format %q: it must be json or text", o.logFormat)
	}
	logger := logr.FromSlogHandler(handler)
	log.SetLogger(logger)
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
	return nil
}

// serviceAccountNamespace is where a pod finds the name of its namespace.
const serviceAccountNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

func defaultNamespace() string {
	if b, err := os.ReadFile(serviceAccountNamespace); err == nil {
		return strings.TrimSpace(string(b))
	}
	return "ordercycle-system"
}

// version is the version of the module, with the revision where it is known.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " (" + s.Value + ")"
		}
	}
	return v
}
