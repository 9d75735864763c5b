package controllers_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// shop is a namespace with a class whose warehouse waits for facts.
func shop(t *testing.T, tune ...func(*v1.OrderClass)) string {
	t.Helper()
	ns := env.Namespace(t)
	class := testenv.Manual(testenv.MakeClass(ns, "retail"))
	for _, f := range tune {
		f(class)
	}
	create(t, class)
	return ns
}

// at puts a StockItem to a location.
func at(location v1.Identifier, item *v1.StockItem) *v1.StockItem {
	item.Spec.Location = location
	return item
}

// stockTake states a new stock-take, taken just now.
func stockTake(t *testing.T, item *v1.StockItem, quantity v1.Quantity) {
	t.Helper()
	taken := testenv.Seconds(time.Now())
	change(t, item, func(i *v1.StockItem) {
		if last := i.Status.CountTakenAt; last != nil && !taken.After(last.Time) {
			taken = testenv.Seconds(last.Add(time.Second))
		}
		i.Spec.Count = &v1.StockCount{Quantity: quantity, ID: v1.Identifier("count-" + taken.Format("150405")), TakenAt: taken}
	})
	// Times are kept in seconds: what is stated in the same one was seen by the count.
	testenv.Eventually(t, func() string {
		if !testenv.Seconds(time.Now()).After(taken.Time) {
			return "the second of the stock-take has not passed"
		}
		return ""
	})
}

// place creates an Order and waits until it was confirmed, so that orders have
// the places in the queue in which they are placed.
func place(t *testing.T, b *testenv.OrderBuilder) *v1.Order {
	t.Helper()
	o := b.Obj()
	create(t, o)
	awaitOrder(t, o, func(o *v1.Order) string {
		if o.Status.ConfirmedAt == nil {
			return "want it confirmed"
		}
		return ""
	})
	return o
}

// lines wants units of each line as "reserved/backordered".
func lines(want ...string) func(*v1.Order) string {
	return func(o *v1.Order) string {
		var have []string
		for _, l := range o.Status.Lines {
			have = append(have, fmt.Sprintf("%d/%d", l.Reserved, l.Backordered))
		}
		if !slices.Equal(have, want) {
			return fmt.Sprintf("want reserved/backordered %v, have %v", want, have)
		}
		return ""
	}
}

// holds wants a Shipment to be reserved with units from a location.
func holds(location v1.Identifier, q v1.Quantity) func(*v1.Shipment) string {
	return func(s *v1.Shipment) string {
		var sum v1.Quantity
		for _, i := range s.Spec.Items {
			sum += i.Quantity
		}
		if s.Status.ReservedAt == nil || s.Spec.Location != location || sum != q {
			return fmt.Sprintf("want %d reserved at %s, have %d at %s", q, location, sum, s.Spec.Location)
		}
		return ""
	}
}

func TestCase01_OldManifestsDoNotResetStock(t *testing.T) {
	t.Parallel()
	ns := shop(t)
	env.StartManager(t, ns)
	item := testenv.MakeStock(ns, "tea", "TEA", 5)
	first := item.Spec.Count.DeepCopy()
	create(t, item)
	awaitCounters(t, item, 5, 0)
	o := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 2))
	awaitOrder(t, o, lines("2/0"))
	stockTake(t, item, 4)
	awaitCounters(t, item, 4, 2)
	second := item.Spec.Count.DeepCopy()
	for name, c := range map[string]*v1.StockCount{
		v1.ReasonCountSuperseded: first,
		v1.ReasonCountApplied:    {ID: second.ID, TakenAt: second.TakenAt, Quantity: 99},
	} {
		change(t, item, func(i *v1.StockItem) { i.Spec.Count = c })
		testenv.Eventually(t, func() string {
			st := get(t, item).Status
			got := meta.FindStatusCondition(st.Conditions, v1.ConditionCountApplied)
			if st.ObservedGeneration != item.Generation || got == nil || got.Reason != name || st.OnHand != 4 || st.Reserved != 2 {
				return fmt.Sprintf("want %s and 4 on hand, 2 reserved; have %+v, %d, %d", name, got, st.OnHand, st.Reserved)
			}
			return ""
		})
	}
}

