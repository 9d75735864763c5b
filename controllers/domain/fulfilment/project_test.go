package fulfilment

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// outcome is what a case asserts of a status: "name@minute" for each recorded
// step, "Status/Reason" for each condition.
type outcome struct {
	Phase      v1.ShipmentPhase
	Steps      string
	Tracking   v1.Tracking
	Conditions map[string]string
	Posted     []string
}

// later is the time of the look, in minutes.
const later = 30

func outcomeOf(st *v1.ShipmentStatus) outcome {
	var steps []string
	for _, s := range []struct {
		name string
		at   *metav1.Time
	}{{"reserved", st.ReservedAt}, {"dispatched", st.DispatchedAt}, {"delivered", st.DeliveredAt}, {"cancelled", st.CancelledAt}} {
		if s.at != nil {
			steps = append(steps, s.name+"@"+s.at.Sub(noon).String())
		}
	}
	o := outcome{Phase: st.Phase, Steps: strings.Join(steps, " "), Tracking: st.Tracking, Conditions: map[string]string{}}
	for _, c := range st.Conditions {
		o.Conditions[c.Type] = string(c.Status) + "/" + c.Reason
	}
	for _, p := range st.Posted {
		o.Posted = append(o.Posted, string(p.Item)+" "+p.ID)
	}
	return o
}

// project computes the status of the facts, and checks that computing it again
// from its own result changes nothing, now and later.
func project(t *testing.T, f *Facts) *v1.ShipmentStatus {
	t.Helper()
	before := f.Shipment.DeepCopy()
	st := Project(f, at(later).Time)
	if diff := cmp.Diff(before, f.Shipment); diff != "" {
		t.Errorf("Project changed the Shipment:\n%s", diff)
	}
	again := *f
	again.Shipment = f.Shipment.DeepCopy()
	again.Shipment.Status = *st.DeepCopy()
	for _, wait := range []time.Duration{0, time.Hour} {
		if diff := cmp.Diff(st, Project(&again, at(later).Add(wait))); diff != "" {
			t.Errorf("%v later there is another write:\n%s", wait, diff)
		}
	}
	return st
}

var (
	reserving = map[string]string{"Ready": "False/Reserving", "Reconciling": "True/Reserving"}
	warehouse = map[string]string{"Ready": "True/AwaitingWarehouse"}
	carrier   = map[string]string{"Ready": "True/AwaitingCarrier"}
	gone      = map[string]string{"Ready": "True/Cancelled"}
	failed    = map[string]string{"Ready": "False/DeliveryFailed", "Stalled": "True/DeliveryFailed"}
	there     = map[string]string{"Ready": "True/Arrived"}
)

func itemsLive(f *Facts)  { f.ItemsLive = true }
func live(f *Facts)       { f.OrderLive = true }
func unpromised(f *Facts) { f.Items[tea] = item(tea) }
func orderGone(f *Facts)  { f.Order, f.OrderLive = nil, true }
func cancelling(f *Facts) { f.Order.Spec.Cancel = &v1.CancelRequest{} }
func paused(f *Facts)     { f.Order.Spec.Management = v1.ManagementPaused }
func ending(f *Facts)     { f.Order.DeletionTimestamp = new(at(8)) }
func fewer(f *Facts)      { f.Order.Spec.Lines[0].Quantity = 1 }

