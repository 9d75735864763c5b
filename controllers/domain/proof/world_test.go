package proof

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// noon is when everything happens: time plays no part here, but for stock-takes,
// which see what happened before them.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(minute int) metav1.Time {
	return metav1.NewTime(noon.Add(time.Duration(minute) * time.Minute))
}

// later is the clock of every controller, after all stock-takes.
var later = noon.Add(2 * time.Hour)

// world is what the API server stores, and what can still be seen of its past.
// Objects are never changed in place: a write puts a new one.
type world struct {
	items  []item
	ships  []ship
	orders []order
	// left is what people may still do, by kind of action.
	left [actions]int8
	// names is how many Shipments a name may have: a cache that is old for ever lets
	// it have Shipments without end, all of which are cancelled.
	names int
	// fresh says that caches are never old.
	fresh bool

	known *known // what was found out about this world; a clone begins without
}

// item is a StockItem.
type item struct {
	*v1.StockItem
	key string
}

// ship is a Shipment, with the one that had its name before it: an old cache may
// show either, or none. One that is gone stays here for the caches.
type ship struct {
	*v1.Shipment
	former *v1.Shipment
	gone   bool
	key    string
}

// order is the Order of a name, with its state when it was confirmed, and that of
// the Order which had the name before it: an old cache may show either.
type order struct {
	*v1.Order
	first, former *v1.Order
	gone          bool
	key           string
}

func (w *world) clone() *world {
	c := *w
	c.known = nil
	c.items, c.ships, c.orders = slices.Clone(w.items), slices.Clone(w.ships), slices.Clone(w.orders)
	return &c
}

func (w *world) putItem(i int, stored *v1.StockItem) {
	w.items[i] = item{StockItem: stored, key: itemKey(stored) + "\n"}
}

// putShip stores a Shipment; gone lets it vanish, so that its name is free.
func (w *world) putShip(s *v1.Shipment, gone bool) {
	i, there := slices.BinarySearchFunc(w.ships, s.Name, func(a ship, name string) int { return strings.Compare(a.Name, name) })
	if !there {
		w.ships = slices.Insert(w.ships, i, ship{Shipment: s})
	}
	old := w.ships[i]
	n := ship{Shipment: s, former: old.former, gone: gone, key: shipKey(s, gone) + "\n"}
	if old.UID != s.UID {
		n.former = old.Shipment
	}
	if n.former != nil {
		n.key += "after " + shipKey(n.former, true) + "\n"
	}
	w.ships[i] = n
}

func (w *world) putOrder(i int, o *v1.Order, gone bool) {
	old := w.orders[i]
	n := order{Order: o, first: old.first, former: old.former, gone: gone, key: orderKey(o, gone) + "\n"}
	switch {
	case old.Order == nil:
		n.first = o
	case old.UID != o.UID:
		n.first, n.former = o, old.first
	}
	w.orders[i] = n
}

// nth is the place of the Shipment of a name, below 0 if it never had one.
func (w *world) nth(name v1.ObjectName) int {
	return slices.IndexFunc(w.ships, func(s ship) bool { return s.Name == string(name) })
}

// find is the Shipment of a name, nil if there is none.
func (w *world) find(name v1.ObjectName) *v1.Shipment {
	if i := w.nth(name); i >= 0 && !w.ships[i].gone {
		return w.ships[i].Shipment
	}
	return nil
}

// lists are those of the Shipments of an Order's name that a cache may show: the
// first ones, the last of which may be the one that had its name before.
func (w *world) lists(name string) [][]*v1.Shipment {
	lists := [][]*v1.Shipment{nil}
	var list []*v1.Shipment
	for _, s := range w.ships {
		if string(s.Spec.OrderName) != name {
			continue
		}
		if s.former != nil {
			lists = append(lists, append(slices.Clip(list), s.former))
		}
		list = append(slices.Clip(list), s.Shipment)
		lists = append(lists, list)
	}
	return lists
}

// live are the Shipments that are there, of an Order's name, "" for all.
func (w *world) live(name string) []*v1.Shipment {
	var list []*v1.Shipment
	for _, s := range w.ships {
		if !s.gone && (name == "" || string(s.Spec.OrderName) == name) {
			list = append(list, s.Shipment)
		}
	}
	return list
}

// orderOf is the Order that the units of a Shipment are promised to, nil if it is
// gone; old is how it was when it was confirmed.
func (w *world) orderOf(s *v1.Shipment, old bool) *v1.Order {
	for _, o := range w.orders {
		for _, seen := range []*v1.Order{o.first, o.former} {
			if old && seen != nil && v1.UID(seen.UID) == s.Spec.OrderUID {
				return seen
			}
		}
		if v1.UID(o.UID) == s.Spec.OrderUID && !o.gone {
			return o.Order
		}
	}
	return nil
}

// lives says whether an Order is there.
func (w *world) lives(uid v1.UID) bool {
	return slices.ContainsFunc(w.orders, func(o order) bool { return !o.gone && v1.UID(o.UID) == uid })
}

func (w *world) siblings(s *v1.Shipment) []*v1.Shipment {
	return slices.DeleteFunc(w.live(string(s.Spec.OrderName)), func(o *v1.Shipment) bool {
		return o.UID == s.UID || o.Spec.OrderUID != s.Spec.OrderUID
	})
}

// newItem has been counted once.
func newItem(name string, units v1.Quantity) *v1.StockItem {
	i := &v1.StockItem{}
	i.Name, i.UID, i.Generation = name, types.UID("uid-"+name), 1
	i.Spec.SKU, i.Spec.Location = v1.SKU(name), "here"
	i.Spec.Count = &v1.StockCount{ID: "c0", Quantity: units, TakenAt: at(0)}
	i.Status = v1.StockItemStatus{
		ObservedGeneration: 1, OnHand: units, Available: units, CountID: "c0", Counted: units, CountTakenAt: &i.Spec.Count.TakenAt,
	}
	return i
}
