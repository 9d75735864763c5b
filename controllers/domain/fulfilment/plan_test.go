package fulfilment

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// boxed packs two units of tea, of 600 g each, into boxes of so many grams, for a
// customer in Hangzhou.
func boxed(s *v1.Shipment, grams int64) *Facts {
	f := facts(s)
	s.Spec.Location = "main"
	f.Items[tea].Spec.Unit = &v1.UnitTraits{MassGrams: 600}
	f.Order.Spec.ShipTo = v1.Address{Country: "CN", Region: "ZJ", City: "Hangzhou"}
	f.Order.Status.Policy = &v1.PolicySnapshot{Warehouse: v1.WarehousePolicy{Box: &v1.Box{MaxMassGrams: grams}}}
	return f
}

func parcel1(id v1.Identifier, grams int64, q v1.Quantity) v1.Parcel {
	return v1.Parcel{ID: id, MassGrams: grams, Lines: []v1.ParcelLine{some("1", q)}}
}

func TestPlan(t *testing.T) {
	const place = "9999-12-31/CN/ZJ/HANGZHOU/0/0999999999999998800/order-s1"
	old := []v1.Parcel{{ID: "old"}}
	had := func(s *v1.Shipment) { s.Status.Wave, s.Status.Sequence, s.Status.Parcels = "old", "old", old }
	short := func(s *v1.Shipment) {
		s.Spec.Facts.Picked = pickedFact("p", 2, v1.ShortPick{ID: "x", Line: "1", StockItem: tea.Name, Quantity: 1})
	}
	for name, c := range map[string]struct {
		facts          *Facts
		wave, sequence string
		parcels        []v1.Parcel
		packable       string
	}{
		"both fit into one box":    {boxed(shipment(1, wasReserved), 1200), "main", place, []v1.Parcel{parcel1("1", 1200, 2)}, ""},
		"each needs one":           {boxed(shipment(1, wasReserved), 1199), "main", place, []v1.Parcel{parcel1("1", 600, 1), parcel1("2", 600, 1)}, ""},
		"a unit is too large":      {boxed(shipment(1, wasReserved), 599), "main", "9999-12-31/CN/ZJ/HANGZHOU/0/1000000000000000000/order-s1", nil, v1.ReasonUnitTooLarge},
		"what is not reserved":     {boxed(shipment(1), 1200), "", "", nil, ""},
		"what was picked is fixed": {boxed(shipment(1, had, wasPicked), 1200), "old", "old", []v1.Parcel{parcel1("1", 1200, 2)}, ""},
		"what was not found is not packed": {
			boxed(shipment(1, had, wasReserved, short), 1200), "old", "old", []v1.Parcel{parcel1("1", 600, 1)}, "",
		},
		"what was packed is in its parcels": {boxed(shipment(1, had, wasPacked), 599), "old", "old", old, ""},
		"what has left as well":             {boxed(shipment(1, had, hasLeft), 599), "old", "old", old, ""},
		"and what was cancelled":            {boxed(shipment(1, had, wasReserved, wasCancelled), 599), "old", "old", old, ""},
	} {
		t.Run(name, func(t *testing.T) {
			st := project(t, c.facts)
			if diff := cmp.Diff([]string{c.wave, c.sequence}, []string{st.Wave, st.Sequence}); diff != "" {
				t.Errorf("place (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.parcels, st.Parcels); diff != "" {
				t.Errorf("parcels (-want +got):\n%s", diff)
			}
			if got := unpackable(st); got != c.packable {
				t.Errorf("Packable has reason %q, want %q", got, c.packable)
			}
		})
	}
}

// unpackable is the reason of condition Packable, "" if it is not there.
func unpackable(st *v1.ShipmentStatus) string {
	if p := meta.FindStatusCondition(st.Conditions, v1.ConditionPackable); p != nil {
		return p.Reason
	}
	return ""
}

func TestPlanOfTooMany(t *testing.T) {
	for _, q := range []v1.Quantity{v1.MaxParcels, v1.MaxParcels + 1} {
		f := boxed(shipment(1, wasReserved, holds(1, q)), 600)
		f.Order.Spec.Lines[0].Quantity, f.Order.Status.Lines[0].Ordered = q, q
		st := project(t, f)
		if len(st.Parcels) != v1.MaxParcels || (unpackable(st) == v1.ReasonTooManyParcels) != (q > v1.MaxParcels) {
			t.Errorf("%d units: %d parcels, Packable has reason %q", q, len(st.Parcels), unpackable(st))
		}
	}
}

// Nothing is known of a product whose StockItem is gone, and it is packed all the same.
func TestPlanWithoutItems(t *testing.T) {
	f := boxed(shipment(1, wasReserved), 1)
	f.Items = nil
	if st := project(t, f); len(st.Parcels) != 1 || st.Parcels[0].MassGrams != 0 {
		t.Errorf("parcels %+v", st.Parcels)
	}
}
