package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// call looks an operation up and sends it if the provider has never seen it. It
// returns the operation with what came of it; no answer is an outcome as well.
func (r *Reconciler) call(ctx context.Context, f *lifecycle.Facts, op v1.PaymentOperation) *v1.PaymentOperation {
	answer, err := r.ask(ctx, f, &op)
	// A call may take long: what is waited for after it is counted from its end.
	now := r.Clock.Now()
	switch {
	case err == nil:
		op = domain.Conclude(op, outcome(f.Order, answer), now)
	case errors.Is(err, errEarly):
	case errors.Is(err, errSpent) && op.Kind == v1.OperationAuthorize && lifecycle.Abandoned(f, now):
		op = domain.Conclude(op, outcome(f.Order, withdrawn(f)), now)
	case errors.Is(err, errSpent):
		op = domain.Renew(op, now)
	case errors.Is(err, port.ErrFailed):
		log.FromContext(ctx).Info("the payment provider failed; the operation will be looked up", "operation", op.ID, "kind", op.Kind, "cause", err.Error())
		op = domain.Fail(op, now)
	default:
		log.FromContext(ctx).Info("the payment provider gave no clear answer; the operation will be looked up", "operation", op.ID, "kind", op.Kind, "cause", err.Error())
		op = domain.Unclear(op, port.Mend(err), now)
	}
	return &op
}

var (
	// errSpent means that the provider does not know an operation, and that the
	// operation's key must not be used again.
	errSpent = errors.New("the idempotency key is spent")
	// errEarly means that the provider does not know an operation, and that its books
	// may not be up to date yet.
	errEarly = errors.New("the operation was looked up too early")
)

// ask looks an operation up, and sends it if the provider has never seen it.
func (r *Reconciler) ask(ctx context.Context, f *lifecycle.Facts, op *v1.PaymentOperation) (*payment.Answer, error) {
	described, err := r.describe(ctx, f.Order, op)
	if err != nil {
		return nil, err
	}
	provider, err := r.Payments.For(ctx, f.Order.Namespace, described)
	if err != nil {
		return nil, err
	}
	request := request(f.Order, op)
	answer, err := provider.Lookup(ctx, request)
	if errors.Is(err, port.ErrFailed) {
		return nil, fmt.Errorf("the look-up failed: %v", err) //nolint:errorlint // it spends no key
	}
	if errors.Is(err, port.ErrUnknown) {
		switch now := r.Clock.Now(); {
		case now.Before(domain.RetryAt(op)):
			return nil, errEarly
		case domain.Spent(op, window(described), now) && domain.Settled(op, now):
			return nil, errSpent
		case domain.Spent(op, window(described), now):
			return nil, errors.New("the key may be forgotten, and the last call may still be on its way")
		}
		return r.send(ctx, f, provider, op, request)
	}
	return answer, err
}

// request is the call that an operation of an order stands for.
func request(o *v1.Order, op *v1.PaymentOperation) payment.Request {
	request := payment.Request{
		ID: op.ID, Key: domain.Key(op), Kind: op.Kind, Amount: op.Amount, Currency: o.Spec.Currency,
		Parent: op.Parent, ParentRef: domain.Ref(o.Status.Payment.Operations, op.Parent),
	}
	if op.RecordedAt != nil {
		request.Since = op.RecordedAt.Time
	}
	return request
}

// send carries an operation out that the provider has never seen.
func (r *Reconciler) send(ctx context.Context, f *lifecycle.Facts, provider payment.Provider, op *v1.PaymentOperation, request payment.Request) (*payment.Answer, error) {
	var err error
	if request.Token, err = r.token(ctx, f.Order, request.Kind); err != nil {
		if errors.Is(err, errToken) && lifecycle.Abandoned(f, r.Clock.Now()) && domain.Settled(op, r.Clock.Now()) {
			// It was never sent and never will be: the token is gone, and so is the need.
			return withdrawn(f), nil
		}
		return nil, err
	}
	return provider.Send(ctx, request)
}

// withdrawn is the answer in place of a provider's that was never told.
func withdrawn(f *lifecycle.Facts) *payment.Answer {
	return &payment.Answer{Declined: true, Currency: f.Order.Spec.Currency, Message: "withdrawn before the provider knew it"}
}

// window is how long a provider remembers an idempotency key, 0 for ever.
func window(p *v1.PaymentProvider) time.Duration {
	switch {
	case p.Type == v1.ProviderSimulated:
		return 0
	case p.WindowHours == nil:
		return 24 * time.Hour
	default:
		return time.Duration(*p.WindowHours) * time.Hour
	}
}

// describe is the description of the provider of an operation.
func (r *Reconciler) describe(ctx context.Context, o *v1.Order, op *v1.PaymentOperation) (*v1.PaymentProvider, error) {
	class := &v1.OrderClass{}
	err := r.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: string(op.Class)}, class)
	if apierrors.IsNotFound(err) {
		class = nil
	} else if err != nil {
		return nil, fmt.Errorf("reading OrderClass %s: %w", op.Class, err)
	}
	described := lifecycle.ProviderOf(o, class, op)
	if described == nil {
		return nil, fmt.Errorf("%w: the order does not say what provider %s of class %s is", port.ErrUnusable, op.Provider, op.Class)
	}
	return described, nil
}

func outcome(o *v1.Order, a *payment.Answer) domain.Outcome {
	out := domain.Outcome{Declined: a.Declined, Amount: a.Amount, Parent: a.Parent, Ref: a.Ref, Fee: a.Fee, Message: a.Message}
	if a.Currency != o.Spec.Currency {
		out.Currency = a.Currency
	}
	return out
}

// errToken means that there is no usable payment token, and will not be until a
// person changes something.
var errToken = errors.New("the payment token cannot be used")

// token reads the customer's payment token, live and only for the call that needs it.
func (r *Reconciler) token(ctx context.Context, o *v1.Order, kind v1.OperationKind) (string, error) {
	ref := o.Spec.Payment.TokenSecretRef
	if kind != v1.OperationAuthorize || ref == nil {
		return "", nil
	}
	var s corev1.Secret
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: string(ref.Name)}, &s)
	if apierrors.IsNotFound(err) {
		return "", fmt.Errorf("%w: there is no such Secret", errToken)
	}
	if err != nil {
		return "", fmt.Errorf("reading the payment token: %w", err)
	}
	if problem := tokenProblem(&s); problem != "" {
		return "", fmt.Errorf("%w: %s", errToken, problem)
	}
	return string(s.Data[v1.PaymentTokenKey]), nil
}

func tokenProblem(s *corev1.Secret) string {
	switch {
	case s.Type != v1.PaymentTokenSecretType:
		return "the Secret is not of type " + v1.PaymentTokenSecretType + "; create one of that type"
	case len(s.Data[v1.PaymentTokenKey]) == 0:
		return "the Secret has no key " + v1.PaymentTokenKey + "; add it"
	default:
		return ""
	}
}
