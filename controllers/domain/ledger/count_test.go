package ledger

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestApplyCount(t *testing.T) {
	counted := func(id string, onHand v1.Quantity, minute int, journal ...v1.JournalEntry) v1.StockItemStatus {
		st := stock(onHand, 0)
		st.CountID, st.CountTakenAt, st.Journal = id, new(at(minute)), journal
		return st
	}
	entry := func(id v1.Identifier, minute int, change int64, after v1.Quantity) v1.JournalEntry {
		return v1.JournalEntry{ID: string(id), Kind: v1.MovementCount, EffectiveAt: at(minute), Change: change, OnHandAfter: after, Source: string(id)}
	}
	left := func(minute int, q int64) v1.JournalEntry {
		return v1.JournalEntry{ID: "x", Kind: v1.MovementConsume, EffectiveAt: at(minute), Change: -q}
	}
	since := func(st v1.StockItemStatus, minute int) v1.StockItemStatus {
		st.JournalSince = new(at(minute))
		return st
	}
	count := func(id v1.Identifier, q v1.Quantity, minute int) *v1.StockCount {
		return &v1.StockCount{ID: id, Quantity: q, TakenAt: at(minute)}
	}
	for name, test := range map[string]struct {
		before v1.StockItemStatus
		count  *v1.StockCount
		now    int
		want   CountOutcome
		after  v1.StockItemStatus
	}{
		"without a count nothing changes": {stock(3, 0), nil, 10, CountOutcome{}, stock(3, 0)},
		"the first count is applied": {
			stock(0, 0), count("c1", 7, 5), 10, CountOutcome{Reason: v1.ReasonCountApplied, Changed: true}, counted("c1", 7, 5, entry("c1", 5, 7, 7)),
		},
		"a count of nothing is a count": {
			counted("c1", 7, 5), count("c2", 0, 8), 10, CountOutcome{Reason: v1.ReasonCountApplied, Changed: true},
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
			counted("c1", 4, 5), count("c2", 7, 15), 10, CountOutcome{Reason: v1.ReasonCountApplied, Changed: true},
			counted("c2", 7, 15, entry("c2", 15, 3, 7)),
		},
		"a count more than 5 minutes ahead waits": {
			counted("c1", 4, 5), count("c2", 7, 16), 10, CountOutcome{Reason: v1.ReasonCountInFuture, Retry: noon.Add(11 * time.Minute)}, counted("c1", 4, 5),
		},
		"what left after the count was taken is subtracted": {
			counted("c1", 4, 1, left(3, 2), left(6, 1)), count("c2", 10, 5), 10, CountOutcome{Reason: v1.ReasonCountApplied, Changed: true},
			counted("c2", 9, 5, left(3, 2), left(6, 1), entry("c2", 5, 5, 9)),
		},
		"what left in the moment of the count was not counted": {
			counted("c1", 4, 1, left(5, 2)), count("c2", 10, 5), 10, CountOutcome{Reason: v1.ReasonCountApplied, Changed: true},
			counted("c2", 10, 5, left(5, 2), entry("c2", 5, 6, 10)),
		},
		"an earlier count is no movement": {
			counted("c1", 4, 1, entry("c1", 7, 4, 4)), count("c2", 10, 5), 10, CountOutcome{Reason: v1.ReasonCountApplied, Changed: true},
			counted("c2", 10, 5, entry("c1", 7, 4, 4), entry("c2", 5, 6, 10)),
		},
		"more left than was counted, and there is no negative stock": {
			counted("c1", 4, 1, left(6, 3)), count("c2", 2, 5), 10, CountOutcome{Reason: v1.ReasonCountApplied, Changed: true},
			counted("c2", 0, 5, left(6, 3), entry("c2", 5, -4, 0)),
		},
		"a count from before the journal begins is stale": {
			since(counted("c1", 4, 1), 6), count("c2", 2, 5), 10, CountOutcome{Reason: v1.ReasonCountStale}, since(counted("c1", 4, 1), 6),
		},
		"a count from the moment in which the journal begins is good": {
			since(counted("c1", 4, 1), 5), count("c2", 2, 5), 10, CountOutcome{Reason: v1.ReasonCountApplied, Changed: true},
			since(counted("c2", 2, 5, entry("c2", 5, -2, 2)), 5),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.before.DeepCopy()
			outcome := ApplyCount(got, test.count, at(test.now).Time)
			if diff := cmp.Diff(test.want, outcome); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(&test.after, got); diff != "" {
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
	if err := Apply(&st, 0, reserve("a", 5)); err != nil {
		t.Fatal(err)
	}
	// 3 of the 5 are not found, and turn up before all 5 leave.
	ApplyCount(&st, &v1.StockCount{ID: "c2", Quantity: 2, TakenAt: at(2)}, now)
	if err := Apply(&st, 0, move(v1.MovementConsume, "a", 5, 10)); err != nil {
		t.Fatal(err)
	}
	ApplyCount(&st, &v1.StockCount{ID: "c3", Quantity: 5, TakenAt: at(9)}, now)
	if st.OnHand != 0 {
		t.Errorf("5 counted at minute 9, 5 left at minute 10, and %d are on hand", st.OnHand)
	}
}

func TestTheJournalIsBoundedAndRemembersWhereItBegins(t *testing.T) {
	st := stock(1000, 1000)
	for i := range MaxJournal + 2 {
		// The oldest but one is the latest of those that leave the journal.
		minute := map[int]int{0: 7, 1: 3}[i]
		if i > 1 {
			minute = 100 + i
		}
		if err := Apply(&st, 0, move(v1.MovementConsume, strconv.Itoa(i), 1, minute)); err != nil {
			t.Fatal(err)
		}
		st.Postings = nil
		switch {
		case i < MaxJournal && st.JournalSince != nil:
			t.Fatalf("entry %d: the journal begins at %v and nothing has left it", i, st.JournalSince)
		case i >= MaxJournal && !st.JournalSince.Equal(new(at(7))):
			t.Fatalf("entry %d: the journal begins at %v, want %v", i, st.JournalSince, at(7))
		}
	}
	if len(st.Journal) != MaxJournal || st.Journal[0].Source != "order-2" {
		t.Errorf("%d entries, the first of %s", len(st.Journal), st.Journal[0].Source)
	}
	last := st.Journal[len(st.Journal)-1]
	if last.OnHandAfter != st.OnHand || st.OnHand != 1000-MaxJournal-2 {
		t.Errorf("%d on hand, the journal ends with %d", st.OnHand, last.OnHandAfter)
	}
}
