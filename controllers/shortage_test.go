package controllers_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv"
)

func pickShort(t *testing.T, s *v1.Shipment, line v1.Identifier, item v1.ObjectName, q v1.Quantity) {
	t.Helper()
	change(t, s, func(s *v1.Shipment) {
		s.Spec.Facts.Picked = &v1.PickedFact{ID: "p", At: testenv.Seconds(time.Now())}
		if q > 0 {
			s.Spec.Facts.Picked.Short = []v1.ShortPick{{ID: "missed", Line: line, StockItem: item, Quantity: q}}
		}
	})
}

func dispatch(t *testing.T, s *v1.Shipment) {
	t.Helper()
	change(t, s, func(s *v1.Shipment) {
		s.Spec.Facts.Dispatched = &v1.ActorFact{ID: "d", At: testenv.Seconds(time.Now())}
	})
}

// Less is counted than is promised: the last in the queue give their units back,
// those being picked stay, and everybody can see it.
func TestCase22_ACountBelowWhatIsReserved(t *testing.T) {
	t.Parallel()
	ns := shop(t)
	env.StartManager(t, ns)
	item := testenv.MakeStock(ns, "tea", "TEA", 6)
	create(t, item)
	var queue []*v1.Order
	for _, name := range []string{"a", "b", "c"} {
		o := place(t, testenv.MakeOrder(ns, name).Line("TEA", 2))
		awaitOrder(t, o, lines("2/0"))
		queue = append(queue, o)
	}
	// The last one is being picked.
	pickShort(t, shipment(queue[2], 1), "1", "tea", 0)
	awaitShipment(t, shipment(queue[2], 1), shipmentPhase(v1.ShipmentPicking))
	stockTake(t, item, 3)
	awaitShipment(t, shipment(queue[1], 1), shipmentPhase(v1.ShipmentCancelled))
	awaitShipment(t, shipment(queue[0], 1), shipmentPhase(v1.ShipmentCancelled))
	awaitShipment(t, shipment(queue[2], 1), shipmentPhase(v1.ShipmentPicking))
	if text := readyText(get(t, shipment(queue[1], 1)).Status.Conditions); !strings.Contains(text, "tea was counted below") {
		t.Errorf("the Shipment says %s", text)
	}
	// What is left goes to the first of them.
	awaitOrder(t, queue[0], lines("1/1"))
	awaitOrder(t, queue[1], lines("0/2"))
	awaitStock(t, item, 3, 3)
	if st := get(t, item).Status; st.Short != 0 || meta.IsStatusConditionTrue(st.Conditions, v1.ConditionCountConflict) {
		t.Errorf("the item is still short by %d", st.Short)
	}
	// Where only such are left that are being picked, the conflict stays visible.
	pickShort(t, shipment(queue[0], 2), "1", "tea", 0)
	awaitShipment(t, shipment(queue[0], 2), shipmentPhase(v1.ShipmentPicking))
	stockTake(t, item, 1)
	testenv.Eventually(t, func() string {
		st := get(t, item).Status
		if st.Short != 2 || len(st.Recalled) > 0 || !meta.IsStatusConditionTrue(st.Conditions, v1.ConditionCountConflict) || !meta.IsStatusConditionTrue(st.Conditions, v1.ConditionStalled) {
			return fmt.Sprintf("want a conflict of 2 units, have %d, recalled %v", st.Short, st.Recalled)
		}
		return ""
	})
	// The units were there after all, and leave.
	dispatch(t, shipment(queue[0], 2))
	dispatch(t, shipment(queue[2], 1))
	awaitStock(t, item, 0, 0)
	if st := get(t, item).Status; st.Overdrawn != 2 {
		t.Errorf("2 units left that were not counted, overdrawn is %d", st.Overdrawn)
	}
	noDifference(t, ns)
}

// The customer and the shop change their minds while nobody looks.
func TestCase28_EditsThatNobodySaw(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edits []func(*v1.Order)
		// refused is the last edit.
		refused bool
		want    string
	}{
		"a cancel that is withdrawn": {[]func(*v1.Order){
			func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{} }, func(o *v1.Order) { o.Spec.Cancel = nil },
		}, false, "3/0"},
		"a pause that ends": {[]func(*v1.Order){
			func(o *v1.Order) { o.Spec.Management = v1.ManagementPaused }, func(o *v1.Order) { o.Spec.Management = v1.ManagementActive },
		}, false, "3/0"},
		"3, then 1, then 3 again, which is refused": {[]func(*v1.Order){
			func(o *v1.Order) { o.Spec.Lines[0].Quantity = 1 }, func(o *v1.Order) { o.Spec.Lines[0].Quantity = 3 },
		}, true, "1/0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := shop(t)
			stop := env.StartManager(t, ns)
			item := testenv.MakeStock(ns, "tea", "TEA", 3)
			create(t, item)
			o := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 3))
			awaitOrder(t, o, lines("3/0"))
			awaitStock(t, item, 3, 3)
			stop()
			for i, edit := range test.edits {
				before := get(t, o).DeepCopy()
				edit(o)
				err := env.Client.Patch(t.Context(), o, client.MergeFrom(before))
				if refused := test.refused && i == len(test.edits)-1; (err != nil) != refused {
					t.Fatalf("edit %d: %v", i, err)
				}
			}
			env.StartManager(t, ns)
			awaitOrder(t, get(t, o), func(o *v1.Order) string {
				return cmp.Or(seen(o), lines(test.want)(o))
			})
			kept := o.Status.Lines[0].Ordered - o.Status.Lines[0].Cancelled
			awaitStock(t, item, 3, kept)
			dispatchAll(t, o)
			awaitStock(t, item, 3-kept, 0)
			noDifference(t, ns)
		})
	}
}

