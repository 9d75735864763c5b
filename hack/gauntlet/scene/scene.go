// Package scene holds the courses of events in which things are made to go wrong:
// what is there at first, what people do when it is time, and how it ends, whatever
// went wrong in between. Each is one file, and one line in All.
package scene

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/history"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/carrierfake"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

// Scene is a course of events.
type Scene struct {
	Name string
	// About says in a sentence what happens.
	About string
	// Class changes the class, whose warehouse, carrier and payment at the gateway run
	// by themselves.
	Class func(*v1.OrderClass)
	// Objects are there from the start.
	Objects []client.Object
	// Steps are what people do, one after the other, each when it is time.
	Steps []Step
	// End says what is missing to the end of the course, "" for nothing. It must go on
	// holding.
	End func(*World) string
	// Survivors says what is missing to the end if one of the Orders was deleted, nil if
	// there is only one.
	Survivors func(*World) string
	// Without are the kinds of faults that would make it another course of events.
	Without []fault.Kind
	// Alike names objects by what they have in common where it does not matter which of
	// them is first, so that their writes are counted together; nil for by their names.
	Alike func(name string) string
	// Weight is how many plans of an ordinary scene one of this keeps the machine as busy
	// as: so many fewer run at the same time. 0 is 1.
	Weight int64
	// Loose scenes may end in more than one way that is right, so that their ends are
	// not compared with one another.
	Loose bool
}

// Step is something that people do, once.
type Step struct {
	// When says whether it is time; nil is at once.
	When func(*World) bool
	Do   func(*World) error
}

// All are the scenes there are.
func All() []*Scene {
	return []*Scene{
		happy(), lanes(), booked(), unbooked(), overtaken(), shortPick(), cash(), decline(), cancelHeld(), cancelTaken(), lower(), backorder(), restock(), race(), split(), stocktake(), recount(),
		remove(), again(), reorder(), pause(), simulated(), ask(), maximal(),
	}
}

