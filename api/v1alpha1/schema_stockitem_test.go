package v1alpha1_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

type stockItemWrite = write[*v1alpha1.StockItem]

func validStockItem() *v1alpha1.StockItem {
	return &v1alpha1.StockItem{Spec: v1alpha1.StockItemSpec{
		SKU: "TEA-GREEN-100", Location: "berlin",
		Count:    &v1alpha1.StockCount{Quantity: 10, ID: "c1", TakenAt: earlier},
		UnitCost: 480, Currency: "EUR",
		Replenish: &v1alpha1.ReplenishPolicy{
			Mode:    "Fixed",
			Sources: []v1alpha1.ReplenishSource{{Partner: "tea-garden", LeadDays: 12}},
		},
	}}
}

func TestStockItemWrites(t *testing.T)        { checkWrites(t, validStockItem, stockItemWrites) }
func TestStockItemStatusUpdates(t *testing.T) { checkWrites(t, validStockItem, stockItemStatusUpdates) }

var oneSource = refusal{"spec.replenish.sources[0]", "exactly one of the fields in [partner location] must be set"}

var stockItemWrites = map[string]stockItemWrite{
	"the base is accepted": {},
	"a name of 63 characters is accepted": {
		create: func(s *v1alpha1.StockItem) { s.Name = strings.Repeat("s", 63) },
	},
	"a name of 64 characters is refused": {
		create:  func(s *v1alpha1.StockItem) { s.Name = strings.Repeat("s", 64) },
		refused: refusal{"metadata", "the name of a StockItem has at most 63 characters; choose a shorter name"},
	},
	"a source can be a location": {
		create: func(s *v1alpha1.StockItem) {
			s.Spec.Replenish.Sources[0] = v1alpha1.ReplenishSource{Location: "hamburg"}
		},
	},
	"a source cannot be a partner and a location": {
		create:  func(s *v1alpha1.StockItem) { s.Spec.Replenish.Sources[0].Location = "hamburg" },
		refused: oneSource,
	},
	"a source is a partner or a location": {
		create:  func(s *v1alpha1.StockItem) { s.Spec.Replenish.Sources[0].Partner = "" },
		refused: oneSource,
	},
	"another product is another StockItem": {
		update:  func(s *v1alpha1.StockItem) { s.Spec.SKU = "TEA-BLACK-100" },
		refused: refusal{"spec.sku", "sku cannot be changed; make a new StockItem"},
	},
	"another location is another StockItem": {
		update:  func(s *v1alpha1.StockItem) { s.Spec.Location = "hamburg" },
		refused: refusal{"spec.location", "location cannot be changed; make a new StockItem"},
	},
	"a new count, cost and policy are ordinary edits": {
		update: func(s *v1alpha1.StockItem) {
			s.Spec.Count = &v1alpha1.StockCount{Quantity: 12, ID: "c2", TakenAt: later}
			s.Spec.UnitCost, s.Spec.Replenish = 500, nil
		},
	},
}

// counters is a status with these units on hand, in quarantine and reserved.
func counters(onHand, quarantined, reserved v1alpha1.Quantity) func(*v1alpha1.StockItem) {
	return func(s *v1alpha1.StockItem) {
		s.Status.OnHand, s.Status.Quarantined, s.Status.Reserved = onHand, quarantined, reserved
		s.Status.CountID, s.Status.CountTakenAt = "c1", &earlier
	}
}

// counted is the same after the next stock-take.
func counted(onHand, quarantined, reserved v1alpha1.Quantity) func(*v1alpha1.StockItem) {
	return func(s *v1alpha1.StockItem) {
		counters(onHand, quarantined, reserved)(s)
		s.Status.CountID, s.Status.CountTakenAt = "c2", &later
	}
}

var (
	oversold       = refusal{"status", "this would promise more units than there are"}
	countTakenBack = refusal{"status.countTakenAt", "countTakenAt never goes back"}
)

