package ledger

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// stored is an item as its last write left it: its view is up to date.
func stored(i *v1.StockItem) *v1.StockItem {
	i.Status = *NewTurn(i, noon).Status(false)
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
		"it goes with a dispatch":            {holding(5, 2, promise), shipment("a", 2, reserved), false, func(t *Turn) error { return t.Post(shipment("a", 2, reserved, dispatched)) }, false, true, false},
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
			turn := NewTurn(test.item, noon)
			turn.Settle(promise, test.shipment, test.live)
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
	turn := NewTurn(holding(5, 0, consume), noon)
	if r, certain := turn.Settle(consume, nil, false); r != DropIt || certain {
		t.Errorf("by the cache: %s, certain is %v", r, certain)
	}
	if r, certain := turn.Settle(consume, nil, true); r != DropIt || !certain {
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
		"a name that is taken voids the promise":          {shipment("b", 2, reserved), true, VoidIt, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			turn := NewTurn(holding(5, 2, promise), noon)
			r, certain := turn.Settle(promise, test.shipment, test.live)
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
	turn := NewTurn(stored(item(5, 2)), noon)
	for _, s := range []*v1.Shipment{shipment("a", 2, reserved, cancelled), shipment("a", 2, reserved, cancelled), shipment("b", 2)} {
		if err := turn.Post(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := turn.Reserve(reserve("c", 5)); err != nil {
		t.Errorf("units that were released cannot be promised in the same turn: %v", err)
	}
	if err := turn.Reserve(reserve("d", 1)); err == nil {
		t.Error("a sixth of 5 units was promised")
	}
	if err := turn.Post(shipment("e", 6, reserved, dispatched)); err == nil {
		t.Error("6 units left of 5 that are reserved")
	}
	st := turn.Status(false)
	if st.OnHand != 5 || st.Reserved != 5 || len(st.Postings) != 2 || !turn.Holds(ReserveID("c")) || turn.Holds(ReserveID("d")) {
		t.Errorf("%d on hand, %d reserved, postings %v", st.OnHand, st.Reserved, st.Postings)
	}
}

func TestPromisable(t *testing.T) {
	full := item(500, 0)
	for i := range MaxPostings {
		full.Status.Postings = append(full.Status.Postings, reserve(strconv.Itoa(i), 0).Posting)
	}
	safe, gone := item(5, 1), item(5, 1)
	safe.Spec.Safety = &v1.SafetyStock{Hard: 3}
	gone.DeletionTimestamp = new(at(1))
	for name, test := range map[string]struct {
		item *v1.StockItem
		want v1.Quantity
	}{
		"what is available":                {item(5, 1), 4},
		"less the safety stock":            {safe, 1},
		"nothing of an item that is to go": {gone, 0},
		"nothing where the list is full":   {full, 0},
	} {
		if got := NewTurn(test.item, noon).Promisable(); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestTheViewOfAnItem(t *testing.T) {
	with := func(i *v1.StockItem, change func(*v1.StockItem)) *v1.StockItem {
		change(i)
		return i
	}
	count := func(id v1.Identifier, q v1.Quantity, minute int) *v1.StockCount {
		return &v1.StockCount{ID: id, Quantity: q, TakenAt: at(minute)}
	}
	type view struct {
		Phase            v1.StockPhase
		Available, Short v1.Quantity
		Conditions       map[string]string
	}
	ready := map[string]string{v1.ConditionReady: "True/LedgerCurrent"}
	and := func(m map[string]string, more ...string) map[string]string {
		all := map[string]string{}
		maps.Copy(all, m)
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	short := map[string]string{
		v1.ConditionReady: "False/CountBelowReserved", v1.ConditionStalled: "True/CountBelowReserved", v1.ConditionCountConflict: "True/CountBelowReserved",
	}
	for name, test := range map[string]struct {
		item *v1.StockItem
		want view
	}{
		"units are free":      {item(5, 2), view{v1.StockInStock, 3, 0, ready}},
		"no unit is free":     {item(5, 5), view{v1.StockStockout, 0, 0, ready}},
		"all is safety stock": {with(item(5, 0), func(i *v1.StockItem) { i.Spec.Safety = &v1.SafetyStock{Hard: 5} }), view{v1.StockStockout, 0, 0, ready}},
		"at the reorder point": {with(item(5, 2), func(i *v1.StockItem) {
			i.Spec.Replenish = &v1.ReplenishPolicy{ReorderPoint: new(v1.Quantity(3))}
		}), view{v1.StockLow, 3, 0, ready}},
		"above the reorder point": {with(item(5, 1), func(i *v1.StockItem) {
			i.Spec.Replenish = &v1.ReplenishPolicy{ReorderPoint: new(v1.Quantity(3))}
		}), view{v1.StockInStock, 4, 0, ready}},
		"a count was applied":    {with(item(0, 0), func(i *v1.StockItem) { i.Spec.Count = count("c1", 5, -1) }), view{v1.StockInStock, 5, 0, and(ready, v1.ConditionCountApplied, "True/CountApplied")}},
		"a count came too early": {with(item(0, 0), func(i *v1.StockItem) { i.Spec.Count = count("c1", 5, 9) }), view{v1.StockStockout, 0, 0, and(ready, v1.ConditionCountApplied, "False/CountInFuture")}},
		"a count came too late": {with(item(4, 0), func(i *v1.StockItem) {
			i.Spec.Count, i.Status.CountID, i.Status.CountTakenAt = count("c1", 5, -2), "c2", new(at(-1))
		}), view{v1.StockInStock, 4, 0, and(ready, v1.ConditionCountApplied, "False/CountSuperseded")}},
		"a count is older than the journal": {with(item(4, 0), func(i *v1.StockItem) {
			i.Spec.Count, i.Status.JournalSince = count("c1", 5, -2), new(at(-1))
		}), view{v1.StockInStock, 4, 0, and(ready, v1.ConditionCountApplied, "False/CountStale")}},
		"a count below what is promised (case 22)": {with(item(5, 4), func(i *v1.StockItem) { i.Spec.Count = count("c1", 1, -1) }), view{v1.StockBlocked, 0, 3, and(short, v1.ConditionCountApplied, "True/CountApplied")}},
		"the item is to go": {with(item(5, 1), func(i *v1.StockItem) { i.DeletionTimestamp = new(at(0)) }), view{v1.StockBlocked, 4, 0, map[string]string{
			v1.ConditionReady: "False/Deleting", v1.ConditionReconciling: "True/Deleting",
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			test.item.Generation = 3
			st := NewTurn(test.item, noon).Status(false)
			got := view{st.Phase, st.Available, st.Short, map[string]string{}}
			for _, c := range st.Conditions {
				got.Conditions[c.Type] = string(c.Status) + "/" + c.Reason
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("view (-want +got):\n%s", diff)
			}
			if st.ObservedGeneration != 3 {
				t.Errorf("the generation is %d", st.ObservedGeneration)
			}
			again := test.item.DeepCopy()
			again.Status = *st
			if diff := cmp.Diff(st, NewTurn(again, noon.Add(time.Second)).Status(true)); diff != "" {
				t.Errorf("a second turn writes:\n%s", diff)
			}
		})
	}
}

func TestConditionsOfACountGoWithIt(t *testing.T) {
	i := item(0, 0)
	i.Spec.Count = &v1.StockCount{ID: "c1", Quantity: 5, TakenAt: at(9)}
	turn := NewTurn(i, noon)
	if want := noon.Add(4 * time.Minute); !turn.Retry().Equal(want) {
		t.Errorf("the count is tried again at %v, want %v", turn.Retry(), want)
	}
	i.Status = *turn.Status(false)
	i.Spec.Count = nil
	turn = NewTurn(i, noon)
	if st := turn.Status(false); meta.FindStatusCondition(st.Conditions, v1.ConditionCountApplied) != nil || !turn.Retry().IsZero() {
		t.Errorf("without a count: %v, retry at %v", st.Conditions, turn.Retry())
	}
}
