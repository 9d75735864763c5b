package controllers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/carrierfake"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

// desk is a shop whose only Partner is booked at a carrier; people run its warehouse.
type desk struct {
	*carrierfake.Carrier
	ns      string
	partner *v1.Partner
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Carrier: carrierfake.Start()}
	t.Cleanup(d.Close)
	d.Charge(280, "CNY")
	d.ns = carrierShop(t)
	d.partner = testenv.AtDesk(testenv.MakePartner(d.ns, "trucks"), d.URL)
	create(t, d.partner, testenv.MakeCarrierCredentials(d.partner, d.APIKey, d.WebhookSecret))
	return d
}

// packed places an order and packs its Shipment.
func (d *desk) packed(t *testing.T, name string) *v1.Shipment {
	t.Helper()
	s := shipment(place(t, testenv.MakeOrder(d.ns, name).Line("TEA", 2)), 1)
	awaitShipment(t, s, onLanes("out", "door"))
	d.pack(t, s)
	return s
}

func (d *desk) pack(t *testing.T, s *v1.Shipment) {
	t.Helper()
	change(t, s, func(s *v1.Shipment) {
		at := testenv.Seconds(time.Now())
		s.Spec.Facts.Picked = &v1.PickedFact{ID: "p", At: at}
		s.Spec.Facts.Packed = &v1.ActorFact{ID: "k", At: at}
	})
}

// bookedAs wants bookings in these states, in the order in which they were made.
func bookedAs(want ...v1.BookingState) func(*v1.Shipment) string {
	return func(s *v1.Shipment) string {
		var got []v1.BookingState
		for _, b := range s.Status.Bookings {
			got = append(got, b.State)
		}
		if !slices.Equal(got, want) {
			return fmt.Sprintf("bookings %v, want %v", got, want)
		}
		return ""
	}
}

// nudge has the manager look at a Shipment, and waits until it has: at two edits, of which
// the second takes the first back.
func nudge(t *testing.T, s *v1.Shipment) {
	t.Helper()
	for _, hold := range []string{"a moment", ""} {
		change(t, s, func(s *v1.Shipment) { s.Spec.Hold = hold })
	}
	awaitShipment(t, s, func(s *v1.Shipment) string {
		if s.Status.ObservedGeneration != s.Generation {
			return "want it seen"
		}
		return ""
	})
}

// shipmentCondition wants a condition of a Shipment with a reason, "" for none.
func shipmentCondition(kind, reason string) func(*v1.Shipment) string {
	return func(s *v1.Shipment) string {
		return conditionIs(func() []metav1.Condition { return s.Status.Conditions }, kind, reason)()
	}
}

// live wants the carrier to have so many bookings.
func (d *desk) live(t *testing.T, want int) {
	t.Helper()
	if live := d.Live(); len(live) != want {
		t.Errorf("the carrier has %d bookings, want %d: %+v", len(live), want, live)
	}
}

// Packed parcels are booked, once, with what the carrier has to know, and the warehouse
// finds the label.
func TestPackedParcelsAreBooked(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	env.StartManager(t, d.ns, atGateway)
	s := d.packed(t, "o")
	awaitShipment(t, s, shipmentCondition(v1.ConditionBooked, v1.ReasonBooked))
	b := s.Status.Bookings[0]
	if b.State != v1.BookingBooked || b.Label == "" || b.TrackingNumber == "" || b.Price == nil || *b.Price != 280 || b.Partner != "trucks" {
		t.Errorf("the booking is %+v", b)
	}
	d.live(t, 1)
	order := d.Live()[0].Order
	if !slices.Equal(order.Lanes, []string{"out", "door"}) || order.From != "main" || order.Recipient == nil || order.Shipment != s.Name || len(order.Parcels) != 1 {
		t.Errorf("the carrier was told %+v", order)
	}
	awaitShipment(t, s, func(s *v1.Shipment) string {
		if r := meta.FindStatusCondition(s.Status.Conditions, v1.ConditionReady); r.Reason != v1.ReasonAwaitingWarehouse {
			return "want it to wait for the warehouse"
		}
		return ""
	})
	dispatch(t, s)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentDispatched))
	if got := d.Sends(b.ID); got != 1 {
		t.Errorf("it was sent %d times", got)
	}
}

// Whatever goes wrong with a call, the carrier has the parcels once.
func TestBookingUnderFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range []carrierfake.Fault{
		carrierfake.TimeoutBefore, carrierfake.TimeoutAfter, carrierfake.Error500Before, carrierfake.Error500After,
		carrierfake.RateLimit, carrierfake.Pending, carrierfake.Late,
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			d.Fail(carrierfake.Book, fault)
			d.Fail(carrierfake.Lookup, carrierfake.TimeoutBefore)
			env.StartManager(t, d.ns, atGateway)
			s := d.packed(t, "o")
			awaitShipment(t, s, bookedAs(v1.BookingBooked))
			d.live(t, 1)
		})
	}
}

