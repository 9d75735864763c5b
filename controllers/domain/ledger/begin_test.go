package ledger

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestBegin(t *testing.T) {
	promise, consume := reserve("a", 2).Posting, move(v1.MovementConsume, "a", 2, 2).Posting
	receive := goods(v1.MovementReceive, 3, 2).Posting
	left := func(changes ...func(*v1.Shipment)) *v1.Shipment {
		return shipment("a", 2, append([]func(*v1.Shipment){reserved, dispatched}, changes...)...)
	}
	const c, l = "cached ", "live "
	for name, test := range map[string]struct {
		item *v1.StockItem
		// cached is what the cache shows, live what there is.
		cached, live, owing []*v1.Shipment
		reads               []string
		orphans             []v1.Posting
		refused             int
		onHand, reserved    v1.Quantity
		postings            []v1.Posting
	}{
		"nothing is read for an item without postings": {
			item: holding(5, 2), onHand: 5, reserved: 2,
		},
		"a promise without its Shipment is an orphan": {
			item: holding(5, 2, promise), reads: []string{c + "order-a", l + "order-a"},
			orphans: []v1.Posting{promise}, onHand: 5, reserved: 2, postings: []v1.Posting{promise},
		},
		"it is none where the cache is late": {
			item: holding(5, 2, promise), live: []*v1.Shipment{shipment("a", 2)}, reads: []string{c + "order-a", l + "order-a"},
			onHand: 5, reserved: 2, postings: []v1.Posting{promise},
		},
		"it is one where the cache shows a Shipment that is gone": {
			item: holding(5, 2, promise), cached: []*v1.Shipment{shipment("a", 2, cancelled)}, reads: []string{c + "order-a", l + "order-a"},
			orphans: []v1.Posting{promise}, onHand: 5, reserved: 2, postings: []v1.Posting{promise},
		},
		"a cached mark is enough": {
			item: holding(5, 2, promise), cached: []*v1.Shipment{shipment("a", 2, reserved)}, reads: []string{c + "order-a"}, onHand: 5, reserved: 2,
		},
		"a cached Shipment is enough to wait": {
			item: holding(5, 2, promise), cached: []*v1.Shipment{shipment("a", 2)}, live: []*v1.Shipment{shipment("a", 2, reserved)}, reads: []string{c + "order-a"},
			onHand: 5, reserved: 2, postings: []v1.Posting{promise},
		},
		"a promise is voided by what is live": {
			item: holding(5, 2, promise), cached: []*v1.Shipment{shipment("a", 2, cancelled)}, live: []*v1.Shipment{shipment("a", 2, cancelled)},
			reads: []string{c + "order-a", l + "order-a"}, onHand: 5,
		},
		"a dispatch whose Shipment was removed by force goes": {
			item: holding(5, 0, consume), reads: []string{c + "order-a", l + "order-a"}, onHand: 5,
		},
		"a posting of another kind of source is not looked at": {
			item: holding(5, 2, receive, promise), cached: []*v1.Shipment{shipment("a", 2, reserved)}, reads: []string{c + "order-a"},
			onHand: 5, reserved: 2, postings: []v1.Posting{receive},
		},
		"what is owed is counted by what is live": {
			item: holding(5, 2), owing: []*v1.Shipment{left()}, live: []*v1.Shipment{left()}, reads: []string{l + "order-a"},
			onHand: 3, postings: []v1.Posting{consume},
		},
		"what has been marked since is not owed any more": {
			item: holding(5, 2), owing: []*v1.Shipment{left()}, live: []*v1.Shipment{left(marked(v1.MovementConsume))}, reads: []string{l + "order-a"},
			onHand: 5, reserved: 2,
		},
		"what is counted already is not owed": {
			item: holding(3, 0, consume), cached: []*v1.Shipment{left()}, owing: []*v1.Shipment{left()}, live: []*v1.Shipment{left()},
			reads: []string{c + "order-a", l + "order-a"}, onHand: 3, postings: []v1.Posting{consume},
		},
		"one that owes and is gone owes nothing": {
			item: holding(5, 2), owing: []*v1.Shipment{left()}, reads: []string{l + "order-a"}, onHand: 5, reserved: 2,
		},
		"another of its name owes what it does": {
			item: holding(5, 2), owing: []*v1.Shipment{left()}, live: []*v1.Shipment{shipment("a", 2)}, reads: []string{l + "order-a"}, onHand: 5, reserved: 2,
		},
		"what cannot be counted does not keep the others": {
			item: holding(5, 2), owing: []*v1.Shipment{shipment("b", 3), shipment("a", 2)},
			live:  []*v1.Shipment{shipment("b", 3, reserved, dispatched), left()},
			reads: []string{l + "order-b", l + "order-a"}, refused: 1, onHand: 3, postings: []v1.Posting{consume},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := test.item.DeepCopy()
			var reads []string
			turn, err := Begin(test.item, test.owing, func(name v1.ObjectName, live bool) (*v1.Shipment, error) {
				if live {
					reads = append(reads, l+string(name))
					return named(test.live, name), nil
				}
				reads = append(reads, c+string(name))
				return named(test.cached, name), nil
			}, noon)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.reads, reads); diff != "" {
				t.Errorf("reads (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.orphans, turn.Orphans()); diff != "" {
				t.Errorf("Orphans (-want +got):\n%s", diff)
			}
			if got := turn.Refused(); len(got) != test.refused {
				t.Errorf("refused are %v, want %d", got, test.refused)
			}
			st := turn.Status(true)
			if st.OnHand != test.onHand || st.Reserved != test.reserved {
				t.Errorf("%d on hand, %d reserved; want %d, %d", st.OnHand, st.Reserved, test.onHand, test.reserved)
			}
			if diff := cmp.Diff(test.postings, st.Postings, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("postings (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, test.item); diff != "" {
				t.Errorf("the item that was read is changed:\n%s", diff)
			}
		})
	}
}

