// Package registry makes the adapter of a payment provider from what an
// OrderClass says of it: its type, its address and the Secret with its
// credentials.
package registry

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment/gateway"
	"ordercycle.dev/ordercycle/controllers/provider/payment/stripe"
)

// Registry makes adapters. It keeps none, because each has credentials in it.
type Registry struct {
	// Secrets reads live: credentials are never cached.
	Secrets client.Reader
	// Namespace of the manager, the only one whose Secrets are read.
	Namespace string
	// Installation is part of every operation's id. A real provider's account may
	// be shared, so none is called without it.
	Installation string
	// Simulated is the simulated provider.
	Simulated payment.Provider
	// Hosts that providers may have, as host or host:port; Stripe's own is always one.
	Hosts []string
	// Client that calls them; NewClient makes it.
	Client *http.Client
}

// callTimeout bounds one call. A look takes two of them and some writes.
const callTimeout = 20 * time.Second

// NewClient makes the client for calls to providers. It follows no redirect: the
// credentials are for the address that was allowed.
func NewClient() *http.Client {
	return &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// For makes the adapter of a provider of a class in a namespace. The error is
// payment.ErrUnusable, with what a person has to mend, unless the Secret could
// not be read this time.
func (r *Registry) For(ctx context.Context, namespace string, p *v1.PaymentProvider) (payment.Provider, error) {
	switch p.Type {
	case v1.ProviderSimulated:
		return r.Simulated, nil
	case v1.ProviderHTTP, v1.ProviderStripe:
	default:
		return nil, fmt.Errorf("%w: provider %s takes money that people record", payment.ErrUnusable, p.Name)
	}
	if r.Installation == "" {
		return nil, fmt.Errorf("%w: start the manager with --installation-id", payment.ErrUnusable)
	}
	if err := r.allowed(p.URL); err != nil {
		return nil, err
	}
	key, err := r.secret(ctx, namespace, p, v1.ProviderAPIKey)
	if err != nil {
		return nil, err
	}
	if p.Type == v1.ProviderStripe {
		return &stripe.Provider{URL: p.URL, APIKey: key, Client: r.Client}, nil
	}
	return &gateway.Provider{URL: p.URL, APIKey: key, Client: r.Client}, nil
}

// Callback verifies what a provider sends and returns the id of the operation that
// it is about, "" if it is about none. The error is payment.ErrForged, or that of
// For.
func (r *Registry) Callback(ctx context.Context, namespace string, p *v1.PaymentProvider, h http.Header, body []byte) (string, error) {
	if p.Type != v1.ProviderHTTP && p.Type != v1.ProviderStripe {
		return "", fmt.Errorf("%w: provider %s sends no callbacks", payment.ErrUnusable, p.Name)
	}
	header := gateway.SignatureHeader
	if p.Type == v1.ProviderStripe {
		header = stripe.SignatureHeader
	}
	if h.Get(header) == "" {
		return "", payment.ErrForged // it is not worth reading a Secret
	}
	secret, err := r.secret(ctx, namespace, p, v1.ProviderWebhookSecret)
	if err != nil {
		return "", err
	}
	if p.Type == v1.ProviderStripe {
		return stripe.Callback(secret, h, body)
	}
	return gateway.Callback(secret, h, body)
}

// secret reads one key of the provider's Secret.
func (r *Registry) secret(ctx context.Context, namespace string, p *v1.PaymentProvider, key string) (string, error) {
	if p.SecretRef == nil {
		return "", fmt.Errorf("%w: provider %s names no Secret", payment.ErrUnusable, p.Name)
	}
	name := namespace + "." + string(p.SecretRef.Name)
	var s corev1.Secret
	err := r.Secrets.Get(ctx, client.ObjectKey{Namespace: r.Namespace, Name: name}, &s)
	if apierrors.IsNotFound(err) {
		return "", fmt.Errorf("%w: create Secret %s in namespace %s", payment.ErrUnusable, name, r.Namespace)
	}
	if err != nil {
		return "", fmt.Errorf("reading the Secret of provider %s: %w", p.Name, err)
	}
	value := strings.TrimSpace(string(s.Data[key]))
	if value == "" {
		return "", fmt.Errorf("%w: add key %s to Secret %s in namespace %s", payment.ErrUnusable, key, name, r.Namespace)
	}
	return value, nil
}

// allowed checks an address: https, but for this machine, and a host that whoever
// runs the manager trusts with its calls. Empty is the provider's own.
func (r *Registry) allowed(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%w: its url cannot be read", payment.ErrUnusable)
	}
	if !slices.Contains(r.Hosts, u.Host) && !slices.Contains(r.Hosts, u.Hostname()) {
		return fmt.Errorf("%w: add host %s to --allowed-hosts of the manager", payment.ErrUnusable, u.Host)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%w: the scheme of its url must be https", payment.ErrUnusable)
	}
	return nil
}