func TestProject(t *testing.T) {
	both := func(changes ...change) *v1.Shipment {
		s := shipment(1, changes...)
		s.Spec.Items = append(s.Spec.Items, v1.ShipmentItem{Line: "2", StockItem: cup.Name, StockItemUID: cup.UID, SKU: "cup", Quantity: 1})
		return s
	}
	hold := func(s *v1.Shipment) { s.Spec.Hold = "wrong label" }
	for name, test := range map[string]struct {
		shipment *v1.Shipment
		change   []func(*Facts)
		want     outcome
	}{
		"without its promise it waits": {
			shipment(1), []func(*Facts){live, unpromised}, outcome{Phase: v1.ShipmentPlanned, Conditions: reserving},
		},
		"without a live look at the Order it waits": {
			shipment(1), nil, outcome{Phase: v1.ShipmentPlanned, Conditions: reserving},
		},
		"without its promise on the live item it holds nothing and is cancelled": {
			shipment(1), []func(*Facts){live, unpromised, itemsLive}, outcome{Phase: v1.ShipmentCancelled, Steps: "cancelled@30m0s", Conditions: gone},
		},
		"reserved it is not cancelled for want of its promise": {
			shipment(1, wasReserved), []func(*Facts){live, unpromised, itemsLive}, outcome{Phase: v1.ShipmentReserved, Steps: "reserved@1m0s", Conditions: warehouse},
		},
		"handed over at a time to come it is dispatched now": {
			shipment(1, wasReserved, func(s *v1.Shipment) { s.Spec.Facts.Dispatched = fact("d", 500) }), nil,
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@30m0s", Tracking: v1.TrackingPreTransit, Conditions: carrier},
		},
		"delivered at a time to come it is delivered now": {
			shipment(1, hasLeft, scanned(v1.CarrierDelivered, 500)), nil,
			outcome{Phase: v1.ShipmentDelivered, Steps: "reserved@1m0s dispatched@4m0s delivered@30m0s", Tracking: v1.TrackingDelivered, Conditions: there},
		},
		"promised and wanted by the live Order it is reserved": {
			shipment(1), []func(*Facts){live}, outcome{Phase: v1.ShipmentReserved, Steps: "reserved@30m0s", Conditions: warehouse},
		},
		"with one of two promises it waits": {
			both(), []func(*Facts){live, func(f *Facts) { f.Order = order(2, 1); f.Items[cup] = item(cup) }},
			outcome{Phase: v1.ShipmentPlanned, Conditions: reserving},
		},
		"with one of two items gone it waits": {
			both(), []func(*Facts){live, func(f *Facts) { f.Order = order(2, 1) }}, outcome{Phase: v1.ShipmentPlanned, Conditions: reserving},
		},
		"with both promises it is reserved": {
			both(), []func(*Facts){live, func(f *Facts) { f.Order = order(2, 1); f.Items[cup] = item(cup, promise(f.Shipment)) }},
			outcome{Phase: v1.ShipmentReserved, Steps: "reserved@30m0s", Conditions: warehouse},
		},
		"a paused Order reserves nothing": {
			shipment(1), []func(*Facts){live, paused}, outcome{Phase: v1.ShipmentPlanned, Conditions: map[string]string{"Ready": "True/Paused"}},
		},
		"a paused Order is cancelled when it goes on": {
			shipment(1), []func(*Facts){live, paused, cancelling}, outcome{Phase: v1.ShipmentPlanned, Conditions: map[string]string{"Ready": "True/Paused"}},
		},
		"without its Order it is cancelled": {
			shipment(1), []func(*Facts){orderGone}, outcome{Phase: v1.ShipmentCancelled, Steps: "cancelled@30m0s", Conditions: gone},
		},
		"of a cancelled Order it is cancelled, and never reserved": {
			shipment(1), []func(*Facts){live, cancelling}, outcome{Phase: v1.ShipmentCancelled, Steps: "cancelled@30m0s", Conditions: gone},
		},
		"of a deleted Order it is cancelled": {
			shipment(1), []func(*Facts){live, ending}, outcome{Phase: v1.ShipmentCancelled, Steps: "cancelled@30m0s", Conditions: gone},
		},
		"deleted it is cancelled": {
			shipment(1, isDeleted), []func(*Facts){live}, outcome{Phase: v1.ShipmentCancelled, Steps: "cancelled@30m0s", Conditions: gone},
		},
		"of an Order that wants fewer units it is cancelled": {
			shipment(1), []func(*Facts){live, fewer}, outcome{Phase: v1.ShipmentCancelled, Steps: "cancelled@30m0s", Conditions: gone},
		},
		"reserved it is cancelled before picking": {
			shipment(1, wasReserved), []func(*Facts){cancelling}, outcome{Phase: v1.ShipmentCancelled, Steps: "reserved@1m0s cancelled@30m0s", Conditions: gone},
		},
		"reserved it stays so when its promise is gone": {
			shipment(1, wasReserved), []func(*Facts){unpromised}, outcome{Phase: v1.ShipmentReserved, Steps: "reserved@1m0s", Conditions: warehouse},
		},
		"held it waits": {
			shipment(1, wasReserved, hold), nil, outcome{Phase: v1.ShipmentReserved, Steps: "reserved@1m0s", Conditions: map[string]string{"Ready": "True/OnHold"}},
		},
		"picked": {shipment(1, wasPicked), nil, outcome{Phase: v1.ShipmentPicking, Steps: "reserved@1m0s", Conditions: warehouse}},
		"packed": {shipment(1, wasPacked), nil, outcome{Phase: v1.ShipmentPacked, Steps: "reserved@1m0s", Conditions: warehouse}},
		"packed without being picked": {
			shipment(1, wasReserved, func(s *v1.Shipment) { s.Spec.Facts.Packed = fact("q", 3) }), nil,
			outcome{Phase: v1.ShipmentPacked, Steps: "reserved@1m0s", Conditions: warehouse},
		},
		"picked it is not cancelled until the units are put back": {
			shipment(1, wasPicked), []func(*Facts){cancelling}, outcome{Phase: v1.ShipmentPicking, Steps: "reserved@1m0s", Conditions: warehouse},
		},
		"packed it is not cancelled until the units are put back": {
			shipment(1, wasPacked), []func(*Facts){orderGone}, outcome{Phase: v1.ShipmentPacked, Steps: "reserved@1m0s", Conditions: warehouse},
		},
		"put back it is cancelled": {
			shipment(1, wasPicked, wasPutBack), []func(*Facts){cancelling},
			outcome{Phase: v1.ShipmentCancelled, Steps: "reserved@1m0s cancelled@30m0s", Conditions: gone},
		},
		"put back it is cancelled, though the Order wants it again": {
			shipment(1, wasPicked, wasPutBack), nil,
			outcome{Phase: v1.ShipmentCancelled, Steps: "reserved@1m0s cancelled@30m0s", Conditions: gone},
		},
		"handed over it is dispatched at the time of the fact": {
			shipment(1, wasPacked, handedOver), nil,
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingPreTransit, Conditions: carrier},
		},
		"case 11: handed over it is dispatched, whatever the Order wants": {
			shipment(1, handedOver), []func(*Facts){cancelling, fewer},
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingPreTransit, Conditions: carrier},
		},
		"handed over it is dispatched, though it is being deleted": {
			shipment(1, handedOver, isDeleted), []func(*Facts){orderGone},
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingPreTransit, Conditions: carrier},
		},
		"handed over and put back it is dispatched": {
			shipment(1, wasPicked, wasPutBack, handedOver), []func(*Facts){cancelling},
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingPreTransit, Conditions: carrier},
		},
		"case 11: cancelled it is not dispatched any more": {
			shipment(1, wasReserved, wasCancelled, handedOver), nil,
			outcome{Phase: v1.ShipmentCancelled, Steps: "reserved@1m0s cancelled@6m0s", Conditions: gone},
		},
		"cancelled it is not reserved any more": {
			shipment(1, wasCancelled), []func(*Facts){live}, outcome{Phase: v1.ShipmentCancelled, Steps: "cancelled@6m0s", Conditions: gone},
		},
		"dispatched it is not cancelled any more": {
			shipment(1, hasLeft, isDeleted), []func(*Facts){orderGone},
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingPreTransit, Conditions: carrier},
		},
		"it is under way": {
			shipment(1, hasLeft, scanned(v1.CarrierAccepted, 5)), nil,
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingInTransit, Conditions: carrier},
		},
		"a failed attempt is the carrier's matter": {
			shipment(1, hasLeft, scanned(v1.CarrierFailed, 5)), nil,
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingFailure, Conditions: carrier},
		},
		"it arrived": {
			shipment(1, hasLeft, scanned(v1.CarrierDelivered, 9)), nil,
			outcome{Phase: v1.ShipmentDelivered, Steps: "reserved@1m0s dispatched@4m0s delivered@9m0s", Tracking: v1.TrackingDelivered, Conditions: there},
		},
		"it did not arrive after all": {
			shipment(1, hasLeft, func(s *v1.Shipment) { s.Status.DeliveredAt, s.Status.Phase = new(at(9)), v1.ShipmentDelivered },
				scanned(v1.CarrierDelivered, 9), scanned(v1.CarrierCorrection, 10)), nil,
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingPreTransit, Conditions: carrier},
		},
		"it was lost": {
			shipment(1, hasLeft, scanned(v1.CarrierLost, 9)), nil,
			outcome{Phase: v1.ShipmentLost, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingFailure, Conditions: failed},
		},
		"it comes back": {
			shipment(1, hasLeft, scanned(v1.CarrierReturnToSender, 9)), nil,
			outcome{Phase: v1.ShipmentReturned, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingReturnToSender, Conditions: failed},
		},
		"it was lost and is found again": {
			shipment(1, hasLeft, func(s *v1.Shipment) { s.Status.Phase = v1.ShipmentLost }, scanned(v1.CarrierLost, 9), scanned(v1.CarrierInTransit, 10)), nil,
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingInTransit, Conditions: carrier},
		},
		"it was given up, and the customer has it all the same": {
			shipment(1, hasLeft, func(s *v1.Shipment) { s.Status.Phase = v1.ShipmentLost }, scanned(v1.CarrierLost, 9), scanned(v1.CarrierDelivered, 10)), nil,
			outcome{Phase: v1.ShipmentDelivered, Steps: "reserved@1m0s dispatched@4m0s delivered@10m0s", Tracking: v1.TrackingDelivered, Conditions: there},
		},
		"it came back and is sent out again": {
			shipment(1, hasLeft, func(s *v1.Shipment) { s.Status.Phase = v1.ShipmentReturned }, scanned(v1.CarrierReturnToSender, 9), scanned(v1.CarrierOutForDelivery, 10)), nil,
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingOutForDelivery, Conditions: carrier},
		},
		"scans of a parcel that has not left say nothing": {
			shipment(1, wasReserved, scanned(v1.CarrierDelivered, 9)), nil,
			outcome{Phase: v1.ShipmentReserved, Steps: "reserved@1m0s", Conditions: warehouse},
		},
		"what the item posted is marked": {
			shipment(1, hasLeft), []func(*Facts){func(f *Facts) { f.Items[tea] = item(tea, promise(f.Shipment), consume(f.Shipment)) }},
			outcome{Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingPreTransit, Conditions: carrier, Posted: []string{"tea uid-order-s1/Consume/0"}},
		},
		"an item that was replaced and is owed to is reported": {
			shipment(1, hasLeft), []func(*Facts){func(f *Facts) { f.Items = map[v1.ItemKey]*v1.StockItem{remade: item(remade)} }},
			outcome{
				Phase: v1.ShipmentDispatched, Steps: "reserved@1m0s dispatched@4m0s", Tracking: v1.TrackingPreTransit,
				Conditions: map[string]string{"Ready": "True/AwaitingCarrier", "StockItemReplaced": "True/ItemUIDChanged"},
			},
		},
		"an item that was replaced and is owed nothing is not": {
			shipment(1, wasCancelled), []func(*Facts){func(f *Facts) { f.Items = map[v1.ItemKey]*v1.StockItem{remade: item(remade)} }},
			outcome{Phase: v1.ShipmentCancelled, Steps: "cancelled@6m0s", Conditions: gone},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts(test.shipment)
			for _, c := range test.change {
				c(f)
			}
			st := project(t, f)
			if diff := cmp.Diff(test.want, outcomeOf(st)); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if st.ObservedGeneration != 2 {
				t.Errorf("the generation is %d", st.ObservedGeneration)
			}
		})
	}
}

