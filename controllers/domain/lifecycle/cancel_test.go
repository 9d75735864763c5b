package lifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func cancel(s *shop)   { s.edit(func(o *v1.OrderSpec) { o.Cancel = &v1.CancelRequest{} }) }
func withdraw(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Cancel = nil }) }

// lower sets the quantity of the first line.
func lower(q v1.Quantity) func(*shop) {
	return func(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Lines[0].Quantity = q }) }
}

// all does several things at once, so that the controller sees only the end.
func all(things ...func(*shop)) func(*shop) {
	return func(s *shop) {
		for _, do := range things {
			do(s)
		}
	}
}

// parcel ships units of the first line and takes them so far.
func parcel(q v1.Quantity, so ...func(*shop, int)) func(*shop) {
	return func(s *shop) {
		s.ship(q)
		for _, far := range so {
			far(s, len(s.facts.Shipments))
		}
	}
}

func TestCancel(t *testing.T) {
	card := func(q v1.Quantity) *shop { return newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, q) }
	wallet := func(q v1.Quantity) *shop { return newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, q) }
	for name, test := range map[string]struct {
		shop  *shop
		steps []step
		calls []string
	}{
		"before anything was taken what is held is released": {
			card(2),
			[]step{{"cancel", cancel, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"}},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
		"what was taken goes back": {
			wallet(2),
			[]step{{"cancel", cancel, "Cancelled, ready Cancelled; held 0 taken 2000 back 2000 due 0"}},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded", "Refund 2000 Succeeded"},
		},
		"what came in by hand is a person's to pay back": {
			newShop(t, nil, v1.PaymentCash, 2),
			[]step{
				{"it was paid before", func(s *shop) { s.receive(2000) }, "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000"},
				{"cancel", cancel, "Cancelling, stalled ManualRefundRequired; held 0 taken 2000 back 0 due 0"},
				{"a part is paid back", refundByHand(500), "Cancelling, stalled ManualRefundRequired; held 0 taken 2000 back 500 due 0"},
				{"the rest is paid back", refundByHand(1500), "Cancelled, ready Cancelled; held 0 taken 2000 back 2000 due 0"},
			},
			nil,
		},
		"what the provider does not give back is paid back by hand, and only once": {
			wallet(2),
			[]step{
				{"the refund is declined", all(func(s *shop) { s.bank.decline = true }, cancel), "Cancelling, stalled ManualRefundRequired; held 0 taken 2000 back 0 due 0"},
				{"it is paid by hand", all(func(s *shop) { s.bank.decline = false }, refundByHand(2000)), "Cancelled, ready Cancelled; held 0 taken 2000 back 2000 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded", "Refund 2000 Declined"},
		},
		"Shipments give their units back first": {
			wallet(3),
			[]step{
				{"a parcel is reserved", parcel(2, (*shop).reserve), "Processing, ready AwaitingWarehouse; held 0 taken 3000 back 0 due 3000"},
				{"cancel: what is in no Shipment goes at once", cancel, "Cancelling, ready AwaitingWarehouse; held 0 taken 3000 back 1000 due 2000"},
				{"the Shipment is cancelled", func(s *shop) { s.drop(1) }, "Cancelled, ready Cancelled; held 0 taken 3000 back 3000 due 0"},
			},
			[]string{"Authorize 3000 Succeeded", "Capture 3000 Succeeded", "Refund 1000 Succeeded", "Refund 2000 Succeeded"},
		},
		"picked units are put back first": {
			card(2),
			[]step{
				{"a parcel is picked", parcel(2, (*shop).reserve, (*shop).pick), "Processing, ready AwaitingWarehouse; held 2000 taken 0 back 0 due 2000"},
				{"cancel", cancel, "Cancelling, ready AwaitingWarehouse; held 2000 taken 0 back 0 due 2000"},
				{"they are back", func(s *shop) { s.drop(1) }, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
		"case 11: a parcel that leaves in that moment goes on": {
			card(3),
			[]step{
				{"a parcel is picked", parcel(2, (*shop).reserve, (*shop).pick), "Processing, ready AwaitingWarehouse; held 3000 taken 0 back 0 due 3000"},
				{"cancel", cancel, "Cancelling, ready AwaitingWarehouse; held 3000 taken 0 back 0 due 2000"},
				{"it has left", func(s *shop) { s.dispatch(1) }, "Shipped, ready AwaitingCarrier; held 0 taken 2000 back 0 due 2000"},
				{"it arrives", func(s *shop) { s.deliver(1) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 2000 back 0 due 2000"},
			},
			[]string{"Authorize 3000 Succeeded", "Capture 2000 Succeeded", "Void 1000 Succeeded"},
		},
		"part has left: the rest is cancelled and paid back": {
			wallet(3),
			[]step{
				{"a parcel leaves", parcel(1, (*shop).reserve, (*shop).dispatch), "Backordered, ready AwaitingStock; held 0 taken 3000 back 0 due 3000"},
				{"cancel", cancel, "Shipped, ready AwaitingCarrier; held 0 taken 3000 back 2000 due 1000"},
				{"it arrives", func(s *shop) { s.deliver(1); s.now = s.now.Add(49 * time.Hour) }, "Completed, ready Completed; held 0 taken 3000 back 2000 due 1000"},
			},
			[]string{"Authorize 3000 Succeeded", "Capture 3000 Succeeded", "Refund 2000 Succeeded"},
		},
		"everything has left: a cancel is refused": {
			card(2),
			[]step{
				{"a parcel leaves", parcel(2, (*shop).reserve, (*shop).dispatch), "Shipped, ready AwaitingCarrier; held 0 taken 2000 back 0 due 2000"},
				{"cancel", cancel, "Shipped, ready AwaitingCarrier; held 0 taken 2000 back 0 due 2000; CancelRefused"},
				{"it arrives", func(s *shop) { s.deliver(1) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 2000 back 0 due 2000; CancelRefused"},
				{"withdrawn", withdraw, "Delivered, ready AwaitingReturnWindow; held 0 taken 2000 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded"},
		},
		"all that was wanted of an order that was made smaller has left: a cancel is refused as well": {
			card(3),
			[]step{
				{"a parcel leaves and the rest is not wanted", all(parcel(2, (*shop).reserve, (*shop).dispatch), lower(2)), "Shipped, ready AwaitingCarrier; held 0 taken 2000 back 0 due 2000"},
				{"cancel", cancel, "Shipped, ready AwaitingCarrier; held 0 taken 2000 back 0 due 2000; CancelRefused"},
			},
			[]string{"Authorize 3000 Succeeded", "Capture 2000 Succeeded", "Void 1000 Succeeded"},
		},
		"case 28: a cancel that was withdrawn before anyone saw it leaves nothing": {
			card(2),
			[]step{{"cancel and withdraw", all(cancel, withdraw), "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"}},
			[]string{"Authorize 2000 Succeeded"},
		},
		"case 28: paused and active again before anyone saw it": {
			card(2),
			[]step{{"twice", all(pause, resume), "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"}},
			[]string{"Authorize 2000 Succeeded"},
		},
		"a smaller quantity cancels the rest": {
			wallet(3),
			[]step{
				{"lower", lower(1), "Backordered, ready AwaitingStock; held 0 taken 3000 back 2000 due 1000"},
				{"all of it", lower(0), "Cancelled, ready Cancelled; held 0 taken 3000 back 3000 due 0"},
			},
			[]string{"Authorize 3000 Succeeded", "Capture 3000 Succeeded", "Refund 2000 Succeeded", "Refund 1000 Succeeded"},
		},
		"a smaller quantity cancels what is reserved": {
			card(3),
			[]step{
				{"reserved", parcel(3, (*shop).reserve), "Processing, ready AwaitingWarehouse; held 3000 taken 0 back 0 due 3000"},
				{"lower", lower(1), "Processing, ready AwaitingWarehouse; held 3000 taken 0 back 0 due 3000"},
				{"the Shipment goes as a whole", func(s *shop) { s.drop(1) }, "Backordered, ready AwaitingStock; held 3000 taken 0 back 0 due 1000"},
				{"the rest leaves", parcel(1, (*shop).reserve, (*shop).dispatch), "Shipped, ready AwaitingCarrier; held 0 taken 1000 back 0 due 1000"},
			},
			[]string{"Authorize 3000 Succeeded", "Capture 1000 Succeeded", "Void 2000 Succeeded"},
		},
		"units that are being picked are not cancelled by a smaller quantity": {
			card(3),
			[]step{
				{"picked", parcel(2, (*shop).reserve, (*shop).pick), "Processing, ready AwaitingWarehouse; held 3000 taken 0 back 0 due 3000"},
				{"lower", lower(1), "Processing, ready AwaitingWarehouse; held 3000 taken 0 back 0 due 2000; EditClamped"},
				{"they leave", func(s *shop) { s.dispatch(1) }, "Shipped, ready AwaitingCarrier; held 0 taken 2000 back 0 due 2000; EditClamped"},
			},
			[]string{"Authorize 3000 Succeeded", "Capture 2000 Succeeded", "Void 1000 Succeeded"},
		},
		"units that are put back are cancelled after all": {
			card(3),
			[]step{
				{"picked, and fewer are wanted", all(parcel(2, (*shop).reserve, (*shop).pick), lower(1)), "Processing, ready AwaitingWarehouse; held 3000 taken 0 back 0 due 2000; EditClamped"},
				{"put back", func(s *shop) { s.drop(1) }, "Backordered, ready AwaitingStock; held 3000 taken 0 back 0 due 1000"},
			},
			[]string{"Authorize 3000 Succeeded"},
		},
		"a cancel while the call is unclear waits for the answer": {
			func() *shop {
				s := card(2)
				s.bank.lost = true
				return s
			}(),
			[]step{
				{"no answer", nil, "Received, busy PaymentUnclear; held 0 taken 0 back 0 due 2000"},
				{"cancel", cancel, "Cancelling, busy PaymentUnclear; held 0 taken 0 back 0 due 0"},
				{"the answer is found", func(s *shop) { s.bank.lost = false }, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Succeeded"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, test.shop, test.steps)
			if diff := cmp.Diff(test.calls, test.shop.calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func pause(s *shop)  { s.edit(func(o *v1.OrderSpec) { o.Management = v1.ManagementPaused }) }
func resume(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Management = v1.ManagementActive }) }

func refundByHand(amount int64) func(*shop) {
	return func(s *shop) {
		s.edit(func(o *v1.OrderSpec) {
			o.Payment.Refunded = append(o.Payment.Refunded, v1.ReceivedPayment{Amount: amount})
		})
	}
}
