package stripe

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v85"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// Send carries a request out, once for each Key.
func (p *Provider) Send(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	p.remember(nil)
	defer p.remember(nil)
	answer, err := p.send(ctx, r)
	if why, ok := errors.AsType[refusal](err); ok {
		return &payment.Answer{Declined: true, Amount: r.Amount, Currency: r.Currency, Parent: r.Parent, Message: port.Cut(string(why))}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("stripe: sending %s %s: %w", r.Kind, r.ID, err)
	}
	return answer, nil
}

// refusal is an error that says why Stripe declines, or would.
type refusal string

func (r refusal) Error() string { return string(r) }

func (p *Provider) send(ctx context.Context, r payment.Request) (*payment.Answer, error) {
	amount, err := toStripe(r.Amount, r.Currency)
	if err != nil {
		return nil, err
	}
	switch r.Kind {
	case v1.OperationAuthorize:
		return p.authorize(ctx, r, amount)
	case v1.OperationRefund:
		return p.giveBack(ctx, r, amount)
	}
	intent, err := p.intent(ctx, r)
	if errors.Is(err, port.ErrUnknown) {
		return nil, refusal("Stripe has no such authorisation")
	}
	if err != nil {
		return nil, err
	}
	if r.Kind == v1.OperationCapture {
		return p.capture(ctx, r, intent, amount)
	}
	return p.void(ctx, r, intent)
}

// authorize makes a payment intent that takes several captures if the account
// does. One that may not even ask for it refuses the request before anything has
// happened, and gets another without it, under a key of its own.
func (p *Provider) authorize(ctx context.Context, r payment.Request, amount int64) (*payment.Answer, error) {
	params := authorization(r, amount)
	params.PaymentMethodOptions = &stripe.PaymentIntentCreatePaymentMethodOptionsParams{
		Card: &stripe.PaymentIntentCreatePaymentMethodOptionsCardParams{RequestMulticapture: new("if_available")},
	}
	intent, err := p.api().V1PaymentIntents.Create(ctx, params)
	if e, ok := errors.AsType[*stripe.Error](err); ok && e.Type == stripe.ErrorTypeInvalidRequest && strings.Contains(e.Param, "request_multicapture") {
		params = authorization(r, amount)
		params.SetIdempotencyKey(r.Key + "-one")
		intent, err = p.api().V1PaymentIntents.Create(ctx, params)
	}
	if e, ok := errors.AsType[*stripe.Error](err); ok && e.Type == stripe.ErrorTypeCard && e.PaymentIntent != nil {
		return authorized(e.PaymentIntent)
	}
	if err != nil {
		return nil, sendError(err)
	}
	return authorized(intent)
}

// authorization confirms a payment intent as it is made. Nobody is there who could
// answer a question of the bank, so one that has to ask is declined.
func authorization(r payment.Request, amount int64) *stripe.PaymentIntentCreateParams {
	params := &stripe.PaymentIntentCreateParams{
		Amount: new(amount), Currency: new(lower(r.Currency)), Confirm: new(true),
		CaptureMethod: new(string(stripe.PaymentIntentCaptureMethodManual)),
		PaymentMethod: new(r.Token), PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		ErrorOnRequiresAction: new(true),
		Metadata:              map[string]string{metaOperation: r.ID}, Expand: expand(),
	}
	params.SetIdempotencyKey(r.Key)
	return params
}

// capture takes money of an authorisation. Where the account takes several
// captures the rest stays held; otherwise Stripe releases it with the first.
func (p *Provider) capture(ctx context.Context, r payment.Request, intent *stripe.PaymentIntent, amount int64) (*payment.Answer, error) {
	if earlier, err := captured(r, intent); !errors.Is(err, port.ErrUnknown) {
		return earlier, err
	}
	switch {
	case intent.AmountCapturable == 0 && intent.AmountReceived > 0:
		return nil, refusal("nothing is held any more: the account takes one capture of an authorisation")
	case amount > intent.AmountCapturable:
		return nil, refusal("the amount is above what is held")
	}
	params := &stripe.PaymentIntentCaptureParams{
		AmountToCapture: new(amount), Metadata: map[string]string{note(captureNote, r.ID): strconv.FormatInt(amount, 10)}, Expand: expand(),
	}
	if amount < intent.AmountCapturable && several(intent) {
		params.FinalCapture = new(false)
	}
	params.SetIdempotencyKey(r.Key)
	intent, err := p.api().V1PaymentIntents.Capture(ctx, intent.ID, params)
	if err != nil {
		return nil, sendError(err)
	}
	return captured(r, intent)
}