// What cannot be read is not guessed.
func TestBeginFailsWhereAShipmentCannotBeRead(t *testing.T) {
	down := errors.New("down")
	owing := []*v1.Shipment{shipment("b", 1, reserved, dispatched)}
	for name, fails := range map[string]string{"in the cache": "order-a", "live": "order-a live", "live, as it owes": "order-b live"} {
		turn, err := Begin(holding(5, 2, reserve("a", 2).Posting), owing, func(name v1.ObjectName, live bool) (*v1.Shipment, error) {
			if what := string(name) + map[bool]string{true: " live"}[live]; what == fails {
				return nil, down
			}
			return nil, nil
		}, noon)
		if turn != nil || !errors.Is(err, down) {
			t.Errorf("%s: %v, %v", name, turn, err)
		}
	}
}

// Those who give units back are the first who may want them again.
func TestReturnedAndOpen(t *testing.T) {
	promise := reserve("a", 2).Posting
	two := reserve("b", 1).Posting
	other := shipment("c", 2, reserved, cancelled)
	other.Spec.OrderName = "other"
	for name, test := range map[string]struct {
		item     *v1.StockItem
		there    []*v1.Shipment
		returned []v1.ObjectName
		open     int
	}{
		"nothing is open":                         {holding(5, 2), nil, nil, 0},
		"a promise waits for its Shipment":        {holding(5, 3, promise, two), []*v1.Shipment{shipment("a", 2)}, nil, 2},
		"a promise that is marked waits no more":  {holding(5, 3, promise, two), []*v1.Shipment{shipment("a", 2, reserved)}, nil, 1},
		"another source waits":                    {holding(5, 0, goods(v1.MovementReceive, 1, 0).Posting), nil, nil, 1},
		"a promise is taken back":                 {holding(5, 2, promise), []*v1.Shipment{shipment("a", 2, cancelled)}, []v1.ObjectName{"order"}, 0},
		"a Shipment is cancelled":                 {holding(5, 2), []*v1.Shipment{shipment("a", 2, reserved, cancelled)}, []v1.ObjectName{"order"}, 1},
		"units are not found":                     {holding(5, 2), []*v1.Shipment{shipment("a", 2, reserved, short("s1", 1, 2))}, []v1.ObjectName{"order"}, 1},
		"what leaves does not come back":          {holding(5, 2), []*v1.Shipment{shipment("a", 2, reserved, dispatched)}, nil, 1},
		"what was given back before is not again": {holding(5, 0), []*v1.Shipment{shipment("a", 2, reserved, cancelled, marked(v1.MovementRelease))}, nil, 0},
		"two Orders give units back, the promise first": {
			holding(5, 4, promise), []*v1.Shipment{other, shipment("a", 2, cancelled)}, []v1.ObjectName{"order", "other"}, 1,
		},
	} {
		turn := begin(t, test.item, test.there...)
		if diff := cmp.Diff(test.returned, turn.Returned()); diff != "" {
			t.Errorf("%s: Returned (-want +got):\n%s", name, diff)
		}
		if got := turn.Open(); got != test.open {
			t.Errorf("%s: %d are open, want %d", name, got, test.open)
		}
	}
}

// While a turn is under way the Shipment of an Order that had the name before may
// go, and the one of the promise be made and marked: the turn must not have taken
// the promise back.
func TestATurnDoesNotVoidAPromiseWhoseNameBecomesFree(t *testing.T) {
	i := holding(5, 2, reserve("a", 2).Posting)
	i.Status.Counted = 5
	before := shipment("b", 1, cancelled, strange)
	before.Name = "order-a"
	turn := begin(t, i, before)
	i.Status = *turn.Status(true)
	for _, d := range Audit(i, []*v1.Shipment{shipment("a", 2, reserved)}, nil) {
		t.Error(d)
	}
}