func TestCase02_TwoLinesOfOneSKU(t *testing.T) {
	t.Parallel()
	ns := shop(t)
	env.StartManager(t, ns)
	item := testenv.MakeStock(ns, "tea", "TEA", 1)
	create(t, item)
	o := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 1).Line("TEA", 1))
	awaitOrder(t, o, lines("1/0", "0/1"))
	awaitStock(t, item, 1, 1)
	stockTake(t, item, 2)
	awaitOrder(t, o, lines("1/0", "1/0"))
	awaitStock(t, item, 2, 2)
}

func TestCase06_UnitsOverTwoLocationsSumUp(t *testing.T) {
	t.Parallel()
	ns := shop(t, func(c *v1.OrderClass) {
		c.Spec.Allocation = &v1.AllocationPolicy{Rules: []v1.AllocationRule{v1.RulePriority}}
		c.Spec.Locations = []v1.Location{{Name: "near", Priority: new(int32(1))}, {Name: "far", Priority: new(int32(2))}}
	})
	env.StartManager(t, ns)
	near, far := at("near", testenv.MakeStock(ns, "near", "TEA", 10)), at("far", testenv.MakeStock(ns, "far", "TEA", 15))
	create(t, near, far)
	awaitCounters(t, near, 10, 0)
	awaitCounters(t, far, 15, 0)
	o := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 13))
	awaitOrder(t, o, lines("13/0"))
	awaitShipment(t, shipment(o, 1), holds("near", 10))
	awaitShipment(t, shipment(o, 2), holds("far", 3))
	if reason := get(t, shipment(o, 1)).Spec.LocationReason; reason != v1.LocationPriority {
		t.Errorf("the reason for the location is %s", reason)
	}
	awaitStock(t, near, 10, 10)
	awaitStock(t, far, 15, 3)
}

func TestCase07_ACancelFeedsTheQueueInOrder(t *testing.T) {
	t.Parallel()
	ns := shop(t)
	env.StartManager(t, ns)
	item := testenv.MakeStock(ns, "tea", "TEA", 3)
	create(t, item)
	// Half of a is shipped from stock, half of it waits, and others behind it.
	a := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 4))
	awaitOrder(t, a, lines("3/1"))
	b := place(t, testenv.MakeOrder(ns, "b").Line("TEA", 2))
	c := place(t, testenv.MakeOrder(ns, "c").Line("TEA", 2))
	change(t, a, func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{Reason: "changed my mind"} })
	awaitOrder(t, a, inPhase(v1.OrderCancelled))
	awaitOrder(t, b, lines("2/0"))
	awaitOrder(t, c, lines("1/1"))
	awaitStock(t, item, 3, 3)
}

func TestCase08_APartialReceiptServesTheQueue(t *testing.T) {
	t.Parallel()
	whole := func(fenceAfter int32) func(*v1.OrderClass) {
		return func(c *v1.OrderClass) {
			c.Name, c.Annotations = "whole", nil
			c.Spec.Allocation = &v1.AllocationPolicy{Mode: v1.AllocationAllOrNothing, FenceAfterHours: &fenceAfter}
		}
	}
	for name, test := range map[string]struct {
		second func(*v1.OrderClass)
		want   [3]string
	}{
		"2, then 1 of 4":               {nil, [3]string{"2/0", "1/3", "0/1"}},
		"everything at once is passed": {whole(24), [3]string{"2/0", "0/4", "1/0"}},
		"and in the end it fences":     {whole(0), [3]string{"2/0", "0/4", "0/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := shop(t)
			env.StartManager(t, ns)
			item := testenv.MakeStock(ns, "tea", "TEA", 0)
			create(t, item)
			second := testenv.MakeOrder(ns, "b").Line("TEA", 4)
			if test.second != nil {
				class := testenv.Manual(testenv.MakeClass(ns, "retail"))
				test.second(class)
				create(t, class)
				second.Change(func(o *v1.Order) { o.Spec.ClassName = "whole" })
			}
			queue := []*v1.Order{place(t, testenv.MakeOrder(ns, "a").Line("TEA", 2)), place(t, second), place(t, testenv.MakeOrder(ns, "c").Line("TEA", 1))}
			stockTake(t, item, 3)
			for i, o := range queue {
				awaitOrder(t, o, lines(test.want[i]))
			}
			// Nobody starves: with 7 units all are served.
			stockTake(t, item, 7)
			for i, o := range queue {
				awaitOrder(t, o, lines([]string{"2/0", "4/0", "1/0"}[i]))
			}
			awaitStock(t, item, 7, 7)
		})
	}
}

