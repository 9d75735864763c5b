package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestItemsAndUnits(t *testing.T) {
	s := shipment("a", 2)
	cup := v1.ItemKey{Name: "cup", UID: "uid-cup"}
	s.Spec.Items = append(s.Spec.Items,
		v1.ShipmentItem{Line: "2", StockItem: cup.Name, StockItemUID: cup.UID, Quantity: 5},
		v1.ShipmentItem{Line: "3", StockItem: tea.Name, StockItemUID: tea.UID, Quantity: 1},
		v1.ShipmentItem{Line: "4", StockItem: tea.Name, StockItemUID: "uid-other", Quantity: 7},
	)
	other := v1.ItemKey{Name: tea.Name, UID: "uid-other"}
	if diff := cmp.Diff([]v1.ItemKey{tea, cup, other}, Items(s)); diff != "" {
		t.Errorf("Items (-want +got):\n%s", diff)
	}
	for key, want := range map[v1.ItemKey]v1.Quantity{tea: 3, cup: 5, other: 7, {Name: "tea"}: 0} {
		if got := Units(s, key); got != want {
			t.Errorf("Units(%v) = %d, want %d", key, got, want)
		}
	}
}

func TestDue(t *testing.T) {
	for name, test := range map[string]struct {
		shipment *v1.Shipment
		want     []Movement
		settled  bool
	}{
		"nothing of a planned Shipment":  {shipment("a", 2), nil, false},
		"nothing of a reserved Shipment": {shipment("a", 2, reserved), nil, false},
		"the units of one that left, at the time of the fact": {
			shipment("a", 2, reserved, dispatched), []Movement{move(v1.MovementConsume, "a", 2, 2)}, false,
		},
		"the units of one that was cancelled with the mark": {
			shipment("a", 2, reserved, cancelled), []Movement{move(v1.MovementRelease, "a", 2, 3)}, false,
		},
		"nothing of one that was cancelled without the mark": {shipment("a", 2, cancelled), nil, true},
		"nothing that is marked":                             {shipment("a", 2, reserved, dispatched, marked(v1.MovementConsume)), nil, true},
		"nothing that is marked as released":                 {shipment("a", 2, reserved, cancelled, marked(v1.MovementRelease)), nil, true},
		"what was not found is given back, at the time of the pick": {
			shipment("a", 5, reserved, short("s1", 2, 7)), []Movement{missing("a", "s1", 2, 7)}, false,
		},
		"every short pick is a movement of its own": {
			shipment("a", 5, reserved, short("s1", 2, 7), short("s2", 1, 8)), []Movement{missing("a", "s1", 2, 7), missing("a", "s2", 1, 8)}, false,
		},
		"a short pick that is marked is not due again": {
			shipment("a", 5, reserved, short("s1", 2, 7), short("s2", 1, 8), markedAs(v1.MovementRelease, "s1")), []Movement{missing("a", "s2", 1, 8)}, false,
		},
		"what left is the rest": {
			shipment("a", 5, reserved, short("s1", 2, 7), dispatched), []Movement{missing("a", "s1", 2, 7), move(v1.MovementConsume, "a", 3, 2)}, false,
		},
		"what was cancelled is the rest, and not missing": {
			shipment("a", 5, reserved, short("s1", 2, 7), cancelled), []Movement{missing("a", "s1", 2, 7), move(v1.MovementRelease, "a", 3, 3)}, false,
		},
		"the mark of a short pick is not that of the rest": {
			shipment("a", 5, reserved, short("s1", 2, 7), cancelled, markedAs(v1.MovementRelease, "s1")), []Movement{move(v1.MovementRelease, "a", 3, 3)}, false,
		},
		"no rest is due where nothing was found": {
			shipment("a", 2, reserved, short("s1", 2, 7), cancelled), []Movement{missing("a", "s1", 2, 7)}, false,
		},
		"one of which nothing was found is settled without a rest": {
			shipment("a", 2, reserved, short("s1", 2, 7), dispatched, markedAs(v1.MovementRelease, "s1")), nil, true,
		},
		"no rest is due where more is missing than was promised": {
			shipment("a", 2, reserved, short("s1", 3, 7), dispatched, markedAs(v1.MovementRelease, "s1")), nil, true,
		},
		"one that left without the mark has left": {
			shipment("a", 2, dispatched), []Movement{move(v1.MovementConsume, "a", 2, 2)}, false,
		},
		"a short pick of another item is not due": {
			shipment("a", 2, reserved, short("s1", 1, 7), func(s *v1.Shipment) { s.Status.Short[0].StockItem = "cup" }), nil, false,
		},
		"a mark of another movement does not count": {
			shipment("a", 2, reserved, dispatched, marked(v1.MovementRelease)), []Movement{move(v1.MovementConsume, "a", 2, 2)}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Due(test.shipment, tea), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Due (-want +got):\n%s", diff)
			}
			if got := Settled(test.shipment); got != test.settled {
				t.Errorf("Settled is %v", got)
			}
			if got := Owes(test.shipment); got != (len(test.want) > 0) {
				t.Errorf("Owes is %v", got)
			}
		})
	}
	if due := Due(shipment("a", 2, reserved, dispatched), v1.ItemKey{Name: "tea", UID: "uid-other"}); due != nil {
		t.Errorf("an item of the same name owes %v", due)
	}
	two := shipment("a", 2, reserved, dispatched, marked(v1.MovementConsume))
	two.Spec.Items = append(two.Spec.Items, v1.ShipmentItem{Line: "2", StockItem: "cup", StockItemUID: "uid-cup", Quantity: 1})
	if Settled(two) {
		t.Error("settled though one of two items has not counted it")
	}
}