// A ledger is oversold by reserved - (onHand - quarantined) units. That may be
// above 0 only after a stock-take that found less than was promised, and never
// grow in another way. The API server refuses the rest, whoever writes.
var stockItemStatusUpdates = map[string]stockItemWrite{
	"the last unit can be promised": {
		status: counters(10, 0, 9), updateStatus: counters(10, 0, 10),
	},
	"one unit more than there are cannot be promised": {
		status: counters(10, 0, 10), updateStatus: counters(10, 0, 11),
		refused: oversold,
	},
	"a quarantined unit cannot be promised": {
		status: counters(10, 1, 9), updateStatus: counters(10, 1, 10),
		refused: oversold,
	},
	"a promised unit cannot be put in quarantine": {
		status: counters(10, 0, 10), updateStatus: counters(10, 1, 10),
		refused: oversold,
	},
	"a promised unit cannot vanish": {
		status: counters(10, 0, 10), updateStatus: counters(9, 0, 10),
		refused: oversold,
	},
	"a promised unit leaves with its promise": {
		status: counters(10, 0, 10), updateStatus: counters(9, 0, 9),
	},
	"nothing can be promised before the first count": {
		updateStatus: func(s *v1alpha1.StockItem) { s.Status.Reserved = 1 },
		refused:      oversold,
	},
	"a count can find less than was promised": {
		status: counters(10, 0, 8), updateStatus: counted(5, 0, 8),
	},
	"a count can find less, and a promise be given back in the same write": {
		status: counters(10, 0, 8), updateStatus: counted(5, 0, 7),
	},
	"a count that finds less cannot promise more": {
		status: counters(10, 0, 8), updateStatus: counted(5, 0, 9),
		refused: oversold,
	},
	"a count that finds enough can promise more in the same write": {
		status: counters(10, 0, 8), updateStatus: counted(12, 0, 12),
	},
	"the same count cannot find less twice": {
		status: counters(10, 0, 8), updateStatus: counters(5, 0, 8),
		refused: oversold,
	},
	"an oversold ledger can be left as it is": {
		statusBefore: counters(10, 0, 8), status: counted(5, 0, 8),
		updateStatus: func(s *v1alpha1.StockItem) { s.Status.Phase = v1alpha1.StockBlocked },
	},
	"an oversold ledger can dispatch what was promised": {
		statusBefore: counters(10, 0, 8), status: counted(5, 0, 8),
		updateStatus: counted(4, 0, 7),
	},
	"an oversold ledger can give promises back": {
		statusBefore: counters(10, 0, 8), status: counted(5, 0, 8),
		updateStatus: counted(5, 0, 7),
	},
	"an oversold ledger cannot promise another unit": {
		statusBefore: counters(10, 0, 8), status: counted(5, 0, 8),
		updateStatus: counted(5, 0, 9),
		refused:      oversold,
	},
	"a counter cannot be negative": {
		status: counters(10, 0, 8), updateStatus: counters(-1, 0, 0),
		refused: refusal{"status.onHand", "should be greater than or equal to 0"},
	},
	// Those who pick promised units miss them; onHand waits for a stock-take.
	"promised units can be missing": {
		status:       counters(10, 0, 10),
		updateStatus: func(s *v1alpha1.StockItem) { s.Status.Missing = 10 },
	},
	"missing cannot be negative": {
		status: counters(10, 0, 8), updateStatus: func(s *v1alpha1.StockItem) { s.Status.Missing = -1 },
		refused: refusal{"status.missing", "should be greater than or equal to 0"},
	},
	"overdrawn cannot be negative": {
		status: counters(10, 0, 8), updateStatus: func(s *v1alpha1.StockItem) { s.Status.Overdrawn = -1 },
		refused: refusal{"status.overdrawn", "should be greater than or equal to 0"},
	},
	"counted cannot be negative": {
		status: counters(10, 0, 8), updateStatus: func(s *v1alpha1.StockItem) { s.Status.Counted = -1 },
		refused: refusal{"status.counted", "should be greater than or equal to 0"},
	},
	"countTakenAt can go on": {
		status: counters(10, 0, 8), updateStatus: counted(10, 0, 8),
	},
	"countTakenAt cannot go back": {
		status: counted(10, 0, 8), updateStatus: counters(10, 0, 8),
		refused: countTakenBack,
	},
	"countTakenAt cannot be lost": {
		status: counters(10, 0, 8), updateStatus: func(s *v1alpha1.StockItem) { s.Status.CountTakenAt = nil },
		refused: countTakenBack,
	},
	"the whole status cannot be lost": {
		status: counters(10, 0, 8), updateStatus: func(s *v1alpha1.StockItem) { s.Status = v1alpha1.StockItemStatus{} },
		refused: countTakenBack,
	},
}

// movement is a posting of each kind of movement.
func movement(kind v1alpha1.MovementKind, source v1alpha1.SourceKind) v1alpha1.Posting {
	return v1alpha1.Posting{ID: "5b7c/" + string(kind) + "/f1", Kind: kind, Quantity: 1, Source: "web-100045-s1", SourceKind: source}
}

// journal is a status with so many entries of the journal.
func journal(number int) func(*v1alpha1.StockItem) {
	return func(s *v1alpha1.StockItem) {
		s.Status.Journal = slices.Repeat([]v1alpha1.JournalEntry{
			{ID: "5b7c/Consume/f1", Kind: v1alpha1.MovementConsume, EffectiveAt: earlier, Change: -1},
		}, number)
	}
}

