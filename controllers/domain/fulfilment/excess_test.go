package fulfilment

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Where an Order's Shipments hold more than it still wants, whole Shipments go:
// each looks at all of them and comes to the same choice.
func TestExcess(t *testing.T) {
	for name, test := range map[string]struct {
		shipments []*v1.Shipment
		order     *v1.Order
		want      []string
	}{
		"all are wanted":                 {[]*v1.Shipment{shipment(1), shipment(2)}, order(4), nil},
		"the latest goes first":          {[]*v1.Shipment{shipment(1), shipment(2), shipment(3)}, order(4), []string{"order-s3"}},
		"the latest by number":           {[]*v1.Shipment{shipment(9), shipment(10)}, order(2), []string{"order-s10"}},
		"as many go as must":             {[]*v1.Shipment{shipment(1), shipment(2), shipment(3)}, order(2), []string{"order-s2", "order-s3"}},
		"a Shipment goes as a whole":     {[]*v1.Shipment{shipment(1), shipment(2)}, order(3), []string{"order-s2"}},
		"what is being picked stays":     {[]*v1.Shipment{shipment(1, wasReserved), shipment(2, wasPicked)}, order(2), []string{"order-s1"}},
		"all that is being picked stays": {[]*v1.Shipment{shipment(1, wasPicked), shipment(2, wasPacked)}, order(2), nil},
		"what is packed but not picked is being picked": {
			[]*v1.Shipment{shipment(1), shipment(2, func(s *v1.Shipment) { s.Spec.Facts.Packed = fact("q", 2) })}, order(2), []string{"order-s1"},
		},
		"what has left stays":              {[]*v1.Shipment{shipment(1), shipment(2, hasLeft)}, order(2), []string{"order-s1"}},
		"what was handed over stays":       {[]*v1.Shipment{shipment(1), shipment(2, handedOver)}, order(2), []string{"order-s1"}},
		"what was cancelled holds nothing": {[]*v1.Shipment{shipment(1), shipment(2, wasCancelled)}, order(2), nil},
		"a quantity that was lowered is not wanted, before the Order has seen it": {
			[]*v1.Shipment{shipment(1), shipment(2)}, func() *v1.Order {
				o := order(4)
				o.Spec.Lines[0].Quantity = 3
				return o
			}(), []string{"order-s2"},
		},
		"units that were cancelled are not wanted, though the cancel was withdrawn": {
			[]*v1.Shipment{shipment(1), shipment(2)}, func() *v1.Order {
				o := order(4)
				o.Status.Lines[0].Cancelled = 2
				return o
			}(), []string{"order-s2"},
		},
		"of an Order whose status was lost nobody knows what it wants": {
			[]*v1.Shipment{shipment(1), shipment(2)}, func() *v1.Order {
				o := order()
				o.Status.ConfirmedAt = nil
				return o
			}(), nil,
		},
		"each line for itself":                              {[]*v1.Shipment{shipment(1, holds(2, 1)), shipment(2), shipment(3, holds(2, 1))}, order(2, 1), []string{"order-s3"}},
		"a later Shipment of another line stays":            {[]*v1.Shipment{shipment(1), shipment(2), shipment(3, holds(2, 1))}, order(2, 1), []string{"order-s2"}},
		"a line that the Order does not have is not wanted": {[]*v1.Shipment{shipment(1), shipment(2, holds(3, 1))}, order(2), []string{"order-s2"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for i, s := range test.shipments {
				f := &Facts{Shipment: s, Order: test.order}
				for j, other := range test.shipments {
					if i != j {
						f.Siblings = append(f.Siblings, other)
					}
				}
				if !decided(s) && f.excess() {
					got = append(got, s.Name)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("these go (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMayGo(t *testing.T) {
	with := func(items ...*v1.StockItem) map[v1.ItemKey]*v1.StockItem {
		m := map[v1.ItemKey]*v1.StockItem{}
		for _, i := range items {
			m[i.Key()] = i
		}
		return m
	}
	marked := func(id string) change {
		return func(s *v1.Shipment) {
			s.Status.Posted = append(s.Status.Posted, v1.PostedMovement{Item: tea.Name, ItemUID: tea.UID, ID: string(s.UID) + id})
		}
	}
	// orders of the Shipments whose Order is not gone.
	orders := map[*v1.Shipment]*v1.Order{}
	of := func(o *v1.Order) change { return func(s *v1.Shipment) { orders[s] = o } }
	ended := func(o *v1.Order) *v1.Order {
		o.Status.Conditions = []metav1.Condition{{Type: v1.ConditionCompleted, Status: metav1.ConditionTrue}}
		return o
	}
	for name, test := range map[string]struct {
		shipment *v1.Shipment
		items    map[v1.ItemKey]*v1.StockItem
		want     bool
	}{
		"not while its Order remembers by it what was promised": {shipment(1, wasCancelled, of(order(2))), with(item(tea)), false},
		"when its Order has ended":                              {shipment(1, wasCancelled, of(ended(order(2)))), with(item(tea)), true},
		"not before it was cancelled":                           {shipment(1, wasReserved), with(item(tea)), false},
		"not before the items were read live":                   {shipment(1, wasCancelled), nil, false},
		"cancelled without the mark it owes nothing":            {shipment(1, wasCancelled), with(item(tea)), true},
		"not while an item holds its promise":                   {shipment(1, wasCancelled), with(item(tea, promise(shipment(1)))), false},
		"the promise of another one does not matter":            {shipment(1, wasCancelled), with(item(tea, promise(shipment(2)))), true},
		"not before its units are released":                     {shipment(1, wasReserved, wasCancelled), with(item(tea)), false},
		"when its units are released":                           {shipment(1, wasReserved, wasCancelled, marked("/Release/0")), with(item(tea)), true},
		"not before its units are consumed":                     {shipment(1, hasLeft), with(item(tea)), false},
		"not while an item has a movement of it":                {shipment(1, hasLeft, marked("/Consume/0")), with(item(tea, consume(shipment(1)))), false},
		"when its units are consumed and forgotten":             {shipment(1, hasLeft, marked("/Consume/0")), with(item(tea)), true},
		"an item that is gone counts nothing any more":          {shipment(1, hasLeft), with(), true},
		"an item that was made again counts nothing of it":      {shipment(1, hasLeft), with(item(v1.ItemKey{Name: "tea", UID: "uid-new"}, promise(shipment(1)))), true},
	} {
		f := &Facts{Shipment: test.shipment, Items: test.items, ItemsLive: test.items != nil, Order: orders[test.shipment]}
		isDeleted(f.Shipment)
		if got := MayGo(f); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
