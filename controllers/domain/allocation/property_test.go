package allocation

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func drawn(t *rapid.T) ([]Demand, []Supply) {
	return snapshot(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") })
}

func TestPlansKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		demands, supplies := drawn(t)
		check(t, demands, supplies, Allocate(demands, supplies))
	})
}

// The order in which a snapshot was listed must not matter, nor that of a map.
func TestPlansDoNotDependOnTheOrderOfTheSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		demands, supplies := drawn(t)
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
		demands, supplies := drawn(t)
		for i := range demands {
			demands[i].Fencing = false // what is kept may be of other items the second time
		}
		apply(Allocate(demands, supplies), demands, supplies)
		if again := Allocate(demands, supplies); len(again) > 0 {
			t.Fatalf("there was more to give: %v", text(again))
		}
	})
}

// Small orders come all the time, units now and then, and never as many as are
// wanted. The order that cannot be sent in parts is served as soon as one location
// has received what it wants, whatever it is that the others want.
func TestAnOrderThatFencesDoesNotStarve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		queue := []Demand{fencing(demand("big", 0, want("1", "tea", v1.Quantity(1+pick(6))), want("2", "cup", v1.Quantity(1+pick(6)))))}
		if pick(2) == 0 {
			queue[0] = whole(queue[0])
		} else {
			queue[0] = atMost(queue[0], 2, 1)
		}
		big := slices.Clone(queue[0].Lines)
		supplies := []Supply{
			supply("tea", "east", 0), shelf(supply("tea", "east", 0), "b"), supply("cup", "east", 0), supply("tea", "west", 0), supply("cup", "west", 0),
		}
		received := map[v1.Identifier]map[v1.SKU]v1.Quantity{"east": {}, "west": {}}
		for round := range 30 {
			s := &supplies[pick(len(supplies))]
			q := v1.Quantity(pick(3))
			s.Available += q
			received[s.Location][s.SKU] += q
			small := demand(v1.ObjectName(fmt.Sprintf("small-%02d", round)), 1+round, want("1", "tea", v1.Quantity(pick(4))), want("2", "cup", v1.Quantity(pick(4))))
			if pick(4) == 0 {
				small = fencing(whole(small))
			}
			queue = append(queue, small)

			plans := Allocate(queue, supplies)
			check(t, queue, supplies, plans)
			apply(plans, queue, supplies)
			served := slices.ContainsFunc(plans, func(p Plan) bool { return p.Order.Name == "big" })
			suffices := false
			for _, at := range received {
				suffices = suffices || (at["tea"] >= big[0].Open && at["cup"] >= big[1].Open)
			}
			if served != suffices {
				t.Fatalf("wants %v, received %v, served: %v", big, received, served)
			}
			if served {
				return
			}
		}
	})
}
