package port

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Access is what the manager needs to speak to systems of other companies.
type Access struct {
	// Secrets reads live: credentials are never cached.
	Secrets client.Reader
	// Namespace of the manager, the only one whose Secrets are read.
	Namespace string
	// Installation is part of every id that is sent. An account there may be shared, so
	// none is called without it.
	Installation string
	// Hosts that may be called, as host or host:port.
	Hosts []string
	// HTTP makes the calls; NewClient makes it.
	HTTP *http.Client
}

// Check says whether an address may be called: the installation has a name, the scheme
// is https, but for this machine, and whoever runs the manager trusts the host with its
// calls. An empty address is the other side's own. The error is ErrUnusable, with what a
// person has to mend.
func (a *Access) Check(address string) error {
	if a.Installation == "" {
		return fmt.Errorf("%w: start the manager with --installation-id", ErrUnusable)
	}
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%w: its url cannot be read", ErrUnusable)
	}
	if !slices.Contains(a.Hosts, u.Host) && !slices.Contains(a.Hosts, u.Hostname()) {
		return fmt.Errorf("%w: add host %s to --allowed-hosts of the manager", ErrUnusable, u.Host)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%w: the scheme of its url must be https", ErrUnusable)
	}
	return nil
}

// Secret reads one key of the Secret that an object of a namespace names: it is in the
// manager's namespace and is called <namespace>.<name>. The error is ErrUnusable, with
// what a person has to mend, unless it could not be read this time.
func (a *Access) Secret(ctx context.Context, namespace string, ref *v1.LocalReference, key string) (string, error) {
	if ref == nil {
		return "", fmt.Errorf("%w: it names no Secret", ErrUnusable)
	}
	name := namespace + "." + string(ref.Name)
	var s corev1.Secret
	err := a.Secrets.Get(ctx, client.ObjectKey{Namespace: a.Namespace, Name: name}, &s)
	if apierrors.IsNotFound(err) {
		return "", fmt.Errorf("%w: create Secret %s in namespace %s", ErrUnusable, name, a.Namespace)
	}
	if err != nil {
		return "", fmt.Errorf("reading Secret %s: %w", name, err)
	}
	value := strings.TrimSpace(string(s.Data[key]))
	if value == "" {
		return "", fmt.Errorf("%w: add key %s to Secret %s in namespace %s", ErrUnusable, key, name, a.Namespace)
	}
	return value, nil
}
