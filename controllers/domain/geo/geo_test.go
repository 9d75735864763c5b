package geo

import (
	"math"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

var (
	auckland  = v1.GeoPoint{LatE6: -36_848_500, LngE6: 174_763_300}
	beijing   = v1.GeoPoint{LatE6: 39_904_200, LngE6: 116_407_400}
	capeTown  = v1.GeoPoint{LatE6: -33_924_900, LngE6: 18_424_100}
	london    = v1.GeoPoint{LatE6: 51_507_400, LngE6: -127_800}
	newYork   = v1.GeoPoint{LatE6: 40_712_800, LngE6: -74_006_000}
	paris     = v1.GeoPoint{LatE6: 48_856_600, LngE6: 2_352_200}
	quito     = v1.GeoPoint{LatE6: -180_700, LngE6: -78_467_800}
	reykjavik = v1.GeoPoint{LatE6: 64_146_600, LngE6: -21_942_600}
	santiago  = v1.GeoPoint{LatE6: -33_448_900, LngE6: -70_669_300}
	shanghai  = v1.GeoPoint{LatE6: 31_230_400, LngE6: 121_473_700}
	singapore = v1.GeoPoint{LatE6: 1_352_100, LngE6: 103_819_800}
	sydney    = v1.GeoPoint{LatE6: -33_868_800, LngE6: 151_209_300}
	tokyo     = v1.GeoPoint{LatE6: 35_676_200, LngE6: 139_650_300}
)

// The distances wanted are geodesics of the WGS 84 ellipsoid, by Vincenty's formula.
func TestDistance(t *testing.T) {
	for name, test := range map[string]struct {
		a, b v1.GeoPoint
		want int64
	}{
		"London and Paris":                          {london, paris, 343_923},
		"London and New York":                       {london, newYork, 5_585_234},
		"Beijing and Shanghai":                      {beijing, shanghai, 1_065_846},
		"Tokyo and Sydney, over the equator":        {tokyo, sydney, 7_792_175},
		"Auckland and Santiago, over the date line": {auckland, santiago, 9_690_746},
		"Quito and Singapore, nearly antipodes":     {quito, singapore, 19_743_446},
		"Reykjavik and Cape Town":                   {reykjavik, capeTown, 11_433_597},
	} {
		got := Distance(test.a, test.b)
		if off := math.Abs(float64(got-test.want)) / float64(test.want); off > 0.005 {
			t.Errorf("%s: %d m, %.2f %% off %d m", name, got, 100*off, test.want)
		}
		if back := Distance(test.b, test.a); back != got {
			t.Errorf("%s: %d m there and %d m back", name, got, back)
		}
	}
}

func TestDistanceAtTheEdges(t *testing.T) {
	const half = 20_015_114 // half the circumference
	north, south := v1.GeoPoint{LatE6: 90_000_000}, v1.GeoPoint{LatE6: -90_000_000}
	for name, test := range map[string]struct {
		a, b v1.GeoPoint
		want int64
	}{
		"a place and itself":             {tokyo, tokyo, 0},
		"the date line is one line":      {v1.GeoPoint{LngE6: 180_000_000}, v1.GeoPoint{LngE6: -180_000_000}, 0},
		"a pole has any longitude":       {north, v1.GeoPoint{LatE6: 90_000_000, LngE6: 123_000_000}, 0},
		"from pole to pole":              {north, south, half},
		"antipodes on the equator":       {v1.GeoPoint{LngE6: -90_000_000}, v1.GeoPoint{LngE6: 90_000_000}, half},
		"antipodes elsewhere":            {v1.GeoPoint{LatE6: 12_345_678, LngE6: 23_456_789}, v1.GeoPoint{LatE6: -12_345_678, LngE6: -156_543_211}, half},
		"a degree of longitude":          {v1.GeoPoint{}, v1.GeoPoint{LngE6: 1_000_000}, 111_195},
		"the smallest step is 11 cm":     {v1.GeoPoint{}, v1.GeoPoint{LatE6: 1}, 0},
		"ten of the smallest steps, 1 m": {v1.GeoPoint{}, v1.GeoPoint{LatE6: 10}, 1},
	} {
		if got := Distance(test.a, test.b); got != test.want {
			t.Errorf("%s: %d m, want %d m", name, got, test.want)
		}
	}
}

// FuzzDistance: the same both ways, never longer than half the way round, unchanged when
// the earth turns, and no detour is shorter.
func FuzzDistance(f *testing.F) {
	f.Add(int32(0), int32(0), int32(0), int32(180_000_000), int32(90_000_000), int32(0))
	f.Add(int32(-36_848_500), int32(174_763_300), int32(-33_448_900), int32(-70_669_300), int32(0), int32(-180_000_000))
	f.Add(int32(41_000_001), int32(12_000_000), int32(-41_000_000), int32(-168_000_000), int32(41_000_000), int32(12_000_001))
	f.Fuzz(func(t *testing.T, latA, lngA, latB, lngB, latC, lngC int32) {
		const half, rounding = 20_015_114, 2
		a, b, c := onEarth(latA, lngA), onEarth(latB, lngB), onEarth(latC, lngC)
		ab, ac, cb := Distance(a, b), Distance(a, c), Distance(c, b)
		if ab < 0 || ab > half {
			t.Errorf("%v to %v: %d m", a, b, ab)
		}
		if back := Distance(b, a); back != ab {
			t.Errorf("%v to %v: %d m, and %d m back", a, b, ab, back)
		}
		if ab > ac+cb+rounding {
			t.Errorf("%v to %v: %d m, and by %v only %d m", a, b, ab, c, ac+cb)
		}
		turned := func(p v1.GeoPoint) v1.GeoPoint { return onEarth(p.LatE6, p.LngE6+c.LngE6) }
		if again := Distance(turned(a), turned(b)); max(again-ab, ab-again) > rounding {
			t.Errorf("%v to %v: %d m, and %d m after a turn of the earth", a, b, ab, again)
		}
	})
}

// onEarth is a point with coordinates that the API allows.
func onEarth(lat, lng int32) v1.GeoPoint {
	lat, lng = lat%90_000_001, lng%360_000_000
	switch {
	case lng > 180_000_000:
		lng -= 360_000_000
	case lng < -180_000_000:
		lng += 360_000_000
	}
	return v1.GeoPoint{LatE6: lat, LngE6: lng}
}
