package v1alpha1_test

import (
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestShortPicks(t *testing.T)           { checkWrites(t, shipmentWithShortPick, shortPickWrites) }
func TestShortPicksWithPicked(t *testing.T) { checkWrites(t, shipmentOfTwo, shortPicksWithPicked) }
func TestShortUnits(t *testing.T)           { checkWrites(t, validShipment, shortUnitsUpdates) }

// shipmentOfTwo is a Shipment of three units of tea and a mug.
func shipmentOfTwo() *v1alpha1.Shipment {
	s := validShipment()
	s.Spec.Items = append(s.Spec.Items, v1alpha1.ShipmentItem{
		Line: "2", StockItem: "mug-berlin", StockItemUID: "77aa", SKU: "MUG", Quantity: 1,
	})
	return s
}

// shipmentWithShortPick is the same, picked but for one unit of tea.
func shipmentWithShortPick() *v1alpha1.Shipment {
	s := shipmentOfTwo()
	s.Spec.Facts.Picked = picked("f1")
	miss("s1", "1", "tea-berlin", 1)(s)
	return s
}

// miss adds a short pick.
func miss(id, line v1alpha1.Identifier, item v1alpha1.ObjectName, quantity v1alpha1.Quantity) func(*v1alpha1.Shipment) {
	return func(s *v1alpha1.Shipment) {
		p := s.Spec.Facts.Picked
		p.Short = append(p.Short, v1alpha1.ShortPick{ID: id, Line: line, StockItem: item, Quantity: quantity})
	}
}

var (
	notOfShipment  = refusal{"spec.facts.picked.short", "a short pick names a line and StockItem of this Shipment, and at most its quantity"}
	shortTooLate   = refusal{"spec.facts.picked.short", "a short pick is accepted until packed, dispatched or putBack is stated"}
	shortTakenBack = refusal{"spec.facts.picked.short", "a short pick cannot be taken back; apply the complete list"}
	shortChanged   = refusal{"spec.facts.picked.short[0]", "a short pick cannot be changed; add another"}
	pickedChanged  = refusal{"spec.facts.picked", "picked is written once; only picked.short can be added to"}
)

var shortPickWrites = map[string]shipmentWrite{
	"the base is accepted": {},
	"a short pick can be added after picked": {
		update: miss("s2", "2", "mug-berlin", 1),
	},
	"short picks can be listed in any order": {
		update: func(s *v1alpha1.Shipment) {
			miss("s2", "2", "mug-berlin", 1)(s)
			slices.Reverse(s.Spec.Facts.Picked.Short)
		},
	},
	"all units of an item can be missing": {
		update: miss("s2", "1", "tea-berlin", 3),
	},
	"one unit more than the item has cannot be missing": {
		update:  miss("s2", "1", "tea-berlin", 4),
		refused: notOfShipment,
	},
	"the quantity of another item does not count": {
		update:  miss("s2", "2", "mug-berlin", 3),
		refused: notOfShipment,
	},
	"a line of another Shipment cannot be missing": {
		update:  miss("s2", "3", "tea-berlin", 1),
		refused: notOfShipment,
	},
	"a StockItem of another Shipment cannot be missing": {
		update:  miss("s2", "1", "tea-hamburg", 1),
		refused: notOfShipment,
	},
	"a line does not come from the StockItem of another line": {
		update:  miss("s2", "1", "mug-berlin", 1),
		refused: notOfShipment,
	},
	"nothing cannot be missing": {
		update:  miss("s2", "1", "tea-berlin", 0),
		refused: refusal{"spec.facts.picked.short[1].quantity", "should be greater than or equal to 1"},
	},
	"two short picks cannot share an id": {
		update:  miss("s1", "2", "mug-berlin", 1),
		refused: refusal{"spec.facts.picked.short[1]", "Duplicate value"},
	},
	// The ledger names the end of the Shipment itself 0.
	"the id 0 is taken": {
		update:  miss("0", "2", "mug-berlin", 1),
		refused: refusal{"spec.facts.picked.short[1].id", "the id of a short pick cannot be 0; choose another"},
	},
	"the id 00 is not": {
		update: miss("00", "2", "mug-berlin", 1),
	},
	"twenty short picks are accepted": {
		update: missUpTo(20),
	},
	"twenty-one are refused": {
		update:  missUpTo(21),
		refused: refusal{"spec.facts.picked.short", "Too many"},
	},
	"a quantity cannot be raised": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.Short[0].Quantity++ },
		refused: shortChanged,
	},
	"a short pick cannot become one of another item": {
		update: func(s *v1alpha1.Shipment) {
			s.Spec.Facts.Picked.Short[0].Line, s.Spec.Facts.Picked.Short[0].StockItem = "2", "mug-berlin"
		},
		refused: shortChanged,
	},
	"a short pick cannot be renamed": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.Short[0].ID = "s2" },
		refused: shortTakenBack,
	},
	"the list of short picks cannot be dropped": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.Short = nil },
		refused: shortTakenBack,
	},
	"the list cannot be dropped with the fact": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked = nil },
		refused: once("picked"),
	},
	"picked cannot get another id beside a new short pick": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.ID = "f2"; miss("s2", "2", "mug-berlin", 1)(s) },
		refused: pickedChanged,
	},
	"picked cannot be moved in time": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.At = later },
		refused: pickedChanged,
	},
	"picked cannot lose who stated it": {
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.By = "" },
		refused: pickedChanged,
	},
	"picked cannot get who stated it later": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.By = "" },
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.By = "Kim" },
		refused: pickedChanged,
	},
	"the last short pick can come with packed": {
		status: shipmentPhase(v1alpha1.ShipmentPicking),
		update: func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed = fact("f2"); miss("s2", "2", "mug-berlin", 1)(s) },
	},
	"units are not missing once they are packed": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed = fact("f2") },
		update:  miss("s2", "2", "mug-berlin", 1),
		refused: shortTooLate,
	},
	"units are not missing once they have left": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Dispatched = fact("f3") },
		update:  miss("s2", "2", "mug-berlin", 1),
		refused: shortTooLate,
	},
	"units are not missing once they are put back": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.Facts.PutBack = fact("f4") },
		update:  miss("s2", "2", "mug-berlin", 1),
		refused: shortTooLate,
	},
	"units can be missing while they are put back": {
		status: shipmentPhase(v1alpha1.ShipmentPicking),
		update: func(s *v1alpha1.Shipment) { s.Spec.Facts.PutBack = fact("f4"); miss("s2", "2", "mug-berlin", 1)(s) },
	},
	"a short pick still cannot be taken back once packed": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed = fact("f2") },
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.Short = nil },
		refused: shortTakenBack,
	},
	"a short pick cannot be exchanged for another once packed": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed = fact("f2") },
		update:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked.Short[0].ID = "s2" },
		refused: shortTakenBack,
	},
	"a packed Shipment with a short pick can be dispatched": {
		create: func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed = fact("f2") },
		status: shipmentPhase(v1alpha1.ShipmentPacked),
		update: func(s *v1alpha1.Shipment) { s.Spec.Facts.Dispatched = fact("f3"); scanned(s) },
	},
}