// A cancelled Shipment is taken back from the carrier, whatever goes wrong with that, also
// when its Partner is gone.
func TestBookingIsTakenBack(t *testing.T) {
	t.Parallel()
	for _, fault := range []carrierfake.Fault{
		carrierfake.None, carrierfake.TimeoutBefore, carrierfake.TimeoutAfter, carrierfake.Error500Before, carrierfake.Error500After, carrierfake.RateLimit,
	} {
		t.Run("void "+string(fault), func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			d.Fail(carrierfake.Void, fault)
			env.StartManager(t, d.ns, atGateway)
			s := d.packed(t, "o")
			awaitShipment(t, s, bookedAs(v1.BookingBooked))
			if err := env.Client.Delete(t.Context(), d.partner); err != nil {
				t.Fatal(err)
			}
			d.takeBack(t, s)
			awaitShipment(t, s, bookedAs(v1.BookingVoided))
			d.live(t, 0)
		})
	}
}

// loseSecret deletes the carrier's Secret, and returns it as it is to be created again.
func (d *desk) loseSecret(t *testing.T) *corev1.Secret {
	t.Helper()
	if err := env.Client.Delete(t.Context(), testenv.MakeCarrierCredentials(d.partner, d.APIKey, d.WebhookSecret)); err != nil {
		t.Fatal(err)
	}
	return testenv.MakeCarrierCredentials(d.partner, d.APIKey, d.WebhookSecret)
}

// takeBack cancels the order of a Shipment, and puts its units back.
func (d *desk) takeBack(t *testing.T, s *v1.Shipment) {
	t.Helper()
	o := &v1.Order{}
	o.Namespace, o.Name = s.Namespace, string(s.Spec.OrderName)
	change(t, o, func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{Reason: "changed my mind"} })
	change(t, s, func(s *v1.Shipment) { s.Spec.Facts.PutBack = &v1.ActorFact{ID: "b", At: testenv.Seconds(time.Now())} })
}

// A carrier that insists on a booking is a matter for people, who are told.
func TestCarrierInsistsOnABooking(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.Fail(carrierfake.Void, carrierfake.Keep)
	env.StartManager(t, d.ns, atGateway)
	s := d.packed(t, "o")
	awaitShipment(t, s, bookedAs(v1.BookingBooked))
	d.takeBack(t, s)
	awaitShipment(t, s, bookedAs(v1.BookingKept))
	awaitShipment(t, s, shipmentCondition(v1.ConditionVoidRefused, v1.ReasonKeptByCarrier))
}

// A carrier that refuses is asked again once its Partner has changed.
func TestCarrierRefuses(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.Fail(carrierfake.Book, carrierfake.Refuse)
	env.StartManager(t, d.ns, atGateway)
	s := d.packed(t, "o")
	awaitShipment(t, s, shipmentCondition(v1.ConditionBooked, v1.ReasonNotBooked))
	awaitShipment(t, s, shipmentCondition(v1.ConditionStalled, v1.ReasonNotBooked))
	change(t, d.partner, func(p *v1.Partner) { p.Spec.Contact = &v1.Contact{Name: "dispatch desk"} })
	awaitShipment(t, s, bookedAs(v1.BookingRefused, v1.BookingBooked))
	d.live(t, 1)
}

// Without its Secret a carrier cannot be asked: the Shipment says what is missing.
func TestCarrierWithoutASecret(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	secret := d.loseSecret(t)
	env.StartManager(t, d.ns, atGateway)
	s := d.packed(t, "o")
	awaitShipment(t, s, func(s *v1.Shipment) string {
		c := meta.FindStatusCondition(s.Status.Conditions, v1.ConditionReady)
		if want := "trucks cannot be asked: create Secret " + secret.Name + " in namespace " + testenv.ManagerNamespace; c.Message != want {
			return fmt.Sprintf("it says %q, want %q", c.Message, want)
		}
		return ""
	})
	create(t, secret)
	awaitShipment(t, s, bookedAs(v1.BookingBooked))
}

// An order that is paused is not booked, and is when it goes on.
func TestPausedOrderIsNotBooked(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	stop := env.StartManager(t, d.ns, atGateway)
	o := place(t, testenv.MakeOrder(d.ns, "o").Line("TEA", 2))
	s := shipment(o, 1)
	awaitShipment(t, s, onLanes("out", "door"))
	stop()
	change(t, o, func(o *v1.Order) { o.Spec.Management = v1.ManagementPaused })
	d.pack(t, s)
	env.StartManager(t, d.ns, atGateway)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentPacked))
	awaitShipment(t, s, shipmentCondition(v1.ConditionReady, v1.ReasonPaused))
	nudge(t, s)
	awaitShipment(t, s, bookedAs())
	awaitShipment(t, s, shipmentCondition(v1.ConditionBooked, ""))
	change(t, o, func(o *v1.Order) { o.Spec.Management = v1.ManagementActive })
	awaitShipment(t, s, bookedAs(v1.BookingBooked))
}

