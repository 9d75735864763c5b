package proof

import (
	"slices"
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/allocation"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
)

// cycle is what a stock controller has in its memory between two requests to the
// API server. nil is one that is about to begin, or was just started again.
type cycle struct {
	writes  []itemWrite
	creates []creation
	// adopts are the promises whose Shipment is to be made from what the items hold.
	adopts []v1.Posting
	// seen are the Shipments that were read before the items, for the variant that
	// does so.
	seen []*v1.Shipment

	key    string
	grants grants
}

// itemWrite is the status of one item that is about to be written.
type itemWrite struct {
	item     int
	status   *v1.StockItemStatus
	promises []ledger.Movement
	// stale says that the item was written by somebody else since it was read.
	stale, again, done, recorded bool
}

// creation is a Shipment that is about to be created: planned, or with its spec.
type creation struct {
	plan  *allocation.Plan
	name  v1.ObjectName
	grant string
	spec  v1.ShipmentSpec
}

// seal computes the key of a cycle; nil if nothing can come of it any more.
func (c *cycle) seal() *cycle {
	alive := len(c.creates)+len(c.adopts)+len(c.seen) > 0
	for i := range c.writes {
		w := &c.writes[i]
		w.done = w.done || (w.stale && len(w.promises) == 0)
		alive = alive || !w.done
	}
	if !alive {
		return nil
	}
	var b strings.Builder
	for i := range c.writes {
		b.WriteString(c.writes[i].key())
	}
	for i := range c.creates {
		b.WriteString(c.creates[i].key())
	}
	for _, p := range c.adopts {
		b.WriteString("a" + p.ID + string(p.Source) + string(p.Reserve.Order.UID) + " ")
	}
	for _, s := range c.seen {
		b.WriteString("s" + shipKey(s, false))
	}
	c.key = b.String()
	c.grants = grantsIn(c.key)
	return c
}

func (c *cycle) clone() *cycle {
	n := *c
	n.writes, n.creates, n.adopts = slices.Clone(c.writes), slices.Clone(c.creates), slices.Clone(c.adopts)
	return &n
}

// read says that it has only read the Shipments yet.
func (c *cycle) read() bool { return len(c.writes)+len(c.creates)+len(c.adopts) == 0 }

// view is what one cycle takes for the Orders that wait and their Shipments.
type view struct {
	orders    []*v1.Order
	shipments map[string][]*v1.Shipment
}

// views are all that a cache may show: nothing, the truth, or one Order alone, as
// it is or as it was when it was confirmed, which wants the most, with any part of
// its Shipments; or the Order that had the name before it.
func (w *world) views() []view {
	all := view{shipments: map[string][]*v1.Shipment{}}
	list := []view{{}}
	for _, o := range w.orders {
		if !o.gone {
			all.orders = append(all.orders, o.Order)
			list = append(list, view{[]*v1.Order{o.Order}, map[string][]*v1.Shipment{o.Name: w.live(o.Name)}})
		}
		all.shipments[o.Name] = w.live(o.Name)
		for _, seen := range []*v1.Order{o.first, o.former} {
			if seen == nil || w.fresh {
				continue
			}
			for _, shipments := range w.lists(o.Name) {
				list = append(list, view{[]*v1.Order{seen}, map[string][]*v1.Shipment{o.Name: shipments}})
			}
		}
	}
	return append(list, all)
}

// think lists the cycles that a stock controller may begin now: it reads the
// items, then the Shipments, and plans for what its cache shows.
func (r rules) think(w *world, used grants, seen []*v1.Shipment) []*cycle {
	var cycles []*cycle
	for _, read := range r.reads(w, seen) {
		for _, v := range w.views() {
			for _, idle := range []bool{false, true} {
				if c := r.cycle(w, used, v, idle, read); c != nil && !slices.ContainsFunc(cycles, func(o *cycle) bool { return o.key == c.key }) {
					cycles = append(cycles, c)
				}
			}
		}
	}
	return cycles
}

// cycle is one of them, nil if it has nothing to do.
func (r rules) cycle(w *world, used grants, v view, idle bool, read ledger.Read) *cycle {
	c := &cycle{}
	turns := map[v1.ItemKey]*ledger.Turn{}
	for _, i := range w.items {
		turn := r.begin(w, i.StockItem, read)
		for _, p := range r.orphans(turn) {
			if !slices.ContainsFunc(c.adopts, func(q v1.Posting) bool { return q.ID == p.ID }) {
				c.adopts = append(c.adopts, p)
			}
		}
		if turn.Short() {
			turn.Recall(w.live(""))
		}
		turns[i.Key()] = turn
	}
	promises := map[v1.ItemKey][]ledger.Movement{}
	r.plan(w, used, v, turns, promises, c)
	for n, i := range w.items {
		if status := r.status(turns[i.Key()], i.StockItem, w, idle); stockKey(status) != stockKey(&i.Status) || status.ObservedGeneration != i.Status.ObservedGeneration {
			c.writes = append(c.writes, itemWrite{item: n, status: status, promises: promises[i.Key()]})
		}
	}
	return c.seal()
}

