package stripe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/payment"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// answer is what Stripe says of a request, with an amount in its units.
func answer(ref, parent string, amount int64, code stripe.Currency) (*payment.Answer, error) {
	own := v1.Currency(strings.ToUpper(string(code)))
	converted, err := fromStripe(amount, own)
	if err != nil {
		return nil, err
	}
	return &payment.Answer{Amount: converted, Currency: own, Parent: parent, Ref: port.Cut(ref)}, nil
}

// decline makes an answer one of a refusal.
func decline(a *payment.Answer, err error, why string) (*payment.Answer, error) {
	if err != nil {
		return nil, err
	}
	a.Declined, a.Message = true, port.Cut(why)
	return a, nil
}

// wasAuthorized says whether the money of a payment intent was held at some time.
func wasAuthorized(intent *stripe.PaymentIntent) bool {
	switch intent.Status {
	case stripe.PaymentIntentStatusRequiresCapture, stripe.PaymentIntentStatusSucceeded:
		return true
	case stripe.PaymentIntentStatusCanceled:
		return intent.LatestCharge != nil && intent.LatestCharge.Status == stripe.ChargeStatusSucceeded
	default:
		return false
	}
}

// unfinished says whether a payment intent is not confirmed: the call that makes it
// also confirms it, and may still be at it.
func unfinished(intent *stripe.PaymentIntent) bool {
	return intent.Status == stripe.PaymentIntentStatusRequiresConfirmation || intent.Status == stripe.PaymentIntentStatusRequiresPaymentMethod
}

func authorized(intent *stripe.PaymentIntent) (*payment.Answer, error) {
	a, err := answer(intent.ID, "", intent.Amount, intent.Currency)
	switch {
	case intent.Status == stripe.PaymentIntentStatusProcessing:
		return nil, port.ErrPending
	case wasAuthorized(intent):
		return a, err
	case intent.LastPaymentError != nil:
		return decline(a, err, reason(intent.LastPaymentError))
	case unfinished(intent) && time.Since(time.Unix(intent.Created, 0)) < recent:
		return nil, port.ErrPending
	default:
		return decline(a, err, words(string(intent.Status)))
	}
}

func captured(r payment.Request, intent *stripe.PaymentIntent) (*payment.Answer, error) {
	amount, err := strconv.ParseInt(intent.Metadata[note(captureNote, r.ID)], 10, 64)
	if err != nil {
		return nil, port.ErrUnknown
	}
	a, err := answer(intent.ID, intent.Metadata[metaOperation], amount, intent.Currency)
	if err != nil {
		return nil, err
	}
	a.Fee = fee(intent)
	return a, nil
}

// fee is what Stripe kept of the only capture of a payment intent, nil if there
// are several or Stripe does not say so in the same currency.
func fee(intent *stripe.PaymentIntent) *v1.Amount {
	captures := 0
	for key := range intent.Metadata {
		if strings.HasPrefix(key, captureNote) {
			captures++
		}
	}
	if captures != 1 || intent.LatestCharge == nil || intent.LatestCharge.BalanceTransaction == nil {
		return nil
	}
	t := intent.LatestCharge.BalanceTransaction
	if t.Currency != intent.Currency || t.Fee < 0 {
		return nil
	}
	kept, err := fromStripe(t.Fee, v1.Currency(strings.ToUpper(string(t.Currency))))
	if err != nil {
		return nil
	}
	return &kept
}

// voided tells of a void that was written down: it had its effect once nothing is
// held any more.
func voided(r payment.Request, intent *stripe.PaymentIntent) (*payment.Answer, error) {
	if intent.Metadata[note(voidNote, r.ID)] == "" || intent.AmountCapturable > 0 {
		return nil, port.ErrUnknown
	}
	return answer(intent.ID, intent.Metadata[metaOperation], intent.Amount-intent.AmountReceived, intent.Currency)
}

func refunded(refund *stripe.Refund) (*payment.Answer, error) {
	a, err := answer(refund.ID, refund.Metadata[metaParent], refund.Amount, refund.Currency)
	switch refund.Status {
	case stripe.RefundStatusSucceeded:
		return a, err
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		return decline(a, err, words("refund "+string(refund.Status)+" "+string(refund.FailureReason)))
	default:
		return nil, port.ErrPending
	}
}

// reason says why a card was declined, in Stripe's code words. Its messages for
// people may hold what the customer typed.
func reason(e *stripe.Error) string {
	if e.DeclineCode != "" {
		return words(string(e.DeclineCode))
	}
	return words(string(e.Code))
}

func words(code string) string { return strings.TrimSpace(strings.ReplaceAll(code, "_", " ")) }

// sendError turns an error of a call into the port's terms: a refusal, one of
// package payment, or no clear answer. Nothing of Stripe's own text is kept.
func sendError(err error) error {
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return connection(err)
	}
	switch {
	case e.Type == stripe.ErrorTypeCard:
		return refusal(reason(e))
	case e.HTTPStatusCode == http.StatusUnauthorized, e.HTTPStatusCode == http.StatusForbidden:
		return fmt.Errorf("%w: Stripe refuses the key (status %d); check the Secret's apiKey", port.ErrUnusable, e.HTTPStatusCode)
	case e.HTTPStatusCode == http.StatusInternalServerError:
		return fmt.Errorf("%w (status %d)", port.ErrFailed, e.HTTPStatusCode)
	case e.Type == stripe.ErrorTypeInvalidRequest && (e.HTTPStatusCode == http.StatusBadRequest || e.HTTPStatusCode == http.StatusNotFound):
		return refusal("Stripe refuses the request: " + words(string(e.Code)) + " " + e.Param)
	default:
		return fmt.Errorf("no clear answer from Stripe (status %d, %s %s)", e.HTTPStatusCode, e.Type, e.Code)
	}
}

// lookupError is sendError for a look-up, where what is not there is unknown.
func lookupError(err error) error {
	e, ok := errors.AsType[*stripe.Error](err)
	if ok && e.HTTPStatusCode == http.StatusNotFound {
		return port.ErrUnknown
	}
	if err = sendError(err); !errors.Is(err, port.ErrUnusable) {
		return fmt.Errorf("no clear answer to a look-up: %w", hidden{err})
	}
	return err
}

// hidden keeps the text of an error and nothing else: a look-up neither declines
// nor spends a key.
type hidden struct{ error }

// connection keeps of a failed call what is not a text of the other side.
func connection(err error) error {
	for _, plain := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, plain) {
			return plain
		}
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return network
	}
	return errors.New("the connection gave no answer")
}
