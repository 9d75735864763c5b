package controllers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// carrierShop is a shop whose Partners deliver; its warehouse is run by people.
func carrierShop(t *testing.T, partners ...*v1.Partner) string {
	t.Helper()
	ns := env.Namespace(t)
	class := testenv.ByPartners(testenv.MakeClass(ns, "retail"))
	class.Spec.Warehouse = v1.WarehousePolicy{Type: v1.WarehouseManual}
	create(t, class, testenv.MakeStock(ns, "tea", "TEA", 9))
	for _, p := range partners {
		p.Namespace = ns
		create(t, p)
	}
	return ns
}

// onLanes wants a route of these lanes, none for none.
func onLanes(want ...v1.Identifier) func(*v1.Shipment) string {
	return func(s *v1.Shipment) string {
		var got []v1.Identifier
		for _, l := range s.Status.Route {
			got = append(got, l.Lane)
		}
		routed := meta.FindStatusCondition(s.Status.Conditions, v1.ConditionRouted)
		if routed == nil || !slices.Equal(got, want) || (routed.Status == metav1.ConditionTrue) != (len(want) > 0) {
			return fmt.Sprintf("route %v, %+v, want %v", got, routed, want)
		}
		return ""
	}
}

// conditionIs wants a condition with a reason, "" for none.
func conditionIs(conditions func() []metav1.Condition, kind, reason string) func() string {
	return func() string {
		got := ""
		if c := meta.FindStatusCondition(conditions(), kind); c != nil {
			got = c.Reason
		}
		if got != reason {
			return fmt.Sprintf("%s has reason %q, want %q", kind, got, reason)
		}
		return ""
	}
}

// A Shipment without a route gets one when a Partner comes that leads to its customer,
// and travels on it with a scan at the end of each lane.
func TestARouteIsFoundWhenAPartnerComes(t *testing.T) {
	t.Parallel()
	elsewhere := testenv.MakePartner("", "elsewhere")
	elsewhere.Spec.Lanes[1].To.Area.Country = "DE"
	ns := carrierShop(t, elsewhere)
	env.StartManager(t, ns)
	o := place(t, testenv.MakeOrder(ns, "o").Line("TEA", 2))
	s := shipment(o, 1)
	awaitShipment(t, s, onLanes())
	create(t, testenv.MakePartner(ns, "trucks"))
	awaitShipment(t, s, onLanes("out", "door"))
	awaitOrder(t, o, func(o *v1.Order) string {
		if d := o.Status.Delivery; d == nil || d.ETA == nil || d.Punctuality != v1.PunctualityOnTime {
			return fmt.Sprintf("its delivery is %+v", d)
		}
		return ""
	})
	dispatch(t, s)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentDelivered))
	var scans []string
	for _, e := range get(t, s).Spec.Events {
		scans = append(scans, fmt.Sprint(e.Type, " ", e.Location))
	}
	if want := []string{"Accepted ", "InTransit hub", "OutForDelivery ", "Delivered "}; !slices.Equal(scans, want) {
		t.Errorf("scans %q, want %q", scans, want)
	}
	awaitOrder(t, o, func(o *v1.Order) string {
		if d := o.Status.Delivery; d.ETA != nil || d.Punctuality != v1.PunctualityOnTime {
			return fmt.Sprintf("its delivery is %+v", d)
		}
		return ""
	})
}

// A cutoff that is missed is another one to keep, and a promise that is broken is told
// of, each when its time has come.
func TestACutoffIsMissedAndAPromiseBroken(t *testing.T) {
	t.Parallel()
	clock := &movableClock{}
	trucks := testenv.MakePartner("", "trucks")
	trucks.Spec.Adapter = v1.PartnerAdapter{Type: v1.AdapterManual}
	trucks.Spec.Lanes[0].Cutoff = clock.Now().UTC().Add(2 * time.Hour).Format("15:04")
	ns := carrierShop(t, trucks)
	env.StartManager(t, ns, func(o *controllers.Options) { o.Clock = clock })
	o := place(t, testenv.MakeOrder(ns, "o").Line("TEA", 2))
	s := shipment(o, 1)
	awaitShipment(t, s, onLanes("out", "door"))
	first := get(t, s).Status
	if !strings.HasPrefix(first.Wave, "main/trucks/out/") {
		t.Errorf("its wave is %s", first.Wave)
	}
	clock.move(t, 3*time.Hour)
	touch(t, s)
	awaitShipment(t, s, func(s *v1.Shipment) string {
		if by, was := s.Status.Route[0].DepartBy, first.Route[0].DepartBy; !by.Equal(new(metav1.NewTime(was.Add(24*time.Hour)))) || s.Status.Wave == first.Wave {
			return fmt.Sprintf("it departs by %v in wave %s, after %v", by, s.Status.Wave, was)
		}
		return ""
	})
	clock.move(t, 80*time.Hour, o)
	touch(t, s)
	testenv.Eventually(t, conditionIs(func() []metav1.Condition { return get(t, s).Status.Conditions }, v1.ConditionLate, v1.ReasonNotArrived))
	testenv.Eventually(t, conditionIs(func() []metav1.Condition { return get(t, o).Status.Conditions }, v1.ConditionLate, v1.ReasonNotArrived))
}

// touch makes the manager look at a Shipment again: it sleeps by the real clock.
func touch(t *testing.T, s *v1.Shipment) {
	t.Helper()
	change(t, s, func(s *v1.Shipment) {
		if s.Labels == nil {
			s.Labels = map[string]string{}
		}
		s.Labels["test/touched"] += "x"
	})
}

// A Partner whose calendar cannot be read is in no route, and says what to mend.
func TestAPartnerOfNoPlace(t *testing.T) {
	t.Parallel()
	p := testenv.MakePartner("", "trucks")
	p.Spec.Calendar = &v1.Calendar{TimeZone: "Asia/Nowhere"}
	ns := carrierShop(t, p)
	env.StartManager(t, ns)
	reason := func() []metav1.Condition { return get(t, p).Status.Conditions }
	testenv.Eventually(t, conditionIs(reason, v1.ConditionStalled, v1.ReasonBadCalendar))
	o := place(t, testenv.MakeOrder(ns, "o").Line("TEA", 2))
	awaitShipment(t, shipment(o, 1), onLanes())
	change(t, p, func(p *v1.Partner) { p.Spec.Calendar.TimeZone = "Asia/Shanghai" })
	testenv.Eventually(t, conditionIs(reason, v1.ConditionReady, v1.ReasonUsable))
	awaitShipment(t, shipment(o, 1), onLanes("out", "door"))
}
