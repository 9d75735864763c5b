package ledger

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// stored is an item as its last write left it: its view is up to date.
func stored(i *v1.StockItem) *v1.StockItem {
	i.Status = *newTurn(i, noon).Status(false)
	return i
}

// holding is a stored item with open postings.
func holding(onHand, reserved v1.Quantity, postings ...v1.Posting) *v1.StockItem {
	i := item(onHand, reserved)
	i.Status.Postings = postings
	return stored(i)
}

// An acknowledged posting costs no write of its own, unless somebody waits for
// it to go or room gets scarce.
func TestAcknowledgedPostingsGoWithAnotherWrite(t *testing.T) {
	promise := reserve("a", 2).Posting
	filled := func(n int) []v1.Posting {
		list := []v1.Posting{promise}
		for i := 1; i < n; i++ {
			list = append(list, reserve("x"+strconv.Itoa(i), 0).Posting)
		}
		return list
	}
	for name, test := range map[string]struct {
		item     *v1.StockItem
		shipment *v1.Shipment
		live     bool
		more     func(*Turn) error
		idle     bool
		// gone says that the posting is not in the next status, waits that it is
		// kept for the next write.
		gone, waits bool
	}{
		"it is kept":                         {holding(5, 2, promise), shipment("a", 2, reserved), false, nil, false, false, true},
		"it goes with a promise":             {holding(5, 2, promise), shipment("a", 2, reserved), false, func(t *Turn) error { return t.Reserve(reserve("b", 1)) }, false, true, false},
		"it goes with a dispatch":            {holding(5, 2, promise), shipment("a", 2, reserved), false, func(t *Turn) error { return t.Reserve(move(v1.MovementConsume, "a", 2, 2)) }, false, true, false},
		"it goes when the item is idle":      {holding(5, 2, promise), shipment("a", 2, reserved), false, nil, true, true, false},
		"it goes when its Shipment is to go": {holding(5, 2, promise), shipment("a", 2, reserved, deleted), false, nil, false, true, false},
		"it goes when the item is to go": {
			func() *v1.StockItem {
				i := item(5, 2)
				i.DeletionTimestamp, i.Status.Postings = new(at(4)), []v1.Posting{promise}
				return stored(i)
			}(), shipment("a", 2, reserved), false, nil, false, true, false,
		},
		"it goes when the list is half full":        {holding(5, 2, filled(64)...), shipment("a", 2, reserved), false, nil, false, true, false},
		"it is kept while it is less":               {holding(5, 2, filled(63)...), shipment("a", 2, reserved), false, nil, false, false, true},
		"one that is not acknowledged stays":        {holding(5, 2, promise), shipment("a", 2), true, nil, true, false, false},
		"one that may be is not dropped on hearsay": {holding(5, 2, promise), shipment("a", 2, cancelled), false, nil, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			turn := newTurn(test.item, noon)
			turn.settle(promise, test.shipment, test.live)
			if test.more != nil {
				if err := test.more(turn); err != nil {
					t.Fatal(err)
				}
			}
			st := turn.Status(test.idle)
			if got := !turn.Holds(promise.ID); got != test.gone {
				t.Errorf("gone is %v", got)
			}
			if got := turn.Acknowledged(); got != test.waits {
				t.Errorf("Acknowledged is %v", got)
			}
			if test.waits {
				if diff := cmp.Diff(&test.item.Status, st); diff != "" {
					t.Errorf("there is a write:\n%s", diff)
				}
			}
		})
	}
}

// A promise whose Shipment was removed by force is let go at once as well.
func TestAMovementWithoutAShipmentGoesAtOnce(t *testing.T) {
	consume := move(v1.MovementConsume, "a", 2, 2).Posting
	turn := newTurn(holding(5, 0, consume), noon)
	if r, certain := turn.settle(consume, nil, false); r != DropIt || certain {
		t.Errorf("by the cache: %s, certain is %v", r, certain)
	}
	if r, certain := turn.settle(consume, nil, true); r != DropIt || !certain {
		t.Errorf("live: %s, certain is %v", r, certain)
	}
	if turn.Status(false); turn.Holds(consume.ID) {
		t.Error("the posting stays")
	}
}

func TestSettle(t *testing.T) {
	promise := reserve("a", 2).Posting
	for name, test := range map[string]struct {
		shipment *v1.Shipment
		live     bool
		want     Resolution
		certain  bool
		reserved v1.Quantity
	}{
		"a cached mark is enough":                         {shipment("a", 2, reserved), false, DropIt, true, 2},
		"a live mark is as good":                          {shipment("a", 2, reserved), true, DropIt, true, 2},
		"waiting is always right":                         {shipment("a", 2), false, Wait, true, 2},
		"a Shipment is not created on hearsay":            {nil, false, CreateIt, false, 2},
		"a Shipment that is absent is to be created":      {nil, true, CreateIt, true, 2},
		"a promise is not voided on hearsay":              {shipment("a", 2, cancelled), false, VoidIt, false, 2},
		"a cancelled promise gives its units back":        {shipment("a", 2, cancelled), true, VoidIt, true, 0},
		"a name that is taken is not believed of a cache": {shipment("b", 2, reserved), false, VoidIt, false, 2},
		"a name that was not free yet is waited for":      {shipment("b", 2, cancelled, strange), true, Wait, true, 2},
		"a name that is taken voids the promise":          {shipment("b", 2, reserved), true, VoidIt, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			turn := newTurn(holding(5, 2, promise), noon)
			r, certain := turn.settle(promise, test.shipment, test.live)
			if r != test.want || certain != test.certain {
				t.Errorf("%s, certain is %v; want %s, %v", r, certain, test.want, test.certain)
			}
			if st := turn.Status(false); st.Reserved != test.reserved || st.Available != 5-test.reserved {
				t.Errorf("%d reserved, %d available; want %d reserved of 5", st.Reserved, st.Available, test.reserved)
			}
		})
	}
}