func TestTheMessageTellsWhatToPutBack(t *testing.T) {
	f := facts(shipment(1, wasPicked))
	cancelling(f)
	for _, c := range project(t, f).Conditions {
		if c.Type == v1.ConditionReady && !strings.Contains(c.Message, "its Order is being cancelled: put the picked units back") {
			t.Errorf("the message is %q", c.Message)
		}
	}
}

func TestNeedsLiveItems(t *testing.T) {
	for name, test := range map[string]struct {
		shipment *v1.Shipment
		change   func(*Facts)
		want     bool
	}{
		"where the cache does not show its promise": {shipment(1), unpromised, true},
		"not where it does":                         {shipment(1), func(*Facts) {}, false},
		"not twice":                                 {shipment(1), func(f *Facts) { unpromised(f); itemsLive(f) }, false},
		"not once it is reserved":                   {shipment(1, wasReserved), unpromised, false},
		"not once it was cancelled":                 {shipment(1, wasCancelled), unpromised, false},
	} {
		f := facts(test.shipment)
		test.change(f)
		if got := f.NeedsLiveItems(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNeedsLiveOrder(t *testing.T) {
	inPhase := func(p v1.ShipmentPhase) change { return func(s *v1.Shipment) { s.Status.Phase = p } }
	for name, test := range map[string]struct {
		shipment *v1.Shipment
		change   func(*Facts)
		want     bool
	}{
		"before it is reserved":         {shipment(1), func(*Facts) {}, true},
		"not before it is promised":     {shipment(1), unpromised, false},
		"not twice":                     {shipment(1), live, false},
		"not while it is only reserved": {shipment(1, wasReserved, inPhase(v1.ShipmentReserved)), func(*Facts) {}, false},
		"before picking begins":         {shipment(1, wasPicked, inPhase(v1.ShipmentReserved)), func(*Facts) {}, true},
		"not once picking has begun":    {shipment(1, wasPicked, inPhase(v1.ShipmentPicking)), func(*Facts) {}, false},
		"not when it was handed over":   {shipment(1, handedOver, func(s *v1.Shipment) { s.Status.ReservedAt = nil }), func(*Facts) {}, false},
		"not when it was cancelled":     {shipment(1, wasCancelled), func(*Facts) {}, false},
	} {
		f := facts(test.shipment)
		test.change(f)
		if got := f.NeedsLiveOrder(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