// missUpTo adds short picks until there are so many.
func missUpTo(number int) func(*v1alpha1.Shipment) {
	return func(s *v1alpha1.Shipment) {
		for i := len(s.Spec.Facts.Picked.Short) + 1; i <= number; i++ {
			miss(v1alpha1.Identifier(fmt.Sprintf("s%d", i)), "1", "tea-berlin", 1)(s)
		}
	}
}

// pickedShort states picked and a short pick in one.
func pickedShort(s *v1alpha1.Shipment) {
	s.Spec.Facts.Picked = picked("f1")
	miss("s1", "1", "tea-berlin", 3)(s)
}

var shortPicksWithPicked = map[string]shipmentWrite{
	"a short pick can come with picked": {
		status: shipmentPhase(v1alpha1.ShipmentReserved), update: pickedShort,
	},
	"a short pick is no way round the phase": {
		status: shipmentPhase(v1alpha1.ShipmentPlanned), update: pickedShort,
		refused: pickedTooEarly,
	},
	"a short pick can come with picked, packed and dispatched": {
		status: shipmentPhase(v1alpha1.ShipmentReserved),
		update: func(s *v1alpha1.Shipment) {
			pickedShort(s)
			s.Spec.Facts.Packed, s.Spec.Facts.Dispatched = fact("f2"), fact("f3")
		},
	},
	"picked that comes after packed cannot bring a short pick": {
		create: func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed = fact("f2") },
		status: shipmentPhase(v1alpha1.ShipmentReserved), update: pickedShort,
		refused: shortTooLate,
	},
	"picked alone can come after packed": {
		create: func(s *v1alpha1.Shipment) { s.Spec.Facts.Packed = fact("f2") },
		status: shipmentPhase(v1alpha1.ShipmentReserved),
		update: func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked = picked("f1") },
	},
	"nobody creates a Shipment that lacks what it never had": {
		create:  func(s *v1alpha1.Shipment) { s.Spec.Facts.Picked = picked("f1"); miss("s1", "3", "tea-berlin", 1)(s) },
		refused: notOfShipment,
	},
}

