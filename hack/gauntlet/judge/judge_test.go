package judge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/history"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

// sale is a run in which an order for 2 units at 10.00 was delivered and paid. Each
// test breaks it in one way.
type sale struct {
	Run
	revision int64
}

func (s *sale) store(o client.Object) {
	s.revision++
	o.SetResourceVersion(fmt.Sprint(s.revision))
	s.Versions = append(s.Versions, history.Version{Revision: s.revision, Object: o.DeepCopyObject().(client.Object)})
}

func delivered() *sale {
	s := &sale{}
	at := metav1.NewTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	o, item, parcel := &v1.Order{}, &v1.StockItem{}, &v1.Shipment{}
	o.Name, o.UID, o.Generation = "o", "uid-o", 1
	item.Name, item.UID, item.Generation = "tea", "uid-tea", 1
	parcel.Name, parcel.UID = "o-s1", "uid-s1"
	item.Status = v1.StockItemStatus{ObservedGeneration: 1, OnHand: 5, Available: 5, CountID: "count-1"}
	s.store(item)
	o.Status.Phase, o.Status.ObservedGeneration = v1.OrderReceived, 1
	s.store(o)
	hold := v1.PaymentOperation{ID: "hold", Kind: v1.OperationAuthorize, Seq: 1, Amount: 2000, State: v1.OperationSucceeded, Basis: 1}
	o.Status.Phase, o.Status.ConfirmedAt = v1.OrderConfirmed, new(metav1.NewMicroTime(at.Time))
	o.Status.Amounts = &v1.OrderAmounts{Total: 2000, Due: 2000, Authorized: 2000}
	o.Status.Payment = &v1.PaymentStatus{Operations: []v1.PaymentOperation{hold}}
	o.Status.Lines = []v1.OrderLineStatus{{ID: "1", Ordered: 2, Net: 2000}}
	s.store(o)
	item.Status.Reserved, item.Status.Available = 2, 3
	item.Status.Postings = []v1.Posting{{ID: "g/Reserve", Kind: v1.MovementReserve, Quantity: 2, Reserve: &v1.ReserveIntent{Grant: "g"}}}
	s.store(item)
	parcel.Spec = v1.ShipmentSpec{OrderName: "o", OrderUID: "uid-o", Grant: "g", Items: []v1.ShipmentItem{{Line: "1", StockItem: "tea", StockItemUID: "uid-tea", Quantity: 2}}}
	s.store(parcel)
	parcel.Status.ReservedAt = &at
	s.store(parcel)
	parcel.Spec.Facts.Dispatched = &v1.ActorFact{ID: "d", At: at}
	s.store(parcel)
	parcel.Status.DispatchedAt = &at
	s.store(parcel)
	item.Status.OnHand, item.Status.Reserved = 3, 0
	item.Status.Postings = []v1.Posting{{ID: "uid-s1/Consume/0", Kind: v1.MovementConsume, Quantity: 2}}
	s.store(item)
	parcel.Status.Posted = []v1.PostedMovement{{Item: "tea", ItemUID: "uid-tea", ID: "uid-s1/Consume/0"}}
	s.store(parcel)
	item.Status.Postings = nil
	s.store(item)
	o.Status.Phase = v1.OrderCompleted
	o.Status.Amounts = &v1.OrderAmounts{Total: 2000, Due: 2000, Captured: 2000}
	o.Status.Lines = []v1.OrderLineStatus{{ID: "1", Ordered: 2, Dispatched: 2, Delivered: 2, Net: 2000}}
	take := v1.PaymentOperation{ID: "take", Kind: v1.OperationCapture, Seq: 1, Amount: 2000, State: v1.OperationSucceeded, Parent: "hold", Basis: 1}
	o.Status.Payment = &v1.PaymentStatus{Operations: []v1.PaymentOperation{hold, take}}
	s.store(o)
	s.Ledger = []gatewayfake.Entry{
		{ID: "hold", Kind: v1.OperationAuthorize, Amount: 2000, State: gatewayfake.StateSucceeded},
		{ID: "take", Kind: v1.OperationCapture, Amount: 2000, Parent: "hold", State: gatewayfake.StateSucceeded},
	}
	s.Writes, s.Canaries = 12, []string{"secret"}
	s.Reference = &Reference{End: End(s.Versions), Writes: 12}
	return s
}

