package ledger

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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
		"there is no negative stock after a short count, and the journal remembers all that left": {
			counted(stock(2, 3), 10), 0, consume, journaled(counted(stock(0, 0, consume.Posting), 10), left(-3, 0)),
		},
		"quarantined units are not dispatched": {
			v1.StockItemStatus{OnHand: 5, Quarantined: 4, Reserved: 3}, 0, consume,
			journaled(v1.StockItemStatus{OnHand: 4, Quarantined: 4, Postings: []v1.Posting{consume.Posting}}, left(-3, 4)),
		},
		"nothing is added where a count found less than is quarantined": {
			v1.StockItemStatus{OnHand: 2, Quarantined: 4, Reserved: 3}, 0, consume,
			journaled(v1.StockItemStatus{OnHand: 2, Quarantined: 4, Postings: []v1.Posting{consume.Posting}}, left(-3, 2)),
		},
		"what was cancelled is on hand and free":      {stock(5, 3), 0, release, stock(5, 0, release.Posting)},
		"what was dispatched is counted once":         {stock(5, 4, consume.Posting), 0, consume, stock(5, 4, consume.Posting)},
		"what was cancelled is counted once":          {stock(5, 4, release.Posting), 0, release, stock(5, 4, release.Posting)},
		"a release and a promise of one grant differ": {stock(5, 3, a.Posting), 0, release, stock(5, 0, a.Posting, release.Posting)},
		"short stock may be given back":               {stock(1, 3), 0, release, stock(1, 0, release.Posting)},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.before.DeepCopy()
			if err := Apply(got, test.hard, test.move); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("Apply (-want +got):\n%s", diff)
			}
			again := got.DeepCopy()
			if err := Apply(again, test.hard, test.move); err != nil {
				t.Fatalf("again: %v", err)
			}
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("Apply again (-once +twice):\n%s", diff)
			}
		})
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
		"a count, which no Shipment can make":          {stock(5, 2), 0, move(v1.MovementCount, "a", 3, 0), "not a movement of a Shipment"},
		"a promise where the list of postings is full": {full, 0, reserve("a", 3), "no room"},
		"a dispatch where the list is full":            {full, 0, move(v1.MovementConsume, "a", 3, 0), "no room"},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.before.DeepCopy()
			err := Apply(got, test.hard, test.move)
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), test.move.ID) {
				t.Errorf("error is %v, want one with %q and the id", err, test.says)
			}
			if diff := cmp.Diff(&test.before, got); diff != "" {
				t.Errorf("a refused movement changed the item:\n%s", diff)
			}
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

// large is a promise with all of its lists and strings at their limits.
func large(grant string, lines int) v1.Posting {
	long := strings.Repeat("x", 63)
	p := reserve(grant, 1_000_000_000).Posting
	p.Reserve.Order = v1.ObjectIdentity{Name: v1.ObjectName(long), UID: v1.UID(long)}
	for range lines {
		p.Reserve.Lines = append(p.Reserve.Lines, v1.ReserveLine{Line: v1.Identifier(long), Quantity: 1_000_000_000})
	}
	return p
}

func TestHasRoom(t *testing.T) {
	small := reserve("a", 1).Posting
	many := func(n int, p v1.Posting) v1.StockItemStatus {
		st := stock(0, 0)
		for range n {
			st.Postings = append(st.Postings, p)
		}
		return st
	}
	big := large("b", 100)
	fits := MaxPostingBytes / PostingBytes(big)
	for name, test := range map[string]struct {
		status v1.StockItemStatus
		add    v1.Posting
		want   bool
	}{
		"an empty item":                          {stock(0, 0), big, true},
		"room for the last of 128":               {many(127, small), small, true},
		"no room after 128":                      {many(128, small), small, false},
		"room for as many bytes as there are":    {many(fits-1, big), big, true},
		"no room for more bytes":                 {many(fits, big), big, false},
		"room for a small one beside large ones": {many(fits, big), small, PostingBytes(small)+fits*PostingBytes(big) <= MaxPostingBytes},
	} {
		if got := HasRoom(&test.status, test.add); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	if fits < 2 || fits > 8 {
		t.Errorf("%d of the largest promises fit", fits)
	}
}

// What is counted before a write must not be less than what is written.
func TestPostingBytesIsNotBelowTheEncodedSize(t *testing.T) {
	text := rapid.StringMatching(`[a-z0-9.-]{0,63}`)
	rapid.Check(t, func(t *rapid.T) {
		p := v1.Posting{
			ID: text.Draw(t, "id"), Kind: v1.MovementConsume, Shipment: v1.ObjectName(text.Draw(t, "shipment")),
			Quantity: v1.Quantity(rapid.Int64Range(0, 1_000_000_000).Draw(t, "quantity")),
		}
		if rapid.Bool().Draw(t, "reserve") {
			p.Kind = v1.MovementReserve
			p.Reserve = &v1.ReserveIntent{Grant: text.Draw(t, "grant"), Order: v1.ObjectIdentity{Name: v1.ObjectName(text.Draw(t, "order")), UID: v1.UID(text.Draw(t, "uid"))}}
			for range rapid.IntRange(0, 100).Draw(t, "lines") {
				p.Reserve.Lines = append(p.Reserve.Lines, v1.ReserveLine{Line: v1.Identifier(text.Draw(t, "line")), Quantity: 1_000_000_000})
			}
			for range rapid.IntRange(0, 20).Draw(t, "items") {
				p.Reserve.Items = append(p.Reserve.Items, v1.ObjectName(text.Draw(t, "item")))
			}
		}
		encoded, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		// A comma and a little indentation of other encodings.
		if got := PostingBytes(p); got < len(encoded)+2 {
			t.Fatalf("estimated %d, encoded %d: %s", got, len(encoded), encoded)
		}
	})
}
