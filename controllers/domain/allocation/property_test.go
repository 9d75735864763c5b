package allocation

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// snapshot draws orders and items that meet often: few products, few places,
// few units.
func snapshot(t *rapid.T) ([]Demand, []Supply) {
	skus := []v1.SKU{"cup", "pot", "tea"}
	places := []v1.Identifier{"east", "north", "west"}
	var demands []Demand
	for i := range rapid.IntRange(0, 8).Draw(t, "orders") {
		d := demand(v1.ObjectName(fmt.Sprintf("order-%d", i)), rapid.IntRange(0, 3).Draw(t, "confirmed"))
		d.Priority = int32(rapid.IntRange(-1, 1).Draw(t, "priority"))
		for j := range rapid.IntRange(1, 4).Draw(t, "lines") {
			d.Lines = append(d.Lines, want(v1.Identifier(fmt.Sprint(j)), rapid.SampledFrom(skus).Draw(t, "sku"), v1.Quantity(rapid.IntRange(0, 5).Draw(t, "open"))))
		}
		if rapid.Bool().Draw(t, "prefers") {
			d = prefers(d, rapid.Permutation(places).Draw(t, "preference")[:2]...)
		}
		demands = append(demands, d)
	}
	var supplies []Supply
	for _, sku := range skus {
		for _, place := range places {
			for shelf := range rapid.IntRange(0, 2).Draw(t, "items") {
				s := supply(sku, place, v1.Quantity(rapid.IntRange(0, 6).Draw(t, "available")))
				s.Item.Name += v1.ObjectName(fmt.Sprint("-", shelf))
				supplies = append(supplies, s)
			}
		}
	}
	return demands, supplies
}

func TestPlansKeepToWhatThereIsAndWhatIsWanted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		demands, supplies := snapshot(t)
		plans := Allocate(demands, supplies)

		type line struct {
			order v1.ObjectName
			line  v1.Identifier
		}
		taken, got := map[v1.ItemKey]v1.Quantity{}, map[line]v1.Quantity{}
		place := map[v1.ItemKey]v1.Identifier{}
		for _, s := range supplies {
			place[s.Item] = s.Location
		}
		for _, p := range plans {
			if len(p.Items) == 0 {
				t.Fatalf("an empty plan for %s", p.Order.Name)
			}
			distinct := map[v1.ItemKey]bool{}
			for _, i := range p.Items {
				key := v1.ItemKey{Name: i.StockItem, UID: i.StockItemUID}
				if i.Quantity <= 0 || place[key] != p.Location {
					t.Fatalf("%d units of %s, which is at %s, in a plan of %s", i.Quantity, key.Name, place[key], p.Location)
				}
				distinct[key] = true
				taken[key] += i.Quantity
				got[line{p.Order.Name, i.Line}] += i.Quantity
			}
			if len(distinct) > MaxItems {
				t.Fatalf("%d items in a plan", len(distinct))
			}
		}
		left := map[v1.SKU]v1.Quantity{}
		for _, s := range supplies {
			if taken[s.Item] > s.Available {
				t.Fatalf("%d of %d units of %s are planned", taken[s.Item], s.Available, s.Item.Name)
			}
			left[s.SKU] += s.Available - taken[s.Item]
		}
		// Whoever is short has left nothing, and nobody after it got any.
		ordered := append([]Demand{}, demands...)
		sortDemands(ordered)
		short := map[v1.SKU]v1.ObjectName{}
		for _, d := range ordered {
			lacks := map[v1.SKU]bool{}
			for _, l := range d.Lines {
				q := got[line{d.Order.Name, l.Line}]
				if q > l.Open {
					t.Fatalf("%s got %d of %d for line %s", d.Order.Name, q, l.Open, l.Line)
				}
				if ahead := short[l.SKU]; ahead != "" && q > 0 {
					t.Fatalf("%s got %s, of which %s is short", d.Order.Name, l.SKU, ahead)
				}
				lacks[l.SKU] = lacks[l.SKU] || q < l.Open
			}
			for sku, lack := range lacks {
				if lack {
					short[sku] = d.Order.Name
					if left[sku] > 0 {
						t.Fatalf("%s is short of %s, and %d units are left", d.Order.Name, sku, left[sku])
					}
				}
			}
		}
	})
}

// The order in which a snapshot was listed must not matter, nor that of a map.
func TestPlansDoNotDependOnTheOrderOfTheSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		demands, supplies := snapshot(t)
		first := Allocate(demands, supplies)
		second := Allocate(rapid.Permutation(demands).Draw(t, "demands"), rapid.Permutation(supplies).Draw(t, "supplies"))
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("plans differ:\n%s", diff)
		}
	})
}

// Planning again with what the plans have left finds nothing more to give.
func TestAPlanIsAllThatCanBeGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		demands, supplies := snapshot(t)
		for _, p := range Allocate(demands, supplies) {
			for _, i := range p.Items {
				for n := range supplies {
					if supplies[n].Item.Name == i.StockItem {
						supplies[n].Available -= i.Quantity
					}
				}
				for n := range demands {
					for m := range demands[n].Lines {
						if l := &demands[n].Lines[m]; demands[n].Order == p.Order && l.Line == i.Line {
							l.Open -= i.Quantity
						}
					}
				}
			}
		}
		if again := Allocate(demands, supplies); len(again) > 0 {
			t.Fatalf("there was more to give: %v", text(again))
		}
	})
}