// last is the last version of a kind.
func last[T client.Object](s *sale) T {
	for _, v := range slices.Backward(s.Versions) {
		if o, ok := v.Object.(T); ok {
			return o
		}
	}
	panic("there is none")
}

func TestJudge(t *testing.T) {
	if found := Judge(&delivered().Run); len(found) > 0 {
		t.Fatalf("a run without a mistake: %+v", found)
	}
	item := func(s *sale, change func(*v1.StockItemStatus)) {
		i := last[*v1.StockItem](s).DeepCopy()
		change(&i.Status)
		s.store(i)
	}
	order := func(s *sale, change func(*v1.Order)) {
		o := last[*v1.Order](s).DeepCopy()
		change(o)
		s.store(o)
	}
	for name, test := range map[string]struct {
		check  string
		broken func(*sale)
	}{
		"a capture happened twice": {"I1", func(s *sale) { s.Ledger = append(s.Ledger, s.Ledger[1]) }},
		"the gateway did what no order knows": {"I1", func(s *sale) {
			s.Ledger = append(s.Ledger, gatewayfake.Entry{ID: "x", Kind: v1.OperationAuthorize, Amount: 1, State: gatewayfake.StateSucceeded})
		}},
		"the order knows what never happened": {"I1", func(s *sale) { s.Ledger = s.Ledger[:1] }},
		"an order counts a capture twice": {"I1", func(s *sale) {
			order(s, func(o *v1.Order) {
				o.Status.Payment.Operations = append(o.Status.Payment.Operations, o.Status.Payment.Operations[1])
			})
		}},
		"two orders count one capture":           {"I1", func(s *sale) { order(s, func(o *v1.Order) { o.Name, o.UID = "p", "uid-p" }) }},
		"a key was used for two calls":           {"I1", func(s *sale) { s.Misused = 1 }},
		"another amount was taken":               {"I1", func(s *sale) { s.Ledger[1].Amount = 1999 }},
		"more is promised than there is":         {"I2", func(s *sale) { item(s, func(st *v1.StockItemStatus) { st.Reserved, st.Available, st.Short = 4, 0, 1 }) }},
		"available is not what the formula says": {"I2", func(s *sale) { item(s, func(st *v1.StockItemStatus) { st.Available = 4 }) }},
		"units are reserved for nobody":          {"I2", func(s *sale) { item(s, func(st *v1.StockItemStatus) { st.Reserved, st.Available = 1, 2 }) }},
		"units are promised for what is there": {"I2", func(s *sale) {
			item(s, func(st *v1.StockItemStatus) {
				st.Reserved, st.Available = 2, 1
				st.Postings = []v1.Posting{{ID: "h/Reserve", Kind: v1.MovementReserve, Quantity: 2, Source: "o-s1", Reserve: &v1.ReserveIntent{Grant: "h"}}}
			})
		}},
		"units are promised twice under one grant": {"I2", func(s *sale) {
			item(s, func(st *v1.StockItemStatus) {
				reserve := v1.Posting{ID: "n/Reserve", Kind: v1.MovementReserve, Quantity: 1, Source: "o-s2", Reserve: &v1.ReserveIntent{Grant: "n"}}
				st.Reserved, st.Available, st.Postings = 2, 1, []v1.Posting{reserve, reserve}
				st.Postings[1].ID = "n/Reservex"
			})
		}},
		"a forged callback is taken": {"I1", func(s *sale) { s.Callbacks = []webhookfake.Callback{{Forged: true, Status: 204}} }},
		"a callback is refused":      {"I1", func(s *sale) { s.Callbacks = []webhookfake.Callback{{Status: 401}} }},
		"amounts are not the sums": {"I1", func(s *sale) {
			order(s, func(o *v1.Order) { o.Status.Amounts.Captured, o.Status.Amounts.Due = 1999, 1999 })
		}},
		"an operation becomes another": {"I6", func(s *sale) { order(s, func(o *v1.Order) { o.Status.Payment.Operations[0].ID = "other" }) }},
		"what succeeded has not": {"I6", func(s *sale) {
			order(s, func(o *v1.Order) { o.Status.Payment.Operations[1].State = v1.OperationDeclined })
		}},
		"the gateway is undecided": {"I9", func(s *sale) {
			s.Ledger = append(s.Ledger, gatewayfake.Entry{ID: "x", State: gatewayfake.StatePending})
		}},
		"a cancelled order is charged by the books": {"I9", func(s *sale) {
			order(s, func(o *v1.Order) { o.Status.Phase = v1.OrderCancelled })
			s.Ledger[1].Amount = 1000
		}},
		"more is taken than was held": {"I3", func(s *sale) { s.Ledger[1].Amount = 2001 }},
		"the end is not reached":      {"I5", func(s *sale) { s.Missing = "something" }},
		"an end is left":              {"I6", func(s *sale) { order(s, func(o *v1.Order) { o.Status.Phase = v1.OrderProcessing }) }},
		"a phase is entered that is no next one": {"I6", func(s *sale) {
			s.Versions[1].Object.(*v1.Order).Status.Phase = v1.OrderCancelling
		}},
		"an operation is forgotten": {"I6", func(s *sale) {
			order(s, func(o *v1.Order) { o.Status.Payment.Operations = o.Status.Payment.Operations[:1] })
		}},
		"confirmedAt changes":         {"I6", func(s *sale) { order(s, func(o *v1.Order) { o.Status.ConfirmedAt = nil }) }},
		"more arrives than left":      {"I7", func(s *sale) { order(s, func(o *v1.Order) { o.Status.Lines[0].Delivered = 3 }) }},
		"more goes back than came in": {"I7", func(s *sale) { order(s, func(o *v1.Order) { o.Status.Amounts.Refunded = 2001 }) }},
		"a declined call is tried again": {"I7", func(s *sale) {
			order(s, func(o *v1.Order) {
				o.Status.Payment.Operations = append(o.Status.Payment.Operations,
					v1.PaymentOperation{ID: "r1", Kind: v1.OperationRefund, State: v1.OperationDeclined, Basis: 1}, // adopted
					v1.PaymentOperation{ID: "r2", Kind: v1.OperationRefund, State: v1.OperationDeclined, Basis: 1, RecordedAt: &metav1.Time{}})
			})
		}},
		"an object stays half deleted": {"I8", func(s *sale) { order(s, func(o *v1.Order) { o.DeletionTimestamp = &metav1.Time{Time: time.Now()} }) }},
		"an order goes while money is held": {"I8", func(s *sale) {
			order(s, func(o *v1.Order) { o.Status.Amounts.Authorized = 1 })
			s.Versions[len(s.Versions)-1].Gone = true
		}},
		"a promise moves": {"I6", func(s *sale) {
			order(s, func(o *v1.Order) {
				o.Status.Delivery = &v1.OrderDelivery{Promised: &metav1.Time{Time: time.Unix(1e9, 0)}}
			})
			order(s, func(o *v1.Order) { o.Status.Delivery.Promised = &metav1.Time{Time: time.Unix(2e9, 0)} })
		}},
		"a picked Shipment gets another route": {"I6", func(s *sale) {
			for _, lane := range []v1.Identifier{"a", "b"} {
				parcel := last[*v1.Shipment](s).DeepCopy()
				parcel.Status.Route = []v1.RouteLeg{{Partner: "trucks", Lane: lane}}
				s.store(parcel)
			}
		}},
		"an order goes with the price of what never left": {"I8", func(s *sale) {
			for _, v := range s.Versions {
				if parcel, ok := v.Object.(*v1.Shipment); ok {
					parcel.Spec.Facts.Dispatched, parcel.Status.DispatchedAt = nil, nil
				}
			}
			s.Versions[len(s.Versions)-1].Gone = true
		}},
		"an order says that it is reserved and waits": {"I9", func(s *sale) {
			order(s, func(o *v1.Order) {
				o.Status.Lines[0].Backordered = 1
				o.Status.Conditions = []metav1.Condition{{Type: v1.ConditionReserved, Status: metav1.ConditionTrue, ObservedGeneration: 1}}
			})
		}},
		"a count is applied twice": {"I2", func(s *sale) {
			item(s, func(st *v1.StockItemStatus) { st.CountID = "count-2" })
			item(s, func(st *v1.StockItemStatus) { st.CountID = "count-1" })
		}},
		"a count forgets what has left since": {"I2", func(s *sale) {
			i := last[*v1.StockItem](s).DeepCopy()
			taken := metav1.NewTime(time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC))
			i.Spec.Count = &v1.StockCount{ID: "count-2", Quantity: 4, TakenAt: taken}
			i.Status.CountID, i.Status.OnHand, i.Status.Available = "count-2", 5, 5
			s.store(i)
		}},
		"an order has ended and owes":   {"I9", func(s *sale) { order(s, func(o *v1.Order) { o.Status.Amounts.Due = 1999 }) }},
		"it ends otherwise":             {"I10", func(s *sale) { s.Reference.End = "else" }},
		"somebody writes after the end": {"I11", func(s *sale) { s.LateWrites = []string{"update orders/status o #9"} }},
		"there are far more writes":     {"I11", func(s *sale) { s.Writes = 57 }},
		"an object is too large": {"I13", func(s *sale) {
			order(s, func(o *v1.Order) { o.Annotations = map[string]string{"a": strings.Repeat("a", maxObject)} })
		}},
		"a secret is logged":                  {"I15", func(s *sale) { s.Log = "the secret is" }},
		"a secret is in the books":            {"I15", func(s *sale) { s.Books = "secret" }},
		"a secret is in an event":             {"I15", func(s *sale) { s.Events = []eventsv1.Event{{Note: "secret"}} }},
		"a secret is in a status":             {"I15", func(s *sale) { order(s, func(o *v1.Order) { o.Status.Payment.Operations[0].Message = "secret" }) }},
		"units left that nobody sent":         {"I16", func(s *sale) { item(s, func(st *v1.StockItemStatus) { st.OnHand, st.Available = 2, 2 }) }},
		"units came back that nobody counted": {"I16", func(s *sale) { item(s, func(st *v1.StockItemStatus) { st.OnHand, st.Available = 4, 4 }) }},
	} {
		s := delivered()
		test.broken(s)
		found := Judge(&s.Run)
		if !slices.ContainsFunc(found, func(v Violation) bool { return v.Check == test.check }) {
			t.Errorf("%s: want %s, found %+v", name, test.check, found)
		}
	}
}

