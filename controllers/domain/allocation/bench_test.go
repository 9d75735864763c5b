package allocation

import (
	"fmt"
	"math/rand/v2"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// waiting is a namespace with some waiting lines, two to an order, over a tenth
// as many items: each product at two places, with less stock than is wanted.
func waiting(lines int) ([]Demand, []Supply) {
	r := rand.New(rand.NewPCG(1, 2))
	products := lines / 20
	sku := func(n int) v1.SKU { return v1.SKU(fmt.Sprintf("sku-%06d", n)) }
	demands := make([]Demand, lines/2)
	for i := range demands {
		demands[i] = demand(v1.ObjectName(fmt.Sprintf("order-%06d", i)), r.IntN(1000),
			want("1", sku(r.IntN(products)), v1.Quantity(1+r.IntN(3))), want("2", sku(r.IntN(products)), v1.Quantity(1+r.IntN(3))))
	}
	supplies := make([]Supply, 0, 2*products)
	for n := range products {
		supplies = append(supplies, supply(sku(n), "east", v1.Quantity(r.IntN(20))), supply(sku(n), "west", v1.Quantity(r.IntN(20))))
	}
	return demands, supplies
}

func BenchmarkAllocate(b *testing.B) {
	for _, lines := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("lines=%d,items=%d", lines, lines/10), func(b *testing.B) {
			demands, supplies := waiting(lines)
			b.ReportAllocs()
			for b.Loop() {
				if len(Allocate(demands, supplies)) == 0 {
					b.Fatal("nothing was planned")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/line")
		})
	}
}

// One product that everyone waits for, at many places.
func BenchmarkAllocateOneProduct(b *testing.B) {
	for _, lines := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("lines=%d,items=100", lines), func(b *testing.B) {
			demands := make([]Demand, lines)
			for i := range demands {
				demands[i] = demand(v1.ObjectName(fmt.Sprintf("order-%06d", i)), i, want("1", "tea", 1))
			}
			var supplies []Supply
			for i := range 100 {
				supplies = append(supplies, supply("tea", v1.Identifier(fmt.Sprintf("place-%02d", i)), v1.Quantity(lines/200)))
			}
			b.ReportAllocs()
			for b.Loop() {
				if len(Allocate(demands, supplies)) == 0 {
					b.Fatal("nothing was planned")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/line")
		})
	}
}
