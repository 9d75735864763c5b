package routing

import (
	"fmt"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func BenchmarkChoose(b *testing.B) {
	carriers := big(1000)
	r := request(func(r *Request) {
		r.From, r.Objective, r.LatePenalty, r.Promise = "hub0", v1.ObjectiveBalanced, 5000, monday.AddDate(0, 0, 5)
	})
	if c := Choose(carriers, r); c.Route == nil || len(c.Route.Legs) != MaxHops {
		b.Fatalf("the route has not %d lanes: %+v", MaxHops, c.Route)
	}
	for b.Loop() {
		Choose(carriers, r)
	}
}

// big is a network of so many lanes over six rows of places, each of 20: from each row
// to the next only, so that a way to the customer has six lanes.
func big(lanes int) []Carrier {
	const rows, width, companies = MaxHops, 20, 20
	var carriers []Carrier
	for p := range companies {
		one := carrier(v1.ObjectName(fmt.Sprintf("p%02d", p)))
		one.Calendar = &v1.Calendar{TimeZone: []string{"Asia/Shanghai", "Europe/Berlin"}[p%2], Days: []v1.Weekday{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}}
		for i := range lanes / companies {
			n := p*(lanes/companies) + i
			row := n % rows
			from := row * width
			if row > 0 {
				from += (n / rows) % width
			}
			to := v1.Identifier("/DE")
			if row < rows-1 {
				to = v1.Identifier(fmt.Sprintf("hub%d", (row+1)*width+(n*7/rows)%width))
			}
			l := lane(v1.Identifier(fmt.Sprintf("l%d", i)), []v1.Mode{v1.ModeLand, v1.ModeSea, v1.ModeAir}[n%3], v1.Identifier(fmt.Sprintf("hub%d", from)), to, int32(4+n*13%40), v1.Amount(100+n*31%900))
			l.Cutoff, l.DamagePpm = []string{"", "12:00", "18:00"}[n%3], int32(n*17%500)
			one.Lanes = append(one.Lanes, l)
		}
		carriers = append(carriers, one)
	}
	return carriers
}

func BenchmarkChooseHard(b *testing.B) {
	carriers, r := tradedOff(1000), request(hard)
	for b.Loop() {
		Choose(carriers, r)
	}
}
