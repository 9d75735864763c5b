package ledger

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

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
		"a count is older than the journal can tell": {with(item(4, 0), func(i *v1.StockItem) {
			i.Spec.Count, i.Status.Folded = count("c1", 5, -2), []v1.JournalSum{sum(-3, -1, 2, -2)}
		}), view{v1.StockInStock, 4, 0, and(ready, v1.ConditionCountApplied, "False/CountStale")}},
		"a count below what is promised (case 22)":  {with(item(5, 4), func(i *v1.StockItem) { i.Spec.Count = count("c1", 1, -1) }), view{v1.StockBlocked, 0, 3, and(short, v1.ConditionCountApplied, "True/CountApplied")}},
		"units were not found":                      {with(item(5, 1), func(i *v1.StockItem) { i.Status.Missing = 2 }), view{v1.StockInStock, 2, 0, and(ready, v1.ConditionRecountRequired, "True/UnitsMissing")}},
		"all that is free was not found":            {with(item(5, 1), func(i *v1.StockItem) { i.Status.Missing = 4 }), view{v1.StockStockout, 0, 0, and(ready, v1.ConditionRecountRequired, "True/UnitsMissing")}},
		"units are short and others were not found": {with(item(3, 5), func(i *v1.StockItem) { i.Status.Missing = 1 }), view{v1.StockBlocked, 0, 2, and(short, v1.ConditionRecountRequired, "True/UnitsMissing")}},
		"what is in quarantine is not there":        {with(item(5, 4), func(i *v1.StockItem) { i.Status.Quarantined = 2 }), view{v1.StockBlocked, 0, 1, short}},
		"a count finds what was missing":            {with(item(5, 1), func(i *v1.StockItem) { i.Spec.Count, i.Status.Missing = count("c1", 5, -1), 2 }), view{v1.StockInStock, 4, 0, and(ready, v1.ConditionCountApplied, "True/CountApplied")}},
		"the item is to go and short": {with(item(1, 3), func(i *v1.StockItem) { i.DeletionTimestamp = new(at(0)) }), view{v1.StockBlocked, 0, 2, map[string]string{
			v1.ConditionReady: "False/Deleting", v1.ConditionReconciling: "True/Deleting", v1.ConditionCountConflict: "True/CountBelowReserved",
		}}},
		"the item is to go": {with(item(5, 1), func(i *v1.StockItem) { i.DeletionTimestamp = new(at(0)) }), view{v1.StockBlocked, 4, 0, map[string]string{
			v1.ConditionReady: "False/Deleting", v1.ConditionReconciling: "True/Deleting",
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			test.item.Generation = 3
			st := newTurn(test.item, noon).Status(false)
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
			if diff := cmp.Diff(st, newTurn(again, noon.Add(time.Second)).Status(true)); diff != "" {
				t.Errorf("a second turn writes:\n%s", diff)
			}
		})
	}
}

func TestConditionsOfACountGoWithIt(t *testing.T) {
	i := item(0, 0)
	i.Spec.Count = &v1.StockCount{ID: "c1", Quantity: 5, TakenAt: at(9)}
	turn := newTurn(i, noon)
	if want := noon.Add(4 * time.Minute); !turn.Retry().Equal(want) {
		t.Errorf("the count is tried again at %v, want %v", turn.Retry(), want)
	}
	i.Status = *turn.Status(false)
	i.Spec.Count = nil
	turn = newTurn(i, noon)
	if st := turn.Status(false); meta.FindStatusCondition(st.Conditions, v1.ConditionCountApplied) != nil || !turn.Retry().IsZero() {
		t.Errorf("without a count: %v, retry at %v", st.Conditions, turn.Retry())
	}
}

// What people were asked to do is not asked any more when it is done.
func TestConditionsGoWithTheirReason(t *testing.T) {
	i := item(3, 5)
	i.Status.Missing = 2
	i.Status = *newTurn(i, noon).Status(false)
	want := map[string]string{v1.ConditionRecountRequired: "pickers did not find 2 units", v1.ConditionCountConflict: "count again, or put back"}
	for kind, text := range want {
		if c := meta.FindStatusCondition(i.Status.Conditions, kind); c == nil || !strings.Contains(c.Message, text) {
			t.Errorf("%s is %v, want one with %q", kind, c, text)
		}
	}
	i.Spec.Count = &v1.StockCount{ID: "c1", Quantity: 5, TakenAt: at(-1)}
	st := newTurn(i, noon).Status(false)
	for _, kind := range []string{v1.ConditionRecountRequired, v1.ConditionCountConflict, v1.ConditionStalled} {
		if c := meta.FindStatusCondition(st.Conditions, kind); c != nil {
			t.Errorf("%s stays: %v", kind, c)
		}
	}
}
