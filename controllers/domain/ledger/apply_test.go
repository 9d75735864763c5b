package ledger

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestApply(t *testing.T) {
	counted := func(st v1.StockItemStatus, minute int) v1.StockItemStatus {
		st.CountID, st.CountTakenAt = "c1", new(at(minute))
		return st
	}
	journaled := func(st v1.StockItemStatus, entries ...v1.JournalEntry) v1.StockItemStatus {
		st.Journal = entries
		return st
	}
	overdrawn := func(q v1.Quantity, st v1.StockItemStatus) v1.StockItemStatus {
		st.Overdrawn = q
		return st
	}
	a, b := reserve("a", 3), reserve("b", 2)
	consume, release := move(v1.MovementConsume, "a", 3, 20), move(v1.MovementRelease, "a", 3, 20)
	left := func(change int64, after v1.Quantity) v1.JournalEntry {
		return v1.JournalEntry{ID: consume.ID, Kind: v1.MovementConsume, EffectiveAt: at(20), Change: change, OnHandAfter: after, Source: "order-a"}
	}
	for name, test := range map[string]struct {
		before v1.StockItemStatus
		hard   v1.Quantity
		move   Movement
		want   v1.StockItemStatus
	}{
		"a promise reserves units":                {stock(5, 0), 0, a, stock(5, 3, a.Posting)},
		"a promise may take the last unit":        {stock(5, 2, b.Posting), 0, a, stock(5, 5, b.Posting, a.Posting)},
		"a promise leaves the safety stock":       {stock(5, 0), 2, a, stock(5, 3, a.Posting)},
		"a promise that is there changes nothing": {stock(3, 3, a.Posting), 0, a, stock(3, 3, a.Posting)},
		"what was dispatched is neither reserved nor on hand": {
			stock(5, 3), 0, consume, journaled(stock(2, 0, consume.Posting), left(-3, 2)),
		},
		"what was dispatched after the stock-take is taken from it": {
			counted(stock(5, 3), 10), 0, consume, journaled(counted(stock(2, 0, consume.Posting), 10), left(-3, 2)),
		},
		"what was dispatched before the stock-take was not counted": {
			counted(stock(5, 3), 30), 0, consume, counted(stock(5, 0, consume.Posting), 30),
		},
		"what was dispatched in the moment of the stock-take was not counted": {
			counted(stock(5, 3), 20), 0, consume, counted(stock(5, 0, consume.Posting), 20),
		},
		"there is no negative stock after a short count: what left beyond it is overdrawn, and the journal remembers all": {
			counted(stock(2, 3), 10), 0, consume, overdrawn(1, journaled(counted(stock(0, 0, consume.Posting), 10), left(-3, 0))),
		},
		"quarantined units are not dispatched": {
			v1.StockItemStatus{OnHand: 5, Quarantined: 4, Reserved: 3}, 0, consume,
			journaled(v1.StockItemStatus{OnHand: 4, Quarantined: 4, Overdrawn: 2, Postings: []v1.Posting{consume.Posting}}, left(-3, 4)),
		},
		"nothing is added where a count found less than is quarantined": {
			v1.StockItemStatus{OnHand: 2, Quarantined: 4, Reserved: 3}, 0, consume,
			journaled(v1.StockItemStatus{OnHand: 2, Quarantined: 4, Overdrawn: 3, Postings: []v1.Posting{consume.Posting}}, left(-3, 2)),
		},
		"what was cancelled is on hand and free":      {stock(5, 3), 0, release, stock(5, 0, release.Posting)},
		"what was dispatched is counted once":         {stock(5, 4, consume.Posting), 0, consume, stock(5, 4, consume.Posting)},
		"what was cancelled is counted once":          {stock(5, 4, release.Posting), 0, release, stock(5, 4, release.Posting)},
		"a release and a promise of one grant differ": {stock(5, 3, a.Posting), 0, release, stock(5, 0, a.Posting, release.Posting)},
		"short stock may be given back":               {stock(1, 3), 0, release, stock(1, 0, release.Posting)},
	} {
		t.Run(name, func(t *testing.T) {
			applies(t, test.before, test.hard, test.move, test.want)
		})
	}
}

// applies counts a movement twice, and finds it counted once.
func applies(t *testing.T, before v1.StockItemStatus, hard v1.Quantity, m Movement, want v1.StockItemStatus) {
	t.Helper()
	got := before.DeepCopy()
	if err := Apply(got, hard, m, noon); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("Apply (-want +got):\n%s", diff)
	}
	again := got.DeepCopy()
	if err := Apply(again, hard, m, noon); err != nil {
		t.Fatalf("again: %v", err)
	}
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("Apply again (-once +twice):\n%s", diff)
	}
}

