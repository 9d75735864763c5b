package lifecycle

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
)

// Chosen is the provider that takes the order's payment, and its place; nil if
// there is none.
func Chosen(f *Facts) (payment.Place, *v1.PaymentProvider) {
	p, provider := policy(f)
	if provider == nil {
		return payment.Place{}, nil
	}
	return placeOf(p.ClassName, provider), provider
}

func placeOf(class v1.ObjectName, p *v1.PaymentProvider) payment.Place {
	return payment.Place{Class: class, Provider: p.Name, Type: p.Type}
}

// NeedsToken says whether the provider of an order takes a payment token.
func NeedsToken(f *Facts) bool {
	_, provider := Chosen(f)
	return provider != nil && provider.Type != v1.ProviderCash && !closed(f.Order)
}

// TokenRequired says whether it takes none of its payments without one. The
// simulated provider does without.
func TokenRequired(f *Facts) bool {
	_, provider := Chosen(f)
	return NeedsToken(f) && provider.Type != v1.ProviderSimulated
}

// ProviderOf is the provider that an operation was sent to, or will be: as it was
// when it was called first, at the address and with the credentials that the
// operation's class names now. class is nil if it is gone. It returns nil if the
// provider was never described.
func ProviderOf(o *v1.Order, class *v1.OrderClass, op *v1.PaymentOperation) *v1.PaymentProvider {
	called := findCalled(o, payment.PlaceOf(op))
	if called == nil {
		return nil
	}
	return present(called.Provider, class)
}

// present puts the address and the credentials of today into a provider.
func present(p v1.PaymentProvider, class *v1.OrderClass) *v1.PaymentProvider {
	if class == nil || class.Spec.Payment == nil {
		return &p
	}
	for _, now := range class.Spec.Payment.Providers {
		if now.Name == p.Name && now.Type == p.Type {
			p.URL, p.SecretRef = now.URL, now.SecretRef
		}
	}
	return &p
}

func findCalled(o *v1.Order, at payment.Place) *v1.CalledProvider {
	if o.Status.Payment == nil {
		return nil
	}
	for i := range o.Status.Payment.Providers {
		if c := &o.Status.Payment.Providers[i]; placeOf(c.Class, &c.Provider) == at {
			return c
		}
	}
	return nil
}

// record notes the step as the next operation.
func record(f *Facts, step *payment.Step, now metav1.Time) {
	o := f.Order
	o.Status.Payment = orEmpty(o.Status.Payment)
	o.Status.Payment.Operations = step.Record(f.Identity, operations(o), o.Generation, now)
}

// adopt takes over what the chosen provider knows, and keeps its description: that
// is how the order knows that it was asked.
func adopt(f *Facts, known []v1.PaymentOperation) {
	o := f.Order
	place, provider := Chosen(f)
	o.Status.Payment = orEmpty(o.Status.Payment)
	p := o.Status.Payment
	for _, op := range known {
		if !slices.ContainsFunc(p.Operations, func(own v1.PaymentOperation) bool { return own.ID == op.ID }) {
			p.Operations = append(p.Operations, op)
		}
	}
	if provider != nil && findCalled(o, place) == nil {
		p.Providers = append(p.Providers, v1.CalledProvider{Class: place.Class, Provider: *provider.DeepCopy()})
	}
}

// unasked says whether the chosen provider is to be asked what it knows of the
// order: before an authorisation, on which all else rests, while the order is held,
// since what it has paid already may be all that is missing, and before it ends
// unconfirmed, since that may have to go back.
func (v *view) unasked(o *v1.Order) bool {
	p := v.provider
	if p == nil || p.Type == v1.ProviderCash || findCalled(o, v.place()) != nil {
		return false
	}
	if !v.confirmed && (v.ending || len(v.findings) > 0) {
		return true
	}
	step := v.next(o)
	return step != nil && step.Kind == v1.OperationAuthorize
}