// What is released of a hold that had lapsed is nothing, and nothing is held then.
func TestLapsedHold(t *testing.T) {
	s := delivered()
	s.Ledger = append(s.Ledger,
		gatewayfake.Entry{ID: "hold-2", Kind: v1.OperationAuthorize, Amount: 500, State: gatewayfake.StateSucceeded},
		gatewayfake.Entry{ID: "void-2", Kind: v1.OperationVoid, Parent: "hold-2", State: gatewayfake.StateSucceeded})
	o := last[*v1.Order](s).DeepCopy()
	o.Status.Payment.Operations = append(o.Status.Payment.Operations,
		v1.PaymentOperation{ID: "hold-2", Kind: v1.OperationAuthorize, Seq: 2, Amount: 500, State: v1.OperationSucceeded, Basis: 1},
		v1.PaymentOperation{ID: "void-2", Kind: v1.OperationVoid, Seq: 1, Parent: "hold-2", State: v1.OperationSucceeded, Basis: 1})
	s.store(o)
	if found := Judge(&s.Run); len(found) > 0 {
		t.Errorf("%+v", found)
	}
	s.Ledger = s.Ledger[:len(s.Ledger)-1]
	if found := Judge(&s.Run); !slices.ContainsFunc(found, func(v Violation) bool { return v.Check == "I9" }) {
		t.Errorf("a hold is left of a completed order, and found is %+v", found)
	}
}

