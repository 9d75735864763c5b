package fulfilment

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

func units(line v1.Identifier, q v1.Quantity, grams, cm3 int64, traits ...v1.Trait) Units {
	return Units{line, q, &v1.UnitTraits{MassGrams: grams, VolumeCm3: cm3, Traits: traits}}
}

func some(line v1.Identifier, q v1.Quantity) v1.ParcelLine {
	return v1.ParcelLine{Line: line, Quantity: q}
}

func TestPack(t *testing.T) {
	lines := func(l ...v1.ParcelLine) []v1.ParcelLine { return l }
	for name, c := range map[string]struct {
		units []Units
		box   v1.Box
		want  Packing
	}{
		"nothing": {nil, v1.Box{}, Packing{}},
		"of which nothing is known goes into one parcel": {
			[]Units{{Line: "1", Quantity: 1_000_000_000}, {Line: "2", Quantity: 1}}, v1.Box{MaxMassGrams: 1, MaxVolumeCm3: 1},
			Packing{Parcels: []v1.Parcel{{Lines: lines(some("1", 1_000_000_000), some("2", 1))}}},
		},
		"no box limits nothing": {
			[]Units{units("1", 3, 5000, 10)}, v1.Box{},
			Packing{Parcels: []v1.Parcel{{Lines: lines(some("1", 3)), MassGrams: 15_000, VolumeCm3: 30}}},
		},
		"a full box is full": {
			[]Units{units("1", 2, 500, 0), units("2", 1, 1, 0)}, v1.Box{MaxMassGrams: 1000},
			Packing{Parcels: []v1.Parcel{
				{Lines: lines(some("1", 2)), MassGrams: 1000}, {Lines: lines(some("2", 1)), MassGrams: 1},
			}},
		},
		"by volume as well": {
			[]Units{units("1", 2, 1, 600)}, v1.Box{MaxMassGrams: 1000, MaxVolumeCm3: 1000},
			Packing{Parcels: []v1.Parcel{
				{Lines: lines(some("1", 1)), MassGrams: 1, VolumeCm3: 600}, {Lines: lines(some("1", 1)), MassGrams: 1, VolumeCm3: 600},
			}},
		},
		"small ones fill what large ones leave": {
			[]Units{units("small", 3, 300, 0), units("large", 2, 700, 0)}, v1.Box{MaxMassGrams: 1000},
			Packing{Parcels: []v1.Parcel{
				{Lines: lines(some("large", 1), some("small", 1)), MassGrams: 1000},
				{Lines: lines(some("large", 1), some("small", 1)), MassGrams: 1000},
				{Lines: lines(some("small", 1)), MassGrams: 300},
			}},
		},
		"what does not go together is packed apart": {
			[]Units{
				units("a", 1, 1, 1), units("b", 1, 1, 1, v1.TraitHazmat), units("c", 1, 1, 1, v1.TraitColdChain), units("d", 1, 1, 1, v1.TraitFragile),
				units("e", 1, 1, 1, v1.TraitPerishable), units("f", 1, 1, 1, v1.TraitColdChain, v1.TraitPerishable),
			}, v1.Box{MaxMassGrams: 1000, MaxVolumeCm3: 1000},
			Packing{Parcels: []v1.Parcel{
				{Lines: lines(some("a", 1), some("e", 1)), MassGrams: 2, VolumeCm3: 2, Traits: []v1.Trait{v1.TraitPerishable}},
				{Lines: lines(some("b", 1)), MassGrams: 1, VolumeCm3: 1, Traits: []v1.Trait{v1.TraitHazmat}},
				{Lines: lines(some("c", 1), some("f", 1)), MassGrams: 2, VolumeCm3: 2, Traits: []v1.Trait{v1.TraitColdChain, v1.TraitPerishable}},
				{Lines: lines(some("d", 1)), MassGrams: 1, VolumeCm3: 1, Traits: []v1.Trait{v1.TraitFragile}},
			}},
		},
		"an oversize unit is a parcel of its own, whatever the box is": {
			[]Units{units("1", 2, 5000, 5000, v1.TraitOversize)}, v1.Box{MaxMassGrams: 1000, MaxVolumeCm3: 1000},
			Packing{Parcels: []v1.Parcel{
				{Lines: lines(some("1", 1)), MassGrams: 5000, VolumeCm3: 5000, Traits: []v1.Trait{v1.TraitOversize}},
				{Lines: lines(some("1", 1)), MassGrams: 5000, VolumeCm3: 5000, Traits: []v1.Trait{v1.TraitOversize}},
			}},
		},
		"what is larger than a box is told": {
			[]Units{units("2", 1, 1001, 0), units("1", 1, 0, 1001), units("3", 1, 1000, 1000)}, v1.Box{MaxMassGrams: 1000, MaxVolumeCm3: 1000},
			Packing{TooLarge: []v1.Identifier{"1", "2"}, Parcels: []v1.Parcel{{Lines: lines(some("3", 1)), MassGrams: 1000, VolumeCm3: 1000}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Pack(c.units, c.box)
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(v1.Parcel{}, "ID")); diff != "" {
				t.Errorf("packing (-want +got):\n%s", diff)
			}
			slices.Reverse(c.units)
			if diff := cmp.Diff(got, Pack(c.units, c.box)); diff != "" {
				t.Errorf("in another order (-before +after):\n%s", diff)
			}
		})
	}
}

