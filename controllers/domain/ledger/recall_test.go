package ledger

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func TestRecall(t *testing.T) {
	packed := func(s *v1.Shipment) { s.Spec.Facts.Packed = &v1.ActorFact{ID: "f1", At: at(2)} }
	leaves := func(s *v1.Shipment) { s.Spec.Facts.Dispatched = &v1.ActorFact{ID: "f2", At: at(2)} }
	a, b := shipment("a", 2, reserved), shipment("b", 2, reserved)
	promiseC, releaseC := reserve("c", 3).Posting, move(v1.MovementRelease, "c", 3, 3).Posting
	for name, test := range map[string]struct {
		item  *v1.StockItem
		queue []*v1.Shipment
		want  []string
	}{
		"nobody when nothing is short":             {item(5, 4), []*v1.Shipment{a, b}, nil},
		"the last in the queue":                    {item(2, 4), []*v1.Shipment{a, b}, []string{"b"}},
		"the last even if it holds more":           {item(3, 4), []*v1.Shipment{b, a}, []string{"a"}},
		"as many as it takes, the last first":      {item(1, 4), []*v1.Shipment{a, b}, []string{"b", "a"}},
		"all where none is enough":                 {item(0, 9), []*v1.Shipment{a, b}, []string{"b", "a"}},
		"nobody of an empty queue":                 {item(0, 9), nil, nil},
		"one that is being picked keeps its units": {item(2, 4), []*v1.Shipment{a, shipment("b", 2, reserved, picked)}, []string{"a"}},
		"one that is packed keeps them":            {item(2, 4), []*v1.Shipment{a, shipment("b", 2, reserved, packed)}, []string{"a"}},
		"one that is about to leave keeps them":    {item(2, 4), []*v1.Shipment{a, shipment("b", 2, reserved, leaves)}, []string{"a"}},
		"one that has left has none":               {item(2, 4), []*v1.Shipment{a, shipment("b", 2, reserved, dispatched)}, []string{"a"}},
		"one of which nothing was found has none":  {item(2, 4), []*v1.Shipment{a, shipment("b", 2, reserved, short("s1", 2, 1))}, []string{"a"}},
		"one that holds another item has none":     {item(2, 4), []*v1.Shipment{a, shipment("b", 2, reserved, elsewhere)}, []string{"a"}},
		"one that is not marked yet gives its promise back": {
			item(2, 4), []*v1.Shipment{a, shipment("b", 2)}, []string{"b"},
		},
		"one that was cancelled gives its units back": {
			item(3, 7), []*v1.Shipment{a, b, shipment("c", 3, reserved, cancelled)}, []string{"b"},
		},
		"one that was cancelled may be enough, wherever it stands": {
			item(4, 7), []*v1.Shipment{shipment("c", 3, reserved, cancelled), a, b}, nil,
		},
		"one that was cancelled and lacks some gives all back": {
			item(4, 7), []*v1.Shipment{a, b, shipment("c", 3, reserved, short("s1", 1, 1), cancelled)}, nil,
		},
		"one whose release is counted has given them back": {
			holding(3, 4, releaseC), []*v1.Shipment{a, b, shipment("c", 3, reserved, cancelled)}, []string{"b"},
		},
		"one whose release is marked has given them back": {
			item(3, 4), []*v1.Shipment{a, b, shipment("c", 3, reserved, cancelled, marked(v1.MovementRelease))}, []string{"b"},
		},
		"one that was cancelled without the mark gives its promise back": {
			holding(3, 7, promiseC), []*v1.Shipment{a, b, shipment("c", 3, cancelled)}, []string{"b"},
		},
		"one whose promise stands beside its release gives it back once": {
			holding(3, 8, promiseC), []*v1.Shipment{a, b, shipment("c", 3, reserved, cancelled)}, []string{"b"},
		},
		"one that was cancelled without a promise gives nothing back": {
			item(3, 7), []*v1.Shipment{a, b, shipment("c", 3, cancelled)}, []string{"b", "a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.item.Status.Recalled = []v1.ObjectIdentity{{Name: "order-old", UID: "uid-old"}}
			turn := newTurn(test.item, noon)
			if got := turn.Short(); got != (Short(&test.item.Status) > 0) {
				t.Errorf("Short is %v", got)
			}
			if anew := turn.Recall(test.queue); anew != (len(test.want) > 0) {
				t.Errorf("recalled anew is %v", anew)
			}
			if turn.Recall(test.queue) {
				t.Error("the same are recalled anew")
			}
			st := turn.Status(false)
			var got []string
			for _, r := range st.Recalled {
				got = append(got, string(r.UID)[len("uid-"):])
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("recalled (-want +got):\n%s", diff)
			}
			for _, s := range test.queue {
				if want := slices.Contains(test.want, s.Spec.Grant); Recalls(st, s) != want || (want && !Recallable(s)) {
					t.Errorf("Recalls(%s) is %v, Recallable %v", s.Name, !want, Recallable(s))
				}
			}
		})
	}
}

func TestAtMostAHundredAreRecalled(t *testing.T) {
	var queue []*v1.Shipment
	for i := range 120 {
		queue = append(queue, shipment(strconv.Itoa(i), 1, reserved))
	}
	turn := newTurn(item(0, 120), noon)
	turn.Recall(queue)
	st := turn.Status(false)
	if n := len(st.Recalled); n != maxRecalled || st.Recalled[0].UID != "uid-119" || st.Recalled[n-1].UID != "uid-20" {
		t.Errorf("%d are recalled, from %v to %v", n, st.Recalled[0], st.Recalled[n-1])
	}
}

// Units that come back end the recall, whoever asked for it.
func TestARecallEndsWithTheShortage(t *testing.T) {
	i := item(2, 4)
	turn := newTurn(i, noon)
	turn.Recall([]*v1.Shipment{shipment("a", 2, reserved), shipment("b", 2, reserved)})
	i.Status = *turn.Status(false)
	if !Recalls(&i.Status, shipment("b", 2)) {
		t.Fatalf("recalled are %v", i.Status.Recalled)
	}
	if st := newTurn(i, noon).Status(true); !Recalls(st, shipment("b", 2)) {
		t.Error("a turn that does not look at the queue forgets the recall")
	}
	if st := begin(t, i, shipment("b", 2, reserved, cancelled)).Status(false); st.Short != 0 || st.Recalled != nil {
		t.Errorf("%d short, recalled are %v", st.Short, st.Recalled)
	}
}
