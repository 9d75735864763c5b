package scene

import (
	"fmt"
	"regexp"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/testenv"
)

func backorder() *Scene {
	return &Scene{
		Name: "backorder", About: "Of five units three are in stock: they leave and are paid for, and two wait.",
		Without: []fault.Kind{fault.Expired}, // people would pay for what waits as well
		Objects: []client.Object{stock("tea", "TEA", 3), stock("cup", "CUP", 9), order("o").Line("TEA", 5).Line("CUP", 1).Obj()},
		End: func(w *World) string {
			if missing := ends(map[string]v1.OrderPhase{"o": v1.OrderBackordered}, map[string][2]v1.Quantity{"tea": {0, 0}, "cup": {8, 0}})(w); missing != "" {
				return missing
			}
			if o := w.Order("o"); o.Status.Lines[0].Delivered != 3 || o.Status.Lines[1].Delivered != 1 || o.Status.Amounts.Captured != 4000 {
				return "not all that left was delivered and paid for"
			}
			return ""
		},
	}
}

func restock() *Scene {
	return &Scene{
		Name: "restock", About: "An order waits for a product that is out of stock; a count finds some, and it runs to its end.",
		Objects: []client.Object{stock("tea", "TEA", 0), order("o").Line("TEA", 2).Obj()},
		Steps:   []Step{{When: in("o", v1.OrderBackordered), Do: count("tea", "count-2", 5)}},
		End:     ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {3, 0}}),
	}
}

// count takes stock, a second after the last time.
func count(item string, id v1.Identifier, q v1.Quantity) func(*World) error {
	return countAfter(time.Second, item, id, q)
}

// countAfter states a stock-take that was taken some time after the last one, or before
// it if that is below 0.
func countAfter(last time.Duration, item string, id v1.Identifier, q v1.Quantity) func(*World) error {
	return func(w *World) error {
		i := &v1.StockItem{}
		i.Namespace, i.Name = w.Namespace, item
		return patch(w, i, func() {
			i.Spec.Count = &v1.StockCount{ID: id, Quantity: q, TakenAt: testenv.Seconds(i.Status.CountTakenAt.Add(last))}
		})
	}
}

// racer begins the names of the Orders that race, and of their Shipments.
var racer = regexp.MustCompile(`^o[0-4]`)

func race() *Scene {
	objects := []client.Object{stock("tea", "TEA", 2)}
	for i := range 5 {
		objects = append(objects, order(fmt.Sprint("o", i)).Line("TEA", 1).Obj())
	}
	return &Scene{
		Name: "race", About: "Five orders race for two units: two get one each, and three wait.",
		Objects: objects, Loose: true,
		Alike: func(name string) string { return racer.ReplaceAllString(name, "o*") },
		End: func(w *World) string {
			phases := map[v1.OrderPhase]int{}
			for i := range 5 {
				if o := w.Order(fmt.Sprint("o", i)); o != nil {
					phases[o.Status.Phase]++
				}
			}
			if phases[v1.OrderCompleted] != 2 || phases[v1.OrderBackordered] != 3 {
				return fmt.Sprintf("want two Completed and three Backordered, have %v", phases)
			}
			return ends(nil, map[string][2]v1.Quantity{"tea": {0, 0}})(w)
		},
		Survivors: func(w *World) string {
			for i := range 5 {
				if o := w.Order(fmt.Sprint("o", i)); o != nil && o.Status.Phase != v1.OrderCompleted && o.Status.Phase != v1.OrderBackordered {
					return fmt.Sprintf("Order %s is %s", o.Name, o.Status.Phase)
				}
			}
			return ends(nil, map[string][2]v1.Quantity{"tea": {0, 0}})(w) // whoever has gone, others get the units
		},
	}
}

func recount() *Scene {
	return &Scene{
		Name: "recount", About: "A count comes in of before some units left, and then an older one again: they change what they should.",
		Class:   func(c *v1.OrderClass) { testenv.Manual(c) },
		Objects: []client.Object{stock("tea", "TEA", 9), order("o").Line("TEA", 2).Obj()},
		Steps: []Step{
			{When: reserved("o"), Do: count("tea", "count-2", 8)},
			{When: all(reserved("o"), counted("tea", "count-2")), Do: deliver("o")},
			{When: all(delivered("o"), onHand("tea", 6)), Do: count("tea", "count-3", 7)},
			{When: all(counted("tea", "count-3"), onHand("tea", 5)), Do: countAfter(-time.Second, "tea", "count-2", 8)},
		},
		End: ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {5, 0}}),
	}
}

// counted says whether a stock-take is in the counters of an item.
func counted(item, id string) func(*World) bool {
	return func(w *World) bool {
		i := w.Item(item)
		return i != nil && i.Status.CountID == id
	}
}

// onHand says how many units an item has.
func onHand(item string, q v1.Quantity) func(*World) bool {
	return func(w *World) bool {
		i := w.Item(item)
		return i != nil && i.Status.OnHand == q
	}
}

func split() *Scene {
	east := stock("tea-east", "TEA", 2)
	east.Spec.Location = "east"
	return &Scene{
		Name: "split", About: "No location has all units of an order, so it leaves from two.",
		Objects: []client.Object{stock("tea", "TEA", 3), east, stock("cup", "CUP", 9), order("o").Line("TEA", 5).Line("CUP", 1).Obj()},
		End:     ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {0, 0}, "tea-east": {0, 0}, "cup": {8, 0}}),
	}
}

func stocktake() *Scene {
	return &Scene{
		Name: "stocktake", About: "Less is counted than is promised: the later order gives its units back and waits.",
		// Who was first by the clock keeps the units.
		Without: []fault.Kind{fault.Forward, fault.Backward},
		Class:   func(c *v1.OrderClass) { testenv.Manual(c) },
		Objects: []client.Object{stock("tea", "TEA", 3), order("a").Line("TEA", 2).Obj()},
		Steps: []Step{
			{When: reserved("a"), Do: place(order("b").Line("TEA", 1).Obj())},
			{When: reserved("b"), Do: count("tea", "count-2", 2)},
		},
		End: func(w *World) string {
			if missing := ends(map[string]v1.OrderPhase{"a": v1.OrderProcessing, "b": v1.OrderBackordered}, map[string][2]v1.Quantity{"tea": {2, 2}})(w); missing != "" {
				return missing
			}
			if i := w.Item("tea"); i.Status.Short != 0 {
				return "the item has not got its units back"
			}
			return ""
		},
	}
}
