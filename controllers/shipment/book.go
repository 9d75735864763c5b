package shipment

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/booking"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
	"ordercycle.dev/ordercycle/controllers/provider/carrier"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// callInTurn makes a call, unless there are too many at the same time, or the cache does not
// show the Shipment as it is stored: then it is nil. What was concluded a moment ago must not
// be asked for once more: a second answer may be another one, and could not be written.
func (r *Reconciler) callInTurn(ctx context.Context, f *fulfilment.Facts, b v1.Booking) (*v1.Booking, error) {
	select {
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
	default:
		return nil, nil
	}
	var stored v1.Shipment
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(f.Shipment), &stored); err != nil {
		return nil, fmt.Errorf("reading the Shipment: %w", err)
	}
	if stored.ResourceVersion != f.Shipment.ResourceVersion {
		return nil, nil
	}
	return r.call(ctx, f, b), nil
}

// call asks a carrier about a booking, and sends it if the carrier has never seen it. It
// returns the booking with what came of it; no answer is an outcome as well.
func (r *Reconciler) call(ctx context.Context, f *fulfilment.Facts, b v1.Booking) *v1.Booking {
	answer, how, err := r.ask(ctx, f, &b)
	now := r.Clock.Now()
	switch {
	case err == nil:
		b = booking.Conclude(b, outcome(f.Order, answer, how == found), now)
	case errors.Is(err, errUnwanted) && fulfilment.Needless(f.Shipment, &b):
		b = booking.TakeBack(b, now)
	default:
		log.FromContext(ctx).Info("the carrier gave no clear answer; the booking will be looked up", "booking", b.ID, "partner", b.Partner, "cause", err.Error())
		b = booking.Unclear(b, how == sent, port.Mend(err), now)
	}
	return &b
}

// errUnwanted means that a carrier does not know a booking, and that the Order does not
// want it to be sent now.
var errUnwanted = errors.New("the order does not want the booking now")

// asked is how far a call came: the carrier had the booking, or may have got it by this call.
type asked int

const (
	found asked = iota + 1
	sent
)

// ask takes a booking back, or looks it up, and sends it if the carrier has never seen it.
func (r *Reconciler) ask(ctx context.Context, f *fulfilment.Facts, b *v1.Booking) (answer *carrier.Booking, how asked, err error) {
	c, err := r.Carriers.At(ctx, f.Shipment.Namespace, b.URL, b.SecretRef)
	if err != nil {
		return nil, 0, err
	}
	if b.VoidSince != nil && b.State != v1.BookingKept {
		answer, err = c.Void(ctx, b.ID)
		return answer, found, err
	}
	answer, err = c.Lookup(ctx, b.ID)
	if !errors.Is(err, port.ErrUnknown) || b.State == v1.BookingKept {
		return answer, found, err
	}
	live := *f
	if live.Order, err = kube.OrderOf(ctx, r.Live, f.Shipment); err != nil {
		return nil, 0, fmt.Errorf("reading the Order: %w", err)
	}
	live.OrderLive = true
	if !fulfilment.Sends(&live, b, r.Clock.Now()) {
		return nil, 0, errUnwanted
	}
	answer, err = c.Book(ctx, request(&live, b))
	return answer, sent, err
}

// request is the transport that a booking stands for.
func request(f *fulfilment.Facts, b *v1.Booking) carrier.Request {
	request := carrier.Request{
		ID: b.ID, Shipment: v1.ObjectName(f.Shipment.Name), Lanes: b.Lanes, From: b.From, To: b.To,
		Parcels: f.Shipment.Status.Parcels, Currency: f.Order.Spec.Currency,
	}
	if b.DepartBy != nil {
		request.DepartBy = b.DepartBy.Time
	}
	if b.To == "" {
		request.Recipient = &carrier.Recipient{Address: f.Order.Spec.ShipTo, Phone: f.Order.Spec.Customer.Phone}
	}
	return request
}

func outcome(o *v1.Order, c *carrier.Booking, found bool) booking.Answer {
	answer := booking.Answer{
		State: v1.BookingState(c.State), Ref: c.Ref, TrackingNumber: c.TrackingNumber, Label: c.Label, Message: c.Message, Found: found,
	}
	if c.Price != nil && o != nil && c.Currency == o.Spec.Currency {
		answer.Price = c.Price
	}
	return answer
}

// Heard looks a booking up at once, of which a carrier has sent word.
func (r *Reconciler) Heard(ctx context.Context, namespace, id string) error {
	return kube.GiveBooked(ctx, r.Client, r.hints, namespace, id)
}