func TestCase09_ASplitKeepsBackorderedUnitsBackordered(t *testing.T) {
	t.Parallel()
	ns := shop(t)
	env.StartManager(t, ns)
	item := testenv.MakeStock(ns, "tea", "TEA", 2)
	create(t, item)
	o := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 5))
	awaitOrder(t, o, lines("2/3"))
	change(t, shipment(o, 1), func(s *v1.Shipment) {
		s.Spec.Facts.Dispatched = &v1.ActorFact{ID: "d", At: testenv.Seconds(time.Now())}
	})
	awaitOrder(t, o, func(o *v1.Order) string {
		if l := o.Status.Lines[0]; l.Dispatched != 2 || l.Backordered != 3 || o.Status.Phase != v1.OrderBackordered {
			return fmt.Sprintf("want 2 dispatched and 3 backordered, have %+v", l)
		}
		return ""
	})
	awaitStock(t, item, 0, 0)
	stockTake(t, item, 2)
	awaitOrder(t, o, lines("2/1"))
}

func TestCase10_ACancelledShipmentKeepsThePlaceOfItsOrder(t *testing.T) {
	t.Parallel()
	ns := shop(t)
	env.StartManager(t, ns)
	item := testenv.MakeStock(ns, "tea", "TEA", 2)
	create(t, item)
	a := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 2))
	awaitOrder(t, a, lines("2/0"))
	b := place(t, testenv.MakeOrder(ns, "b").Line("TEA", 2))
	change(t, shipment(a, 1), func(s *v1.Shipment) {
		s.Spec.Facts.Picked = &v1.PickedFact{ID: "p", At: testenv.Seconds(time.Now())}
	})
	awaitShipment(t, shipment(a, 1), shipmentPhase(v1.ShipmentPicking))
	change(t, shipment(a, 1), func(s *v1.Shipment) {
		s.Spec.Facts.PutBack = &v1.ActorFact{ID: "b", At: testenv.Seconds(time.Now())}
	})
	awaitShipment(t, shipment(a, 1), shipmentPhase(v1.ShipmentCancelled))
	awaitShipment(t, shipment(a, 2), holds("main", 2))
	awaitOrder(t, a, lines("2/0"))
	awaitOrder(t, b, lines("0/2"))
	awaitStock(t, item, 2, 2)
}

func TestCase31_TwoItemsOfWholeOrdersDoNotLockUp(t *testing.T) {
	t.Parallel()
	ns := shop(t, func(c *v1.OrderClass) { c.Spec.Allocation = &v1.AllocationPolicy{Mode: v1.AllocationAllOrNothing} })
	env.StartManager(t, ns)
	tea, cup := testenv.MakeStock(ns, "tea", "TEA", 0), testenv.MakeStock(ns, "cup", "CUP", 0)
	create(t, tea, cup)
	a := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 1).Line("CUP", 1))
	b := place(t, testenv.MakeOrder(ns, "b").Line("CUP", 1).Line("TEA", 1))
	stockTake(t, tea, 1)
	awaitCounters(t, tea, 1, 0)
	stockTake(t, cup, 1)
	awaitOrder(t, a, lines("1/0", "1/0"))
	awaitOrder(t, b, lines("0/1", "0/1"))
	stockTake(t, tea, 2)
	awaitStock(t, tea, 2, 1) // no part of b is held
	stockTake(t, cup, 2)
	awaitOrder(t, b, lines("1/0", "1/0"))
	awaitStock(t, tea, 2, 2)
	awaitStock(t, cup, 2, 2)
}