// dispatchAll lets every reserved Shipment of an Order leave.
func dispatchAll(t *testing.T, o *v1.Order) {
	t.Helper()
	var list v1.ShipmentList
	if err := env.Client.List(t.Context(), &list, client.InNamespace(o.Namespace)); err != nil {
		t.Fatal(err)
	}
	for i := range list.Items {
		if s := &list.Items[i]; string(s.Spec.OrderName) == o.Name && s.Status.Phase == v1.ShipmentReserved {
			dispatch(t, s)
		}
	}
}

// Units that are not where they should be are promised elsewhere, and not from
// the same place before somebody has counted.
func TestAShortPick(t *testing.T) {
	t.Parallel()
	ns := shop(t, func(c *v1.OrderClass) {
		c.Spec.Allocation = &v1.AllocationPolicy{Rules: []v1.AllocationRule{v1.RulePriority}}
		c.Spec.Locations = []v1.Location{{Name: "near", Priority: new(int32(1))}, {Name: "far", Priority: new(int32(2))}}
	})
	env.StartManager(t, ns)
	near, far := at("near", testenv.MakeStock(ns, "near", "TEA", 3)), at("far", testenv.MakeStock(ns, "far", "TEA", 1))
	create(t, near, far)
	awaitCounters(t, near, 3, 0)
	awaitCounters(t, far, 1, 0)
	o := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 3))
	awaitOrder(t, o, lines("3/0"))
	pickShort(t, shipment(o, 1), "1", "near", 2)
	awaitShipment(t, shipment(o, 2), holds("far", 1))
	awaitOrder(t, o, lines("2/1"))
	awaitStock(t, near, 3, 1)
	if st := get(t, near).Status; st.Missing != 2 || st.Available != 0 || !meta.IsStatusConditionTrue(st.Conditions, v1.ConditionRecountRequired) {
		t.Errorf("missing %d, available %d", st.Missing, st.Available)
	}
	dispatch(t, shipment(o, 1))
	awaitStock(t, near, 2, 0)
	// They turn up.
	stockTake(t, near, 2)
	awaitOrder(t, o, lines("2/0"))
	if st := get(t, near).Status; st.Missing != 0 || meta.IsStatusConditionTrue(st.Conditions, v1.ConditionRecountRequired) {
		t.Errorf("missing %d after the count", st.Missing)
	}
	dispatchAll(t, o)
	awaitStock(t, near, 1, 0)
	awaitStock(t, far, 0, 0)
	noDifference(t, ns)
}

func TestHardSafetyStockIsNeverPromised(t *testing.T) {
	t.Parallel()
	ns := shop(t)
	env.StartManager(t, ns)
	item := testenv.MakeStock(ns, "tea", "TEA", 5)
	item.Spec.Safety = &v1.SafetyStock{Hard: 2}
	create(t, item)
	o := place(t, testenv.MakeOrder(ns, "a").Line("TEA", 5))
	awaitOrder(t, o, lines("3/2"))
	awaitStock(t, item, 5, 3)
	change(t, item, func(i *v1.StockItem) { i.Spec.Safety.Hard = 0 })
	awaitOrder(t, o, lines("5/0"))
}

