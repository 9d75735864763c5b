package allocation

import (
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/geo"
)

// Where a position is not known, what the addresses have in common ranks a
// location, behind every one whose distance is known: no two points of the earth
// are 30,000 km apart.
const (
	sameCity int64 = 30_000_000 + iota
	sameRegion
	sameCountry
	elsewhere
)

// Distances ranks the locations for the rule Nearest, lower is nearer to the
// address. It is the distance in metres where both positions are known. A location
// without an address has no rank.
func Distances(to *v1.Address, locations []v1.Location) map[v1.Identifier]int64 {
	if to == nil {
		to = &v1.Address{}
	}
	distances := make(map[v1.Identifier]int64, len(locations))
	for _, l := range locations {
		switch {
		case l.Address == nil:
		case to.Geo != nil && l.Address.Geo != nil:
			distances[l.Name] = geo.Distance(*to.Geo, *l.Address.Geo)
		default:
			distances[l.Name] = closeness(to, l.Address)
		}
	}
	return distances
}

// closeness compares names as people write them. A region may be empty, many
// countries have none; two empty ones do not make a city of the same name another.
func closeness(a, b *v1.Address) int64 {
	region := strings.EqualFold(a.Region, b.Region)
	switch {
	case a.Country == "" || a.Country != b.Country:
		return elsewhere
	case region && a.City != "" && strings.EqualFold(a.City, b.City):
		return sameCity
	case region && a.Region != "":
		return sameRegion
	default:
		return sameCountry
	}
}
