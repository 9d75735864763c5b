package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
)

// act carries out the plan: finalizers, and at most one call to the payment
// provider. Such a call stands in the stored status already, so it can be
// repeated by whoever comes next, under the same id.
func (r *Reconciler) act(ctx context.Context, f *lifecycle.Facts, p lifecycle.Plan) (lifecycle.Outcome, error) {
	switch {
	case p.RemoveFinalizer:
		return lifecycle.Outcome{}, client.IgnoreNotFound(kube.RemoveFinalizer(ctx, r.Client, f.Order, v1.OrderFinalizer))
	case p.AddFinalizer:
		if err := kube.AddFinalizer(ctx, r.Client, f.Order, v1.OrderFinalizer); err != nil {
			return lifecycle.Outcome{}, err
		}
	}
	switch {
	case p.Adopt:
		return r.adopt(ctx, f), nil
	case p.Call != nil:
		return lifecycle.Outcome{Operation: r.call(ctx, f, *p.Call)}, nil
	default:
		return lifecycle.Outcome{}, nil
	}
}

// adopt asks the provider for every operation of the order's identity: they are
// numbered from 1 without a gap. If it cannot be asked, nothing is intended.
func (r *Reconciler) adopt(ctx context.Context, f *lifecycle.Facts) lifecycle.Outcome {
	out := lifecycle.Outcome{LookedUp: true}
	for _, kind := range []v1.OperationKind{v1.OperationAuthorize, v1.OperationCapture, v1.OperationRefund, v1.OperationVoid} {
		for seq := int32(1); ; seq++ {
			op := v1.PaymentOperation{ID: domain.OperationID(f.Identity, kind, seq), Kind: kind, Seq: seq, Provider: lifecycle.ProviderName(f)}
			answer, err := r.Payments.Lookup(ctx, op.ID)
			if errors.Is(err, payment.ErrUnknown) {
				break
			}
			if err != nil {
				log.FromContext(ctx).Info("the payment provider could not be asked what it knows of the order; it will be asked again", "cause", err.Error())
				return lifecycle.Outcome{}
			}
			if answer.Currency != f.Order.Spec.Currency {
				return lifecycle.Outcome{OtherCurrency: true}
			}
			out.Adopted = append(out.Adopted, r.conclude(op, answer))
		}
	}
	return out
}

// conclude records a provider's answer in an operation.
func (r *Reconciler) conclude(op v1.PaymentOperation, answer *payment.Answer) v1.PaymentOperation {
	op.State, op.Amount, op.Parent = v1.OperationSucceeded, answer.Amount, answer.Parent
	if answer.Declined {
		op.State = v1.OperationDeclined
	}
	op.Ref, op.Message = answer.Ref, answer.Message
	op.At = metav1.NewTime(r.Clock.Now()).Rfc3339Copy()
	return op
}

// call looks an operation up and sends it if the provider has never seen it. It
// returns the operation with what came of it; no answer is an outcome as well.
func (r *Reconciler) call(ctx context.Context, f *lifecycle.Facts, op v1.PaymentOperation) *v1.PaymentOperation {
	answer, err := r.Payments.Lookup(ctx, op.ID)
	if errors.Is(err, payment.ErrUnknown) {
		var token string
		token, err = r.token(ctx, f.Order, op.Kind)
		switch {
		case err == nil:
			answer, err = r.Payments.Send(ctx, payment.Request{
				ID: op.ID, Kind: op.Kind, Amount: op.Amount, Currency: f.Order.Spec.Currency, Parent: op.Parent, Token: token,
			})
		case errors.Is(err, errToken) && lifecycle.Abandoned(f, r.Clock.Now()):
			// It was never sent and never will be: the token is gone, and so is the need.
			answer, err = &payment.Answer{Declined: true, Amount: op.Amount, Message: "withdrawn before it was sent"}, nil
		}
	}
	if err != nil {
		log.FromContext(ctx).Info("the payment provider gave no clear answer; the operation will be looked up", "operation", op.ID, "kind", op.Kind, "cause", err.Error())
		op.State = v1.OperationUnknown
		op.At = metav1.NewTime(r.Clock.Now()).Rfc3339Copy()
		op.Attempts++
		return &op
	}
	op = r.conclude(op, answer)
	return &op
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

// writeStatus computes the next status, writes it if it differs, and tells what
// has newly come to need attention.
func (r *Reconciler) writeStatus(ctx context.Context, f *lifecycle.Facts, out lifecycle.Outcome, now time.Time) error {
	before := f.Order.Status.DeepCopy()
	after := lifecycle.Project(f, out, now)
	written, err := kube.WriteStatus(ctx, r.Client, f.Order, &f.Order.Status, after)
	if err != nil || !written {
		return err
	}
	for _, n := range lifecycle.Notes(before, after) {
		kind := corev1.EventTypeNormal
		if n.Warning {
			kind = corev1.EventTypeWarning
		}
		r.Recorder.Eventf(f.Order, nil, kind, n.Reason, "Reconcile", "%s", n.Message)
	}
	return nil
}