// Each policy, on an order that was paid by wallet: 1 of 3 units of tea and the
// cup are in stock.
func TestCase05_ShortagePolicies(t *testing.T) {
	t.Parallel()
	for policy, want := range map[v1.ShortagePolicy]struct {
		lines []string
		// kept is the money that is kept of 4 times 10.00.
		kept v1.Amount
	}{
		v1.ShortageBackorder:     {[]string{"1/2", "1/0"}, 4000},
		v1.ShortageShipAvailable: {[]string{"1/0", "1/0"}, 2000},
		v1.ShortageCancelLine:    {[]string{"0/0", "1/0"}, 1000},
		v1.ShortageCancelOrder:   {[]string{"0/0", "0/0"}, 0},
	} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			ns := shop(t, func(c *v1.OrderClass) { c.Spec.Shortage = policy })
			env.StartManager(t, ns)
			o := paidByWallet(t, ns)
			awaitOrder(t, o, lines(want.lines...))
			awaitMoney(t, o, want.kept)
			if policy == v1.ShortageCancelOrder {
				awaitOrder(t, o, inPhase(v1.OrderCancelled))
			}
			noDifference(t, ns)
		})
	}
	t.Run("Ask, and the answer", func(t *testing.T) {
		t.Parallel()
		ns := shop(t, func(c *v1.OrderClass) { c.Spec.Shortage = v1.ShortageAsk })
		env.StartManager(t, ns)
		o := paidByWallet(t, ns)
		awaitOrder(t, o, func(o *v1.Order) string {
			if c := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionShortage); c == nil || c.Reason != v1.ReasonAwaitingAnswer || len(o.Status.Questions) != 1 {
				return "want the customer to be asked"
			}
			return lines("1/2", "1/0")(o)
		})
		change(t, o, func(o *v1.Order) {
			o.Spec.Answers = []v1.Answer{{Question: o.Status.Questions[0].ID, Choice: "ShipAvailable"}}
		})
		awaitOrder(t, o, lines("1/0", "1/0"))
		awaitMoney(t, o, 2000)
	})
}

// paidByWallet places an order that is captured when it is confirmed.
func paidByWallet(t *testing.T, ns string) *v1.Order {
	t.Helper()
	tea, cup := testenv.MakeStock(ns, "tea", "TEA", 1), testenv.MakeStock(ns, "cup", "CUP", 1)
	create(t, tea, cup, testenv.MakeToken(ns, "tok", "tok_ok"))
	awaitCounters(t, tea, 1, 0)
	awaitCounters(t, cup, 1, 0)
	return place(t, testenv.MakeOrder(ns, "a").Line("TEA", 3).Line("CUP", 1).Pay(v1.PaymentOnline).Token("tok"))
}

// awaitMoney waits until what came in less what went back is as wanted.
func awaitMoney(t *testing.T, o *v1.Order, kept v1.Amount) {
	t.Helper()
	awaitOrder(t, o, func(o *v1.Order) string {
		if a := o.Status.Amounts; a.Captured-a.Refunded != kept || a.Due != kept {
			return fmt.Sprintf("want %d kept and due, have %d - %d and %d", kept, a.Captured, a.Refunded, a.Due)
		}
		return ""
	})
}

// A cancel and a dispatch meet: one of them wins, and the books agree with it.
func TestCase11_CancelAndDispatchInTheSameSecond(t *testing.T) {
	t.Parallel()
	ns := shop(t)
	env.StartManager(t, ns)
	const n = 10
	item := testenv.MakeStock(ns, "tea", "TEA", n)
	create(t, item)
	var placed []*v1.Order
	for i := range n {
		o := place(t, testenv.MakeOrder(ns, fmt.Sprint("o-", i)).Line("TEA", 1))
		awaitOrder(t, o, lines("1/0"))
		placed = append(placed, o)
	}
	parallel(t, 2*n, func(i int) error {
		o := placed[i/2].DeepCopy()
		if i%2 == 0 {
			before := o.DeepCopy()
			o.Spec.Cancel = &v1.CancelRequest{}
			return env.Client.Patch(t.Context(), o, client.MergeFrom(before))
		}
		return tryDispatch(t, o)
	})
	left := v1.Quantity(0)
	for _, o := range placed {
		awaitOrder(t, o, func(o *v1.Order) string {
			l, s := o.Status.Lines[0], get(t, shipment(o, 1))
			dispatched := s.Status.DispatchedAt != nil
			refused := meta.IsStatusConditionTrue(o.Status.Conditions, v1.ConditionCancelRefused)
			switch {
			case dispatched && l.Dispatched == 1 && l.Cancelled == 0 && refused && o.Status.Phase == v1.OrderShipped:
			case !dispatched && s.Status.CancelledAt != nil && l.Dispatched == 0 && l.Cancelled == 1 && o.Status.Phase == v1.OrderCancelled:
			default:
				return fmt.Sprintf("want one of the two to win, have dispatched %v, line %+v, refused %v", dispatched, l, refused)
			}
			return ""
		})
		left += o.Status.Lines[0].Dispatched
	}
	awaitStock(t, item, n-left, 0)
	t.Logf("%d left, %d were cancelled", left, n-left)
	noDifference(t, ns)
}

// tryDispatch states that the first Shipment of an order has left. The API server
// refuses it once the Shipment is cancelled.
func tryDispatch(t *testing.T, o *v1.Order) error {
	text := fmt.Sprintf(`{"spec":{"facts":{"dispatched":{"id":"d","at":%q}}}}`, testenv.Seconds(time.Now()).Format(time.RFC3339))
	err := env.Client.Patch(t.Context(), shipment(o, 1), client.RawPatch(types.MergePatchType, []byte(text)))
	if apierrors.IsInvalid(err) {
		return nil
	}
	return err
}