// An order that is placed again under its name knows what was done for the earlier one.
func TestAdoption(t *testing.T) {
	s := delivered()
	o := last[*v1.Order](s).DeepCopy()
	s.store(o)
	s.Versions[len(s.Versions)-1].Gone = true
	next := o.DeepCopy()
	next.UID = "uid-again"
	s.store(next)
	s.Reference = nil
	if found := Judge(&s.Run); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// Units come back only once their Shipment was cancelled, unless it never had them.
func TestReleaseBeforeItsCause(t *testing.T) {
	for name, reserved := range map[string]bool{"the Shipment had them": true, "it never had them": false} {
		s := delivered()
		const hasThem = 6 // versions until the Shipment has its units
		s.Versions, s.Ledger, s.Reference, s.revision = s.Versions[:hasThem], nil, nil, hasThem
		parcel, item := last[*v1.Shipment](s).DeepCopy(), last[*v1.StockItem](s).DeepCopy()
		if !reserved {
			parcel.Status.ReservedAt = nil
			s.Versions[hasThem-1].Object = parcel.DeepCopy()
		}
		item.Status.Reserved, item.Status.Available, item.Status.Postings = 0, 5, nil
		s.store(item)
		parcel.Status.CancelledAt = &metav1.Time{Time: time.Now()}
		s.store(parcel)
		broken := slices.ContainsFunc(Judge(&s.Run), func(v Violation) bool { return v.Check == "I16" })
		if broken != reserved {
			t.Errorf("%s: broken is %v", name, broken)
		}
	}
}

// A Shipment of many lines of one item moves all of them at once.
func TestManyLinesOfOneItem(t *testing.T) {
	s := delivered()
	const lines = 60
	for _, v := range s.Versions {
		switch o := v.Object.(type) {
		case *v1.Shipment:
			o.Spec.Items = nil
			for i := range lines {
				o.Spec.Items = append(o.Spec.Items, v1.ShipmentItem{Line: v1.Identifier(fmt.Sprint(i)), StockItem: "tea", StockItemUID: "uid-tea", Quantity: 1})
			}
		case *v1.StockItem:
			st := &o.Status
			if st.Reserved == 2 {
				st.Reserved, st.Postings[0].Quantity = lines, lines
			}
			if st.OnHand == 5 {
				st.OnHand = lines + 3
			}
			st.Available = st.OnHand - st.Reserved
		}
	}
	s.Reference = nil
	if found := Judge(&s.Run); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// Promises that came to nothing are explained: one whose Shipment was never made,
// and one of an item that its Shipment does not have.
func TestPromisesThatCameToNothing(t *testing.T) {
	s := delivered()
	other := &v1.StockItem{}
	other.Name, other.UID, other.Generation = "cup", types.UID("uid-cup"), 1
	other.Status = v1.StockItemStatus{ObservedGeneration: 1, OnHand: 2, Available: 2, CountID: "count-1"}
	s.store(other)
	for _, grant := range []string{"g", "never"} {
		promised := other.DeepCopy()
		promised.Status.Reserved, promised.Status.Available = 2, 0
		promised.Status.Postings = []v1.Posting{{ID: grant + "/Reserve", Kind: v1.MovementReserve, Quantity: 2, Reserve: &v1.ReserveIntent{Grant: grant}}}
		s.store(promised)
		s.store(other)
	}
	s.Reference = nil
	if found := Judge(&s.Run); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}
