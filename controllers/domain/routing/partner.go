package routing

import (
	"cmp"
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Carriers are the Partners that have lanes and are not being deleted, by name. Their
// lanes are shared with the Partners.
func Carriers(partners []v1.Partner) []Carrier {
	var list []Carrier
	for i := range partners {
		if p := &partners[i]; len(p.Spec.Lanes) > 0 && p.DeletionTimestamp.IsZero() {
			list = append(list, Carrier{Name: v1.ObjectName(p.Name), Calendar: p.Spec.Calendar, Lanes: p.Spec.Lanes})
		}
	}
	slices.SortFunc(list, func(a, b Carrier) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// CheckCalendar says what is wrong with the calendar of a carrier, nil if it can be read.
func CheckCalendar(c *v1.Calendar) error {
	_, err := hoursOf(c)
	return err
}
