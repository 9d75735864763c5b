package ledger

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func encodedSize(t *testing.T, i *v1.StockItem) int {
	t.Helper()
	encoded, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	return len(encoded)
}

// usual is the promise of a usual Shipment, with names and ids as they are in a cluster.
func usual(n int) Movement {
	m := reserve(fmt.Sprintf("%026d", n), 1)
	m.Source = v1.ObjectName(fmt.Sprintf("web-2026-%08d-1", n))
	m.Reserve.Order = v1.ObjectIdentity{Name: m.Source[:len(m.Source)-2], UID: v1.UID(uid(n))}
	m.Reserve.Lines = []v1.ReserveLine{{Line: "1", Quantity: 1}, {Line: "2", Quantity: 1}}
	m.Reserve.Items = []v1.ObjectName{"longjing-tea-hangzhou", "gaiwan-white-hangzhou", "tea-towel-hangzhou"}
	return m
}

// largest is a promise with everything at its limit.
func largest(n int) Movement {
	m := usual(n)
	m.Reserve.Lines, m.Reserve.Items = large("", 100).Reserve.Lines, nil
	m.Source = v1.ObjectName(fmt.Sprintf("%063d", n))
	for i := range v1.MaxShipmentItems {
		m.Reserve.Items = append(m.Reserve.Items, v1.ObjectName(fmt.Sprintf("%063d", i)))
	}
	return m
}

func uid(n int) string { return fmt.Sprintf("3f0d8d0e-7a6b-4c1e-9d52-%012d", n) }

// An item does not grow with what is promised from it: only what is under way
// stands in it.
func TestTheItemStaysSmall(t *testing.T) {
	const limit = 64 << 10
	for name, test := range map[string]struct {
		outstanding int
		promise     func(int) Movement
	}{
		"usual promises":       {5000, usual},
		"the largest promises": {500, largest},
	} {
		t.Run(name, func(t *testing.T) {
			outstanding := test.outstanding
			i := item(0, 0)
			i.UID = types.UID(uid(0))
			i.Spec.Count = &v1.StockCount{ID: "c1", Quantity: v1.Quantity(outstanding), TakenAt: at(0)}
			shipments := map[v1.ObjectName]*v1.Shipment{}
			var made, held []*v1.Shipment
			read := func(name v1.ObjectName, _ bool) (*v1.Shipment, error) { return shipments[name], nil }
			promised, steps, most, size := 0, 0, 0, 0
			for ; promised < outstanding || len(i.Status.Postings) > 0; steps++ {
				turn, err := Begin(i, nil, read, noon)
				if err != nil || len(turn.Refused()) > 0 || steps > 2*outstanding {
					t.Fatalf("step %d: %v, %v", steps, err, turn.Refused())
				}
				absent := turn.Orphans()
				units, slots := turn.Promisable()
				for range min(int(units), slots) {
					m := test.promise(promised)
					if !turn.HasRoom(m.Posting) {
						break
					}
					if err := turn.Reserve(m); err != nil {
						t.Fatal(err)
					}
					absent = append(absent, m.Posting)
					promised++
				}
				i.Status = *turn.Status(promised == outstanding)
				most, size = max(most, len(i.Status.Postings)), max(size, encodedSize(t, i))
				// The Shipments of the last step are marked, of those of this one all but
				// the last are made: it is found as an orphan.
				for _, s := range made {
					reserved(s)
				}
				made = nil
				for n, p := range absent {
					if n < len(absent)-1 || len(absent) == 1 {
						s := shipment(p.Reserve.Grant, p.Quantity)
						s.Spec.Items[0].StockItemUID = v1.UID(i.UID)
						shipments[p.Source] = s
						made, held = append(made, s), append(held, s)
					}
				}
			}
			if int(i.Status.Reserved) != outstanding || len(held) != outstanding || size >= limit {
				t.Errorf("%d reserved, %d Shipments, %d bytes", i.Status.Reserved, len(held), size)
			}
			t.Logf("%d reservations in %d steps: at most %d postings, %d bytes", outstanding, steps, most, size)
			for _, d := range Audit(i, held, nil) {
				t.Error(d)
			}
		})
	}
}

// etcd takes objects of 1.5 MiB; an item with all of its lists full is far from it.
func TestAFullItemIsNotTooLarge(t *testing.T) {
	const limit = 512 << 10
	long := strings.Repeat("x", 63)
	for name, test := range map[string]struct {
		fact, source string
		promise      func(int) Movement
	}{
		"usual names":       {theEnd, "web-2026-00000001-1", usual},
		"the longest names": {long, long, largest},
	} {
		t.Run(name, func(t *testing.T) {
			i := item(v1.MaxQuantity, v1.MaxQuantity)
			i.UID = types.UID(uid(0))
			minute := 0
			for ; len(i.Status.Journal) < MaxJournal || len(i.Status.Folded) < MaxFolded; minute++ {
				m := missing("", v1.Identifier(test.fact), 100_000, minute)
				m.ID, m.Source = uid(minute)+"/Release/"+test.fact, v1.ObjectName(test.source)
				if err := Apply(&i.Status, 0, m, at(minute).Time); err != nil {
					t.Fatal(err)
				}
				i.Status.Postings = nil
			}
			i.Status.OnHand = 0
			turn := newTurn(i, at(minute).Time)
			var queue []*v1.Shipment
			for n := range maxRecalled {
				s := shipment(uid(n), 1, reserved)
				s.Name, s.UID = test.source, types.UID(uid(n))
				s.Spec.Items[0].StockItemUID = v1.UID(i.UID)
				queue = append(queue, s)
			}
			turn.Recall(queue)
			for n := 0; turn.HasRoom(test.promise(n).Posting); n++ {
				turn.status.Postings = append(turn.status.Postings, test.promise(n).Posting)
			}
			i.Status = *turn.Status(false)
			size := encodedSize(t, i)
			if st := i.Status; len(st.Journal) != MaxJournal || len(st.Folded) != MaxFolded || len(st.Recalled) != maxRecalled || size >= limit {
				t.Errorf("%d entries, %d sums, %d recalled, %d bytes", len(st.Journal), len(st.Folded), len(st.Recalled), size)
			}
			t.Logf("%d entries, %d sums, %d postings: %d bytes", len(i.Status.Journal), len(i.Status.Folded), len(i.Status.Postings), size)
		})
	}
}