// A thousand million units of which each fills a box are told to be too many, at once.
func TestPackTooMany(t *testing.T) {
	got := Pack([]Units{units("1", v1.MaxQuantity, 1000, 0), units("2", 1, 1, 0)}, v1.Box{MaxMassGrams: 1000})
	if !got.TooMany || len(got.Parcels) != v1.MaxParcels {
		t.Errorf("%d parcels, too many: %v", len(got.Parcels), got.TooMany)
	}
	if got := Pack([]Units{units("1", v1.MaxParcels, 1000, 0)}, v1.Box{MaxMassGrams: 1000}); got.TooMany || len(got.Parcels) != v1.MaxParcels {
		t.Errorf("%d parcels are too many", len(got.Parcels))
	}
}

// Masses stay numbers, however many units there are.
func TestPackIsBounded(t *testing.T) {
	var all []Units
	for i := range 100 {
		all = append(all, units(v1.Identifier(fmt.Sprint(i)), v1.MaxQuantity, 100_000_000, 1_000_000_000))
	}
	got := Pack(all, v1.Box{})
	if len(got.Parcels) != 5 {
		t.Errorf("%d parcels", len(got.Parcels))
	}
	for _, p := range got.Parcels {
		if p.MassGrams <= 0 || p.MassGrams > v1.MaxAmount || p.VolumeCm3 <= 0 || p.VolumeCm3 > v1.MaxAmount {
			t.Errorf("%d grams and %d cubic centimetres", p.MassGrams, p.VolumeCm3)
		}
	}
}

// Every unit that fits into a box is in one parcel, with its like only, and no parcel is
// more than a box holds.
func TestPackKeepsUnits(t *testing.T) { rapid.Check(t, packKeepsUnits) }

func FuzzPackKeepsUnits(f *testing.F) { fuzz.Drawn(f, packKeepsUnits) }

