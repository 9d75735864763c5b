package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// The table of the ledger's design: what becomes of an open entry, given the
// Shipment of its name.
func TestResolve(t *testing.T) {
	promise := reserve("a", 2).Posting
	consume := move(v1.MovementConsume, "a", 2, 2).Posting
	release := move(v1.MovementRelease, "a", 2, 3).Posting
	for name, test := range map[string]struct {
		posting  v1.Posting
		shipment *v1.Shipment
		want     Resolution
	}{
		"a promise without a Shipment goes forward":                                      {promise, nil, CreateIt},
		"a promise waits for the mark":                                                   {promise, shipment("a", 2), Wait},
		"a promise that is marked is dropped":                                            {promise, shipment("a", 2, reserved), DropIt},
		"a promise that is marked and left is dropped":                                   {promise, shipment("a", 2, reserved, dispatched), DropIt},
		"a promise that is marked and cancelled is dropped":                              {promise, shipment("a", 2, reserved, cancelled), DropIt},
		"a promise cancelled without the mark is void":                                   {promise, shipment("a", 2, cancelled), VoidIt},
		"a promise that its Shipment does not hold is void":                              {promise, shipment("a", 2, elsewhere), VoidIt},
		"a promise is void even if the mark stands, where its Shipment does not hold it": {promise, shipment("a", 2, elsewhere, reserved), VoidIt},
		"a promise whose name is taken is void":                                          {promise, shipment("b", 2, reserved), VoidIt},
		"a promise whose name is still taken by an Order before waits for it":            {promise, shipment("b", 2, reserved, strange), Wait},
		"it waits even if that holds another item":                                       {promise, shipment("b", 2, cancelled, elsewhere, strange), Wait},
		"a dispatch without a Shipment is dropped":                                       {consume, nil, DropIt},
		"a dispatch of another Shipment of the name is dropped":                          {consume, shipment("b", 2), DropIt},
		"a dispatch waits for the mark":                                                  {consume, shipment("a", 2, reserved, dispatched), Wait},
		"a dispatch that is marked is dropped":                                           {consume, shipment("a", 2, reserved, dispatched, marked(v1.MovementConsume)), DropIt},
		"a release waits for its own mark":                                               {release, shipment("a", 2, reserved, cancelled, marked(v1.MovementConsume)), Wait},
		"a release that is marked is dropped":                                            {release, shipment("a", 2, reserved, cancelled, marked(v1.MovementRelease)), DropIt},
	} {
		if got := Resolve(test.posting, tea, test.shipment); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestAcknowledgePromisedAndMentions(t *testing.T) {
	mark := func(kind v1.MovementKind) v1.PostedMovement {
		return v1.PostedMovement{Item: tea.Name, ItemUID: tea.UID, ID: "uid-a/" + string(kind) + "/0"}
	}
	consume := move(v1.MovementConsume, "a", 2, 2).Posting
	for name, test := range map[string]struct {
		shipment           *v1.Shipment
		postings           []v1.Posting
		marks              []v1.PostedMovement
		promised, mentions bool
	}{
		"an item that has nothing of it":                 {shipment("a", 2), nil, nil, false, false},
		"a promise needs no mark of its own":             {shipment("a", 2), []v1.Posting{reserve("a", 2).Posting}, nil, true, true},
		"a dispatch is marked":                           {shipment("a", 2, reserved, dispatched), []v1.Posting{consume}, []v1.PostedMovement{mark(v1.MovementConsume)}, false, true},
		"a dispatch is marked once":                      {shipment("a", 2, reserved, dispatched, marked(v1.MovementConsume)), []v1.Posting{consume}, nil, false, true},
		"a movement of another Shipment is not marked":   {shipment("a", 2), []v1.Posting{move(v1.MovementConsume, "ab", 2, 2).Posting, reserve("b", 1).Posting}, nil, false, false},
		"a promise without its intent belongs to nobody": {shipment("", 2), []v1.Posting{{ID: "x/Reserve", Kind: v1.MovementReserve}}, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			st := stock(9, 9, test.postings...)
			if diff := cmp.Diff(test.marks, Acknowledge(test.shipment, tea, &st)); diff != "" {
				t.Errorf("Acknowledge (-want +got):\n%s", diff)
			}
			if got := Promised(test.shipment, &st); got != test.promised {
				t.Errorf("Promised is %v", got)
			}
			if got := Mentions(test.shipment, &st); got != test.mentions {
				t.Errorf("Mentions is %v", got)
			}
		})
	}
}