func (r rules) begin(w *world, i *v1.StockItem, read ledger.Read) *ledger.Turn {
	var owing []*v1.Shipment
	key := i.Key()
	for _, s := range w.ships {
		if len(ledger.Due(r.judged(s.Shipment), key)) > 0 {
			owing = append(owing, s.Shipment)
		}
	}
	turn, err := ledger.Begin(r.forget(i), owing, read, later)
	if err != nil {
		panic(err) // no read of the proof fails
	}
	for _, p := range turn.Foreign() {
		if !w.lives(p.Reserve.Order.UID) {
			turn.TakeBack(p)
		}
	}
	return turn
}

// plan adds the promises of the Orders in view to the turns.
func (r rules) plan(w *world, used grants, v view, turns map[v1.ItemKey]*ledger.Turn, promises map[v1.ItemKey][]ledger.Movement, c *cycle) {
	var supplies []allocation.Supply
	intents := map[v1.ObjectName][]v1.Posting{}
	for _, i := range w.items {
		turn := turns[i.Key()]
		units, slots := turn.Promisable()
		supplies = append(supplies, allocation.Supply{Item: i.Key(), SKU: i.Spec.SKU, Location: i.Spec.Location, Available: units, Slots: slots})
		for _, p := range i.Status.Postings {
			if p.Reserve != nil && turn.Holds(p.ID) {
				intents[p.Reserve.Order.Name] = append(intents[p.Reserve.Order.Name], p)
			}
		}
	}
	var demands []allocation.Demand
	last := map[v1.ObjectName]int{}
	for _, o := range v.orders {
		if !lifecycle.WaitsForStock(o) {
			continue
		}
		if r.partial {
			o = o.DeepCopy()
			o.Status.Policy.Allocation = nil
		}
		d, n := allocation.Waiting(o, v.shipments[o.Name], intents[v1.ObjectName(o.Name)], later)
		if len(d.Lines) > 0 && n < w.names {
			demands = append(demands, d)
			last[d.Order.Name] = n
		}
	}
	for _, p := range allocation.Allocate(demands, supplies) {
		last[p.Order.Name]++
		name := fulfilment.Name(p.Order.Name, last[p.Order.Name])
		grant := used.free()
		used |= grantsIn(grant)
		for _, m := range p.Promises(name, grant) {
			if err := turns[m.Item].Reserve(m.Movement); err != nil {
				panic(err) // it plans no more than there is
			}
			promises[m.Item] = append(promises[m.Item], m.Movement)
		}
		c.creates = append(c.creates, creation{plan: &p, name: name, grant: grant})
	}
}

// without leaves out a creation or an adoption, below 0 for none.
func (c *cycle) without(creation, adopt int) *cycle {
	n := c.clone()
	if creation >= 0 {
		n.creates = slices.Delete(n.creates, creation, creation+1)
	}
	if adopt >= 0 {
		n.adopts = slices.Delete(n.adopts, adopt, adopt+1)
	}
	return n
}

// finish is nil once nothing is left to be created.
func (c *cycle) finish() *cycle {
	if len(c.creates)+len(c.adopts) == 0 {
		return nil
	}
	return c.seal()
}

// recorded says whether the promise of a grant was written to an item.
func (c *cycle) recorded(w *world, key v1.ItemKey, grant string) bool {
	for _, i := range c.writes {
		if w.items[i.item].Key() == key && i.recorded {
			return slices.ContainsFunc(i.promises, func(m ledger.Movement) bool { return m.Reserve.Grant == grant })
		}
	}
	return false
}

// retry computes a write anew, from the item as it is now. A promise is made again
// only if its Shipment is absent; without any it is as good as one that begins.
func (r rules) retry(w *world, c *cycle, i int) *cycle {
	n := c.clone()
	write := &n.writes[i]
	item := w.items[write.item].StockItem
	read := r.reads(w, c.seen)[0]
	turn := r.begin(w, item, read)
	var kept []ledger.Movement
	for _, m := range write.promises {
		if s, _ := read(m.Source, true); s == nil && !turn.Promises(m.Source) && turn.Reserve(m) == nil {
			kept = append(kept, m)
		}
	}
	write.stale, write.again = false, true
	write.promises, write.done = kept, len(kept) == 0
	write.status = r.status(turn, item, w, false)
	return n.seal()
}