// several says whether the authorisation takes several captures.
func several(intent *stripe.PaymentIntent) bool {
	c := intent.LatestCharge
	return c != nil && c.PaymentMethodDetails != nil && c.PaymentMethodDetails.Card != nil && c.PaymentMethodDetails.Card.Multicapture != nil &&
		c.PaymentMethodDetails.Card.Multicapture.Status == stripe.ChargePaymentMethodDetailsCardMulticaptureStatusAvailable
}

// void releases what is still held. Its id is written down first: cancelling takes
// no metadata.
func (p *Provider) void(ctx context.Context, r payment.Request, intent *stripe.PaymentIntent) (*payment.Answer, error) {
	if earlier, err := voided(r, intent); !errors.Is(err, port.ErrUnknown) {
		return earlier, err
	}
	key := note(voidNote, r.ID)
	if intent.AmountCapturable == 0 && (intent.Amount == intent.AmountReceived || !wasAuthorized(intent) || noted(intent, voidNote)) {
		return nil, refusal("nothing is held")
	}
	if intent.Metadata[key] == "" {
		params := &stripe.PaymentIntentUpdateParams{Metadata: map[string]string{key: "asked"}, Expand: expand()}
		params.SetIdempotencyKey(r.Key + "-note")
		var err error
		if intent, err = p.api().V1PaymentIntents.Update(ctx, intent.ID, params); err != nil {
			return nil, sendError(err)
		}
	}
	if intent.AmountCapturable > 0 {
		var err error
		if intent, err = p.release(ctx, r, intent.ID); err != nil {
			return nil, err
		}
	}
	return voided(r, intent)
}

// release cancels what a payment intent still holds.
func (p *Provider) release(ctx context.Context, r payment.Request, id string) (*stripe.PaymentIntent, error) {
	params := &stripe.PaymentIntentCancelParams{Expand: expand()}
	params.SetIdempotencyKey(r.Key)
	intent, err := p.api().V1PaymentIntents.Cancel(ctx, id, params)
	if err != nil {
		return nil, sendError(err)
	}
	return intent, nil
}

// noted says whether any call of a kind was written down on a payment intent.
func noted(intent *stripe.PaymentIntent, prefix string) bool {
	for key := range intent.Metadata {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// giveBack refunds some of a capture. Stripe bounds the refunds of a payment
// intent; that they do not pass one of its captures is seen to here.
func (p *Provider) giveBack(ctx context.Context, r payment.Request, amount int64) (*payment.Answer, error) {
	if r.ParentRef == "" {
		return nil, refusal("Stripe has no such capture")
	}
	intent, err := p.intent(ctx, r)
	if errors.Is(err, port.ErrUnknown) {
		return nil, refusal("Stripe has no such capture")
	}
	if err != nil {
		return nil, err
	}
	earlier, others, err := p.refund(ctx, r)
	if err == nil {
		return refunded(earlier)
	}
	if !errors.Is(err, port.ErrUnknown) {
		return nil, err
	}
	taken, _ := strconv.ParseInt(intent.Metadata[note(captureNote, r.Parent)], 10, 64)
	if amount+others > taken {
		return nil, refusal("the amount is above what is left of the capture")
	}
	refund, err := p.api().V1Refunds.Create(ctx, refundParams(r, amount))
	if err != nil {
		return nil, sendError(err)
	}
	return refunded(refund)
}

func refundParams(r payment.Request, amount int64) *stripe.RefundCreateParams {
	params := &stripe.RefundCreateParams{
		PaymentIntent: new(r.ParentRef), Amount: new(amount),
		Metadata: map[string]string{metaOperation: r.ID, metaParent: r.Parent},
	}
	params.SetIdempotencyKey(r.Key)
	return params
}