func packKeepsUnits(t *rapid.T) {
	box := v1.Box{MaxMassGrams: rapid.Int64Range(0, 50).Draw(t, "grams"), MaxVolumeCm3: rapid.Int64Range(0, 50).Draw(t, "cm3")}
	of := map[v1.Identifier]Units{}
	var all []Units
	for i := range rapid.IntRange(0, 8).Draw(t, "lines") {
		u := units(v1.Identifier(fmt.Sprint(i)), v1.Quantity(rapid.Int64Range(0, 15).Draw(t, "quantity")), rapid.Int64Range(0, 60).Draw(t, "mass"),
			rapid.Int64Range(0, 60).Draw(t, "volume"), rapid.SliceOfNDistinct(rapid.SampledFrom(apart), 0, 2, rapid.ID).Draw(t, "traits")...)
		of[u.Line], all = u, append(all, u)
	}
	got := Pack(all, box)
	packed := map[v1.Identifier]v1.Quantity{}
	for i, p := range got.Parcels {
		if p.ID != v1.Identifier(fmt.Sprint(i+1)) || len(p.Lines) == 0 {
			t.Fatalf("parcel %d: %+v", i+1, p)
		}
		kind := kindOf(of[p.Lines[0].Line].Unit)
		var grams, cm3, number int64
		for _, l := range p.Lines {
			u := of[l.Line]
			packed[l.Line] += l.Quantity
			number += int64(l.Quantity)
			grams, cm3 = grams+u.Unit.MassGrams*int64(l.Quantity), cm3+u.Unit.VolumeCm3*int64(l.Quantity)
			if l.Quantity < 1 || kindOf(u.Unit) != kind {
				t.Fatalf("%d of line %s in %+v", l.Quantity, l.Line, p)
			}
		}
		oversize := kind.has(v1.TraitOversize)
		over := (box.MaxMassGrams > 0 && grams > box.MaxMassGrams) || (box.MaxVolumeCm3 > 0 && cm3 > box.MaxVolumeCm3)
		if grams != p.MassGrams || cm3 != p.VolumeCm3 || (over && !oversize) || (oversize && number != 1) {
			t.Fatalf("%+v in a box of %+v", p, box)
		}
	}
	for _, u := range all {
		want := u.Quantity
		over := (box.MaxMassGrams > 0 && u.Unit.MassGrams > box.MaxMassGrams) || (box.MaxVolumeCm3 > 0 && u.Unit.VolumeCm3 > box.MaxVolumeCm3)
		over = over && !kindOf(u.Unit).has(v1.TraitOversize) && u.Quantity > 0
		if over != slices.Contains(got.TooLarge, u.Line) {
			t.Fatalf("%+v is too large for %+v: %v", u.Unit, box, !over)
		}
		if slices.Contains(got.TooLarge, u.Line) {
			want = 0
		}
		if packed[u.Line] != want && !got.TooMany {
			t.Fatalf("%d of line %s are packed, want %d", packed[u.Line], u.Line, want)
		}
	}
}

// A parcel has units of twenty lines, and not of one more.
func TestPackFewLines(t *testing.T) {
	var all []Units
	for i := range v1.MaxParcelLines + 1 {
		all = append(all, Units{Line: v1.Identifier(fmt.Sprint(i)), Quantity: 2})
	}
	if n := len(Pack(all[1:], v1.Box{}).Parcels); n != 1 {
		t.Errorf("%d lines are in %d parcels", len(all)-1, n)
	}
	if n := len(Pack(all, v1.Box{}).Parcels); n != 2 {
		t.Errorf("%d lines are in %d parcels", len(all), n)
	}
}

// By mass alone it takes at most 11/9 of the fewest parcels and 6/9 (G. Dósa, The Tight
// Bound of First Fit Decreasing Bin-Packing Algorithm, 2007).
func TestPackNearTheFewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const box = 20
		masses := rapid.SliceOfN(rapid.Int64Range(1, box), 1, 8).Draw(t, "masses")
		var all []Units
		for i, m := range masses {
			all = append(all, units(v1.Identifier(fmt.Sprint(i)), 1, m, 0))
		}
		got, best := len(Pack(all, v1.Box{MaxMassGrams: box}).Parcels), fewest(masses, nil, box)
		if got < best || 9*got > 11*best+6 {
			t.Fatalf("%d parcels, and %d are enough", got, best)
		}
	})
}

// fewest is the smallest number of boxes, found by trying all.
func fewest(masses, open []int64, box int64) int {
	if len(masses) == 0 {
		return len(open)
	}
	best := fewest(masses[1:], append(slices.Clone(open), masses[0]), box)
	for i, used := range open {
		if used+masses[0] <= box {
			next := slices.Clone(open)
			next[i] += masses[0]
			best = min(best, fewest(masses[1:], next, box))
		}
	}
	return best
}
