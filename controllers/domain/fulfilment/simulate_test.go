package fulfilment

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// simulated is a policy of a warehouse and a carrier that take a minute and two
// minutes for a step.
func simulated() *v1.PolicySnapshot {
	return &v1.PolicySnapshot{
		Warehouse: v1.WarehousePolicy{Type: v1.WarehouseSimulated, StepSeconds: new(int32(60))},
		Carrier:   v1.CarrierPolicy{Type: v1.CarrierSimulated, StepSeconds: new(int32(120))},
	}
}

// stated lists what a simulation has stated: "id@minute".
func stated(f v1.WarehouseFacts, events []v1.CarrierEvent) []string {
	var list []string
	if p := f.Picked; p != nil {
		list = append(list, fmt.Sprintf("%s@%v", p.ID, p.At.Sub(noon).Minutes()))
	}
	for _, fact := range []*v1.ActorFact{f.Packed, f.PutBack, f.Dispatched} {
		if fact != nil {
			list = append(list, fmt.Sprintf("%s@%v", fact.ID, fact.At.Sub(noon).Minutes()))
		}
	}
	for _, e := range events {
		list = append(list, fmt.Sprintf("%s@%v", e.ID, e.At.Sub(noon).Minutes()))
	}
	return list
}

// run lets the simulation and the shipment controller take turns each half
// minute, and returns what was stated in the end.
func run(s *v1.Shipment, o *v1.Order, p *v1.PolicySnapshot, from, to int, meanwhile func(minute int, s *v1.Shipment, o *v1.Order)) []string {
	for now := at(from).Time; !now.After(at(to).Time); now = now.Add(30 * time.Second) {
		if meanwhile != nil {
			meanwhile(int(now.Sub(noon).Minutes()), s, o)
		}
		if sim := Simulate(&Facts{Shipment: s, Order: o}, p, now); sim.Due {
			s.Spec.Facts, s.Spec.Events = sim.Facts, sim.Events
		}
		f := facts(s)
		f.Order = o
		s.Status = *Project(f, now)
	}
	return stated(s.Spec.Facts, s.Spec.Events)
}

func TestASimulationGoesStepByStep(t *testing.T) {
	cancel := func(at int) func(int, *v1.Shipment, *v1.Order) {
		return func(minute int, _ *v1.Shipment, o *v1.Order) {
			if minute == at {
				o.Spec.Cancel = &v1.CancelRequest{}
			}
		}
	}
	for name, test := range map[string]struct {
		policy    *v1.PolicySnapshot
		meanwhile func(int, *v1.Shipment, *v1.Order)
		want      []string
		phase     v1.ShipmentPhase
	}{
		"to the customer": {
			simulated(), nil,
			[]string{"sim-picked@2", "sim-packed@3", "sim-dispatched@4", "sim-accepted@6", "sim-out-for-delivery@8", "sim-delivered@10"},
			v1.ShipmentDelivered,
		},
		"a step of a second where none is stated": {
			&v1.PolicySnapshot{Warehouse: v1.WarehousePolicy{Type: v1.WarehouseSimulated}, Carrier: v1.CarrierPolicy{Type: v1.CarrierSimulated}}, nil,
			[]string{"sim-picked@1.5", "sim-packed@2", "sim-dispatched@2.5", "sim-accepted@3", "sim-out-for-delivery@3.5", "sim-delivered@4"},
			v1.ShipmentDelivered,
		},
		"only in the warehouse": {
			&v1.PolicySnapshot{Warehouse: simulated().Warehouse, Carrier: v1.CarrierPolicy{Type: v1.CarrierManual}}, nil,
			[]string{"sim-picked@2", "sim-packed@3", "sim-dispatched@4"}, v1.ShipmentDispatched,
		},
		"only with the carrier": {
			&v1.PolicySnapshot{Warehouse: v1.WarehousePolicy{Type: v1.WarehouseManual}, Carrier: simulated().Carrier},
			func(minute int, s *v1.Shipment, _ *v1.Order) {
				if minute == 5 {
					s.Spec.Facts.Dispatched = fact("d", 5)
				}
			},
			[]string{"d@5", "sim-accepted@7", "sim-out-for-delivery@9", "sim-delivered@11"}, v1.ShipmentDelivered,
		},
		"nowhere": {
			&v1.PolicySnapshot{Warehouse: v1.WarehousePolicy{Type: v1.WarehouseManual}, Carrier: v1.CarrierPolicy{Type: v1.CarrierManual}}, nil,
			nil, v1.ShipmentReserved,
		},
		"nothing of an order without a policy": {nil, nil, nil, v1.ShipmentReserved},
		"nothing of a Shipment on hold": {
			simulated(), func(_ int, s *v1.Shipment, _ *v1.Order) { s.Spec.Hold = "wrong label" }, nil, v1.ShipmentReserved,
		},
		"nothing of an Order that is paused": {
			simulated(), func(_ int, _ *v1.Shipment, o *v1.Order) { o.Spec.Management = v1.ManagementPaused }, nil, v1.ShipmentReserved,
		},
		"nothing before it is reserved": {
			simulated(), func(_ int, s *v1.Shipment, _ *v1.Order) { s.Status.ReservedAt = nil }, nil, v1.ShipmentPlanned,
		},
		"a person's facts count as steps": {
			simulated(), func(minute int, s *v1.Shipment, _ *v1.Order) {
				if minute == 1 {
					s.Spec.Facts.Picked = pickedFact("by-hand", 1)
				}
			},
			[]string{"by-hand@1", "sim-packed@2", "sim-dispatched@3", "sim-accepted@5", "sim-out-for-delivery@7", "sim-delivered@9"},
			v1.ShipmentDelivered,
		},
		"nothing of an Order that was cancelled before picking": {simulated(), cancel(1), nil, v1.ShipmentCancelled},
		"what was picked of an Order that was cancelled is put back": {
			simulated(), cancel(3), []string{"sim-picked@2", "sim-put-back@3"}, v1.ShipmentCancelled,
		},
		"what was packed of an Order that was cancelled is put back": {
			simulated(), cancel(4), []string{"sim-picked@2", "sim-packed@3", "sim-put-back@4"}, v1.ShipmentCancelled,
		},
		"a cancel after the dispatch comes too late": {
			simulated(), cancel(5),
			[]string{"sim-picked@2", "sim-packed@3", "sim-dispatched@4", "sim-accepted@6", "sim-out-for-delivery@8", "sim-delivered@10"},
			v1.ShipmentDelivered,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := shipment(1, wasReserved)
			if diff := cmp.Diff(test.want, run(s, order(2), test.policy, 1, 15, test.meanwhile)); diff != "" {
				t.Errorf("stated (-want +got):\n%s", diff)
			}
			if s.Status.Phase != test.phase {
				t.Errorf("the Shipment is %s, want %s", s.Status.Phase, test.phase)
			}
		})
	}
}