// Marks do not change what a Shipment has ever made due, and each has an id of its own.
func TestMovements(t *testing.T) {
	s := shipment("a", 5, reserved, short("s1", 2, 7), short("s2", 1, 8), cancelled)
	want := []Movement{missing("a", "s1", 2, 7), missing("a", "s2", 1, 8), move(v1.MovementRelease, "a", 2, 3)}
	for _, m := range want {
		if diff := cmp.Diff(want, Movements(s, tea)); diff != "" {
			t.Errorf("before the mark of %s (-want +got):\n%s", m.ID, diff)
		}
		s.Status.Posted = append(s.Status.Posted, v1.PostedMovement{Item: tea.Name, ItemUID: tea.UID, ID: m.ID})
	}
	if diff := cmp.Diff(want, Movements(s, tea)); diff != "" {
		t.Errorf("with all marks (-want +got):\n%s", diff)
	}
	if got := Movements(s, v1.ItemKey{Name: "tea", UID: "uid-other"}); got != nil {
		t.Errorf("an item of the same name has counted %v", got)
	}
	ids := map[string]bool{}
	for _, m := range append(want, move(v1.MovementConsume, "a", 2, 3), reserve("a", 5)) {
		if ids[m.ID] {
			t.Errorf("id %s stands for two movements", m.ID)
		}
		ids[m.ID] = true
	}
}

func TestHeld(t *testing.T) {
	for name, test := range map[string]struct {
		shipment *v1.Shipment
		want     v1.Quantity
	}{
		"all of them":                         {shipment("a", 5), 5},
		"but for what was not found":          {shipment("a", 5, short("s1", 2, 7), short("s2", 1, 7)), 2},
		"none where nothing was found":        {shipment("a", 5, short("s1", 5, 7)), 0},
		"none where more is missing":          {shipment("a", 5, short("s1", 9, 7)), 0},
		"none of an item of the same name":    {shipment("a", 5, elsewhere), 0},
		"a short pick elsewhere changes none": {shipment("a", 5, short("s1", 2, 7), func(s *v1.Shipment) { s.Status.Short[0].StockItem = "cup" }), 5},
	} {
		if got := Held(test.shipment, tea); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
