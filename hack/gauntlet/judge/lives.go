package judge

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func revision(o client.Object) int64 {
	n, err := strconv.ParseInt(o.GetResourceVersion(), 10, 64)
	if err != nil {
		return 0 // the history has complained already
	}
	return n
}

// life is when what happened to a Shipment, in twice the revisions: a write is at an
// even time, and what a write has led to is between two.
type life struct {
	shipment *v1.Shipment
	// promised is when each of its items promised its units: the version with the
	// promise.
	promised map[types.UID][2]int64
	// left and cancelled are when that was stated, 0 for never.
	left, cancelled int64
	// missed are when it was recorded that units were not found, by short pick.
	missed map[v1.Identifier]int64
	marks  map[string]int64
}

// holds says whether the Shipment has units of an item.
func (l *life) holds(item types.UID) bool {
	return l != nil && slices.ContainsFunc(l.shipment.Spec.Items, func(i v1.ShipmentItem) bool { return types.UID(i.StockItemUID) == item })
}

// uid is the identity of the item of a short pick.
func (l *life) uid(u v1.ShortUnits) types.UID {
	for _, i := range l.shipment.Spec.Items {
		if i.Line == u.Line && i.StockItem == u.StockItem {
			return types.UID(i.StockItemUID)
		}
	}
	return ""
}

// marked is when a Shipment has acknowledged a movement of an item, else the end.
func (l *life) marked(item types.UID, kind v1.MovementKind, end int64) int64 {
	if at, ok := l.marks[string(item)+"/"+string(kind)]; ok {
		return at
	}
	return end
}

// lives are those of all Shipments, by grant.
func lives(r *Run) map[string]*life {
	all := map[string]*life{}
	steps(r, func(_, s *v1.Shipment, _ bool) {
		l := all[s.Spec.Grant]
		if l == nil {
			l = &life{promised: map[types.UID][2]int64{}, missed: map[v1.Identifier]int64{}, marks: map[string]int64{}}
			all[s.Spec.Grant] = l
		}
		l.shipment = s
		at := 2 * revision(s)
		if s.Spec.Facts.Dispatched != nil && l.left == 0 {
			l.left = at
		}
		if s.Status.CancelledAt != nil && l.cancelled == 0 {
			l.cancelled = at
		}
		for _, u := range s.Status.Short {
			if l.missed[u.ID] == 0 {
				l.missed[u.ID] = at
			}
		}
		for _, p := range s.Status.Posted {
			for _, kind := range []v1.MovementKind{v1.MovementConsume, v1.MovementRelease} {
				key := string(p.ItemUID) + "/" + string(kind)
				if strings.Contains(p.ID, "/"+string(kind)) && l.marks[key] == 0 {
					l.marks[key] = at
				}
			}
		}
	})
	steps(r, func(_, i *v1.StockItem, _ bool) {
		for _, p := range i.Status.Postings {
			if p.Kind != v1.MovementReserve || p.Reserve == nil {
				continue
			}
			if l := all[p.Reserve.Grant]; l != nil {
				if _, known := l.promised[i.UID]; !known {
					at := 2*revision(i) - 1
					l.promised[i.UID] = [2]int64{at, at}
				}
			}
		}
	})
	return all
}

// phantom is a promise for a Shipment that never came to be, or came to be without
// the item: it was taken back.
type phantom struct {
	item        types.UID
	q           v1.Quantity
	from, until int64
}

func phantoms(r *Run) []phantom {
	known := lives(r)
	open := map[string]*phantom{}
	var list []phantom
	steps(r, func(_, i *v1.StockItem, _ bool) {
		at := 2*revision(i) - 1
		there := map[string]bool{}
		for _, p := range i.Status.Postings {
			if p.Kind != v1.MovementReserve || p.Reserve == nil || known[p.Reserve.Grant].holds(i.UID) {
				continue
			}
			key := string(i.UID) + p.ID
			there[key] = true
			if open[key] == nil {
				open[key] = &phantom{item: i.UID, q: p.Quantity, from: at}
			}
		}
		for key, p := range open {
			if p.item == i.UID && !there[key] {
				p.until = at
				list = append(list, *p)
				delete(open, key)
			}
		}
	})
	for _, p := range open {
		p.until = 1 << 62
		list = append(list, *p)
	}
	return list
}
