package allocation

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestAllocate(t *testing.T) {
	for name, test := range map[string]struct {
		demands  []Demand
		supplies []Supply
		want     []string
	}{
		"nobody waits": {nil, []Supply{supply("tea", "east", 5)}, []string{}},
		"nothing is there": {
			[]Demand{demand("a", 0, want("1", "tea", 3))}, []Supply{supply("tea", "east", 0), supply("cup", "east", 9)}, []string{},
		},
		"an order gets what it wants and no more": {
			[]Demand{demand("a", 0, want("1", "tea", 3))}, []Supply{supply("tea", "east", 5)}, []string{"a from east: 3 tea for 1"},
		},
		"an order gets what there is": {
			[]Demand{demand("a", 0, want("1", "tea", 3))}, []Supply{supply("tea", "east", 2)}, []string{"a from east: 2 tea for 1"},
		},
		"the order that was confirmed first is served first": {
			[]Demand{demand("a", 5, want("1", "tea", 2)), demand("b", 3, want("1", "tea", 2))}, []Supply{supply("tea", "east", 3)},
			[]string{"b from east: 2 tea for 1", "a from east: 1 tea for 1"},
		},
		"priority goes before the time of confirmation": {
			[]Demand{demand("a", 0, want("1", "tea", 2)), urgent(demand("b", 9, want("1", "tea", 2)), 1), urgent(demand("c", -9, want("1", "tea", 2)), -1)},
			[]Supply{supply("tea", "east", 5)},
			[]string{"b from east: 2 tea for 1", "a from east: 2 tea for 1", "c from east: 1 tea for 1"},
		},
		"the name decides where all else is equal": {
			[]Demand{demand("b", 0, want("1", "tea", 1)), demand("a", 0, want("1", "tea", 1))}, []Supply{supply("tea", "east", 1)},
			[]string{"a from east: 1 tea for 1"},
		},
		"case 2: two lines of one product share what there is": {
			[]Demand{demand("a", 0, want("1", "tea", 1), want("2", "tea", 1))}, []Supply{supply("tea", "east", 1)},
			[]string{"a from east: 1 tea for 1"},
		},
		"case 2: two lines of one product are one Shipment": {
			[]Demand{demand("a", 0, want("1", "tea", 1), want("2", "tea", 2))}, []Supply{supply("tea", "east", 5)},
			[]string{"a from east: 1 tea for 1, 2 tea for 2"},
		},
		"case 2: the location is chosen for both lines of one product together": {
			[]Demand{prefers(demand("a", 0, want("1", "tea", 2), want("2", "tea", 2)), "east")}, []Supply{supply("tea", "east", 3), supply("tea", "west", 4)},
			[]string{"a from west: 2 tea for 1, 2 tea for 2"},
		},
		"13 units come from the one location that has them all": {
			[]Demand{demand("a", 0, want("1", "tea", 13))}, []Supply{supply("tea", "east", 10), supply("tea", "west", 15)},
			[]string{"a from west: 13 tea for 1"},
		},
		"case 6: where no location covers all, the second one gives only the rest": {
			[]Demand{demand("a", 0, want("1", "tea", 13))}, []Supply{supply("tea", "east", 10), supply("tea", "west", 9)},
			[]string{"a from east: 10 tea for 1", "a from west: 3 tea for 1"},
		},
		"case 6: 23 units over 10 and 15 are all of the larger one and the rest": {
			[]Demand{demand("a", 0, want("1", "tea", 23))}, []Supply{supply("tea", "east", 10), supply("tea", "west", 15)},
			[]string{"a from west: 15 tea for 1", "a from east: 8 tea for 1"},
		},
		"case 8: a receipt of 3 for a queue of 2, 4 and 1 goes to the first, and one to the second": {
			[]Demand{demand("a", 0, want("1", "tea", 2)), demand("b", 1, want("1", "tea", 4)), demand("c", 2, want("1", "tea", 1))},
			[]Supply{supply("tea", "east", 3)},
			[]string{"a from east: 2 tea for 1", "b from east: 1 tea for 1"},
		},
		"an order that waits for one product does not hold another one back": {
			[]Demand{demand("a", 0, want("1", "tea", 2)), demand("b", 1, want("1", "tea", 1), want("2", "cup", 1))},
			[]Supply{supply("tea", "east", 1), supply("cup", "east", 1)},
			[]string{"a from east: 1 tea for 1", "b from east: 1 cup for 2"},
		},
		"the location that covers more of the order is taken first": {
			[]Demand{prefers(demand("a", 0, want("1", "tea", 2), want("2", "cup", 2)), "east")},
			[]Supply{supply("tea", "east", 2), supply("tea", "west", 2), supply("cup", "west", 1)},
			[]string{"a from west: 2 tea for 1, 1 cup for 2"},
		},
		"of locations that cover as much the preferred one is taken": {
			[]Demand{prefers(demand("a", 0, want("1", "tea", 2)), "west", "east")},
			[]Supply{supply("tea", "east", 9), supply("tea", "west", 2)},
			[]string{"a from west: 2 tea for 1"},
		},
		"a location that the class does not name comes last": {
			[]Demand{prefers(demand("a", 0, want("1", "tea", 2)), "west")},
			[]Supply{supply("tea", "east", 9), supply("tea", "west", 2)},
			[]string{"a from west: 2 tea for 1"},
		},
		"without a preference the one with more stock is taken": {
			[]Demand{demand("a", 0, want("1", "tea", 2))},
			[]Supply{supply("tea", "east", 2), supply("tea", "west", 3)},
			[]string{"a from west: 2 tea for 1"},
		},
		"the name of the location decides where all else is equal": {
			[]Demand{demand("a", 0, want("1", "tea", 2))},
			[]Supply{supply("tea", "west", 3), supply("tea", "east", 3)},
			[]string{"a from east: 2 tea for 1"},
		},
		"a line that wants nothing gets nothing": {
			[]Demand{demand("a", 0, want("1", "tea", 0), want("2", "tea", 1))}, []Supply{supply("tea", "east", 2)},
			[]string{"a from east: 1 tea for 2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, text(Allocate(test.demands, test.supplies))); diff != "" {
				t.Errorf("plans (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPlanIsComplete(t *testing.T) {
	got := Allocate([]Demand{demand("a", 0, want("1", "tea", 3))}, []Supply{supply("tea", "east", 5)})
	want := []Plan{{
		Order: v1.ObjectIdentity{Name: "a", UID: "uid-a"}, Location: "east", Reason: v1.LocationOnly,
		Items: []v1.ShipmentItem{{Line: "1", StockItem: "tea-east", StockItemUID: "uid-tea-east", SKU: "tea", Quantity: 3}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

// Two StockItems may keep one product at one location.
func TestItemsOfOneLocationAreOneShipment(t *testing.T) {
	plans := Allocate([]Demand{demand("a", 0, want("1", "tea", 4))}, []Supply{shelf(supply("tea", "east", 2), "a"), supply("tea", "east", 3)})
	if diff := cmp.Diff([]string{"a from east: 3 tea for 1, 1 tea for 1"}, text(plans)); diff != "" {
		t.Errorf("plans (-want +got):\n%s", diff)
	}
}

func TestALargePlanIsSeveralShipments(t *testing.T) {
	many := func(n int) (lines []LineDemand, supplies []Supply) {
		for i := range n {
			sku := v1.SKU(fmt.Sprintf("sku%02d", i))
			lines = append(lines, want(v1.Identifier(fmt.Sprint(i)), sku, 1))
			supplies = append(supplies, supply(sku, "east", 1))
		}
		return lines, supplies
	}
	for name, test := range map[string]struct {
		items int
		want  []int
	}{
		"20 items fit into one":           {20, []int{20}},
		"the 21st has one of its own":     {21, []int{20, 1}},
		"50 items are three":              {50, []int{20, 20, 10}},
		"100 items, one a line, are five": {100, []int{20, 20, 20, 20, 20}},
	} {
		lines, supplies := many(test.items)
		var got []int
		for _, p := range Allocate([]Demand{demand("a", 0, lines...)}, supplies) {
			got = append(got, len(p.Items))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A Shipment has at most 100 entries: the API refuses a longer one, and its
// promise would wait for ever.
func TestAShipmentHasNoMoreEntriesThanTheAPIAccepts(t *testing.T) {
	var lines []LineDemand
	for i := range 100 {
		lines = append(lines, want(v1.Identifier(fmt.Sprint(i)), "tea", 2))
	}
	var supplies []Supply
	for i := range 20 {
		// Odd quantities: a line takes its units from two items every now and then.
		supplies = append(supplies, shelf(supply("tea", "east", 11), v1.ObjectName(fmt.Sprint(i))))
	}
	var sum v1.Quantity
	for _, p := range Allocate([]Demand{demand("a", 0, lines...)}, supplies) {
		if len(p.Items) > MaxEntries {
			t.Errorf("a Shipment with %d entries", len(p.Items))
		}
		for _, i := range p.Items {
			sum += i.Quantity
		}
	}
	if sum != 200 {
		t.Errorf("%d units are planned, want 200", sum)
	}
}

func TestTheSnapshotIsNotChanged(t *testing.T) {
	demands := []Demand{demand("b", 1, want("1", "tea", 2)), demand("a", 0, want("1", "tea", 2))}
	supplies := []Supply{supply("tea", "west", 2), supply("tea", "east", 1)}
	Allocate(demands, supplies)
	if diff := cmp.Diff([]Demand{demand("b", 1, want("1", "tea", 2)), demand("a", 0, want("1", "tea", 2))}, demands); diff != "" {
		t.Errorf("demands:\n%s", diff)
	}
	if diff := cmp.Diff([]Supply{supply("tea", "west", 2), supply("tea", "east", 1)}, supplies); diff != "" {
		t.Errorf("supplies:\n%s", diff)
	}
}
