package config_test

import (
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

// actors are users and the ClusterRoles that they are bound to in the namespace of
// the test. An editor may write whole objects and holds none of the permissions that
// the policies ask for; the controller may write status alone.
var actors = map[string][]string{
	"shop":          {"ordercycle-shop"},
	"warehouse":     {"ordercycle-warehouse"},
	"carrier":       {"ordercycle-carrier"},
	"finance":       {"ordercycle-finance"},
	"customer":      {"ordercycle-customer"},
	"approver":      {"ordercycle-approver"},
	"shop-approver": {"ordercycle-shop", "ordercycle-approver"},
	"editor":        {"test-editor"},
	"controller":    {"test-controller"},
}

// deed is a write of an actor to an object.
type deed[T client.Object] struct {
	by string
	// as is what the administrator made of the object before; for a deed without
	// update, what the actor creates.
	as func(T)
	// update is what the actor changes.
	update func(T)
	// updateStatus has the actor write the status.
	updateStatus func(T)
	// refused is what the answer 403 tells, "" if the deed is accepted.
	refused string
}

// needs is the part of an answer that names the permission which is missing.
func needs(subresource string) string {
	return "permission to update " + subresource + " in this namespace; ask for the role"
}

func approve(o *v1alpha1.Order) {
	o.Spec.Approval = &v1alpha1.Approval{Decision: v1alpha1.DecisionApprove}
}
func cancel(o *v1alpha1.Order) { o.Spec.Cancel = &v1alpha1.CancelRequest{Reason: "changed my mind"} }
func answer(o *v1alpha1.Order) {
	o.Spec.Answers = []v1alpha1.Answer{{Question: "Shortage", Choice: "Backorder"}}
}
func pay(o *v1alpha1.Order) {
	o.Spec.Payment.Received = []v1alpha1.ReceivedPayment{{ID: "r1", Amount: 2500, At: metav1.Now()}}
}
func rate(o *v1alpha1.Order) { o.Spec.Feedback = &v1alpha1.Feedback{Rating: 5} }
func complain(o *v1alpha1.Order) {
	o.Spec.Cases = []v1alpha1.Case{{ID: "k1", Type: "Complaint", OpenedAt: metav1.Now()}}
}
func move(o *v1alpha1.Order)     { o.Spec.ShipTo.City = "Potsdam" }
func lower(o *v1alpha1.Order)    { o.Spec.Lines[0].Quantity = 1 }
func setClass(o *v1alpha1.Order) { o.Spec.ClassName = "retail" }
func setToken(o *v1alpha1.Order) {
	o.Spec.Payment.TokenSecretRef = &v1alpha1.LocalReference{Name: "token"}
}

func mark[T client.Object](object T) {
	object.SetFinalizers([]string{"example.org/seen"})
	object.SetLabels(map[string]string{"seen": "true"})
}

var orderDeeds = map[string]deed[*v1alpha1.Order]{
	"the shop places an order":                          {by: "shop"},
	"the shop moves an order":                           {by: "shop", update: move},
	"the shop lowers a quantity":                        {by: "shop", update: lower},
	"the shop replaces the payment token":               {by: "shop", update: setToken},
	"the shop cannot approve":                           {by: "shop", update: approve, refused: needs("orders/approval")},
	"the shop cannot answer for the customer":           {by: "shop", update: answer, refused: needs("orders/answers")},
	"the shop cannot cancel for the customer":           {by: "shop", update: cancel, refused: needs("orders/cancel")},
	"the shop cannot withdraw the customer's cancel":    {by: "shop", as: cancel, update: func(o *v1alpha1.Order) { o.Spec.Cancel = nil }, refused: needs("orders/cancel")},
	"the shop cannot record money":                      {by: "shop", update: pay, refused: needs("orders/received")},
	"the shop cannot rate itself":                       {by: "shop", update: rate, refused: needs("orders/feedback")},
	"the shop cannot complain for the customer":         {by: "shop", update: complain, refused: needs("orders/feedback")},
	"the shop cannot place an approved order":           {by: "shop", as: approve, refused: needs("orders/approval")},
	"the shop cannot place an answered order":           {by: "shop", as: answer, refused: needs("orders/answers")},
	"the shop cannot place a cancelled order":           {by: "shop", as: cancel, refused: needs("orders/cancel")},
	"the shop cannot place a paid order":                {by: "shop", as: pay, refused: needs("orders/received")},
	"the shop cannot place a rated order":               {by: "shop", as: rate, refused: needs("orders/feedback")},
	"a shop that approves too places an approved one":   {by: "shop-approver", as: approve},
	"finance records money":                             {by: "finance", update: pay},
	"finance cannot move an order":                      {by: "finance", update: move, refused: needs("orders/terms")},
	"finance cannot move an order while it records":     {by: "finance", update: func(o *v1alpha1.Order) { pay(o); move(o) }, refused: needs("orders/terms")},
	"finance cannot replace the payment token":          {by: "finance", update: setToken, refused: needs("orders/terms")},
	"finance cannot approve":                            {by: "finance", update: approve, refused: needs("orders/approval")},
	"finance cannot place an order":                     {by: "finance", refused: "cannot create resource"},
	"the customer answers":                              {by: "customer", update: answer},
	"the customer cancels":                              {by: "customer", update: cancel},
	"the customer withdraws the cancel":                 {by: "customer", as: cancel, update: func(o *v1alpha1.Order) { o.Spec.Cancel = nil }},
	"the customer rates":                                {by: "customer", update: rate},
	"the customer complains":                            {by: "customer", update: complain},
	"the customer cannot approve":                       {by: "customer", update: approve, refused: needs("orders/approval")},
	"the customer cannot record money":                  {by: "customer", update: pay, refused: needs("orders/received")},
	"the customer cannot lower a quantity":              {by: "customer", update: lower, refused: needs("orders/terms")},
	"the approver approves":                             {by: "approver", update: approve},
	"the approver cannot cancel":                        {by: "approver", update: cancel, refused: needs("orders/cancel")},
	"the approver cannot choose the class":              {by: "approver", update: setClass, refused: needs("orders/terms")},
	"the warehouse cannot write orders":                 {by: "warehouse", update: mark[*v1alpha1.Order], refused: "cannot update resource"},
	"the carrier cannot write orders":                   {by: "carrier", update: mark[*v1alpha1.Order], refused: "cannot update resource"},
	"an editor sets labels and finalizers":              {by: "editor", update: mark[*v1alpha1.Order]},
	"an editor writes an order as it is":                {by: "editor", as: func(o *v1alpha1.Order) { approve(o); cancel(o); answer(o); pay(o); complain(o) }, update: mark[*v1alpha1.Order]},
	"an editor cannot approve":                          {by: "editor", update: approve, refused: needs("orders/approval")},
	"an editor cannot take an approval back":            {by: "editor", as: approve, update: func(o *v1alpha1.Order) { o.Spec.Approval = nil }, refused: needs("orders/approval")},
	"an editor cannot change the terms":                 {by: "editor", update: move, refused: needs("orders/terms")},
	"an editor cannot drop an optional term":            {by: "editor", as: setClass, update: func(o *v1alpha1.Order) { o.Spec.ClassName = "" }, refused: needs("orders/terms")},
	"the controller writes the status without the rest": {by: "controller", updateStatus: func(o *v1alpha1.Order) { o.Status.Phase = v1alpha1.OrderReceived }},
}

func pick(s *v1alpha1.Shipment) {
	s.Spec.Facts.Picked = &v1alpha1.PickedFact{ID: "p1", At: metav1.Now()}
}
func dispatch(s *v1alpha1.Shipment) {
	s.Spec.Facts.Dispatched = &v1alpha1.ActorFact{ID: "d1", At: metav1.Now()}
}
func hold(s *v1alpha1.Shipment) { s.Spec.Hold = "customs papers" }
func scan(s *v1alpha1.Shipment) {
	s.Spec.Events = []v1alpha1.CarrierEvent{{ID: "e1", Type: v1alpha1.CarrierAccepted, At: metav1.Now()}}
}
func bill(s *v1alpha1.Shipment) { freight := v1alpha1.Amount(490); s.Spec.ActualFreight = &freight }

var shipmentDeeds = map[string]deed[*v1alpha1.Shipment]{
	"the warehouse picks":                       {by: "warehouse", update: pick},
	"the warehouse dispatches":                  {by: "warehouse", update: dispatch},
	"the warehouse holds":                       {by: "warehouse", update: hold},
	"the warehouse lifts a hold":                {by: "warehouse", as: hold, update: func(s *v1alpha1.Shipment) { s.Spec.Hold = "" }},
	"the warehouse cannot scan":                 {by: "warehouse", as: dispatch, update: scan, refused: needs("shipments/events")},
	"the warehouse cannot bill the freight":     {by: "warehouse", update: bill, refused: needs("shipments/events")},
	"the carrier scans":                         {by: "carrier", as: dispatch, update: scan},
	"the carrier bills the freight":             {by: "carrier", update: bill},
	"the carrier cannot dispatch":               {by: "carrier", update: dispatch, refused: needs("shipments/facts")},
	"the carrier cannot lift a hold":            {by: "carrier", as: hold, update: func(s *v1alpha1.Shipment) { s.Spec.Hold = "" }, refused: needs("shipments/facts")},
	"the shop cannot write shipments":           {by: "shop", update: pick, refused: "cannot update resource"},
	"an editor creates a shipment":              {by: "editor"},
	"an editor cannot create a dispatched one":  {by: "editor", as: dispatch, refused: needs("shipments/facts")},
	"an editor cannot create a scanned one":     {by: "editor", as: scan, refused: needs("shipments/events")},
	"an editor sets labels and finalizers":      {by: "editor", as: func(s *v1alpha1.Shipment) { dispatch(s); scan(s); bill(s) }, update: mark[*v1alpha1.Shipment]},
	"an editor cannot pick":                     {by: "editor", update: pick, refused: needs("shipments/facts")},
	"an editor cannot scan":                     {by: "editor", as: dispatch, update: scan, refused: needs("shipments/events")},
	"the controller writes the status, no more": {by: "controller", updateStatus: func(s *v1alpha1.Shipment) { s.Status.Phase = v1alpha1.ShipmentPacked }},
}

// ask puts the question that the customer answers.
func ask(o *v1alpha1.Order) {
	o.Status.Questions = []v1alpha1.Question{{ID: "Shortage", Kind: "Shortage", Options: []string{"Backorder", "CancelOrder"}}}
}

func TestWhoMayWriteWhat(t *testing.T) {
	installPolicies(t)
	namespace := newNamespace(t)
	clients := map[string]client.Client{}
	for actor, roles := range actors {
		clients[actor] = bind(t, namespace, actor, roles...)
	}
	awaitPolicies(t, namespace, clients["editor"])
	t.Run("orders", func(t *testing.T) { checkDeeds(t, namespace, clients, newOrder, orderDeeds, ask) })
	t.Run("shipments", func(t *testing.T) {
		checkDeeds(t, namespace, clients, newShipment, shipmentDeeds, func(s *v1alpha1.Shipment) { s.Status.Phase = v1alpha1.ShipmentReserved })
	})
	t.Run("a permission in another namespace does not count", func(t *testing.T) {
		other := newNamespace(t)
		traveller := bind(t, namespace, "traveller", "ordercycle-approver")
		bind(t, other, "traveller", "test-editor")
		order := newOrder(other)
		order.Name = "abroad"
		if err := admin.Create(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		approve(order)
		judge(t, traveller.Update(t.Context(), order), needs("orders/approval"))
	})
}

// checkDeeds has each actor do each deed to an object of its own.
func checkDeeds[T client.Object](t *testing.T, namespace string, clients map[string]client.Client, base func(string) T, deeds map[string]deed[T], ready func(T)) {
	number := 0
	for name, d := range deeds {
		number++
		object := base(namespace)
		object.SetName(fmt.Sprintf("deed-%d", number))
		t.Run(name, func(t *testing.T) {
			ctx, actor := t.Context(), clients[d.by]
			if d.as != nil {
				d.as(object)
			}
			if d.update == nil && d.updateStatus == nil {
				judge(t, actor.Create(ctx, object), d.refused)
				return
			}
			if err := admin.Create(ctx, object); err != nil {
				t.Fatalf("preparing the object: %v", err)
			}
			if ready != nil {
				ready(object)
				if err := admin.Status().Update(ctx, object); err != nil {
					t.Fatalf("preparing the status: %v", err)
				}
			}
			if d.updateStatus != nil {
				d.updateStatus(object)
				judge(t, actor.Status().Update(ctx, object), d.refused)
				return
			}
			d.update(object)
			judge(t, actor.Update(ctx, object), d.refused)
		})
	}
}

// judge compares an answer with the refusal that is expected, "" for none.
func judge(t *testing.T, err error, refused string) {
	t.Helper()
	switch {
	case refused == "" && err != nil:
		t.Errorf("refused: %v", err)
	case refused != "" && (!apierrors.IsForbidden(err) || !strings.Contains(err.Error(), refused)):
		t.Errorf("got %v\nwant an answer 403 with %q", err, refused)
	}
}
