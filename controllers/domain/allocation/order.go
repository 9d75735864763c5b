package allocation

import (
	"cmp"
	"slices"
)

// sortDemands puts the waiting orders into the one total order in which they
// are served: priority, then the time of their confirmation, then the name. An
// order keeps its place until it is served, whatever happens to its Shipments.
func sortDemands(demands []Demand) {
	slices.SortFunc(demands, func(a, b Demand) int {
		return cmp.Or(
			cmp.Compare(b.Priority, a.Priority),
			a.ConfirmedAt.Compare(b.ConfirmedAt),
			cmp.Compare(a.Order.Name, b.Order.Name),
		)
	})
}
