package judge

import (
	"fmt"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// counters: units are promised once; at every version no counter is below 0 or unlike
// its formula, and more is promised than there is only after a stock-take, and then
// never more than before.
func counters(r *Run, report func(string, ...any)) {
	if !r.OldShipments {
		promisedOnce(r, report)
	}
	grantedOnce(r, report)
	steps(r, func(before, i *v1.StockItem, _ bool) {
		st := i.Status
		over := st.Reserved - (st.OnHand - st.Quarantined)
		var hard v1.Quantity
		if i.Spec.Safety != nil {
			hard = i.Spec.Safety.Hard
		}
		switch {
		case st.OnHand < 0 || st.Reserved < 0 || st.Quarantined < 0 || st.Missing < 0:
			report("StockItem %s: a counter is below 0: on hand %d, reserved %d", i.Name, st.OnHand, st.Reserved)
		case st.Available != max(0, st.OnHand-st.Quarantined-st.Reserved-st.Missing-hard) && st.ObservedGeneration == i.Generation:
			report("StockItem %s: %d are available of %d on hand with %d reserved", i.Name, st.Available, st.OnHand, st.Reserved)
		case st.Short != max(0, over):
			report("StockItem %s: short is %d, and %d are reserved of %d", i.Name, st.Short, st.Reserved, st.OnHand)
		}
		if before == nil || over <= 0 {
			return
		}
		was := before.Status.Reserved - (before.Status.OnHand - before.Status.Quarantined)
		if over > was && st.CountID == before.Status.CountID {
			report("StockItem %s: %d more are promised than there are, and nobody counted", i.Name, over)
		}
	})
	countedOnce(r, report)
	latest := map[types.UID]*v1.StockItem{}
	steps(r, func(_, i *v1.StockItem, _ bool) { latest[i.UID] = i })
	held := map[types.UID]v1.Quantity{}
	last := map[types.UID]*v1.Shipment{}
	steps(r, func(_, s *v1.Shipment, gone bool) {
		if last[s.UID] = s; gone {
			delete(last, s.UID)
		}
	})
	for _, s := range last {
		if s.Status.ReservedAt != nil && s.Status.CancelledAt == nil && s.Status.DispatchedAt == nil {
			for _, i := range s.Spec.Items {
				held[types.UID(i.StockItemUID)] += i.Quantity
			}
			for _, u := range s.Status.Short {
				held[(&life{shipment: s}).uid(u)] -= u.Quantity
			}
		}
	}
	for uid, i := range latest {
		if r.Missing == "" && len(i.Status.Postings) == 0 && i.Status.Reserved != held[uid] {
			report("StockItem %s reserves %d, and the Shipments hold %d", i.Name, i.Status.Reserved, held[uid])
		}
	}
}

// countedOnce: a stock-take says how many units are on hand, less those that have left
// since it was taken; one that was applied before changes nothing.
func countedOnce(r *Run, report func(string, ...any)) {
	applied := map[types.UID]map[string]bool{}
	left := map[types.UID]*v1.Shipment{}
	latest := map[types.UID]*v1.StockItem{}
	for _, v := range r.Versions {
		if s, ok := v.Object.(*v1.Shipment); ok && s.Status.DispatchedAt != nil {
			left[s.UID] = s
		}
		i, ok := v.Object.(*v1.StockItem)
		if !ok {
			continue
		}
		before := latest[i.UID]
		latest[i.UID] = i
		id := i.Status.CountID
		if id == "" || (before != nil && before.Status.CountID == id) {
			continue
		}
		if applied[i.UID] == nil {
			applied[i.UID] = map[string]bool{}
		}
		if applied[i.UID][id] {
			report("StockItem %s: count %s was applied twice", i.Name, id)
		}
		applied[i.UID][id] = true
		if i.Spec.Count == nil || string(i.Spec.Count.ID) != id {
			continue
		}
		var since v1.Quantity
		for _, s := range left {
			if s.Status.DispatchedAt.After(i.Spec.Count.TakenAt.Time) {
				for _, it := range s.Spec.Items {
					if types.UID(it.StockItemUID) == i.UID {
						since += it.Quantity
					}
				}
			}
		}
		// Of what has left since, some may be yet to be counted as having left.
		if on := i.Status.OnHand; on > i.Spec.Count.Quantity || on < i.Spec.Count.Quantity-since {
			report("StockItem %s: %d were counted, %d have left since, and %d are on hand", i.Name, i.Spec.Count.Quantity, since, on)
		}
	}
}

// promisedOnce: no units are promised for a Shipment that is there already, with others.
// Such a promise is taken back, but until then somebody else may lack the units. A plan
// of which an item held its part before the Shipment was there may still be carried out
// on the others.
func promisedOnce(r *Run, report func(string, ...any)) {
	begun := map[string]bool{}
	grants := map[v1.ObjectName]string{}
	promised := map[types.UID]map[string]bool{}
	for _, v := range r.Versions {
		switch o := v.Object.(type) {
		case *v1.Shipment:
			if grants[v1.ObjectName(o.Name)] = o.Spec.Grant; v.Gone {
				delete(grants, v1.ObjectName(o.Name))
			}
		case *v1.StockItem:
			now := map[string]bool{}
			for _, p := range o.Status.Postings {
				if p.Kind != v1.MovementReserve || p.Reserve == nil {
					continue
				}
				now[p.ID] = true
				grant, there := grants[p.Source]
				if !there {
					begun[p.Reserve.Grant] = true
				}
				if there && grant != p.Reserve.Grant && !promised[o.UID][p.ID] && !begun[p.Reserve.Grant] {
					report("StockItem %s: %d units are promised for Shipment %s, which is there with others", o.Name, p.Quantity, p.Source)
				}
			}
			promised[o.UID] = now
		}
	}
}

// grantedOnce: each plan of a Shipment has a grant of its own, under which an item
// promises once, whatever its caches show.
func grantedOnce(r *Run, report func(string, ...any)) {
	type promise struct {
		item  types.UID
		grant string
	}
	ids := map[promise]string{}
	steps(r, func(_, i *v1.StockItem, _ bool) {
		for _, p := range i.Status.Postings {
			if p.Kind != v1.MovementReserve || p.Reserve == nil {
				continue
			}
			of := promise{i.UID, p.Reserve.Grant}
			if first, there := ids[of]; there && first != p.ID {
				report("StockItem %s: %d units are promised twice for Shipment %s", i.Name, p.Quantity, p.Source)
			}
			ids[of] = p.ID
		}
	})
}

// level is the state of a StockItem.
type level struct{ onHand, reserved v1.Quantity }

// move is an operation on a StockItem: what it does to its level, or, of kind Read,
// what was seen of it.
type move struct {
	kind string
	q    v1.Quantity
	seen level
}

// model is a StockItem as a sequential object: units are promised while there are
// any, leave or come back once, and a stock-take says how many there are.
var model = porcupine.Model{
	Init: func() any { return level{} },
	Step: func(state, input, _ any) (bool, any) {
		s, m := state.(level), input.(move)
		switch m.kind {
		case "Read":
			return s == m.seen, s
		case "Count":
			return true, level{m.seen.onHand, s.reserved}
		case "Reserve":
			return s.onHand-s.reserved >= m.q, level{s.onHand, s.reserved + m.q}
		case "Consume":
			return s.reserved >= m.q && s.onHand >= m.q, level{s.onHand - m.q, s.reserved - m.q}
		default: // Release
			return s.reserved >= m.q, level{s.onHand, s.reserved - m.q}
		}
	},
	Equal:             func(a, b any) bool { return a == b },
	DescribeOperation: func(input, _ any) string { return fmt.Sprintf("%+v", input) },
}

// porcupinePatience bounds the search for an explanation, which takes milliseconds
// where there is one.
const porcupinePatience = 20 * time.Second

// linearizable: what was seen of each StockItem, version by version, can be
// explained by its Shipments' promises, departures and releases, each of them once
// and within the time in which it happened, and by its stock-takes.
func linearizable(r *Run, report func(string, ...any)) {
	items := map[types.UID][]porcupine.Operation{}
	names := map[types.UID]string{}
	end := int64(1)
	for _, v := range r.Versions {
		end = max(end, 2*v.Revision+1)
	}
	add := func(item types.UID, m move, call, back int64) {
		items[item] = append(items[item], porcupine.Operation{ClientId: len(items[item]), Input: m, Call: call, Output: nil, Return: back})
	}
	for _, v := range r.Versions {
		i, ok := v.Object.(*v1.StockItem)
		if !ok || v.Gone {
			continue
		}
		names[i.UID] = i.Name
		add(i.UID, move{kind: "Read", seen: level{i.Status.OnHand, i.Status.Reserved}}, 2*v.Revision, 2*v.Revision)
	}
	steps(r, func(before, i *v1.StockItem, _ bool) {
		if id := i.Status.CountID; id != "" && (before == nil || before.Status.CountID != id) {
			at := revision(i)
			add(i.UID, move{kind: "Count", seen: level{onHand: i.Status.OnHand}}, 2*at-1, 2*at-1)
		}
	})
	for _, l := range lives(r) {
		// A Shipment moves all that it has of an item at once, but for what was not found.
		units := map[types.UID]v1.Quantity{}
		for _, it := range l.shipment.Spec.Items {
			units[types.UID(it.StockItemUID)] += it.Quantity
		}
		missed := map[types.UID]v1.Quantity{}
		for _, u := range l.shipment.Status.Short {
			missed[l.uid(u)] += u.Quantity
			add(l.uid(u), move{kind: "Release", q: u.Quantity}, l.missed[u.ID], end)
		}
		for uid, q := range units {
			promised, ok := l.promised[uid]
			if !ok {
				continue // it was cancelled before this item had promised anything
			}
			add(uid, move{kind: "Reserve", q: q}, promised[0], promised[1])
			q -= missed[uid]
			if l.left > 0 {
				add(uid, move{kind: "Consume", q: q}, l.left, l.marked(uid, v1.MovementConsume, end))
			} else if l.cancelled > 0 {
				from := l.cancelled
				if l.shipment.Status.ReservedAt == nil {
					from = promised[0] // a promise may be taken back before its Shipment knows of it
				}
				add(uid, move{kind: "Release", q: q}, from, l.marked(uid, v1.MovementRelease, end))
			}
		}
	}
	for _, p := range phantoms(r) {
		add(p.item, move{kind: "Reserve", q: p.q}, p.from, p.from)
		add(p.item, move{kind: "Release", q: p.q}, p.until, p.until)
	}
	for uid, ops := range items {
		switch porcupine.CheckOperationsTimeout(model, ops, porcupinePatience) {
		case porcupine.Unknown:
			report("StockItem %s: whether its counters can be explained was not found out in %v", names[uid], porcupinePatience)
		case porcupine.Illegal:
			report("StockItem %s: its counters cannot be explained by what happened: %s", names[uid], strings.Join(described(ops), " "))
		}
	}
}

func described(ops []porcupine.Operation) []string {
	var list []string
	for _, o := range ops {
		m := o.Input.(move)
		if m.kind == "Read" {
			list = append(list, fmt.Sprintf("read@%d=%d/%d", o.Call/2, m.seen.onHand, m.seen.reserved))
		} else {
			list = append(list, fmt.Sprintf("%s %d@%d..%d", m.kind, m.q, o.Call/2, o.Return/2))
		}
	}
	return list
}