// Scans of a booked carrier take the parcels to the customer: what was scanned before
// anybody asked, and what the carrier sends word of. Word that is forged is not believed.
func TestScansOfABookedCarrier(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	address := freePort(t)
	env.StartManager(t, d.ns, atGateway, func(o *controllers.Options) { o.CallbackAddress = address })
	url := fmt.Sprintf("http://%s/carriers/%s/trucks", address, d.ns)
	s := d.packed(t, "o")
	awaitShipment(t, s, bookedAs(v1.BookingBooked))
	id := s.Status.Bookings[0].ID
	at := time.Now().UTC().Add(-time.Minute)
	d.scan(t, id, carrierfake.Scan{ID: "1", Type: "Accepted", At: at})
	dispatch(t, s)
	awaitShipment(t, s, onWay(v1.TrackingInTransit, "booking-1-1"))
	d.CallBack(url, webhookfake.Forged)
	d.scan(t, id, carrierfake.Scan{ID: "2", Type: "Sorted", At: at, Note: "belt 7"})
	d.Settle()
	d.CallBack(url, webhookfake.Twice)
	d.scan(t, id, carrierfake.Scan{ID: "3", Type: "Delivered", At: at.Add(time.Second)})
	awaitShipment(t, s, onWay(v1.TrackingDelivered, "booking-1-1", "booking-1-2", "booking-1-3"))
	awaitShipment(t, s, shipmentPhase(v1.ShipmentDelivered))
	other := v1.CarrierEvent{ID: "booking-1-2", Type: v1.CarrierOther, At: testenv.Seconds(at), Note: "Sorted belt 7"}
	if !slices.ContainsFunc(s.Spec.Events, func(e v1.CarrierEvent) bool { return equality.Semantic.DeepEqual(e, other) }) {
		t.Errorf("what the contract does not know is not kept as it is: %+v", s.Spec.Events)
	}
	var statuses []int
	for _, c := range d.Callbacks() {
		statuses = append(statuses, c.Status)
	}
	if !slices.Contains(statuses, http.StatusUnauthorized) || !slices.Contains(statuses, http.StatusNoContent) {
		t.Errorf("callbacks were answered %v", statuses)
	}
}

// A carrier that sends no word is asked now and then, also after a time without answers.
func TestScansAreAskedFor(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	clock := &movableClock{}
	env.StartManager(t, d.ns, atClock(clock))
	s := d.packed(t, "o")
	awaitShipment(t, s, bookedAs(v1.BookingBooked))
	id := s.Status.Bookings[0].ID
	d.Fail(carrierfake.Scans, carrierfake.Error500Before, carrierfake.TimeoutBefore)
	d.scan(t, id, carrierfake.Scan{ID: "1", Type: "Accepted", At: time.Now().UTC()})
	dispatch(t, s)
	awaitShipment(t, s, onWay(v1.TrackingInTransit, "booking-1-1"))
	d.scan(t, id, carrierfake.Scan{ID: "2", Type: "OutForDelivery", At: time.Now().UTC()})
	clock.move(t, time.Hour)
	touch(t, s)
	awaitShipment(t, s, onWay(v1.TrackingOutForDelivery, "booking-1-1", "booking-1-2"))
}

func (d *desk) scan(t *testing.T, id string, s carrierfake.Scan) {
	t.Helper()
	if err := d.Scan(id, s); err != nil {
		t.Fatal(err)
	}
}

// onWay wants parcels somewhere, by these events.
func onWay(tracking v1.Tracking, events ...v1.Identifier) func(*v1.Shipment) string {
	return func(s *v1.Shipment) string {
		var got []v1.Identifier
		for _, e := range s.Spec.Events {
			got = append(got, e.ID)
		}
		slices.Sort(got)
		if s.Status.Tracking != tracking || !slices.Equal(got, events) {
			return fmt.Sprintf("%s by %v, want %s by %v", s.Status.Tracking, got, tracking, events)
		}
		return ""
	}
}

