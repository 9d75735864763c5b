package proof

import (
	"hash/maphash"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// state is a world together with what every process has in its memory. All of it is
// shared between states, and copied to be changed.
type state struct {
	id     uint32
	w      *world
	cycles [2]*cycle
	ships  map[string]shipmentWrite
	orders map[string]orderWrite
}

// with is a map with one entry more.
func with[V any](m map[string]V, key string, value V) map[string]V {
	n := maps.Clone(m)
	if n == nil {
		n = map[string]V{}
	}
	n[key] = value
	return n
}

func without[V any](m map[string]V, key string) map[string]V {
	if _, there := m[key]; !there {
		return m
	}
	n := maps.Clone(m)
	delete(n, key)
	return n
}

// A write of an object makes every write stale that rests on an earlier version.

func (s *state) putItem(i int, stored *v1.StockItem) {
	s.w = s.w.clone()
	s.w.putItem(i, stored)
	for who, c := range s.cycles {
		if c == nil || !slices.ContainsFunc(c.writes, func(w itemWrite) bool { return w.item == i && !w.done && !w.stale }) {
			continue
		}
		n := c.clone()
		for k := range n.writes {
			if w := &n.writes[k]; w.item == i && !w.done {
				w.stale = true
			}
		}
		s.cycles[who] = n.seal()
	}
}

func (s *state) putShip(stored *v1.Shipment, gone bool) {
	s.w = s.w.clone()
	s.w.putShip(stored, gone)
	s.ships = without(s.ships, stored.Name)
}

func (s *state) putOrder(i int, stored *v1.Order, gone bool) {
	s.w = s.w.clone()
	s.w.putOrder(i, stored, gone)
	s.orders = without(s.orders, stored.Name)
}

// spend notes that people did something.
func (s *state) spend(action int) {
	s.w = s.w.clone()
	s.w.left[action]--
}

// create makes a Shipment unless its name is taken. Its uid is one that nothing
// remembers, like a new grant.
func (x *explorer) create(s *state, name v1.ObjectName, spec v1.ShipmentSpec) {
	if len(spec.Items) == 0 || s.w.find(name) != nil {
		return
	}
	sh := &v1.Shipment{Spec: spec}
	sh.Name, sh.UID, sh.Generation = string(name), types.UID("uid-"+x.used(s).free()), 1
	s.putShip(sh, false)
}

// used are the grants that something remembers.
func (x *explorer) used(s *state) grants {
	used := x.known(s.w).grants
	for _, c := range s.cycles {
		if c != nil {
			used |= c.grants
		}
	}
	return used
}

// hash is that of the key of a state, which tells nothing of the names of grants. Of
// three million states two have the same hash once in some million runs, and the
// seed is another each time.
func (x *explorer) hash(s *state) uint64 {
	key := append(x.buffer[:0], x.known(s.w).key...)
	first, second := s.cycles[0], s.cycles[1]
	if first == nil || (second != nil && second.key < first.key) {
		first, second = second, first // it does not matter which of the two it is
	}
	for _, c := range []*cycle{first, second} {
		if c != nil {
			key = append(append(key, '|'), c.key...)
		}
	}
	for _, i := range s.w.ships {
		if p, pending := s.ships[i.Name]; pending {
			key = append(append(key, '|'), p.key...)
		}
	}
	for _, o := range s.w.orders {
		if p, pending := s.orders[o.Name]; pending {
			key = append(append(key, '|'), p.key...)
		}
	}
	nameless(key)
	x.buffer = key
	return maphash.Bytes(x.seed, key)
}
