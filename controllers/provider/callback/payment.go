package callback

import (
	"context"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// PaymentPath is where payment providers send their callbacks.
const PaymentPath = "/payments/{namespace}/{class}/{provider}"

// PaymentVerifier checks a callback of a provider and tells the operation that it is
// about, "" if it is about none.
type PaymentVerifier interface {
	Callback(ctx context.Context, namespace string, p *v1.PaymentProvider, h http.Header, body []byte) (operation string, err error)
}

// Payments receives the callbacks of payment providers.
type Payments struct {
	Classes  client.Reader
	Verifier PaymentVerifier
	// Heard is told the id of an operation of an Order of a namespace.
	Heard func(ctx context.Context, namespace, operation string) error
}

// Receive is their Receiver.
func (p *Payments) Receive(r *http.Request, body []byte) error {
	namespace := r.PathValue("namespace")
	described, err := p.describe(r.Context(), namespace, r.PathValue("class"), r.PathValue("provider"))
	if err != nil {
		return err
	}
	operation, err := p.Verifier.Callback(r.Context(), namespace, described, r.Header, body)
	if err != nil || operation == "" {
		return err
	}
	return p.Heard(r.Context(), namespace, operation)
}

// describe finds a provider of a class.
func (p *Payments) describe(ctx context.Context, namespace, class, provider string) (*v1.PaymentProvider, error) {
	var c v1.OrderClass
	err := p.Classes.Get(ctx, client.ObjectKey{Namespace: namespace, Name: class}, &c)
	if apierrors.IsNotFound(err) || (err == nil && c.Spec.Payment == nil) {
		return nil, ErrNobody
	}
	if err != nil {
		return nil, fmt.Errorf("reading OrderClass %s: %w", class, err)
	}
	for i := range c.Spec.Payment.Providers {
		if described := &c.Spec.Payment.Providers[i]; string(described.Name) == provider {
			return described, nil
		}
	}
	return nil, ErrNobody
}
