package lifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// The ways on which most orders go, with each method of payment.
func TestTheMainPath(t *testing.T) {
	day := 24 * time.Hour
	for name, test := range map[string]struct {
		shop   *shop
		steps  []step
		calls  []string
		stages string
	}{
		"a card is charged as the goods leave, in two parts": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 3),
			[]step{
				{"nothing is in stock", nil, "Backordered, ready AwaitingStock; held 3000 taken 0 back 0 due 3000"},
				{"stock comes", func(s *shop) { s.stock(1, 1) }, "Backordered, ready AwaitingStock; held 3000 taken 0 back 0 due 3000"},
				{"a unit is promised", func(s *shop) { s.ship(1); s.stock(1, 0) }, "Confirmed, busy Progressing; held 3000 taken 0 back 0 due 3000"},
				{"it is reserved", func(s *shop) { s.reserve(1) }, "Processing, ready AwaitingWarehouse; held 3000 taken 0 back 0 due 3000"},
				{"it leaves", func(s *shop) { s.dispatch(1) }, "Backordered, ready AwaitingStock; held 2000 taken 1000 back 0 due 3000"},
				{"the rest is reserved", func(s *shop) { s.ship(2); s.reserve(2) }, "Processing, ready AwaitingWarehouse; held 2000 taken 1000 back 0 due 3000"},
				{"the first arrives", func(s *shop) { s.deliver(1) }, "Processing, ready AwaitingWarehouse; held 2000 taken 1000 back 0 due 3000"},
				{"the rest leaves", func(s *shop) { s.dispatch(2) }, "Shipped, ready AwaitingCarrier; held 0 taken 3000 back 0 due 3000"},
				{"the rest arrives", func(s *shop) { s.deliver(2) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 3000 back 0 due 3000"},
				{"a day later", func(s *shop) { s.now = s.now.Add(day) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 3000 back 0 due 3000"},
				{"two days later", func(s *shop) { s.now = s.now.Add(day) }, "Completed, ready Completed; held 0 taken 3000 back 0 due 3000"},
			},
			[]string{"Authorize 3000 Succeeded", "Capture 1000 Succeeded", "Capture 2000 Succeeded"},
			"Received Backordered Confirmed Processing Backordered Processing Shipped Delivered Completed",
		},
		"a wallet is charged at the confirmation": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2),
			[]step{
				{"stock comes", func(s *shop) { s.stock(1, 9) }, "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000"},
				{"it is reserved and leaves", func(s *shop) { s.ship(2); s.reserve(1); s.dispatch(1) }, "Shipped, ready AwaitingCarrier; held 0 taken 2000 back 0 due 2000"},
				{"it arrives", func(s *shop) { s.deliver(1) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 2000 back 0 due 2000"},
				{"the window is over", func(s *shop) { s.now = s.now.Add(2 * day) }, "Completed, ready Completed; held 0 taken 2000 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded"},
			"Received Backordered Shipped Delivered Completed",
		},
		"a card is charged on delivery": {
			newShop(t, class(v1.CaptureOnDelivery), v1.PaymentCard, 2),
			[]step{
				{"it leaves", func(s *shop) { s.ship(2); s.reserve(1); s.dispatch(1) }, "Shipped, ready AwaitingCarrier; held 2000 taken 0 back 0 due 2000"},
				{"it arrives", func(s *shop) { s.deliver(1) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 2000 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded"},
			"Received Backordered Shipped Delivered",
		},
		"case 21: cash is due when the goods are there, and delivered is not paid": {
			newShop(t, nil, v1.PaymentCash, 2),
			[]step{
				{"stock comes", func(s *shop) { s.stock(1, 9) }, "Backordered, ready AwaitingStock; held 0 taken 0 back 0 due 2000"},
				{"it leaves", func(s *shop) { s.ship(2); s.reserve(1); s.dispatch(1) }, "Shipped, ready AwaitingCarrier; held 0 taken 0 back 0 due 2000"},
				{"it arrives", func(s *shop) { s.deliver(1) }, "Delivered, ready AwaitingPayment; held 0 taken 0 back 0 due 2000"},
				{"the window is over", func(s *shop) { s.now = s.now.Add(20 * day) }, "Delivered, ready AwaitingPayment; held 0 taken 0 back 0 due 2000"},
				{"a part comes in", func(s *shop) { s.receive(500) }, "Delivered, ready AwaitingPayment; held 0 taken 500 back 0 due 2000"},
				{"the rest comes in", func(s *shop) { s.receive(1500) }, "Completed, ready Completed; held 0 taken 2000 back 0 due 2000"},
			},
			nil,
			"Backordered Shipped Delivered Completed",
		},
		"case 21: cash for a parcel that was refused is never asked for": {
			newShop(t, nil, v1.PaymentCash, 2),
			[]step{
				{"it leaves", func(s *shop) { s.ship(2); s.reserve(1); s.dispatch(1) }, "Shipped, ready AwaitingCarrier; held 0 taken 0 back 0 due 2000"},
				{"it comes back", func(s *shop) { s.shipment(1).Status.Phase = v1.ShipmentReturned }, "Shipped, stalled DeliveryFailed; held 0 taken 0 back 0 due 2000"},
			},
			nil,
			"Backordered Shipped",
		},
		"a transfer comes before the confirmation": {
			newShop(t, nil, v1.PaymentTransfer, 2),
			[]step{
				{"it is placed", nil, "OnHold, ready AwaitingPayment; held 0 taken 0 back 0 due 2000"},
				{"a part comes in", func(s *shop) { s.receive(1999) }, "OnHold, ready AwaitingPayment; held 0 taken 1999 back 0 due 2000"},
				{"the rest comes in", func(s *shop) { s.receive(1) }, "Backordered, ready AwaitingStock; held 0 taken 2000 back 0 due 2000"},
				{"it leaves and arrives", func(s *shop) { s.ship(2); s.reserve(1); s.dispatch(1); s.deliver(1) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 2000 back 0 due 2000"},
				{"the window of 14 days is over", func(s *shop) { s.now = s.now.Add(14 * day) }, "Completed, ready Completed; held 0 taken 2000 back 0 due 2000"},
			},
			nil,
			"OnHold Backordered Delivered Completed",
		},
		"an order of nothing but gifts needs no money": {
			func() *shop {
				s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
				s.order().Spec.Lines[0].UnitPrice = 0
				return s
			}(),
			[]step{
				{"it leaves", func(s *shop) { s.ship(2); s.reserve(1); s.dispatch(1) }, "Shipped, ready AwaitingCarrier; held 0 taken 0 back 0 due 0"},
				{"it arrives", func(s *shop) { s.deliver(1); s.now = s.now.Add(3 * day) }, "Completed, ready Completed; held 0 taken 0 back 0 due 0"},
			},
			nil,
			"Backordered Shipped Completed",
		},
		"a complaint keeps an order open": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 1),
			[]step{
				{"it arrives", func(s *shop) { s.ship(1); s.reserve(1); s.dispatch(1); s.deliver(1) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 1000 back 0 due 1000"},
				{"a case is opened, and the window is over", func(s *shop) {
					s.edit(func(o *v1.OrderSpec) { o.Cases = []v1.Case{{ID: "c1"}} })
					s.now = s.now.Add(9 * day)
				}, "Delivered, ready AwaitingCaseClose; held 0 taken 1000 back 0 due 1000"},
				{"the case is closed", func(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Cases[0].ClosedAt = ptr(s.now) }) }, "Completed, ready Completed; held 0 taken 1000 back 0 due 1000"},
			},
			[]string{"Authorize 1000 Succeeded", "Capture 1000 Succeeded"},
			"Received Backordered Delivered Completed",
		},
		"a correction takes a delivery back": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 1),
			[]step{
				{"it arrives", func(s *shop) { s.ship(1); s.reserve(1); s.dispatch(1); s.deliver(1) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 1000 back 0 due 1000"},
				{"it did not", func(s *shop) {
					s.shipment(1).Status.DeliveredAt, s.shipment(1).Status.Phase = nil, v1.ShipmentDispatched
				}, "Shipped, ready AwaitingCarrier; held 0 taken 1000 back 0 due 1000"},
				{"it does, and the window begins anew", func(s *shop) { s.now = s.now.Add(2 * day); s.deliver(1) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 1000 back 0 due 1000"},
			},
			[]string{"Authorize 1000 Succeeded", "Capture 1000 Succeeded"},
			"Received Backordered Delivered Shipped Delivered",
		},
		"a parcel that was lost and arrives after all is no failure": {
			newShop(t, class(v1.CaptureOnDispatch), v1.PaymentOnline, 2),
			[]step{
				{"one of two parcels is lost", func(s *shop) {
					for n := 1; n <= 2; n++ {
						s.ship(1)
						s.reserve(n)
						s.dispatch(n)
					}
					s.shipment(1).Status.Phase = v1.ShipmentLost
				}, "Shipped, stalled DeliveryFailed; held 0 taken 2000 back 0 due 2000"},
				{"it arrives", func(s *shop) { s.deliver(1) }, "Shipped, ready AwaitingCarrier; held 0 taken 2000 back 0 due 2000"},
				{"the other arrives", func(s *shop) { s.deliver(2) }, "Delivered, ready AwaitingReturnWindow; held 0 taken 2000 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded"},
			"Received Backordered Shipped Delivered",
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, test.shop, test.steps)
			if diff := cmp.Diff(test.calls, test.shop.calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.stages, test.shop.stages()); diff != "" {
				t.Errorf("stages (-want +got):\n%s", diff)
			}
		})
	}
}