// refuses finds a movement refused for a reason, and the item as it was.
func refuses(t *testing.T, before v1.StockItemStatus, hard v1.Quantity, m Movement, says string) {
	t.Helper()
	got := before.DeepCopy()
	err := Apply(got, hard, m, noon)
	if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), m.ID) {
		t.Errorf("error is %v, want one with %q and the id", err, says)
	}
	if diff := cmp.Diff(&before, got); diff != "" {
		t.Errorf("a refused movement changed the item:\n%s", diff)
	}
}

func TestApplyRefuses(t *testing.T) {
	full := stock(1000, 128)
	for i := range MaxPostings {
		full.Postings = append(full.Postings, move(v1.MovementRelease, strconv.Itoa(i), 1, 0).Posting)
	}
	for name, test := range map[string]struct {
		before v1.StockItemStatus
		hard   v1.Quantity
		move   Movement
		says   string
	}{
		"a promise of more than is there":              {stock(5, 3), 0, reserve("a", 3), "3 units wanted, 2 available"},
		"a promise of the safety stock":                {stock(5, 0), 3, reserve("a", 3), "3 units wanted, 2 available"},
		"a promise of quarantined units":               {v1.StockItemStatus{OnHand: 5, Quarantined: 3}, 0, reserve("a", 3), "2 available"},
		"a promise of what is short":                   {stock(1, 5), 0, reserve("a", 1), "0 available"},
		"a dispatch of what is not reserved":           {stock(5, 2), 0, move(v1.MovementConsume, "a", 3, 0), "does not add up"},
		"a release of what is not reserved":            {stock(5, 2), 0, move(v1.MovementRelease, "a", 3, 0), "does not add up"},
		"a count, which no source can make":            {stock(5, 2), 0, move(v1.MovementCount, "a", 3, 0), "Count is not a movement of a source"},
		"a promise where the list of postings is full": {full, 0, reserve("a", 3), "no room"},
		"a dispatch where the list is full":            {full, 0, move(v1.MovementConsume, "a", 3, 0), "no room"},
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, test.before, test.hard, test.move, test.says)
		})
	}
}

func TestAvailableAndShort(t *testing.T) {
	for name, test := range map[string]struct {
		status           v1.StockItemStatus
		hard             v1.Quantity
		available, short v1.Quantity
	}{
		"free units":                        {stock(5, 2), 0, 3, 0},
		"safety stock is not free":          {stock(5, 2), 2, 1, 0},
		"less than the safety stock":        {stock(5, 2), 9, 0, 0},
		"quarantined units are not free":    {v1.StockItemStatus{OnHand: 5, Quarantined: 2, Reserved: 2}, 0, 1, 0},
		"all promised":                      {stock(5, 5), 0, 0, 0},
		"more promised than is there":       {stock(3, 5), 0, 0, 2},
		"missing units are not free":        {v1.StockItemStatus{OnHand: 5, Missing: 2, Reserved: 2}, 0, 1, 0},
		"missing units are on hand":         {v1.StockItemStatus{OnHand: 5, Missing: 2, Reserved: 5}, 0, 0, 0},
		"all that is free is missing":       {v1.StockItemStatus{OnHand: 5, Quarantined: 1, Missing: 3}, 1, 0, 0},
		"overdrawn units are neither":       {v1.StockItemStatus{OnHand: 5, Overdrawn: 4, Reserved: 2}, 0, 3, 0},
		"more promised than is not blocked": {v1.StockItemStatus{OnHand: 5, Quarantined: 2, Reserved: 4}, 0, 0, 1},
	} {
		if got := Available(&test.status, test.hard); got != test.available {
			t.Errorf("%s: %d available, want %d", name, got, test.available)
		}
		if got := Short(&test.status); got != test.short {
			t.Errorf("%s: %d short, want %d", name, got, test.short)
		}
	}
}

func TestVoidAndDrop(t *testing.T) {
	a, b := reserve("a", 3).Posting, reserve("b", 2).Posting
	consume := move(v1.MovementConsume, "c", 1, 0).Posting
	before := stock(9, 6, a, consume, b)
	for name, test := range map[string]struct {
		change func(*v1.StockItemStatus)
		want   v1.StockItemStatus
	}{
		"a void gives the units back and drops the promise": {func(st *v1.StockItemStatus) { Void(st, a.ID) }, stock(9, 3, consume, b)},
		"a void of what is not there changes nothing":       {func(st *v1.StockItemStatus) { Void(st, "c/Reserve") }, before},
		"a void of what is no promise changes nothing":      {func(st *v1.StockItemStatus) { Void(st, consume.ID) }, before},
		"a void twice gives the units back once":            {func(st *v1.StockItemStatus) { Void(st, a.ID); Void(st, a.ID) }, stock(9, 3, consume, b)},
		"a drop keeps the counters":                         {func(st *v1.StockItemStatus) { Drop(st, b.ID) }, stock(9, 6, a, consume)},
		"a drop of what is not there changes nothing":       {func(st *v1.StockItemStatus) { Drop(st, "c/Reserve") }, before},
	} {
		got := before.DeepCopy()
		test.change(got)
		if diff := cmp.Diff(&test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
