package fulfilment

import (
	"testing"

	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

func TestOrdinal(t *testing.T) {
	for name, want := range map[string]int{
		"order-s1": 1, "order-s12": 12, "a-s3-s4": 4, "-s2": 2,
		"order": 0, "order-s": 0, "order-s0": 0, "order-s-1": 0, "order-s1x": 0, "order-s99999999999999999999": 0, "": 0,
	} {
		if got := Ordinal(name); got != want {
			t.Errorf("Ordinal(%q) = %d, want %d", name, got, want)
		}
	}
}

func TestAnOrdinalIsThatOfItsName(t *testing.T) { rapid.Check(t, ordinalOfName) }

func FuzzOrdinal(f *testing.F) { fuzz.Drawn(f, ordinalOfName) }

func ordinalOfName(t *rapid.T) {
	order := v1.ObjectName(rapid.StringMatching(`[a-z0-9]([a-z0-9.-]{0,10}(-s[0-9])?)?`).Draw(t, "order"))
	n := rapid.IntRange(1, 1_000_000).Draw(t, "n")
	if got := Ordinal(string(Name(order, n))); got != n {
		t.Fatalf("%s has ordinal %d, want %d", Name(order, n), got, n)
	}
}
