package proof

import (
	"cmp"
	"flag"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

var full = flag.Bool("full", false, "explore the large worlds as well, which takes minutes")

// config is a small world to explore.
type config struct {
	name string
	// units of each item.
	units []v1.Quantity
	// orders want so many units of each item.
	orders [][]v1.Quantity
	// whole is how many Orders, the first ones, ship everything at once.
	whole int
	// people may do each action so often.
	people map[int]int8
	// again is how many Orders, the first ones, were deleted and placed again just
	// before, so that old caches still show the one that had the name.
	again int
	// names is how many Shipments an Order may have, 2 if it is not given.
	names int
	// fresh says that caches are never old, so that more can happen besides.
	fresh bool
	large bool
}

func (c config) world() *world {
	w := &world{orders: make([]order, len(c.orders)), names: cmp.Or(c.names, 2), fresh: c.fresh}
	for i, q := range c.units {
		w.items = append(w.items, item{})
		w.putItem(i, newItem(string(rune('a'+i)), q))
	}
	for i, lines := range c.orders {
		o := &v1.Order{}
		o.Name, o.Generation = fmt.Sprint("order", i+1), 1
		o.UID = types.UID("the " + o.Name)
		o.Finalizers = []string{v1.OrderFinalizer}
		o.Spec.Currency = "EUR"
		o.Status.ObservedGeneration = 1
		o.Status.ConfirmedAt = &metav1.MicroTime{Time: noon}
		o.Status.Amounts = &v1.OrderAmounts{}
		o.Status.Policy = &v1.PolicySnapshot{Shortage: v1.ShortageBackorder, Provider: v1.PaymentProvider{Type: v1.ProviderCash, Method: v1.PaymentCash}}
		if i < c.whole {
			o.Status.Policy.Allocation = &v1.AllocationPolicy{Mode: v1.AllocationAllOrNothing}
		}
		for n, q := range lines {
			if q == 0 {
				continue
			}
			id := v1.Identifier(fmt.Sprint(n + 1))
			o.Spec.Lines = append(o.Spec.Lines, v1.OrderLine{ID: id, SKU: v1.SKU(rune('a' + n)), Quantity: q})
			o.Status.Lines = append(o.Status.Lines, v1.OrderLineStatus{ID: id, Ordered: q, Backordered: q})
		}
		w.putOrder(i, o, false)
		if i < c.again {
			w.putOrder(i, placedAgain(o), false)
		}
	}
	for action, n := range c.people {
		w.left[action] = n
	}
	return w
}

// placedAgain is the Order that the same manifest makes once more.
func placedAgain(o *v1.Order) *v1.Order {
	n := o.DeepCopy()
	n.UID += " that was placed again"
	return n
}

type (
	people = map[int]int8
	units  = []v1.Quantity
	wanted = [][]v1.Quantity
)

// worlds are small ones in which every rule of the ledger matters somewhere.
var worlds = []config{
	{name: "two orders, one unit, a cancel", units: units{1}, orders: wanted{{1}, {1}}, people: people{cancel: 1, handOver: 1}},
	{name: "two orders, two units", units: units{2}, orders: wanted{{1}, {1}}, names: 1},
	{name: "a pick that is put back", units: units{1}, orders: wanted{{1}, {1}}, people: people{pick: 1}},
	{name: "a short pick", units: units{2}, orders: wanted{{2}}, people: people{shortPick: 1, handOver: 2}},
	{name: "an order of two, lowered to one", units: units{2}, orders: wanted{{2}}, people: people{lower: 1}},
	{name: "a stock-take of less", units: units{1}, orders: wanted{{1}}, people: people{countLess: 1, pick: 1, handOver: 1}},
	{name: "a stock-take of more", units: units{0}, orders: wanted{{1}, {1}}, people: people{countMore: 1, handOver: 1}},
	{name: "everything of two items at once", units: units{1, 1}, orders: wanted{{1, 1}}, whole: 1, people: people{handOver: 1}},
	{name: "everything at once, and a rival for all of it", units: units{1, 1}, orders: wanted{{1, 1}, {1, 1}}, whole: 2, names: 1},
	{name: "an order just placed again", units: units{2}, orders: wanted{{1}}, again: 1, names: 1},
	{name: "an order just placed again, and a rival", units: units{1}, orders: wanted{{1}, {1}}, again: 1, names: 1},
	{name: "an order archived and placed again", units: units{1}, orders: wanted{{1}}, people: people{remove: 1, placeAgain: 1, handOver: 1}, names: 1},
	{name: "an order archived and placed again, with a unit left", units: units{2}, orders: wanted{{1}}, people: people{remove: 1, placeAgain: 1, handOver: 2}, names: 1},

	{name: "large: two orders, one unit, a cancel and a deletion", units: units{1}, orders: wanted{{1}, {1}}, people: people{remove: 1, cancel: 1}, names: 1, large: true},
	{name: "large: two orders, two units, a cancel", units: units{2}, orders: wanted{{1}, {1}}, people: people{cancel: 1}, names: 1, large: true},
	{name: "large: a short pick, and a rival", units: units{2}, orders: wanted{{2}, {1}}, people: people{shortPick: 1}, names: 1, large: true},
	{name: "large: an order lowered while it is picked", units: units{2}, orders: wanted{{2}}, people: people{lower: 1, pick: 1, handOver: 2}, large: true},
	{name: "large: a stock-take of less, and a rival", units: units{2}, orders: wanted{{1}, {1}}, people: people{countLess: 1}, names: 1, large: true},
	{name: "large: stock-takes of less and of more", units: units{1}, orders: wanted{{1}}, people: people{countLess: 1, countMore: 1, pick: 1}, large: true},
	{name: "large: everything at once, and a rival for a part", units: units{1, 1}, orders: wanted{{1, 1}, {1, 0}}, whole: 1, large: true},
	{name: "large: everything at once, and a rival for all, two Shipments, fresh caches", units: units{1, 1}, orders: wanted{{1, 1}, {1, 1}}, whole: 2, fresh: true, large: true},
	{name: "large: an order just placed again, two Shipments", units: units{2}, orders: wanted{{1}}, again: 1, large: true},
	{name: "large: an order archived and placed again, two Shipments", units: units{1}, orders: wanted{{1}}, people: people{remove: 1, placeAgain: 1, handOver: 1}, large: true},
}

// stateLimit is when a world is too large, for a test and for -full.
const stateLimit, fullLimit = 600_000, 3_000_000

// TestTheLedgerIsSafe explores every interleaving of small worlds.
func TestTheLedgerIsSafe(t *testing.T) {
	states, explored := 0, 0
	limit := stateLimit
	if *full {
		limit = fullLimit
	}
	for _, c := range worlds {
		if c.large && !*full {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			x := explore(rules{}, c, limit)
			t.Logf("%d states, %d steps", len(x.ids), len(x.edges))
			if x.found != "" {
				t.Error(x.found)
			}
			if len(x.ids) > limit {
				t.Errorf("gave up after %d states", limit)
			}
			states += len(x.ids)
			explored++
		})
	}
	t.Logf("%d states explored in %d worlds", states, explored)
}
