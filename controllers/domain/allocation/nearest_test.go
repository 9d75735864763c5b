package allocation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/geo"
)

func TestDistances(t *testing.T) {
	at := func(name v1.Identifier, a v1.Address) v1.Location { return v1.Location{Name: name, Address: &a} }
	munich := &v1.GeoPoint{LatE6: 48_137_200, LngE6: 11_576_100}
	berlin := &v1.GeoPoint{LatE6: 52_520_000, LngE6: 13_405_000}
	home := v1.Address{City: "Munich", Region: "BY", Country: "DE", Geo: munich}
	locations := []v1.Location{
		at("known", v1.Address{City: "Berlin", Country: "DE", Geo: berlin}),
		at("city", v1.Address{City: "munich", Region: "by", Country: "DE"}),
		at("region", v1.Address{City: "Augsburg", Region: "BY", Country: "DE"}),
		at("country", v1.Address{City: "Hamburg", Region: "HH", Country: "DE"}),
		at("namesake", v1.Address{City: "Munich", Region: "ND", Country: "US"}),
		at("unknown", v1.Address{}),
		{Name: "nowhere"},
	}
	byName := func(known int64) map[v1.Identifier]int64 {
		return map[v1.Identifier]int64{
			"known": known, "city": sameCity, "region": sameRegion, "country": sameCountry, "namesake": elsewhere, "unknown": elsewhere,
		}
	}
	withoutGeo := home
	withoutGeo.Geo = nil
	for name, test := range map[string]struct {
		to        *v1.Address
		locations []v1.Location
		want      map[v1.Identifier]int64
	}{
		"metres where both positions are known, else what the addresses share": {&home, locations, byName(geo.Distance(*munich, *berlin))},
		"without the customer's position the names decide":                     {&withoutGeo, locations, byName(sameCountry)},
		"cities of a country without regions": {
			&v1.Address{City: "Singapore", Country: "SG"},
			[]v1.Location{at("same", v1.Address{City: "Singapore", Country: "SG"}), at("other", v1.Address{City: "Jurong", Country: "SG"})},
			map[v1.Identifier]int64{"same": sameCity, "other": sameCountry},
		},
		"two empty countries are not the same one": {
			&v1.Address{City: "Munich"}, []v1.Location{at("east", v1.Address{City: "Munich"})}, map[v1.Identifier]int64{"east": elsewhere},
		},
		"two empty cities are not the same one": {
			&v1.Address{Region: "BY", Country: "DE"}, []v1.Location{at("east", v1.Address{Region: "BY", Country: "DE"})}, map[v1.Identifier]int64{"east": sameRegion},
		},
		"nobody knows where to": {nil, []v1.Location{at("east", home), {Name: "west"}}, map[v1.Identifier]int64{"east": elsewhere}},
		"no locations":          {&home, nil, map[v1.Identifier]int64{}},
	} {
		if diff := cmp.Diff(test.want, Distances(test.to, test.locations)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestNoDistanceIsBehindARank(t *testing.T) {
	pole := func(lat int32) *v1.Address { return &v1.Address{Geo: &v1.GeoPoint{LatE6: lat}} }
	farthest := Distances(pole(90_000_000), []v1.Location{{Name: "south", Address: pole(-90_000_000)}})["south"]
	if farthest >= sameCity {
		t.Errorf("%d m are behind the same city, %d", farthest, sameCity)
	}
}
