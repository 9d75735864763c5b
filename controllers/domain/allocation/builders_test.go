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

// prefers orders the locations.
func prefers(d Demand, locations ...v1.Identifier) Demand {
	d.Preference = map[v1.Identifier]int32{}
	for i, l := range locations {
		d.Preference[l] = int32(i)
	}
	return d
}

// supply is the item of a product at a location, named after both.
func supply(sku v1.SKU, location v1.Identifier, q v1.Quantity) Supply {
	name := v1.ObjectName(strings.ToLower(string(sku)) + "-" + string(location))
	return Supply{Item: v1.ItemKey{Name: name, UID: v1.UID("uid-" + name)}, SKU: sku, Location: location, Available: q}
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
