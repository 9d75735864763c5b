package allocation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestWaiting(t *testing.T) {
	tea := func(name v1.ObjectName, minute int, q v1.Quantity) Demand {
		return demand(name, minute, want("1", "tea", q))
	}
	both := func(name v1.ObjectName, minute int, teas, cups v1.Quantity) Demand {
		return demand(name, minute, want("1", "tea", teas), want("2", "cup", cups))
	}
	large, largeStock := many(21)
	for name, test := range map[string]struct {
		demands  []Demand
		supplies []Supply
		want     []string
	}{
		// A receipt of 3 for a queue of 2, 4 and 1.
		"case 8: an order that can be sent in parts gets its part": {
			[]Demand{tea("a", 0, 2), tea("b", 1, 4), tea("c", 2, 1)}, []Supply{supply("tea", "east", 3)},
			[]string{"a from east: 2 tea for 1", "b from east: 1 tea for 1"},
		},
		"case 8: one that cannot is passed over": {
			[]Demand{tea("a", 0, 2), whole(tea("b", 1, 4)), tea("c", 2, 1)}, []Supply{supply("tea", "east", 3)},
			[]string{"a from east: 2 tea for 1", "c from east: 1 tea for 1"},
		},
		"case 8: until it fences": {
			[]Demand{tea("a", 0, 2), fencing(whole(tea("b", 1, 4))), tea("c", 2, 1)}, []Supply{supply("tea", "east", 3)},
			[]string{"a from east: 2 tea for 1"},
		},
		"case 8: and is served when it can be": {
			[]Demand{fencing(whole(tea("b", 1, 4))), tea("c", 2, 1)}, []Supply{supply("tea", "east", 4)},
			[]string{"b from east: 4 tea for 1"},
		},

		// An order of two products, each of which another one wants first.
		"what others want first is theirs": {
			[]Demand{tea("a", 0, 1), demand("b", 1, want("1", "cup", 1)), whole(both("c", 2, 1, 1)), both("d", 3, 1, 1)},
			[]Supply{supply("tea", "east", 1), supply("cup", "east", 2)},
			[]string{"a from east: 1 tea for 1", "b from east: 1 cup for 1", "d from east: 1 cup for 2"},
		},
		"of the rest one that fences keeps what it can use": {
			[]Demand{tea("a", 0, 1), demand("b", 1, want("1", "cup", 1)), fencing(whole(both("c", 2, 1, 1))), both("d", 3, 1, 1)},
			[]Supply{supply("tea", "east", 1), supply("cup", "east", 2)},
			[]string{"a from east: 1 tea for 1", "b from east: 1 cup for 1"},
		},
		"it is served from what they leave": {
			[]Demand{tea("a", 0, 1), demand("b", 1, want("1", "cup", 1)), whole(both("c", 2, 1, 1))},
			[]Supply{supply("tea", "east", 2), supply("cup", "east", 2)},
			[]string{"a from east: 1 tea for 1", "b from east: 1 cup for 1", "c from east: 1 tea for 1, 1 cup for 2"},
		},

		// How much is kept, from whom.
		"at each location it keeps as much as it wants": {
			[]Demand{fencing(whole(both("a", 0, 4, 1))), tea("b", 1, 9)},
			[]Supply{supply("tea", "east", 3), supply("tea", "north", 4), supply("tea", "west", 6)},
			[]string{"b from west: 2 tea for 1"},
		},
		"of the items at one location together": {
			[]Demand{fencing(whole(both("a", 0, 4, 1))), tea("b", 1, 9)},
			[]Supply{supply("tea", "east", 3), shelf(supply("tea", "east", 3), "b")},
			[]string{"b from east: 2 tea for 1"},
		},
		"two lines of one product keep the units of both": {
			[]Demand{fencing(whole(demand("a", 0, want("1", "tea", 2), want("2", "tea", 3)))), tea("b", 1, 9)},
			[]Supply{supply("tea", "east", 4), supply("tea", "west", 4)}, []string{},
		},
		"other products are not kept": {
			[]Demand{fencing(whole(tea("a", 0, 4))), both("b", 1, 1, 1)}, []Supply{supply("tea", "east", 3), supply("cup", "east", 3)},
			[]string{"b from east: 1 cup for 2"},
		},
		"an earlier order is not kept from anything": {
			[]Demand{urgent(tea("z", 9, 2), 1), fencing(whole(tea("a", 0, 4)))}, []Supply{supply("tea", "east", 3)},
			[]string{"z from east: 2 tea for 1"},
		},
		"with the units it keeps the slot for their promise": {
			[]Demand{fencing(whole(both("a", 0, 2, 1))), tea("b", 1, 9)}, []Supply{slots(supply("tea", "east", 5), 1)}, []string{},
		},

		// Who fences.
		"an order that can be sent in parts has no need to": {
			[]Demand{fencing(both("a", 0, 2, 1)), tea("b", 1, 2)}, []Supply{supply("tea", "east", 3)},
			[]string{"a from east: 2 tea for 1", "b from east: 1 tea for 1"},
		},
		"one that waits for its last Shipment does": {
			[]Demand{fencing(atMost(tea("a", 0, 9), 2, 0)), tea("b", 1, 9)}, []Supply{supply("tea", "east", 6), supply("tea", "north", 2), supply("tea", "west", 1)},
			[]string{"a from east: 6 tea for 1"},
		},
		"one that waits for its last Shipment keeps nothing of what it has got": {
			[]Demand{fencing(atMost(both("a", 0, 2, 2), 2, 0)), both("b", 1, 9, 9)},
			[]Supply{supply("tea", "east", 2), supply("tea", "west", 1), supply("cup", "west", 1), supply("cup", "north", 1)},
			[]string{"a from east: 2 tea for 1", "b from west: 1 tea for 1"},
		},
		"one without Shipments left does not": {
			[]Demand{fencing(atMost(tea("a", 0, 4), 1, 1)), tea("b", 1, 9)}, []Supply{supply("tea", "east", 3)},
			[]string{"b from east: 3 tea for 1"},
		},
		"one that no Shipment can carry does not": {
			[]Demand{fencing(whole(large)), demand("b", 1, want("1", "sku00", 1))}, largeStock,
			[]string{"b from east: 1 sku00 for 1"},
		},
		"only the first one fences a product": {
			[]Demand{fencing(whole(both("a", 0, 2, 1))), fencing(whole(tea("b", 1, 9))), tea("c", 2, 9)}, []Supply{supply("tea", "east", 3)},
			[]string{"c from east: 1 tea for 1"},
		},
		"the second one fences its other products": {
			[]Demand{fencing(whole(tea("a", 0, 4))), fencing(whole(both("b", 1, 1, 2))), both("c", 2, 1, 1)}, []Supply{supply("tea", "east", 3), supply("cup", "east", 1)},
			[]string{},
		},
		"the second one is served if what the first leaves will do": {
			[]Demand{fencing(whole(both("a", 0, 2, 1))), fencing(whole(tea("b", 1, 3))), tea("c", 2, 9)}, []Supply{supply("tea", "east", 6)},
			[]string{"b from east: 3 tea for 1", "c from east: 1 tea for 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, text(Allocate(test.demands, test.supplies))); diff != "" {
				t.Errorf("plans (-want +got):\n%s", diff)
			}
		})
	}
}