// folded is a status with so many sums, each of so many movements.
func folded(number int, movements int32) func(*v1alpha1.StockItem) {
	return func(s *v1alpha1.StockItem) {
		s.Status.Folded = slices.Repeat([]v1alpha1.JournalSum{
			{From: earlier, Until: later, Movements: movements, Change: -1},
		}, number)
	}
}

// recalled is a status that asks so many Shipments to give their units back.
func recalled(number int) func(*v1alpha1.StockItem) {
	return func(s *v1alpha1.StockItem) {
		s.Status.Recalled = nil
		for i := range number {
			s.Status.Recalled = append(s.Status.Recalled, v1alpha1.ObjectIdentity{
				Name: "web-100045-s1", UID: v1alpha1.UID(fmt.Sprint(i)), // a name may be used again
			})
		}
	}
}

func TestStockItemLists(t *testing.T) { checkWrites(t, validStockItem, stockItemLists()) }

// stockItemLists fills each list of the ledger to its bound and one step over it.
func stockItemLists() map[string]stockItemWrite {
	posting := func(p v1alpha1.Posting) func(*v1alpha1.StockItem) {
		return func(s *v1alpha1.StockItem) { s.Status.Postings = []v1alpha1.Posting{p} }
	}
	cases := map[string]stockItemWrite{
		"an unknown kind of movement": {
			updateStatus: posting(movement("Borrow", v1alpha1.SourceShipment)),
			refused:      refusal{"status.postings[0].kind", "Unsupported value"},
		},
		"an unknown kind of source": {
			updateStatus: posting(movement(v1alpha1.MovementReserve, "Order")),
			refused:      refusal{"status.postings[0].sourceKind", "Unsupported value"},
		},
		"a journal of 1000 entries":    {updateStatus: journal(1000)},
		"480 sums of older ones":       {updateStatus: folded(480, 1)},
		"a sum of nothing":             {updateStatus: folded(1, 0), refused: refusal{"status.folded[0].movements", "should be greater than or equal to 1"}},
		"a hundred recalled Shipments": {updateStatus: recalled(100)},
		"a journal of 1001 entries":    {updateStatus: journal(1001), refused: refusal{"status.journal", "Too many"}},
		"481 sums of older ones":       {updateStatus: folded(481, 1), refused: refusal{"status.folded", "Too many"}},
		"101 recalled Shipments":       {updateStatus: recalled(101), refused: refusal{"status.recalled", "Too many"}},
		"a Shipment is recalled once": {
			updateStatus: func(s *v1alpha1.StockItem) { recalled(2)(s); s.Status.Recalled[1].UID = "0" },
			refused:      refusal{"status.recalled[1]", "Duplicate value"},
		},
	}
	for _, kind := range []v1alpha1.MovementKind{
		v1alpha1.MovementReserve, v1alpha1.MovementConsume, v1alpha1.MovementRelease, v1alpha1.MovementReceive,
		v1alpha1.MovementAccept, v1alpha1.MovementScrap, v1alpha1.MovementSendBack,
		v1alpha1.MovementTransferOut, v1alpha1.MovementTransferIn, v1alpha1.MovementCount,
	} {
		for _, source := range []v1alpha1.SourceKind{v1alpha1.SourceShipment, v1alpha1.SourceReturn, v1alpha1.SourceReplenishment} {
			cases[fmt.Sprintf("%s of a %s", kind, source)] = stockItemWrite{updateStatus: posting(movement(kind, source))}
		}
	}
	return cases
}

// A ledger that an earlier operator wrote knows Shipments alone.
func TestPostingsAreOfShipmentsByDefault(t *testing.T) {
	s := validStockItem()
	s.Namespace, s.Name = newNamespace(t), "postings"
	create(t.Context(), t, s)
	s.Status.Postings = []v1alpha1.Posting{movement(v1alpha1.MovementReserve, "")}
	if err := api.Status().Update(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "kind of the source", s.Status.Postings[0].SourceKind, v1alpha1.SourceShipment)
}

func TestStockItemDefaults(t *testing.T) {
	s := validStockItem()
	s.Namespace, s.Name = newNamespace(t), "defaults"
	s.Spec.Inspection, s.Spec.Safety = &v1alpha1.InspectionPolicy{}, &v1alpha1.SafetyStock{}
	s.Spec.Replenish.Mode = ""
	s.Status.OnHand = 99 // not for the one who creates it to say
	create(t.Context(), t, s)

	want := validStockItem().Spec
	want.Replenish.Mode, want.Replenish.ServiceLevelBps = "Off", 9500
	want.Inspection = &v1alpha1.InspectionPolicy{Mode: "Skip", Level: "II", AQLMajor: "2.5", AQLMinor: "4.0"}
	want.Safety = &v1alpha1.SafetyStock{}
	mustEqual(t, "spec", s.Spec, want)
	mustEqual(t, "status", s.Status, v1alpha1.StockItemStatus{ObservedGeneration: -1})
}
