package routing

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// onPlane are the distances of points of a plane.
func onPlane(points [][2]float64) Distances {
	d := make(Distances, len(points))
	for i := range d {
		d[i] = make([]int64, len(points))
		for j := range d[i] {
			d[i][j] = int64(math.Round(math.Hypot(points[i][0]-points[j][0], points[i][1]-points[j][1])))
		}
	}
	return d
}

// shortest tries every round trip.
func shortest(d Distances) int64 {
	tour := make([]int, len(d))
	for i := range tour {
		tour[i] = i
	}
	best := d.Length(tour)
	var permute func(k int)
	permute = func(k int) {
		if k == len(tour) {
			best = min(best, d.Length(tour))
			return
		}
		for i := k; i < len(tour); i++ {
			tour[k], tour[i] = tour[i], tour[k]
			permute(k + 1)
			tour[k], tour[i] = tour[i], tour[k]
		}
	}
	permute(min(1, len(tour)))
	return best
}

// isTour says whether a trip begins at point 0 and calls at each point once.
func isTour(tour []int, n int) bool {
	sorted := slices.Sorted(slices.Values(tour))
	for i, p := range sorted {
		if i != p {
			return false
		}
	}
	return len(tour) == n && (n == 0 || tour[0] == 0)
}

// Every trip begins at the depot and calls at each stop once.
func TestStopsIsATrip(t *testing.T) { rapid.Check(t, stopsAreATrip) }

func FuzzStopsIsATrip(f *testing.F) { fuzz.Drawn(f, stopsAreATrip) }

func stopsAreATrip(t *rapid.T) {
	points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) v1.GeoPoint {
		return v1.GeoPoint{LatE6: rapid.Int32Range(-90e6, 90e6).Draw(t, "lat"), LngE6: rapid.Int32Range(-180e6, 180e6).Draw(t, "lng")}
	}), 0, 30).Draw(t, "points")
	if tour := Stops(Between(points)); !isTour(tour, len(points)) {
		t.Fatalf("no round trip: %v", tour)
	}
}

// Of up to nine stops in a city the trip is at most a tenth longer than the shortest one.
func TestStopsOfFew(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same points each time
	worst, longer := 1.0, 0
	const cities = 300
	for range cities {
		points := make([]v1.GeoPoint, 4+draw.IntN(7))
		for i := range points {
			points[i] = v1.GeoPoint{LatE6: 22_500_000 + draw.Int32N(100_000), LngE6: 113_900_000 + draw.Int32N(100_000)}
		}
		d := Between(points)
		got, want := d.Length(Stops(d)), shortest(d)
		if got < want {
			t.Fatalf("shorter than the shortest: %d, %d", got, want)
		}
		if got > want {
			longer++
		}
		worst = max(worst, float64(got)/float64(want))
	}
	t.Logf("%d of %d trips are the shortest, the worst is %.1f %% longer", cities-longer, cities, 100*(worst-1))
	if worst > 1.1 {
		t.Errorf("%.3f times the shortest trip", worst)
	}
}

// burma14 has the coordinates of the instance burma14 of TSPLIB (G. Reinelt, TSPLIB: A
// Traveling Salesman Problem Library, ORSA Journal on Computing 3, 1991) in degrees and
// minutes; with its own distances GEO its shortest trip is 3323.
var burma14 = [][2]float64{
	{16.47, 96.10}, {16.47, 94.44}, {20.09, 92.54}, {22.39, 93.37}, {25.23, 97.24}, {22.00, 96.05}, {20.47, 97.02},
	{17.20, 96.29}, {16.30, 97.38}, {14.05, 98.12}, {16.53, 97.38}, {21.52, 95.59}, {19.41, 97.13}, {20.09, 94.55},
}

// byGEO are the distances of TSPLIB's type GEO, as its paper defines them.
func byGEO(points [][2]float64) Distances {
	const radius, pi = 6378.388, 3.141592
	radians := func(x float64) float64 {
		degrees := math.Trunc(x)
		return pi * (degrees + 5*(x-degrees)/3) / 180
	}
	d := make(Distances, len(points))
	for i, a := range points {
		d[i] = make([]int64, len(points))
		for j, b := range points {
			if i == j {
				continue
			}
			q1 := math.Cos(radians(a[1]) - radians(b[1]))
			q2 := math.Cos(radians(a[0]) - radians(b[0]))
			q3 := math.Cos(radians(a[0]) + radians(b[0]))
			d[i][j] = int64(radius*math.Acos(0.5*((1+q1)*q2-(1-q1)*q3)) + 1)
		}
	}
	return d
}

// The gap to the shortest trip is that of published instances, and of a grid, whose
// shortest trip is known: as long as it has points, if one of its sides is even.
func TestStopsOfInstances(t *testing.T) {
	grid := func(w, h int) Distances {
		var points [][2]float64
		for i := range w * h {
			points = append(points, [2]float64{float64(1000 * (i % w)), float64(1000 * (i / w))})
		}
		return onPlane(points)
	}
	circle := func(n int) (Distances, int64) {
		points, tour := make([][2]float64, n), make([]int, n)
		for i := range n { // in an order that is none round the circle
			angle := 2 * math.Pi * float64(i*7%n) / float64(n)
			points[i] = [2]float64{1e6 * math.Cos(angle), 1e6 * math.Sin(angle)}
			tour[i*7%n] = i
		}
		d := onPlane(points)
		return d, d.Length(tour)
	}
	round, length := circle(150)
	for name, c := range map[string]struct {
		d      Distances
		best   int64
		within float64
	}{
		"burma14":                     {byGEO(burma14), 3323, 1.05},
		"a grid of 10 by 20":          {grid(10, 20), 200_000, 1.15},
		"a grid of 7 by 8":            {grid(7, 8), 56_000, 1.15},
		"150 points round a circle":   {round, length, 1.0},
		"a depot alone":               {onPlane([][2]float64{{1, 1}}), 0, 1},
		"a depot and one stop":        {onPlane([][2]float64{{0, 0}, {3, 4}}), 10, 1},
		"two stops at the same place": {onPlane([][2]float64{{0, 0}, {3, 4}, {3, 4}}), 10, 1},
	} {
		t.Run(name, func(t *testing.T) {
			tour := Stops(c.d)
			if !isTour(tour, len(c.d)) {
				t.Fatalf("no round trip: %v", tour)
			}
			got := c.d.Length(tour)
			if c.best > 0 {
				t.Logf("%d, the shortest is %d: %.1f %% longer", got, c.best, 100*(float64(got)/float64(c.best)-1))
			}
			if got < c.best || float64(got) > c.within*float64(c.best) {
				t.Errorf("%d, the shortest is %d", got, c.best)
			}
		})
	}
}

func BenchmarkStops(b *testing.B) {
	var points []v1.GeoPoint
	for i := range int32(200) {
		points = append(points, v1.GeoPoint{LatE6: 22_500_000 + i*7919%100_000, LngE6: 113_900_000 + i*104_729%100_000})
	}
	d := Between(points)
	for b.Loop() {
		Stops(d)
	}
}
