package fulfilment

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestWave(t *testing.T) {
	cutoff := time.Date(2026, 12, 1, 18, 0, 0, 0, time.FixedZone("", 8*3600))
	for name, c := range map[string]struct {
		pick Pick
		want string
	}{
		"a location, a lane and its cutoff":     {Pick{Location: "sz", Carrier: "wings", Lane: "plane", DepartBy: cutoff}, "sz/wings/plane/2026-12-01T10:00:00Z"},
		"a carrier that people call":            {Pick{Location: "sz"}, "sz"},
		"the customer does not make it another": {Pick{Location: "sz", Name: "o-s1", MassGrams: 5, Promised: cutoff}, "sz"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Wave(&c.pick); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Each of these is picked before the next one.
func TestSequence(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 12, n, 23, 0, 0, 0, time.UTC) }
	shenzhen, guangzhou, upper := &v1.Address{Country: "CN", Region: "GD", City: "Shenzhen"}, &v1.Address{Country: "CN", Region: "GD", City: "Guangzhou"}, &v1.Address{Country: "CN", Region: "gd", City: "SHENZHEN"}
	hamburg := &v1.Address{Country: "DE", Region: "HH", City: "Hamburg"}
	cold, fragile := []v1.Trait{v1.TraitFragile, v1.TraitColdChain}, []v1.Trait{v1.TraitHighValue, v1.TraitFragile}
	want := []Pick{
		{Name: "z", Promised: day(1), To: hamburg},
		{Name: "y", Promised: day(2).Add(-time.Hour), To: guangzhou, Traits: cold},
		{Name: "x", Promised: day(2), To: shenzhen, MassGrams: 2000},
		{Name: "a", Promised: day(2), To: upper, MassGrams: 1000},
		{Name: "b", Promised: day(2), To: shenzhen, MassGrams: 1000},
		{Name: "w", Promised: day(2), To: shenzhen, MassGrams: 5000, Traits: fragile},
		{Name: "v", Promised: day(2), To: shenzhen, MassGrams: 9000, Traits: cold},
		{Name: "u", Promised: day(2), To: hamburg},
		{Name: "t", To: guangzhou},
	}
	var keys, names []string
	of := map[string]string{}
	for _, p := range want {
		key := Sequence(&p)
		of[key] = p.Name
		keys, names = append(keys, key), append(names, p.Name)
	}
	slices.Sort(keys)
	var got []string
	for _, key := range keys {
		got = append(got, of[key])
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("order of picking (-want +got):\n%s", diff)
	}
}
