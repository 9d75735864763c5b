package order

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
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
	if p.Call == nil {
		return lifecycle.Outcome{}, nil
	}
	return lifecycle.Outcome{Operation: r.call(ctx, f, *p.Call)}, nil
}

// call looks an operation up and sends it if the provider has never seen it. It
// returns the operation with what came of it; no answer is an outcome as well.
func (r *Reconciler) call(ctx context.Context, f *lifecycle.Facts, op v1.PaymentOperation) *v1.PaymentOperation {
	answer, err := r.Payments.Lookup(ctx, op.ID)
	if errors.Is(err, payment.ErrUnknown) {
		var token string
		if token, err = r.token(ctx, f.Order, op.Kind); err == nil {
			answer, err = r.Payments.Send(ctx, payment.Request{
				ID: op.ID, Kind: op.Kind, Amount: op.Amount, Currency: f.Order.Spec.Currency, Parent: op.Parent, Token: token,
			})
		}
	}
	op.At = metav1.NewTime(r.Clock.Now()).Rfc3339Copy()
	if err != nil {
		log.FromContext(ctx).Info("the payment provider gave no clear answer; the operation will be looked up", "operation", op.ID, "kind", op.Kind, "cause", err.Error())
		op.State = v1.OperationUnknown
		op.Attempts++
		return &op
	}
	op.State, op.Ref, op.Message = v1.OperationSucceeded, answer.Ref, answer.Message
	if answer.Declined {
		op.State = v1.OperationDeclined
	}
	return &op
}

// token reads the customer's payment token, live and only for the call that needs it.
func (r *Reconciler) token(ctx context.Context, o *v1.Order, kind v1.OperationKind) (string, error) {
	ref := o.Spec.Payment.TokenSecretRef
	if kind != v1.OperationAuthorize || ref == nil {
		return "", nil
	}
	var s corev1.Secret
	if err := r.Live.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: string(ref.Name)}, &s); err != nil {
		return "", err
	}
	if problem := tokenProblem(&s); problem != "" {
		return "", errors.New(problem)
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
