package ledger

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestApplyCount(t *testing.T) {
	counted := func(id string, onHand v1.Quantity, minute int, journal ...v1.JournalEntry) v1.StockItemStatus {
		st := stock(onHand, 0)
		st.CountID, st.CountTakenAt, st.Journal = id, new(at(minute)), journal
		return st
	}
	folded := func(st v1.StockItemStatus, sums ...v1.JournalSum) v1.StockItemStatus {
		st.Folded = sums
		return st
	}
	lacks := func(q v1.Quantity, st v1.StockItemStatus) v1.StockItemStatus {
		st.Missing = q
		return st
	}
	overdrawn := func(q v1.Quantity, st v1.StockItemStatus) v1.StockItemStatus {
		st.Overdrawn = q
		return st
	}
	short := func(minute int, q v1.Quantity) v1.JournalEntry {
		return v1.JournalEntry{ID: "y", Kind: v1.MovementRelease, EffectiveAt: at(minute), Missing: q}
	}
	of := func(q v1.Quantity, s v1.JournalSum) v1.JournalSum {
		s.Missing = q
		return s
	}
	entry := func(id v1.Identifier, minute int, change int64, after v1.Quantity) v1.JournalEntry {
		return v1.JournalEntry{ID: string(id), Kind: v1.MovementCount, EffectiveAt: at(minute), Change: change, OnHandAfter: after, Source: string(id)}
	}
	left := func(minute int, q int64) v1.JournalEntry {
		return v1.JournalEntry{ID: "x", Kind: v1.MovementConsume, EffectiveAt: at(minute), Change: -q}
	}
	count := func(id v1.Identifier, q v1.Quantity, minute int) *v1.StockCount {
		return &v1.StockCount{ID: id, Quantity: q, TakenAt: at(minute)}
	}
	applied, stale := CountOutcome{Reason: v1.ReasonCountApplied, Changed: true}, CountOutcome{Reason: v1.ReasonCountStale}
	for name, test := range map[string]struct {
		before v1.StockItemStatus
		count  *v1.StockCount
		now    int
		want   CountOutcome
		after  v1.StockItemStatus
	}{
		"without a count nothing changes": {stock(3, 0), nil, 10, CountOutcome{}, stock(3, 0)},
		"the first count is applied": {
			stock(0, 0), count("c1", 7, 5), 10, applied, counted("c1", 7, 5, entry("c1", 5, 7, 7)),
		},
		"a count of nothing is a count": {
			counted("c1", 7, 5), count("c2", 0, 8), 10, applied,
			counted("c2", 0, 8, entry("c2", 8, -7, 0)),
		},
		"case 1: the last count again changes nothing": {
			counted("c1", 4, 5), count("c1", 7, 5), 10, CountOutcome{Reason: v1.ReasonCountApplied}, counted("c1", 4, 5),
		},
		"case 1: an older count again changes nothing": {
			counted("c2", 4, 5), count("c1", 7, 1), 10, CountOutcome{Reason: v1.ReasonCountSuperseded}, counted("c2", 4, 5),
		},
		"a new count of the same moment changes nothing": {
			counted("c1", 4, 5), count("c2", 7, 5), 10, CountOutcome{Reason: v1.ReasonCountSuperseded}, counted("c1", 4, 5),
		},
		"a count 5 minutes ahead is applied": {
			counted("c1", 4, 5), count("c2", 7, 15), 10, applied,
			counted("c2", 7, 15, entry("c2", 15, 3, 7)),
		},
		"a count more than 5 minutes ahead waits": {
			counted("c1", 4, 5), count("c2", 7, 16), 10, CountOutcome{Reason: v1.ReasonCountInFuture, Retry: noon.Add(11 * time.Minute)}, counted("c1", 4, 5),
		},
		"what left after the count was taken is subtracted": {
			counted("c1", 4, 1, left(3, 2), left(6, 1)), count("c2", 10, 5), 10, applied,
			counted("c2", 9, 5, left(3, 2), left(6, 1), entry("c2", 5, 5, 9)),
		},
		"what left in the moment of the count was not counted": {
			counted("c1", 4, 1, left(5, 2)), count("c2", 10, 5), 10, applied,
			counted("c2", 10, 5, left(5, 2), entry("c2", 5, 6, 10)),
		},
		"an earlier count is no movement": {
			counted("c1", 4, 1, entry("c1", 7, 4, 4)), count("c2", 10, 5), 10, applied,
			counted("c2", 10, 5, entry("c1", 7, 4, 4), entry("c2", 5, 6, 10)),
		},
		"more left than was counted, and there is no negative stock": {
			counted("c1", 4, 1, left(6, 3)), count("c2", 2, 5), 10, applied,
			overdrawn(1, counted("c2", 0, 5, left(6, 3), entry("c2", 5, -4, 0))),
		},
		"what came in after the count was taken is added": {
			counted("c1", 4, 1, left(6, -3)), count("c2", 10, 5), 10, applied, counted("c2", 13, 5, left(6, -3), entry("c2", 5, 9, 13)),
		},
		"an item holds no more than it can": {
			counted("c1", 4, 1, left(6, -3)), count("c2", v1.MaxQuantity, 5), 10, applied,
			counted("c2", v1.MaxQuantity, 5, left(6, -3), entry("c2", 5, v1.MaxQuantity-4, v1.MaxQuantity)),
		},
		"a count makes up for what was overdrawn": {
			overdrawn(3, counted("c1", 0, 1)), count("c2", 10, 5), 10, applied, counted("c2", 10, 5, entry("c2", 5, 10, 10)),
		},
		"what was missing is there or not": {
			lacks(2, counted("c1", 9, 1, short(4, 2))), count("c2", 8, 5), 10, applied, counted("c2", 8, 5, short(4, 2), entry("c2", 5, -1, 8)),
		},
		"what was missed in the moment of the count is there or not": {
			lacks(2, counted("c1", 9, 1, short(5, 2))), count("c2", 8, 5), 10, applied, counted("c2", 8, 5, short(5, 2), entry("c2", 5, -1, 8)),
		},
		"what was missed after the count was taken stays missing": {
			lacks(5, counted("c1", 9, 1, short(4, 2), short(6, 3))), count("c2", 8, 5), 10, applied,
			lacks(3, counted("c2", 8, 5, short(4, 2), short(6, 3), entry("c2", 5, -1, 8))),
		},
		"the sums before the count are forgotten, those after it are added": {
			folded(lacks(6, counted("c1", 4, 1, left(9, 1))), of(1, sum(2, 3, 2, -2)), of(2, sum(6, 7, 3, -3)), of(3, sum(8, 8, 1, 1))), count("c2", 10, 5), 10, applied,
			folded(lacks(5, counted("c2", 7, 5, left(9, 1), entry("c2", 5, 3, 7))), of(2, sum(6, 7, 3, -3)), of(3, sum(8, 8, 1, 1))),
		},
		"a count in the moment in which a sum ends has seen all of it": {
			folded(counted("c1", 4, 1), sum(3, 5, 2, -2)), count("c2", 10, 5), 10, applied, counted("c2", 10, 5, entry("c2", 5, 6, 10)),
		},
		"a count just before a sum begins has seen nothing of it": {
			folded(counted("c1", 4, 1), sum(6, 8, 2, -2)), count("c2", 10, 5), 10, applied, folded(counted("c2", 8, 5, entry("c2", 5, 4, 8)), sum(6, 8, 2, -2)),
		},
		"a count inside a sum is stale": {
			folded(counted("c1", 4, 1), sum(3, 6, 2, -2)), count("c2", 10, 5), 10, stale, folded(counted("c1", 4, 1), sum(3, 6, 2, -2)),
		},
		"a count in the moment in which a sum begins is stale": {
			folded(counted("c1", 4, 1), sum(5, 6, 2, -2)), count("c2", 10, 5), 10, stale, folded(counted("c1", 4, 1), sum(5, 6, 2, -2)),
		},
		"a count before the journal begins is good where nothing was summed up": {
			counted("c1", 4, 1, left(8, 1)), count("c2", 10, 2), 10, applied, counted("c2", 9, 2, left(8, 1), entry("c2", 2, 5, 9)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			if test.want.Changed {
				test.after.Counted = test.count.Quantity
			}
			got := test.before.DeepCopy()
			outcome := ApplyCount(got, test.count, at(test.now).Time)
			if diff := cmp.Diff(test.want, outcome); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(&test.after, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}

// A dispatch that the counters could not cover, because an earlier count was
// wrong, has left all the same: a count that saw its units, applied after it,
// must not bring them back.
func TestACountDoesNotBringBackWhatLeftOfAShortItem(t *testing.T) {
	st := stock(0, 0)
	now := at(60).Time
	ApplyCount(&st, &v1.StockCount{ID: "c1", Quantity: 5, TakenAt: at(1)}, now)
	if err := Apply(&st, 0, reserve("a", 5), now); err != nil {
		t.Fatal(err)
	}
	// 3 of the 5 are not found, and turn up before all 5 leave.
	ApplyCount(&st, &v1.StockCount{ID: "c2", Quantity: 2, TakenAt: at(2)}, now)
	if err := Apply(&st, 0, move(v1.MovementConsume, "a", 5, 10), now); err != nil {
		t.Fatal(err)
	}
	ApplyCount(&st, &v1.StockCount{ID: "c3", Quantity: 5, TakenAt: at(9)}, now)
	if st.OnHand != 0 || st.Overdrawn != 0 {
		t.Errorf("5 counted at minute 9, 5 left at minute 10: %d are on hand, %d overdrawn", st.OnHand, st.Overdrawn)
	}
}
