package allocation

import (
	"fmt"
	"strings"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// want is a line of some units of a product.
func want(line v1.Identifier, sku v1.SKU, q v1.Quantity) LineDemand {
	return LineDemand{Line: line, SKU: sku, Open: q}
}

// demand is an order that was confirmed some minutes after noon.
func demand(name v1.ObjectName, minute int, lines ...LineDemand) Demand {
	return Demand{
		Order:       v1.ObjectIdentity{Name: name, UID: v1.UID("uid-" + name)},
		ConfirmedAt: noon.Add(time.Duration(minute) * time.Minute), Lines: lines,
	}
}

// urgent is a demand ahead of those without a priority.
func urgent(d Demand, priority int32) Demand {
	d.Priority = priority
	return d
}

// prefers orders the locations for the rule Priority.
func prefers(d Demand, locations ...v1.Identifier) Demand {
	d.Preference = map[v1.Identifier]int32{}
	for i, l := range locations {
		d.Preference[l] = int32(i)
	}
	return d
}

// near orders the locations for the rule Nearest.
func near(d Demand, locations ...v1.Identifier) Demand {
	d.Distance = map[v1.Identifier]int64{}
	for i, l := range locations {
		d.Distance[l] = int64(i)
	}
	return d
}

// follows sets the rules of an order.
func follows(d Demand, rules ...v1.AllocationRule) Demand {
	d.Policy.Rules = rules
	return d
}

// whole is an order that is sent in one Shipment or not at all.
func whole(d Demand) Demand {
	d.Policy.Mode = v1.AllocationAllOrNothing
	return d
}

// atMost limits the Shipments of an order that has some already.
func atMost(d Demand, splits int32, has int) Demand {
	d.Policy.MaxSplits, d.Shipments = &splits, has
	return d
}

// fencing is an order that has waited for long.
func fencing(d Demand) Demand {
	d.Fencing = true
	return d
}

// supply is the item of a product at a location, named after both, with room for
// many promises.
func supply(sku v1.SKU, location v1.Identifier, q v1.Quantity) Supply {
	name := v1.ObjectName(strings.ToLower(string(sku)) + "-" + string(location))
	return Supply{Item: v1.ItemKey{Name: name, UID: v1.UID("uid-" + name)}, SKU: sku, Location: location, Available: q, Slots: 1000}
}

// shelf is one of several items of a product at a location.
func shelf(s Supply, name v1.ObjectName) Supply {
	s.Item.Name += "-" + name
	s.Item.UID += "-" + v1.UID(name)
	return s
}

// slots is an item with room for some promises only.
func slots(s Supply, n int) Supply {
	s.Slots = n
	return s
}

// text shows plans as "order from location: 3 tea for 1, 2 cup for 2".
func text(plans []Plan) []string {
	list := make([]string, len(plans))
	for i, p := range plans {
		items := make([]string, len(p.Items))
		for j, it := range p.Items {
			items[j] = fmt.Sprintf("%d %s for %s", it.Quantity, it.SKU, it.Line)
		}
		list[i] = fmt.Sprintf("%s from %s: %s", p.Order.Name, p.Location, strings.Join(items, ", "))
	}
	return list
}

// reasons shows plans as "3 from east, Priority".
func reasons(plans []Plan) []string {
	list := make([]string, len(plans))
	for i, p := range plans {
		var sum v1.Quantity
		for _, it := range p.Items {
			sum += it.Quantity
		}
		list[i] = fmt.Sprintf("%d from %s, %s", sum, p.Location, p.Reason)
	}
	return list
}
