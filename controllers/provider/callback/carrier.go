package callback

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// CarrierPath is where carriers send their callbacks.
const CarrierPath = "/carriers/{namespace}/{partner}"

// CarrierVerifier checks a callback of a carrier and tells the booking that it is about,
// "" if it is about none.
type CarrierVerifier interface {
	Callback(ctx context.Context, namespace string, secret *v1.LocalReference, h http.Header, body []byte) (booking string, err error)
}

// Carriers receives the callbacks of carriers.
type Carriers struct {
	Partners client.Reader
	Verifier CarrierVerifier
	// Heard are told the id of a booking of a Shipment of a namespace.
	Heard []func(ctx context.Context, namespace, booking string) error
}

// Receive is their Receiver.
func (c *Carriers) Receive(r *http.Request, body []byte) error {
	namespace, name := r.PathValue("namespace"), r.PathValue("partner")
	var partner v1.Partner
	err := c.Partners.Get(r.Context(), client.ObjectKey{Namespace: namespace, Name: name}, &partner)
	if apierrors.IsNotFound(err) || (err == nil && partner.Spec.Adapter.Type != v1.AdapterHTTP) {
		return ErrNobody
	}
	if err != nil {
		return fmt.Errorf("reading Partner %s: %w", name, err)
	}
	booking, err := c.Verifier.Callback(r.Context(), namespace, partner.Spec.Adapter.SecretRef, r.Header, body)
	if err != nil || booking == "" {
		return err
	}
	var failed error
	for _, heard := range c.Heard {
		failed = errors.Join(failed, heard(r.Context(), namespace, booking))
	}
	return failed
}
