package lifecycle

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// What the customer may be shown follows the order through its life.
func TestCustomerView(t *testing.T) {
	eta := func(n, hours int) func(*shop) {
		return func(s *shop) {
			at := *ptr(noon.Add(time.Duration(hours) * time.Hour))
			s.shipment(n).Status.ETA = &v1.Arrival{P50: at, P90: at}
			s.shipment(n).Status.Route = []v1.RouteLeg{{Partner: "trucks"}, {Partner: "bikes"}}
		}
	}
	by := func(hours int) *metav1.Time { return ptr(noon.Add(time.Duration(hours) * time.Hour)) }
	one := func(state v1.ParcelState, expected *metav1.Time) []v1.CustomerParcel {
		return []v1.CustomerParcel{{Name: "order-s1", State: state, Carrier: "bikes", ExpectedBy: expected}}
	}
	both := func(v v1.CustomerView) *v1.CustomerView {
		v.Total, v.Ordered = "20.00 CNY", 2
		if v.Due == "" {
			v.Due = v.Total
		}
		if v.Paid == "" {
			v.Paid = "0.00 CNY"
		}
		return &v
	}
	sent := []func(*shop){func(s *shop) { s.ship(2) }, func(s *shop) { s.reserve(1) }, eta(1, 20)}
	arrived := append(sent[:3:3], func(s *shop) { s.dispatch(1) }, func(s *shop) { s.now = noon.Add(9 * time.Hour); s.deliver(1); s.shipment(1).Status.ETA = nil })
	mismatch := func(s *shop) { s.order().Spec.ExpectedTotal = new(v1.Amount(1999)) }
	asking := promising()
	asking.Spec.Shortage = v1.ShortageAsk
	for name, test := range map[string]struct {
		class *v1.OrderClass
		first func(*shop)
		steps []func(*shop)
		want  *v1.CustomerView
	}{
		"it waits for goods":        {promising(), nil, nil, both(v1.CustomerView{State: v1.CustomerAwaitingGoods, ExpectedBy: by(48)})},
		"a price is asked about":    {promising(), mismatch, nil, both(v1.CustomerView{State: v1.CustomerNeedsAnswer, Questions: []v1.Identifier{"Price-2000"}})},
		"somebody has to approve":   {withHold(promising(), 24, 2000), nil, nil, both(v1.CustomerView{State: v1.CustomerChecking})},
		"a shortage is asked about": {asking, nil, nil, both(v1.CustomerView{State: v1.CustomerNeedsAnswer, Questions: []v1.Identifier{"Shortage"}, ExpectedBy: by(48)})},
		"it is packed":              {promising(), nil, sent, both(v1.CustomerView{State: v1.CustomerPreparing, ExpectedBy: by(20), Parcels: one(v1.ParcelPreparing, by(20))})},
		"it has left": {promising(), nil, append(sent[:3:3], func(s *shop) { s.dispatch(1) }),
			both(v1.CustomerView{State: v1.CustomerOnItsWay, Paid: "20.00 CNY", ExpectedBy: by(20), Parcels: one(v1.ParcelOnItsWay, by(20))})},
		"it was lost": {promising(), nil, append(sent[:3:3], func(s *shop) {
			s.dispatch(1)
			s.shipment(1).Status.Phase, s.shipment(1).Status.ETA = v1.ShipmentLost, nil
		}),
			both(v1.CustomerView{State: v1.CustomerOnItsWay, Paid: "20.00 CNY", ExpectedBy: by(48), Parcels: one(v1.ParcelProblem, nil)})},
		"it has arrived": {promising(), nil, arrived,
			both(v1.CustomerView{State: v1.CustomerDelivered, Paid: "20.00 CNY", Arrived: 2, Parcels: one(v1.ParcelArrived, nil)})},
		"it is over, and a part was given back": {promising(), nil, append(arrived[:5:5], func(s *shop) { s.now = noon.Add(99 * time.Hour) }, late(500), refundByHand(700)),
			both(v1.CustomerView{State: v1.CustomerDelivered, Paid: "18.00 CNY", Arrived: 2, Parcels: one(v1.ParcelArrived, nil)})},
		"it was refused": {promising(), func(s *shop) { s.order().Spec.Approval = &v1.Approval{Decision: v1.DecisionReject} }, nil,
			both(v1.CustomerView{State: v1.CustomerRefused, Due: "0.00 CNY"})},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, test.class, v1.PaymentCard, 2)
			s.order().Spec.ServiceLevel = v1.ServiceStandard
			if test.first != nil {
				test.first(s)
			}
			if test.class == asking {
				s.stock(1, 0)
			}
			s.settle()
			for _, step := range test.steps {
				step(s)
				s.settle()
			}
			if diff := cmp.Diff(test.want, s.order().Status.CustomerView); diff != "" {
				t.Errorf("view (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("it was cancelled", func(t *testing.T) {
		s := newShop(t, promising(), v1.PaymentCard, 2)
		s.settle()
		cancel(s)
		s.settle()
		want := &v1.CustomerView{State: v1.CustomerCancelled, Total: "20.00 CNY", Due: "0.00 CNY", Paid: "0.00 CNY"}
		if diff := cmp.Diff(want, s.order().Status.CustomerView); diff != "" {
			t.Errorf("view (-want +got):\n%s", diff)
		}
	})
}

// Nothing that is the shop's own gets into what the customer may be shown.
func TestCustomerViewIsPublic(t *testing.T) {
	c := promising()
	c.Spec.CreditLimit = &v1.CreditLimit{Amount: 1, Currency: "CNY"}
	s := newShop(t, c, v1.PaymentCash, 2)
	s.facts.Stock["tea-1"] = Stock{UnitCost: 4321}
	s.settle()
	s.ship(2).Spec.Location = "secret-cellar"
	s.reserve(1)
	s.shipment(1).Status.QuotedFreight = new(v1.Amount(8765))
	s.settle()
	text, err := json.Marshal(s.order().Status.CustomerView)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"4321", "8765", "cellar", "OverCreditLimit", "Ann Example", "retail", "uid"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s has %q", text, secret)
		}
	}
}
