package ledger

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// sum is the sum of some movements between two minutes.
func sum(from, until int, movements int32, change int64) v1.JournalSum {
	return v1.JournalSum{From: at(from), Until: at(until), Movements: movements, Change: change}
}

// leave lets a unit leave at a minute; nobody remembers its posting.
func leave(t *testing.T, st *v1.StockItemStatus, id string, minute int, now time.Time) {
	t.Helper()
	if err := Apply(st, 0, move(v1.MovementConsume, id, 1, minute), now); err != nil {
		t.Fatal(err)
	}
	st.Postings = nil
}

func TestTheJournalIsBoundedAndSumsUpWhatLeavesIt(t *testing.T) {
	st := stock(1000, 1000)
	for i := range MaxJournal {
		// The oldest but one happened before the oldest.
		minute := map[int]int{0: 7, 1: 3}[i]
		if i > 1 {
			minute = 100 + i
		}
		if leave(t, &st, strconv.Itoa(i), minute, noon); len(st.Folded) > 0 {
			t.Fatalf("entry %d: nothing has left the journal, and its sums are %v", i, st.Folded)
		}
	}
	st.OnHand, st.Reserved = 2, 2
	for i, want := range [][]v1.JournalSum{{sum(7, 7, 1, -1)}, {sum(3, 3, 1, -1), sum(7, 7, 1, -1)}} {
		leave(t, &st, strconv.Itoa(MaxJournal+i), 5000, noon)
		if diff := cmp.Diff(want, st.Folded); diff != "" {
			t.Errorf("%d too many (-want +got):\n%s", i+1, diff)
		}
	}
	if len(st.Journal) != MaxJournal || st.Journal[0].Source != "order-2" {
		t.Errorf("%d entries, the first of %s", len(st.Journal), st.Journal[0].Source)
	}
	if last := st.Journal[len(st.Journal)-1]; last.OnHandAfter != 0 || st.OnHand != 0 {
		t.Errorf("%d on hand, the journal ends with %d", st.OnHand, last.OnHandAfter)
	}
}

func TestFolding(t *testing.T) {
	const day = 24 * 60
	full := func(add ...v1.JournalSum) []v1.JournalSum {
		var sums []v1.JournalSum
		for i := len(add); i < MaxFolded; i++ {
			sums = append(sums, sum(10*i, 10*i, 1, -1))
		}
		return append(add, sums...)
	}
	in := func(seconds, minute int) Movement {
		m := goods(v1.MovementReceive, 2, minute)
		m.EffectiveAt.Time = m.EffectiveAt.Add(time.Duration(seconds) * time.Second)
		return m
	}
	half := sum(5, 5, 2, 3)
	half.Until.Time = half.Until.Add(30 * time.Second)
	early := half
	early.From.Time, early.Until.Time = early.From.Add(10*time.Second), early.From.Add(30*time.Second)
	begun := early
	begun.Movements, begun.Change = 1, 1
	short := sum(5, 5, 1, 0)
	short.Missing = 2
	both := sum(5, 5, 2, -1)
	both.Missing = 2
	for name, test := range map[string]struct {
		folded  []v1.JournalSum
		counted *int
		journal []Movement
		now     int
		want    []v1.JournalSum
		kept    int
	}{
		"what is a day old stays":                    {nil, nil, []Movement{in(0, 0)}, day, nil, 2},
		"what is older is summed up":                 {nil, nil, []Movement{in(0, 0), in(0, 1)}, day + 1, []v1.JournalSum{sum(0, 0, 1, 2)}, 2},
		"what is older waits behind what is younger": {nil, nil, []Movement{in(0, 3), in(0, 1)}, day + 3, nil, 3},
		"what is of one minute is one sum":           {[]v1.JournalSum{sum(5, 5, 1, 1)}, nil, []Movement{in(30, 5)}, day + 7, []v1.JournalSum{half}, 1},
		"a sum may begin earlier":                    {[]v1.JournalSum{begun}, nil, []Movement{in(20, 5)}, day + 7, []v1.JournalSum{early}, 1},
		"what is missing is summed up":               {[]v1.JournalSum{sum(5, 5, 1, -1)}, nil, []Movement{missing("a", "s1", 2, 5)}, day + 6, []v1.JournalSum{both}, 1},
		"what is missing alone is a sum":             {nil, nil, []Movement{missing("a", "s1", 2, 5)}, day + 6, []v1.JournalSum{short}, 1},
		"the sums are in order": {
			[]v1.JournalSum{sum(1, 1, 1, 1), sum(9, 9, 1, 1)}, nil, []Movement{in(0, 5)}, day + 6,
			[]v1.JournalSum{sum(1, 1, 1, 1), sum(5, 5, 1, 2), sum(9, 9, 1, 1)}, 1,
		},
		"what the last stock-take has seen is forgotten": {nil, new(5), []Movement{in(0, 4), in(0, 5), in(0, 6)}, day + 9, []v1.JournalSum{sum(6, 6, 1, 2)}, 1},
		"too many sums: the two oldest become one": {
			full(), nil, []Movement{in(0, 9999)}, day + 9999 + 1, append(append([]v1.JournalSum{sum(0, 10, 2, -2)}, full()[2:]...), sum(9999, 9999, 1, 2)), 1,
		},
		"too many sums: an older one joins the oldest": {
			full()[:MaxFolded], nil, []Movement{in(0, -7)}, day, append([]v1.JournalSum{sum(-7, 0, 2, 1)}, full()[1:]...), 1,
		},
		"too many sums: the oldest covers the next as well": {
			full(sum(-9, 5, 7, 7)), nil, []Movement{in(0, 9999)}, day + 9999 + 1, append(append([]v1.JournalSum{sum(-9, 10, 8, 6)}, full()[2:]...), sum(9999, 9999, 1, 2)), 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := stock(9, 9)
			st.Folded = test.folded
			for i, m := range test.journal {
				m.ID += strconv.Itoa(i)
				if err := Apply(&st, 0, m, m.EffectiveAt.Time); err != nil {
					t.Fatal(err)
				}
			}
			if test.counted != nil {
				st.CountTakenAt = new(at(*test.counted))
			}
			leave(t, &st, "last", test.now, at(test.now).Time)
			if diff := cmp.Diff(test.want, st.Folded); diff != "" {
				t.Errorf("sums (-want +got):\n%s", diff)
			}
			if len(st.Journal) != test.kept {
				t.Errorf("%d entries are kept, want %d", len(st.Journal), test.kept)
			}
		})
	}
}

// Otherwise each day would end with a write of every item.
func TestTimeAloneFoldsNothing(t *testing.T) {
	i := item(9, 9)
	leave(t, &i.Status, "a", 0, noon)
	i.Status = *newTurn(i, noon).Status(true)
	if diff := cmp.Diff(&i.Status, newTurn(i, noon.Add(1000*time.Hour)).Status(true)); diff != "" {
		t.Errorf("there is a write:\n%s", diff)
	}
}

// A movement that is told after more than a day is the newest all the same.
func TestTheNewestEntryStays(t *testing.T) {
	st := stock(9, 9)
	leave(t, &st, "a", 0, noon.Add(1000*time.Hour))
	if len(st.Journal) != 1 || st.Folded != nil {
		t.Errorf("%d entries, sums %v", len(st.Journal), st.Folded)
	}
}