// Named is the scene of a name, nil if there is none.
func Named(name string) *Scene {
	for _, s := range All() {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Provider is the class's payment provider for the scene's Orders, by name.
func (s *Scene) Provider() string {
	for _, o := range s.Objects {
		if o, ok := o.(*v1.Order); ok && o.Spec.Payment.Method == v1.PaymentOnline {
			return "online"
		}
	}
	return "card"
}

// World is where a scene takes place.
type World struct {
	context.Context
	Namespace string
	// Client is the administrator's; nothing goes wrong with it.
	Client  client.Client
	Gateway *gatewayfake.Gateway
	// Carrier is where a Partner of the name Carrier is booked, if the scene has one.
	Carrier *carrierfake.Carrier
	History *history.History
	// Clock is the manager's, and that of people.
	Clock *fault.Clock
}

// Canaries are strings that must be found nowhere but where they were put: in the
// Orders' own specs and the Secrets.
const (
	canaryToken  = "canary_token_4111111111111111"
	canaryPerson = "Canary Person"
	canaryStreet = "99 Canary Street"
	canaryPhone  = "+86 199 0000 0099"
	canaryEmail  = "canary@person.example"
)

// Canaries are the strings that must not leak, with those of the gateway and the carrier.
func Canaries(g *gatewayfake.Gateway, c *carrierfake.Carrier) []string {
	return []string{
		canaryToken, canaryPerson, canaryStreet, canaryPhone, canaryEmail,
		g.APIKey, strings.TrimPrefix(g.WebhookSecret, "whsec_"), c.APIKey, strings.TrimPrefix(c.WebhookSecret, "whsec_"),
	}
}

// Carrier is the name of the Partner that is booked.
const Carrier = "trucks"

// Build makes what is there before anything happens, but for the scene's objects.
func (s *Scene) Build(w *World) error {
	class := testenv.MakeClass(w.Namespace, "retail")
	testenv.AtGateway(class, w.Gateway.URL)
	if s.Class != nil {
		s.Class(class)
	}
	objects := []client.Object{
		testenv.MakeCredentials(w.Namespace, w.Gateway.APIKey, w.Gateway.WebhookSecret),
		testenv.MakeToken(w.Namespace, "ok", canaryToken), testenv.MakeToken(w.Namespace, "bad", gatewayfake.TokenDecline), class,
	}
	for _, o := range append(objects, s.Objects...) {
		o = o.DeepCopyObject().(client.Object)
		if o.GetNamespace() == "" {
			o.SetNamespace(w.Namespace)
		}
		if p, ok := o.(*v1.Partner); ok && p.Spec.Adapter.Type == v1.AdapterHTTP {
			p.Spec.Adapter.URL = w.Carrier.URL
			if err := w.Client.Create(w, testenv.MakeCarrierCredentials(p, w.Carrier.APIKey, w.Carrier.WebhookSecret)); err != nil {
				return fmt.Errorf("creating the credentials of the carrier: %w", err)
			}
		}
		if err := w.Client.Create(w, o); err != nil {
			return fmt.Errorf("creating %T %s: %w", o, o.GetName(), err)
		}
	}
	return nil
}

// order begins an Order that pays by a card at the gateway.
func order(name string) *testenv.OrderBuilder {
	return cashOrder(name).Pay(v1.PaymentCard).Token("ok")
}

// cashOrder begins an Order that pays at the door.
func cashOrder(name string) *testenv.OrderBuilder {
	return testenv.MakeOrder("", name).Change(func(o *v1.Order) {
		o.Spec.Customer.Name, o.Spec.Customer.Phone, o.Spec.Customer.Email = canaryPerson, canaryPhone, canaryEmail
		o.Spec.ShipTo.Name, o.Spec.ShipTo.Lines = canaryPerson, []string{canaryStreet}
	})
}

// stock makes a StockItem that was counted.
func stock(name string, sku v1.SKU, quantity v1.Quantity) *v1.StockItem {
	return testenv.MakeStock("", name, sku, quantity)
}

// Order is an Order as it is now, nil if there is none.
func (w *World) Order(name string) *v1.Order { return history.Find[*v1.Order](w.History, name) }

// Item is a StockItem as it is now, nil if there is none.
func (w *World) Item(name string) *v1.StockItem { return history.Find[*v1.StockItem](w.History, name) }

// shipments are those of an Order that were not cancelled.
func (w *World) shipments(order string) []*v1.Shipment {
	var list []*v1.Shipment
	for _, s := range history.All[*v1.Shipment](w.History) {
		if string(s.Spec.OrderName) == order && s.Status.CancelledAt == nil {
			list = append(list, s)
		}
	}
	return list
}

// in says whether an Order is in a phase.
func in(order string, phase v1.OrderPhase) func(*World) bool {
	return func(w *World) bool {
		o := w.Order(order)
		return o != nil && o.Status.Phase == phase
	}
}

// all says whether several conditions hold.
func all(conditions ...func(*World) bool) func(*World) bool {
	return func(w *World) bool {
		for _, c := range conditions {
			if !c(w) {
				return false
			}
		}
		return true
	}
}

// either says whether one of several conditions holds.
func either(conditions ...func(*World) bool) func(*World) bool {
	return func(w *World) bool {
		return slices.ContainsFunc(conditions, func(c func(*World) bool) bool { return c(w) })
	}
}

// each says whether an Order has Shipments, and something holds of all of them.
func each(order string, holds func(*v1.Shipment) bool) func(*World) bool {
	return func(w *World) bool {
		list := w.shipments(order)
		return len(list) > 0 && !slices.ContainsFunc(list, func(s *v1.Shipment) bool { return !holds(s) })
	}
}

// reserved says whether an Order has Shipments, and each has its units.
func reserved(order string) func(*World) bool {
	return each(order, func(s *v1.Shipment) bool { return s.Status.ReservedAt != nil })
}

// stateEach changes the facts and events of each Shipment of an Order, as its warehouse
// and carrier do.
func stateEach(order string, change func(*World, *v1.ShipmentSpec)) func(*World) error {
	return func(w *World) error {
		for _, s := range w.shipments(order) {
			s = s.DeepCopy()
			if err := patch(w, s, func() { change(w, &s.Spec) }); err != nil {
				return err
			}
		}
		return nil
	}
}

// edit changes an Order, as a person with kubectl edit.
func edit(name string, change func(*v1.Order)) func(*World) error {
	return func(w *World) error {
		o := &v1.Order{}
		o.Namespace, o.Name = w.Namespace, name
		return patch(w, o, func() { change(o) })
	}
}

// patch changes an object as it is stored now.
func patch(w *World, o client.Object, change func()) error {
	if err := w.Client.Get(w, client.ObjectKeyFromObject(o), o); err != nil {
		return fmt.Errorf("reading %s: %w", o.GetName(), err)
	}
	before := o.DeepCopyObject().(client.Object)
	change()
	if err := w.Client.Patch(w, o, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("changing %s: %w", o.GetName(), err)
	}
	return nil
}

// place places an Order.
func place(o *v1.Order) func(*World) error {
	return func(w *World) error {
		placed := o.DeepCopy()
		placed.Namespace = w.Namespace
		return w.Client.Create(w, placed)
	}
}

// ends says what is missing until Orders are in phases and StockItems have counters.
func ends(phases map[string]v1.OrderPhase, counters map[string][2]v1.Quantity) func(*World) string {
	return func(w *World) string {
		for name, phase := range phases {
			switch o := w.Order(name); {
			case o == nil && phase == "":
			case o == nil:
				return "Order " + name + " is not there"
			case o.Status.Phase != phase:
				return fmt.Sprintf("Order %s is %s, want %s", name, o.Status.Phase, phase)
			case o.Status.ObservedGeneration != o.Generation:
				return fmt.Sprintf("Order %s has not seen its spec", name)
			case meta.FindStatusCondition(o.Status.Conditions, v1.ConditionReady) == nil:
				return fmt.Sprintf("Order %s has no conditions", name)
			}
		}
		for name, want := range counters {
			i := w.Item(name)
			switch {
			case i == nil || i.Status.OnHand != want[0] || i.Status.Reserved != want[1] || len(i.Status.Postings) > 0:
				return fmt.Sprintf("StockItem %s is not settled at %d on hand and %d reserved", name, want[0], want[1])
			case i.Status.ObservedGeneration != i.Generation:
				return fmt.Sprintf("StockItem %s has not seen its spec", name)
			}
		}
		return ""
	}
}

// now is the time on the clock of manager and people, in the precision of the API.
func (w *World) now() metav1.Time { return testenv.Seconds(w.Clock.Now()) }

// stated is a fact of the warehouse.
func (w *World) stated(id v1.Identifier) *v1.ActorFact { return &v1.ActorFact{ID: id, At: w.now()} }
