package order

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// adopt asks the chosen provider for every operation of the order's identity: its
// own are numbered from 1, and each but an authorisation acts on one that is known
// by then. If it cannot be asked, nothing is intended.
func (r *Reconciler) adopt(ctx context.Context, f *lifecycle.Facts) lifecycle.Outcome {
	place, described := lifecycle.Chosen(f)
	provider, err := r.Payments.For(ctx, f.Order.Namespace, described)
	if err != nil {
		return unadopted(ctx, err)
	}
	a := &adoption{provider: provider, facts: f}
	for _, step := range []struct{ kind, parent v1.OperationKind }{
		{v1.OperationAuthorize, ""}, {v1.OperationCapture, v1.OperationAuthorize},
		{v1.OperationVoid, v1.OperationAuthorize}, {v1.OperationRefund, v1.OperationCapture},
	} {
		parents := a.of(step.parent)
		for seq, missing := int32(1), 0; len(parents) > 0 && missing <= adoptionGap && seq <= maxAdopted; seq++ {
			op := v1.PaymentOperation{
				ID: domain.OperationID(f.Identity, place, step.kind, seq), Kind: step.kind, Seq: seq, Class: place.Class, Provider: place.Provider, Type: place.Type,
			}
			answer, err := a.find(ctx, op, parents)
			switch {
			case errors.Is(err, port.ErrUnknown):
				missing++
			case err != nil:
				return unadopted(ctx, err)
			default:
				missing = 0
				a.found = append(a.found, domain.Conclude(op, outcome(f.Order, answer), r.Clock.Now()))
			}
		}
	}
	return lifecycle.Outcome{LookedUp: true, Adopted: a.found}
}

// adoptionGap is how many numbers in a row may be missing before the last: a
// provider need not keep a call that it refused, and a refused call gets the next
// number after an edit of the order. Each costs a look-up before the first call of
// every order, so that there are few.
const adoptionGap = 3

// maxAdopted bounds how many operations of a kind a provider is believed to know.
const maxAdopted = 25

type adoption struct {
	provider payment.Provider
	facts    *lifecycle.Facts
	found    []v1.PaymentOperation
}

// of lists the operations of a kind that others may act on; for no kind, none is
// needed.
func (a *adoption) of(kind v1.OperationKind) []v1.PaymentOperation {
	if kind == "" {
		return []v1.PaymentOperation{{}}
	}
	var list []v1.PaymentOperation
	for _, op := range a.found {
		if op.Kind == kind && op.State == v1.OperationSucceeded {
			list = append(list, op)
		}
	}
	return list
}

// find looks an operation up on each of the operations that it may act on.
func (a *adoption) find(ctx context.Context, op v1.PaymentOperation, parents []v1.PaymentOperation) (*payment.Answer, error) {
	for _, parent := range parents {
		answer, err := a.provider.Lookup(ctx, payment.Request{
			ID: op.ID, Kind: op.Kind, Currency: a.facts.Order.Spec.Currency, Parent: parent.ID, ParentRef: parent.Ref,
		})
		if err == nil && answer.Parent == "" {
			answer.Parent = parent.ID
		}
		if !errors.Is(err, port.ErrUnknown) {
			return answer, err
		}
	}
	return nil, port.ErrUnknown
}

// errFresh means that a provider may not show an operation yet that it has done.
var errFresh = errors.New("the payment provider does not show yet what it did a moment ago")

// freshTurn is how long an order that is about to go waits before it asks again.
const freshTurn = time.Second

// remembered makes sure that the providers show what they did for an order that is
// about to go: the next order of its name must find it, or it would take an old answer
// to the same call for its own. The error is errFresh as long as one does not.
func (r *Reconciler) remembered(ctx context.Context, f *lifecycle.Facts) error {
	if f.Order.Status.Payment == nil {
		return nil
	}
	for i := range f.Order.Status.Payment.Operations {
		op := &f.Order.Status.Payment.Operations[i]
		concluded := op.State == v1.OperationSucceeded || op.State == v1.OperationDeclined
		if !concluded || !domain.Fresh(op, r.Clock.Now()) {
			continue
		}
		if err := r.find(ctx, f.Order, op); err != nil {
			// Whatever it is, it is asked again, and soon not any more.
			log.FromContext(ctx).Info("the order goes once its payment provider shows what it did", "operation", op.ID, "kind", op.Kind, "cause", err.Error())
			return errFresh
		}
	}
	return nil
}

// find looks an operation up that has been done.
func (r *Reconciler) find(ctx context.Context, o *v1.Order, op *v1.PaymentOperation) error {
	described, err := r.describe(ctx, o, op)
	if err != nil {
		return err
	}
	provider, err := r.Payments.For(ctx, o.Namespace, described)
	if err != nil {
		return err
	}
	_, err = provider.Lookup(ctx, request(o, op))
	return err
}

func unadopted(ctx context.Context, err error) lifecycle.Outcome {
	log.FromContext(ctx).Info("the payment provider could not be asked what it knows of the order; it will be asked again", "cause", err.Error())
	return lifecycle.Outcome{Unusable: port.Mend(err)}
}