// A Shipment that is deleted stays until its booking is taken back, and goes then.
func TestDeletedShipmentIsTakenBack(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.Fail(carrierfake.Void, carrierfake.TimeoutBefore, carrierfake.Error500Before)
	env.StartManager(t, d.ns, atGateway)
	s := d.packed(t, "o")
	awaitShipment(t, s, bookedAs(v1.BookingBooked))
	o := &v1.Order{}
	o.Namespace, o.Name = d.ns, "o"
	for _, object := range []client.Object{o, s} {
		if err := env.Client.Delete(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	change(t, s, func(s *v1.Shipment) { s.Spec.Facts.PutBack = &v1.ActorFact{ID: "b", At: testenv.Seconds(time.Now())} })
	testenv.Eventually(t, func() string {
		err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(s), s)
		if live := len(d.Live()); apierrors.IsNotFound(err) && live > 0 {
			t.Fatalf("the Shipment is gone, and the carrier has %d bookings", live)
		}
		if !apierrors.IsNotFound(err) {
			return fmt.Sprintf("want it gone: %v, %s", err, readyText(s.Status.Conditions))
		}
		return ""
	})
}

// A booking that cannot be taken back because something is missing says what.
func TestVoidThatCannotBeSent(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	env.StartManager(t, d.ns, atGateway)
	s := d.packed(t, "o")
	awaitShipment(t, s, bookedAs(v1.BookingBooked))
	secret := d.loseSecret(t)
	d.takeBack(t, s)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentCancelled))
	awaitShipment(t, s, shipmentCondition(v1.ConditionStalled, v1.ReasonNotBooked))
	create(t, secret)
	awaitShipment(t, s, shipmentCondition(v1.ConditionReady, v1.ReasonCancelled))
	d.live(t, 0)
}

// Parcels that were handed over by hand are not booked afterwards: whatever of that may be
// on its way is taken back.
func TestPartedParcelsAreNotBooked(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	secret := d.loseSecret(t)
	env.StartManager(t, d.ns, atGateway)
	s := d.packed(t, "o")
	awaitShipment(t, s, shipmentCondition(v1.ConditionBooked, v1.ReasonNotBooked))
	dispatch(t, s)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentDispatched))
	create(t, secret)
	awaitShipment(t, s, bookedAs(v1.BookingVoided))
	d.live(t, 0)
	awaitShipment(t, s, func(s *v1.Shipment) string {
		if c := meta.FindStatusCondition(s.Status.Conditions, v1.ConditionBooked); c.Reason != v1.ReasonNotBooked || !strings.Contains(c.Message, "left without a booking") {
			return fmt.Sprintf("it says %s: %s", c.Reason, c.Message)
		}
		return ""
	})
}

// A simulated warehouse hands nothing over that its carrier has refused.
func TestSimulatedWarehouseWaitsForTheCarrier(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.Fail(carrierfake.Book, carrierfake.Refuse)
	class := &v1.OrderClass{}
	class.Namespace, class.Name = d.ns, "retail"
	change(t, class, func(c *v1.OrderClass) {
		c.Spec.Warehouse = v1.WarehousePolicy{Type: v1.WarehouseSimulated, StepSeconds: new(int32(0))}
	})
	env.StartManager(t, d.ns, atGateway)
	s := shipment(place(t, testenv.MakeOrder(d.ns, "o").Line("TEA", 2)), 1)
	awaitShipment(t, s, shipmentCondition(v1.ConditionStalled, v1.ReasonNotBooked))
	nudge(t, s)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentPacked))
	change(t, d.partner, func(p *v1.Partner) { p.Spec.Contact = &v1.Contact{Name: "dispatch desk"} })
	awaitShipment(t, s, shipmentPhase(v1.ShipmentDispatched))
	d.live(t, 1)
}

// What is booked stays booked when its Partner goes; a departure that is missed by hours is
// taken back, and another one booked.
func TestBookedDeparture(t *testing.T) {
	t.Parallel()
	clock := &movableClock{}
	d := openDesk(t)
	change(t, d.partner, func(p *v1.Partner) {
		p.Spec.Lanes[0].Cutoff = clock.Now().UTC().Add(2 * time.Hour).Format("15:04")
	})
	env.StartManager(t, d.ns, atClock(clock))
	s := d.packed(t, "o")
	awaitShipment(t, s, bookedAs(v1.BookingBooked))
	change(t, d.partner, func(p *v1.Partner) {
		p.Spec.Lanes[0].Cutoff = clock.Now().UTC().Add(3 * time.Hour).Format("15:04")
	})
	clock.move(t, 4*time.Hour)
	nudge(t, s)
	awaitShipment(t, s, bookedAs(v1.BookingBooked))
	clock.move(t, 6*time.Hour)
	touch(t, s)
	awaitShipment(t, s, bookedAs(v1.BookingVoided, v1.BookingBooked))
	if err := env.Client.Delete(t.Context(), d.partner); err != nil {
		t.Fatal(err)
	}
	clock.move(t, 48*time.Hour)
	nudge(t, s)
	awaitShipment(t, s, bookedAs(v1.BookingVoided, v1.BookingBooked))
	d.live(t, 1)
}
