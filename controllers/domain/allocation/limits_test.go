package allocation

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// many is an order of some products, a unit each, that are all at one location.
func many(products int) (Demand, []Supply) {
	d, supplies := demand("a", 0), []Supply(nil)
	for i := range products {
		sku := v1.SKU(fmt.Sprintf("sku%02d", i))
		d.Lines = append(d.Lines, want(v1.Identifier(fmt.Sprint(i)), sku, 1))
		supplies = append(supplies, supply(sku, "east", 1))
	}
	return d, supplies
}

// shelves are items of one product at one location.
func shelves(n int, q v1.Quantity) []Supply {
	var supplies []Supply
	for i := range n {
		supplies = append(supplies, shelf(supply("tea", "east", q), v1.ObjectName(fmt.Sprint(i))))
	}
	return supplies
}

func TestSlots(t *testing.T) {
	a, b := demand("a", 0, want("1", "tea", 1)), demand("b", 1, want("1", "tea", 1))
	for name, test := range map[string]struct {
		demands  []Demand
		supplies []Supply
		want     []string
	}{
		"an item without one gives nothing": {
			[]Demand{a}, []Supply{slots(supply("tea", "east", 5), 0)}, []string{},
		},
		"a Shipment takes one": {
			[]Demand{a, b}, []Supply{slots(supply("tea", "east", 5), 1)}, []string{"a from east: 1 tea for 1"},
		},
		"a Shipment with two lines of an item takes one": {
			[]Demand{demand("a", 0, want("1", "tea", 1), want("2", "tea", 1)), b}, []Supply{slots(supply("tea", "east", 5), 2)},
			[]string{"a from east: 1 tea for 1, 1 tea for 2", "b from east: 1 tea for 1"},
		},
		"another item steps in": {
			[]Demand{a, b}, []Supply{slots(supply("tea", "east", 5), 1), shelf(supply("tea", "east", 2), "b")},
			[]string{"a from east: 1 tea for 1", "b from east: 1 tea for 1"},
		},
		"a location is not chosen for units that it cannot give": {
			[]Demand{prefers(demand("a", 0, want("1", "tea", 3)), "east")}, []Supply{slots(supply("tea", "east", 5), 0), supply("tea", "west", 3)},
			[]string{"a from west: 3 tea for 1"},
		},
		"the item with the most units is used, so that few slots are": {
			[]Demand{demand("a", 0, want("1", "tea", 3))}, append(shelves(5, 1), shelf(supply("tea", "east", 3), "z")),
			[]string{"a from east: 3 tea for 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, text(Allocate(test.demands, test.supplies))); diff != "" {
				t.Errorf("plans (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMaxSplits(t *testing.T) {
	ten := demand("a", 0, want("1", "tea", 10))
	large, largeStock := many(21)
	for name, test := range map[string]struct {
		demand   Demand
		supplies []Supply
		want     []string
	}{
		"without a limit there is a Shipment from every location": {
			ten, []Supply{supply("tea", "east", 1), supply("tea", "north", 2), supply("tea", "west", 3)},
			[]string{"3 from west, MinimizeSplits", "2 from north, MinimizeSplits", "1 from east, OnlyLocation"},
		},
		"the only one carries all": {
			atMost(ten, 1, 0), []Supply{supply("tea", "east", 9), supply("tea", "west", 10)}, []string{"10 from west, OnlyLocation"},
		},
		"or is not made": {
			atMost(ten, 1, 0), []Supply{supply("tea", "east", 9), supply("tea", "west", 9)}, []string{},
		},
		"the first of two is made as usual, the last carries the rest": {
			atMost(ten, 2, 0), []Supply{supply("tea", "east", 6), supply("tea", "west", 4)},
			[]string{"6 from east, MinimizeSplits", "4 from west, OnlyLocation"},
		},
		"the rest waits for a location that has it all": {
			atMost(ten, 2, 0), []Supply{supply("tea", "east", 6), supply("tea", "north", 3), supply("tea", "west", 3)},
			[]string{"6 from east, MinimizeSplits"},
		},
		"the rules choose among those that have it all": {
			follows(prefers(atMost(ten, 2, 1), "east", "west", "north"), prio),
			[]Supply{supply("tea", "east", 9), supply("tea", "north", 99), supply("tea", "west", 10)},
			[]string{"10 from west, Priority"},
		},
		"a limit that is not reached changes nothing": {
			atMost(ten, 3, 0), []Supply{supply("tea", "east", 6), supply("tea", "west", 3)},
			[]string{"6 from east, MinimizeSplits", "3 from west, OnlyLocation"},
		},
		"Shipments that are there already count": {
			atMost(ten, 2, 1), []Supply{supply("tea", "east", 6), supply("tea", "west", 4)}, []string{},
		},
		"an order that has all its Shipments gets none": {
			atMost(ten, 2, 2), []Supply{supply("tea", "east", 10)}, []string{},
		},
		"an order that has more of them than it may gets none": {
			atMost(ten, 2, 3), []Supply{supply("tea", "east", 10)}, []string{},
		},
		"a large plan is several of them: two":          {atMost(large, 2, 0), largeStock, []string{"20 from east, OnlyLocation", "1 from east, OnlyLocation"}},
		"a large plan is several of them: not just one": {atMost(large, 1, 0), largeStock, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, reasons(Allocate([]Demand{test.demand}, test.supplies))); diff != "" {
				t.Errorf("plans (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAllOrNothing(t *testing.T) {
	tea := func(q v1.Quantity) Demand { return whole(demand("a", 0, want("1", "tea", q))) }
	both := whole(demand("a", 0, want("1", "tea", 2), want("2", "cup", 2)))
	twenty, twentyStock := many(20)
	more, moreStock := many(21)
	hundred := demand("a", 0)
	for i := range 100 {
		hundred.Lines = append(hundred.Lines, want(v1.Identifier(fmt.Sprint(i)), "tea", 1))
	}
	for name, test := range map[string]struct {
		demand   Demand
		supplies []Supply
		want     []string
	}{
		"one location has it all": {
			both, []Supply{supply("tea", "east", 2), supply("cup", "east", 2)}, []string{"4 from east, OnlyLocation"},
		},
		"two locations together do not do": {
			both, []Supply{supply("tea", "east", 9), supply("cup", "east", 1), supply("cup", "west", 9)}, []string{},
		},
		"a product that nobody keeps": {
			both, []Supply{supply("tea", "east", 9)}, []string{},
		},
		"two lines of one product need both": {
			whole(demand("a", 0, want("1", "tea", 2), want("2", "tea", 2))), []Supply{supply("tea", "east", 3)}, []string{},
		},
		"the rules choose among those that have it all": {
			prefers(both, "east", "north", "west"),
			[]Supply{supply("tea", "east", 9), supply("tea", "north", 2), supply("cup", "north", 2), supply("tea", "west", 9), supply("cup", "west", 9)},
			[]string{"4 from north, Priority"},
		},
		"20 items fit into a Shipment": {whole(twenty), twentyStock, []string{"20 from east, OnlyLocation"}},
		"21 do not":                    {whole(more), moreStock, []string{}},
		"20 of 30 items of a product":  {tea(40), shelves(30, 2), []string{"40 from east, OnlyLocation"}},
		"21 of 30 items of a product":  {tea(41), shelves(30, 2), []string{}},
		"the largest items are used first": {
			tea(41), append(shelves(30, 2), shelf(supply("tea", "east", 3), "z")), []string{"41 from east, OnlyLocation"},
		},
		"100 entries fit into a Shipment": {whole(hundred), shelves(1, 100), []string{"100 from east, OnlyLocation"}},
		"101 might not":                   {whole(hundred), shelves(2, 99), []string{}},
		"an item without a slot does not count": {
			tea(4), []Supply{slots(supply("tea", "east", 3), 0), shelf(supply("tea", "east", 3), "b")}, []string{},
		},
		"an order without Shipments left": {atMost(tea(1), 1, 1), shelves(1, 1), []string{}},
		"an earlier Shipment is no obstacle": {
			atMost(tea(1), 2, 1), shelves(1, 1), []string{"1 from east, OnlyLocation"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, reasons(Allocate([]Demand{test.demand}, test.supplies))); diff != "" {
				t.Errorf("plans (-want +got):\n%s", diff)
			}
		})
	}
}
