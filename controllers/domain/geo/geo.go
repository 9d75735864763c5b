// Package geo measures on the surface of the earth.
package geo

import (
	"math"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// earthRadius in metres is the mean radius R1 = (2a + b) / 3 of the ellipsoid by
// H. Moritz, Geodetic Reference System 1980. That of WGS 84 is the same to the
// millimetre.
const earthRadius = 6_371_008.771

// Distance is the length in metres of the great circle between two points, by the
// haversine formula on a sphere of the earth's mean radius, 6371008.771 m (Moritz,
// Geodetic Reference System 1980). The earth is no sphere: it is up to some 0.5 %
// off, which is good enough to tell warehouses apart.
func Distance(a, b v1.GeoPoint) int64 {
	latA, latB := radians(a.LatE6), radians(b.LatE6)
	h := haversine(latB-latA) + math.Cos(latA)*math.Cos(latB)*haversine(radians(b.LngE6)-radians(a.LngE6))
	// Rounding may lift h above 1 between antipodes, where there is no arcsine.
	return int64(math.Round(2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))))
}

func haversine(angle float64) float64 {
	s := math.Sin(angle / 2)
	return s * s
}

func radians(e6 int32) float64 { return float64(e6) / 1e6 * math.Pi / 180 }
