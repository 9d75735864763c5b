// Package registry makes the adapter of a carrier from its address and the Secret with
// its credentials.
package registry

import (
	"context"
	"net/http"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/carrier"
	"ordercycle.dev/ordercycle/controllers/provider/carrier/httpcarrier"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// Registry makes adapters. It keeps none, because each has credentials in it.
type Registry struct {
	port.Access
}

// At makes the adapter of a carrier at an address, for an object of a namespace that names
// its Secret. The error is port.ErrUnusable, with what a person has to mend, unless the
// Secret could not be read this time.
func (r *Registry) At(ctx context.Context, namespace, url string, secret *v1.LocalReference) (carrier.Carrier, error) {
	if err := r.Check(url); err != nil {
		return nil, err
	}
	key, err := r.Secret(ctx, namespace, secret, v1.ProviderAPIKey)
	if err != nil {
		return nil, err
	}
	return &httpcarrier.Carrier{Client: port.Client{URL: url, APIKey: key, HTTP: r.HTTP}}, nil
}

// Callback verifies what a carrier sends, for an object of a namespace that names its
// Secret, and returns the id of the booking that it is about, "" if it is about none. The
// error is port.ErrForged, or that of At.
func (r *Registry) Callback(ctx context.Context, namespace string, ref *v1.LocalReference, h http.Header, body []byte) (string, error) {
	if h.Get(port.SignatureHeader) == "" {
		return "", port.ErrForged // it is not worth reading a Secret
	}
	secret, err := r.Secret(ctx, namespace, ref, v1.ProviderWebhookSecret)
	if err != nil {
		return "", err
	}
	return port.Callback(secret, httpcarrier.BookingUpdated, h, body)
}