func TestPostAndReserveInOneTurn(t *testing.T) {
	gone := shipment("a", 2, reserved, cancelled)
	turn := begin(t, stored(item(5, 2)), gone, gone, shipment("b", 2), shipment("e", 6, reserved, dispatched))
	if refused := turn.Refused(); len(refused) != 1 || !strings.Contains(refused[0].Error(), "uid-e/Consume/0") {
		t.Errorf("6 units left of 5, and refused are %v", refused)
	}
	if err := turn.Reserve(reserve("c", 5)); err != nil {
		t.Errorf("units that were released cannot be promised in the same turn: %v", err)
	}
	if err := turn.Reserve(reserve("d", 1)); err == nil {
		t.Error("a sixth of 5 units was promised")
	}
	st := turn.Status(false)
	if st.OnHand != 5 || st.Reserved != 5 || len(st.Postings) != 2 || !turn.Holds(ReserveID("c")) || turn.Holds(ReserveID("d")) {
		t.Errorf("%d on hand, %d reserved, postings %v", st.OnHand, st.Reserved, st.Postings)
	}
}

func TestPromisable(t *testing.T) {
	filled := func(n int, p v1.Posting) *v1.StockItem {
		i := item(500, 0)
		for range n {
			i.Status.Postings = append(i.Status.Postings, p)
		}
		return i
	}
	small, big := reserve("a", 0).Posting, large("b", 100)
	safe, gone, lacks := item(5, 1), item(5, 1), item(5, 1)
	safe.Spec.Safety = &v1.SafetyStock{Hard: 3}
	gone.DeletionTimestamp = new(at(1))
	lacks.Status.Missing = 3
	const usual = MaxPostingBytes / usualPostingBytes
	for name, test := range map[string]struct {
		item  *v1.StockItem
		units v1.Quantity
		slots int
	}{
		"what is available":                {item(5, 1), 4, usual},
		"less the safety stock":            {safe, 1, usual},
		"less what is missing":             {lacks, 1, usual},
		"nothing of an item that is to go": {gone, 0, 0},
		"less room where some have it":     {filled(60, small), 500, (MaxPostingBytes - 60*PostingBytes(small)) / usualPostingBytes},
		"no room for more than 128":        {filled(127, v1.Posting{}), 500, 1},
		"no room where the list is full":   {filled(MaxPostings, v1.Posting{}), 500, 0},
		"no room beside the largest":       {filled(MaxPostingBytes/PostingBytes(big)+1, big), 500, 0},
	} {
		turn := newTurn(test.item, noon)
		if units, slots := turn.Promisable(); units != test.units || slots != test.slots {
			t.Errorf("%s: %d units, %d slots; want %d, %d", name, units, slots, test.units, test.slots)
		}
		if got := turn.HasRoom(small); got != HasRoom(&test.item.Status, small) {
			t.Errorf("%s: HasRoom is %v", name, got)
		}
	}
}

// A quiet item needs no turn: it would change nothing.
func TestQuiet(t *testing.T) {
	counted := func(id v1.Identifier) func(*v1.StockItem) {
		return func(i *v1.StockItem) { i.Spec.Count = &v1.StockCount{ID: id, Quantity: 5, TakenAt: at(-1)} }
	}
	for name, test := range map[string]struct {
		// before changes the item before its last write, change after it.
		before, change func(*v1.StockItem)
		want           bool
	}{
		"nothing has happened":     {nil, nil, true},
		"its count is applied":     {counted("c1"), nil, true},
		"units are missing":        {func(i *v1.StockItem) { i.Status.Missing = 2 }, nil, true},
		"its spec is new":          {nil, func(i *v1.StockItem) { i.Generation++ }, false},
		"its first count is there": {nil, counted("c1"), false},
		"another count is there":   {counted("c1"), counted("c2"), false},
		"a posting is open":        {func(i *v1.StockItem) { i.Status.Postings = []v1.Posting{reserve("a", 1).Posting} }, nil, false},
		"another source waits":     {func(i *v1.StockItem) { i.Status.Postings = []v1.Posting{goods(v1.MovementReceive, 1, 0).Posting} }, nil, false},
		"units are short":          {func(i *v1.StockItem) { i.Status.OnHand = 1 }, nil, false},
		"a Shipment was recalled":  {nil, func(i *v1.StockItem) { i.Status.Recalled = []v1.ObjectIdentity{{Name: "a"}} }, false},
		"it is to go":              {func(i *v1.StockItem) { i.DeletionTimestamp = new(at(1)) }, nil, false},
	} {
		i := item(5, 2)
		if test.before != nil {
			test.before(i)
		}
		stored(i)
		if test.change != nil {
			test.change(i)
		}
		if got := Quiet(i); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		if st := newTurn(i, noon.Add(time.Hour)).Status(true); test.want && !cmp.Equal(&i.Status, st) {
			t.Errorf("%s: its turn writes:\n%s", name, cmp.Diff(&i.Status, st))
		}
	}
}

// Units are promised for a name by one plan at a time.
func TestPromises(t *testing.T) {
	promise := reserve("a", 2).Posting
	left := move(v1.MovementConsume, "b", 2, 2).Posting
	turn := newTurn(holding(5, 2, promise, left), noon)
	if !turn.Promises(promise.Source) || turn.Promises(left.Source) || turn.Promises("c") {
		t.Error("promised is for a, and for nobody else")
	}
}