// TestShortPicksOfSeveralFieldManagersMerge states short picks as they are found,
// each by a field manager of its own, on top of a fact of another one.
func TestShortPicksOfSeveralFieldManagersMerge(t *testing.T) {
	s := shipmentOfTwo()
	s.Namespace, s.Name = newNamespace(t), "web-100045-s1"
	create(t.Context(), t, s)
	s.Status.Phase = v1alpha1.ShipmentReserved
	if err := api.Status().Update(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	state := func(manager string, picked map[string]any) error {
		return applySpec(t, s, "Shipment", manager, map[string]any{"facts": map[string]any{"picked": picked}})
	}
	short := func(id, line, item string) map[string]any {
		return map[string]any{"short": []any{map[string]any{"id": id, "line": line, "stockItem": item, "quantity": int64(1)}}}
	}
	fact := map[string]any{"id": "p1", "at": "2026-03-01T09:00:00Z"}
	both := short("s3", "1", "tea-berlin")
	both["id"], both["at"] = fact["id"], fact["at"]
	for _, step := range []struct {
		manager string
		picked  map[string]any
	}{
		{"warehouse-p1", fact},
		{"warehouse-s1", short("s1", "1", "tea-berlin")},
		{"warehouse-s2", short("s2", "2", "mug-berlin")},
		{"warehouse-s3", both},                           // with the fact that it adds to
		{"warehouse-s1", short("s1", "1", "tea-berlin")}, // again, as a pipeline does
		{"warehouse-p1", fact},
	} {
		if err := state(step.manager, step.picked); err != nil {
			t.Fatalf("%s: %v", step.manager, err)
		}
	}
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(s), s); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range s.Spec.Facts.Picked.Short {
		ids = append(ids, string(p.ID))
	}
	if want := []string{"s1", "s2", "s3"}; !slices.Equal(ids, want) {
		t.Errorf("short picks are %v, want %v", ids, want)
	}

	t.Run("one manager for two short picks takes the first one back, which is refused", func(t *testing.T) {
		shortTakenBack.judge(t, state("warehouse-s1", short("s4", "1", "tea-berlin")))
	})
	t.Run("a short pick of another manager cannot be changed", func(t *testing.T) {
		shortChanged.judge(t, state("warehouse-s9", short("s1", "2", "mug-berlin")))
	})
}

// missing is a status that gives these units back.
func missing(units ...v1alpha1.ShortUnits) func(*v1alpha1.Shipment) {
	return func(s *v1alpha1.Shipment) { s.Status.Short = units }
}

func shortUnits(id v1alpha1.Identifier, quantity v1alpha1.Quantity) v1alpha1.ShortUnits {
	return v1alpha1.ShortUnits{ID: id, Line: "1", StockItem: "tea-berlin", Quantity: quantity, At: earlier}
}

var stayGivenBack = refusal{"status.short", "units that were given back stay given back"}

var shortUnitsUpdates = map[string]shipmentWrite{
	"units can be given back": {
		status: missing(shortUnits("s1", 1)), updateStatus: missing(shortUnits("s1", 1), shortUnits("s2", 2)),
	},
	// A short pick of units that the Shipment no longer held.
	"none can be given back": {
		updateStatus: missing(shortUnits("s1", 0)),
	},
	"units stay when the rest of the status goes on": {
		status: missing(shortUnits("s1", 1)), updateStatus: shipmentCancelled,
	},
	"fewer units cannot be given back afterwards": {
		status: missing(shortUnits("s1", 2)), updateStatus: missing(shortUnits("s1", 1)),
		refused: stayGivenBack,
	},
	"more units of one short pick cannot be given back afterwards": {
		status: missing(shortUnits("s1", 1)), updateStatus: missing(shortUnits("s1", 2)),
		refused: stayGivenBack,
	},
	"units cannot be moved in time": {
		status: missing(shortUnits("s1", 1)), updateStatus: func(s *v1alpha1.Shipment) { s.Status.Short[0].At = metav1.NewTime(later.Time) },
		refused: stayGivenBack,
	},
	"one of two cannot be lost": {
		status: missing(shortUnits("s1", 1), shortUnits("s2", 1)), updateStatus: missing(shortUnits("s2", 1)),
		refused: stayGivenBack,
	},
	"the list cannot be lost": {
		status: missing(shortUnits("s1", 1)), updateStatus: missing(),
		refused: stayGivenBack,
	},
	"a short pick gives units back once": {
		updateStatus: missing(shortUnits("s1", 1), shortUnits("s1", 2)),
		refused:      refusal{"status.short[1]", "Duplicate value"},
	},
}
