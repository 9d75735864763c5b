package fulfilment

import (
	"slices"
	"strings"
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

// FuzzSequence orders any two Shipments as each of its parts says, and fits into the status.
func FuzzSequence(f *testing.F) {
	f.Add("CN", "GD", "Shenzhen", "CN", "GD", "SHENZHEN", int64(1000), int64(2000), 1, 2)
	f.Add("", "ß", "İ", "ZZ", "", "\xff", int64(-1), int64(1<<62), 0, 400)
	f.Fuzz(func(t *testing.T, country, region, city, otherCountry, otherRegion, otherCity string, mass, otherMass int64, day, otherDay int) {
		text := func(s string, most int) string { return string([]rune(s)[:min(most, len([]rune(s)))]) }
		pick := func(country, region, city string, mass int64, day int) *Pick {
			p := &Pick{
				Location: v1.Identifier(strings.Repeat("l", 63)), Carrier: v1.ObjectName(strings.Repeat("c", 63)), Lane: v1.Identifier(strings.Repeat("a", 63)),
				DepartBy: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), MassGrams: max(0, mass), Name: strings.Repeat("n", 253),
				To: &v1.Address{Country: text(country, 2), Region: text(region, 64), City: text(city, 128)},
			}
			if day > 0 {
				p.Promised = time.Date(2026, 1, 1+day%5000, 0, 0, 0, 0, time.UTC)
			}
			return p
		}
		a, b := pick(country, region, city, mass, day), pick(otherCountry, otherRegion, otherCity, otherMass, otherDay)
		x, y := Sequence(a), Sequence(b)
		if n := len([]rune(x)); n > 600 {
			t.Errorf("a sequence of %d characters", n)
		}
		if n := len([]rune(Wave(a))); n > 253 {
			t.Errorf("a wave of %d characters", n)
		}
		switch promised, other := !a.Promised.IsZero(), !b.Promised.IsZero(); {
		case promised && (!other || a.Promised.Before(b.Promised)) && x >= y:
			t.Errorf("what is promised first is picked later: %q, %q", x, y)
		case !promised && !other && cmp.Equal(a.To, b.To) && a.MassGrams > b.MassGrams && b.MassGrams < heaviest && x >= y:
			t.Errorf("what is heavier is picked later: %q, %q", x, y)
		}
	})
}