// A simulation that comes late states one step at a time, and when it comes
// back. A cancel that is withdrawn after the units were put back does not send
// an empty parcel.
func TestSimulate(t *testing.T) {
	gone := func(changes ...change) *v1.Shipment { return shipment(1, append([]change{wasPicked}, changes...)...) }
	cancelled := order(2)
	cancelled.Spec.Cancel = &v1.CancelRequest{}
	for name, test := range map[string]struct {
		shipment *v1.Shipment
		order    *v1.Order
		minute   int
		want     []string
		due      bool
		next     int
	}{
		"too early for the first step":       {shipment(1, wasReserved), order(2), 1, nil, false, 2},
		"the clock was set back":             {shipment(1, wasReserved), order(2), -30, []string{"sim-picked@-30"}, true, 0},
		"in the moment of the first step":    {shipment(1, wasReserved), order(2), 2, []string{"sim-picked@2"}, true, 0},
		"much later there is one step":       {shipment(1, wasReserved), order(2), 60, []string{"sim-picked@60"}, true, 0},
		"too early for the second step":      {shipment(1, wasPicked), order(2), 2, []string{"p@2"}, false, 3},
		"of an Order that is gone":           {gone(), nil, 3, []string{"p@2", "sim-put-back@3"}, true, 0},
		"of a Shipment that is deleted":      {gone(isDeleted), order(2), 3, []string{"p@2", "sim-put-back@3"}, true, 0},
		"of an Order that is deleted":        {gone(), func() *v1.Order { o := order(2); o.DeletionTimestamp = new(at(1)); return o }(), 3, []string{"p@2", "sim-put-back@3"}, true, 0},
		"too early to put back":              {gone(), cancelled, 2, []string{"p@2"}, false, 3},
		"once put back nothing follows":      {gone(wasPutBack), cancelled, 60, []string{"p@2", "b@5"}, false, 0},
		"put back and wanted again it stays": {gone(wasPutBack), order(2), 60, []string{"p@2", "b@5"}, false, 0},
		"of a Shipment that was cancelled":   {gone(wasCancelled), order(2), 60, []string{"p@2"}, false, 0},
		"too early for the first scan":       {shipment(1, hasLeft), order(2), 5, []string{"d@4"}, false, 6},
		"the first scan":                     {shipment(1, hasLeft), nil, 6, []string{"d@4", "sim-accepted@6"}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := test.shipment.DeepCopy()
			sim := Simulate(&Facts{Shipment: test.shipment, Order: test.order}, simulated(), at(test.minute).Time)
			if diff := cmp.Diff(test.want, stated(sim.Facts, sim.Events)); diff != "" {
				t.Errorf("stated (-want +got):\n%s", diff)
			}
			var next time.Time
			if test.next > 0 {
				next = at(test.next).Time
			}
			if sim.Due != test.due || !sim.Next.Equal(next) {
				t.Errorf("due is %v, next at %v; want %v, %v", sim.Due, sim.Next, test.due, next)
			}
			if diff := cmp.Diff(before, test.shipment); diff != "" {
				t.Errorf("the Shipment was changed:\n%s", diff)
			}
		})
	}
}

func TestIsSimulated(t *testing.T) {
	for id, want := range map[v1.Identifier]bool{"sim-picked": true, "sim-delivered": true, "picked": false, "my-sim-picked": false, "": false} {
		if got := IsSimulated(id); got != want {
			t.Errorf("IsSimulated(%q) is %v", id, got)
		}
	}
}
