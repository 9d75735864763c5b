// Package registry makes the adapter of a payment provider from what an
// OrderClass says of it: its type, its address and the Secret with its
// credentials.
package registry

import (
	"context"
	"fmt"
	"net/http"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment/gateway"
	"ordercycle.dev/ordercycle/controllers/provider/payment/stripe"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// Registry makes adapters. It keeps none, because each has credentials in it.
type Registry struct {
	// Access to the providers; Stripe's own host is always one that may be called.
	port.Access
	// Simulated is the simulated provider.
	Simulated payment.Provider
}

// For makes the adapter of a provider of a class in a namespace. The error is
// port.ErrUnusable, with what a person has to mend, unless the Secret could
// not be read this time.
func (r *Registry) For(ctx context.Context, namespace string, p *v1.PaymentProvider) (payment.Provider, error) {
	switch p.Type {
	case v1.ProviderSimulated:
		return r.Simulated, nil
	case v1.ProviderHTTP, v1.ProviderStripe:
	default:
		return nil, fmt.Errorf("%w: provider %s takes money that people record", port.ErrUnusable, p.Name)
	}
	if err := r.Check(p.URL); err != nil {
		return nil, err
	}
	key, err := r.Secret(ctx, namespace, p.SecretRef, v1.ProviderAPIKey)
	if err != nil {
		return nil, err
	}
	if p.Type == v1.ProviderStripe {
		return &stripe.Provider{URL: p.URL, APIKey: key, Client: r.HTTP}, nil
	}
	return &gateway.Provider{Client: port.Client{URL: p.URL, APIKey: key, HTTP: r.HTTP}}, nil
}

// Callback verifies what a provider sends and returns the id of the operation that
// it is about, "" if it is about none. The error is port.ErrForged, or that of
// For.
func (r *Registry) Callback(ctx context.Context, namespace string, p *v1.PaymentProvider, h http.Header, body []byte) (string, error) {
	if p.Type != v1.ProviderHTTP && p.Type != v1.ProviderStripe {
		return "", fmt.Errorf("%w: provider %s sends no callbacks", port.ErrUnusable, p.Name)
	}
	header := port.SignatureHeader
	if p.Type == v1.ProviderStripe {
		header = stripe.SignatureHeader
	}
	if h.Get(header) == "" {
		return "", port.ErrForged // it is not worth reading a Secret
	}
	secret, err := r.Secret(ctx, namespace, p.SecretRef, v1.ProviderWebhookSecret)
	if err != nil {
		return "", err
	}
	if p.Type == v1.ProviderStripe {
		return stripe.Callback(secret, h, body)
	}
	return port.Callback(secret, gateway.OperationUpdated, h, body)
}
