package routing

import (
	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/geo"
)

// Distances are those between points in metres, symmetric.
type Distances [][]int64

// Between computes the distances of points on the earth.
func Between(points []v1.GeoPoint) Distances {
	d := make(Distances, len(points))
	for i := range d {
		d[i] = make([]int64, len(points))
		for j := range i {
			d[i][j] = geo.Distance(points[i], points[j])
			d[j][i] = d[i][j]
		}
	}
	return d
}

// Length is that of the round trip that calls at points in an order, and returns.
func (d Distances) Length(tour []int) int64 {
	var sum int64
	for i, at := range tour {
		sum += d[at][tour[(i+1)%len(tour)]]
	}
	return sum
}

// Stops orders the points of a round trip that begins and ends at point 0, so that it
// is short: from each point to the nearest one that is left, and then, as long as that
// makes it shorter, parts of the trip are turned round (2-opt, G. A. Croes 1958) or up
// to three stops in a row moved elsewhere (Or-opt, I. Or 1976). It is meant for the stops
// of a day, some hundreds. The same points in the same order always give the same trip.
func Stops(d Distances) []int {
	tour := nearest(d)
	for turned, moved := true, true; turned || moved; {
		turned = twoOpt(d, tour)
		moved = orOpt(d, tour)
	}
	return tour
}

// nearest goes from each point to the nearest one that is left.
func nearest(d Distances) []int {
	if len(d) == 0 {
		return nil
	}
	tour, seen := []int{0}, make([]bool, len(d))
	seen[0] = true
	for len(tour) < len(d) {
		at, next := tour[len(tour)-1], -1
		for i := range d {
			if !seen[i] && (next < 0 || d[at][i] < d[at][next]) {
				next = i
			}
		}
		seen[next] = true
		tour = append(tour, next)
	}
	return tour
}

// twoOpt turns parts of the trip round until that makes it no shorter, and says whether
// it has turned any.
func twoOpt(d Distances, tour []int) (changed bool) {
	n := len(tour)
	for again := true; again; {
		again = false
		for i := 0; i < n-2; i++ {
			for j := i + 2; j < n; j++ {
				a, b, c, e := tour[i], tour[i+1], tour[j], tour[(j+1)%n]
				if d[a][c]+d[b][e] >= d[a][b]+d[c][e] {
					continue
				}
				for x, y := i+1, j; x < y; x, y = x+1, y-1 {
					tour[x], tour[y] = tour[y], tour[x]
				}
				again, changed = true, true
			}
		}
	}
	return changed
}

// orOpt moves up to three stops in a row to where the trip gets shorter, until there is
// nowhere, and says whether it has moved any.
func orOpt(d Distances, tour []int) (changed bool) {
	n := len(tour)
	for again := true; again; {
		again = false
		for size := 1; size <= 3; size++ {
			for i := 1; i+size <= n; i++ {
				if to, turn := better(d, tour, i, size); to >= 0 {
					move(tour, i, size, to, turn)
					again, changed = true, true
				}
			}
		}
	}
	return changed
}

// better finds the place after which size stops from i on make the trip shortest, and
// whether turned round; to is -1 if it is the one where they are.
func better(d Distances, tour []int, i, size int) (to int, turn bool) {
	n := len(tour)
	before, first, last, after := tour[i-1], tour[i], tour[i+size-1], tour[(i+size)%n]
	saved := d[before][first] + d[last][after] - d[before][after]
	to = -1
	var most int64
	for p := range tour {
		if p >= i-1 && p < i+size { // where they are, or among themselves
			continue
		}
		a, b := tour[p], tour[(p+1)%n]
		for _, turned := range []bool{false, true} {
			x, y := first, last
			if turned {
				x, y = last, first
			}
			if gain := saved - (d[a][x] + d[y][b] - d[a][b]); gain > most {
				most, to, turn = gain, p, turned
			}
		}
	}
	return to, turn
}

// move puts size stops from i on behind the one at position to.
func move(tour []int, i, size, to int, turn bool) {
	part := append([]int(nil), tour[i:i+size]...)
	if turn {
		for x, y := 0, size-1; x < y; x, y = x+1, y-1 {
			part[x], part[y] = part[y], part[x]
		}
	}
	if to > i {
		copy(tour[i:], tour[i+size:to+1])
		copy(tour[to+1-size:], part)
		return
	}
	copy(tour[to+1+size:i+size], tour[to+1:i])
	copy(tour[to+1:], part)
}
