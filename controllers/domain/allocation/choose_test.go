package allocation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

const (
	splits  = v1.RuleMinimizeSplits
	nearest = v1.RuleNearest
	highest = v1.RuleHighestStock
	prio    = v1.RulePriority
)

func TestRules(t *testing.T) {
	tea := func(q v1.Quantity) Demand { return demand("a", 0, want("1", "tea", q)) }
	both := func(q v1.Quantity) Demand { return demand("a", 0, want("1", "tea", q), want("2", "cup", q)) }
	for name, test := range map[string]struct {
		demand   Demand
		supplies []Supply
		want     []string
	}{
		"one location has units": {
			follows(tea(2), highest), []Supply{supply("tea", "east", 2), supply("tea", "west", 0), supply("cup", "west", 9)},
			[]string{"2 from east, OnlyLocation"},
		},

		// Each rule alone; the name decides what it does not.
		"MinimizeSplits: more of the open units": {
			follows(prefers(both(2), "east"), splits), []Supply{supply("tea", "east", 9), supply("tea", "west", 2), supply("cup", "west", 2)},
			[]string{"4 from west, MinimizeSplits"},
		},
		"MinimizeSplits: more than is open counts for nothing": {
			follows(tea(2), splits), []Supply{supply("tea", "west", 9), supply("tea", "east", 2)},
			[]string{"2 from east, Name"},
		},
		"HighestStock: more units, even of a product that is enough": {
			follows(both(2), highest), []Supply{supply("tea", "east", 2), supply("cup", "east", 2), supply("tea", "west", 9)},
			[]string{"2 from west, HighestStock", "2 from east, OnlyLocation"},
		},
		"HighestStock: units of other products do not count": {
			follows(tea(2), highest), []Supply{supply("tea", "east", 3), supply("tea", "west", 2), supply("cup", "west", 9)},
			[]string{"2 from east, HighestStock"},
		},
		"HighestStock: all items of a location count": {
			follows(tea(2), highest), []Supply{supply("tea", "east", 4), supply("tea", "west", 3), shelf(supply("tea", "west", 3), "b")},
			[]string{"2 from west, HighestStock"},
		},
		"HighestStock: as much is a tie": {
			follows(tea(2), highest), []Supply{supply("tea", "west", 3), supply("tea", "east", 3)},
			[]string{"2 from east, Name"},
		},
		"Priority: the preferred one, even with less": {
			follows(prefers(tea(3), "west", "east"), prio), []Supply{supply("tea", "east", 9), supply("tea", "west", 1)},
			[]string{"1 from west, Priority", "2 from east, OnlyLocation"},
		},
		"Priority: one that is not named comes last": {
			follows(prefers(tea(3), "west"), prio), []Supply{supply("tea", "east", 9), supply("tea", "west", 9)},
			[]string{"3 from west, Priority"},
		},
		"Priority: two that are not named are a tie": {
			follows(prefers(tea(3), "north"), prio), []Supply{supply("tea", "west", 9), supply("tea", "east", 3)},
			[]string{"3 from east, Name"},
		},
		"Nearest: the lowest distance, even with less": {
			follows(near(tea(3), "west", "east"), nearest), []Supply{supply("tea", "east", 9), supply("tea", "west", 1)},
			[]string{"1 from west, Nearest", "2 from east, OnlyLocation"},
		},
		"Nearest: one of unknown distance comes last": {
			follows(near(tea(3), "west"), nearest), []Supply{supply("tea", "east", 9), supply("tea", "west", 9)},
			[]string{"3 from west, Nearest"},
		},

		// Chains: the first rule that tells two locations apart decides.
		"without rules it is MinimizeSplits first": {
			prefers(tea(3), "east"), []Supply{supply("tea", "east", 2), supply("tea", "west", 3)},
			[]string{"3 from west, MinimizeSplits"},
		},
		"without rules Priority is second": {
			prefers(tea(3), "west"), []Supply{supply("tea", "east", 9), supply("tea", "west", 3)},
			[]string{"3 from west, Priority"},
		},
		"without rules HighestStock is third": {
			tea(3), []Supply{supply("tea", "east", 3), supply("tea", "west", 9)},
			[]string{"3 from west, HighestStock"},
		},
		"without rules Nearest is not asked": {
			near(tea(3), "west"), []Supply{supply("tea", "east", 3), supply("tea", "west", 3)},
			[]string{"3 from east, Name"},
		},
		"the order of the rules matters": {
			follows(near(prefers(tea(3), "east", "west"), "west", "east"), nearest, prio), []Supply{supply("tea", "east", 3), supply("tea", "west", 3)},
			[]string{"3 from west, Nearest"},
		},
		"a rule that does not tell them apart passes to the next": {
			follows(prefers(tea(3), "west", "east"), nearest, splits, prio), []Supply{supply("tea", "east", 3), supply("tea", "west", 3)},
			[]string{"3 from west, Priority"},
		},
		"the reason is the rule that beat the runner-up, not the one that beat the others": {
			follows(near(prefers(tea(3), "north", "west", "east"), "west", "north", "east"), splits, prio, nearest),
			[]Supply{supply("tea", "east", 2), supply("tea", "north", 3), supply("tea", "west", 3)},
			[]string{"3 from north, Priority"},
		},

		// The rules are asked anew for what is still open.
		"case 6: 13 units of 10 and 15, the first one preferred, are 10 and 3": {
			follows(prefers(tea(13), "east", "west"), prio), []Supply{supply("tea", "east", 10), supply("tea", "west", 15)},
			[]string{"10 from east, Priority", "3 from west, OnlyLocation"},
		},
		"what is covered is counted for the rest only": {
			follows(demand("a", 0, want("1", "tea", 4), want("2", "cup", 2)), splits),
			[]Supply{supply("tea", "east", 4), supply("tea", "north", 3), supply("cup", "south", 1), supply("cup", "west", 2)},
			[]string{"4 from east, MinimizeSplits", "2 from west, MinimizeSplits"},
		},
		"stock is counted for the rest only": {
			follows(demand("a", 0, want("1", "tea", 1), want("2", "cup", 2)), highest),
			[]Supply{supply("tea", "east", 9), supply("tea", "north", 7), supply("cup", "north", 1), supply("cup", "west", 2)},
			[]string{"1 from east, HighestStock", "2 from west, HighestStock"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, reasons(Allocate([]Demand{test.demand}, test.supplies))); diff != "" {
				t.Errorf("plans (-want +got):\n%s", diff)
			}
		})
	}
}
