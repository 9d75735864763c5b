package lifecycle

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/allocation"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

// sim is an order in a world in which everyone acts in a random order: its
// controller, those of stock and Shipments, a warehouse, a carrier, a payment
// provider, a customer and a shop. The planners are the real ones; the API
// server, the caches and the people are played.
type sim struct {
	*shop
	r      *rand.Rand
	items  []*v1.StockItem
	counts int
	grants int
	// fresh caches show what is; others lag behind, each by itself.
	fresh bool
	// orderSeen is the Order that the controllers of stock and Shipments know.
	orderSeen *v1.Order
	// shipmentsSeen are the Shipments that the other two controllers know.
	shipmentsSeen map[string][]*v1.Shipment
	shipments     []*v1.Shipment
	log           []string
	gone          bool
	// held says that the order was ever held by its finalizer.
	held bool
}

func newSim(t testing.TB, choices rand.Source) *sim {
	r := rand.New(choices)
	capture := []v1.CaptureMoment{v1.CaptureOnConfirm, v1.CaptureOnDispatch, v1.CaptureOnDelivery}[r.IntN(3)]
	method := []v1.PaymentMethod{v1.PaymentCard, v1.PaymentCard, v1.PaymentOnline, v1.PaymentCash}[r.IntN(4)]
	var c *v1.OrderClass
	if c = class(capture); r.IntN(5) == 0 {
		c, method = nil, []v1.PaymentMethod{v1.PaymentCash, v1.PaymentTransfer}[r.IntN(2)]
	}
	if c != nil {
		policies := []v1.ShortagePolicy{
			v1.ShortageBackorder, v1.ShortageBackorder, v1.ShortageShipAvailable, v1.ShortageCancelLine, v1.ShortageCancelOrder, v1.ShortageAsk,
		}
		c.Spec.Shortage = policies[r.IntN(len(policies))]
		c.Spec.Ask = &v1.AskPolicy{DeadlineHours: 24, OnDeadline: policies[r.IntN(5)]}
		switch r.IntN(5) {
		case 0:
			c.Spec.Allocation = &v1.AllocationPolicy{Mode: v1.AllocationAllOrNothing}
		case 1:
			c.Spec.Allocation = &v1.AllocationPolicy{MaxSplits: new(int32(2))}
		}
	}
	s := &sim{r: r, shipmentsSeen: map[string][]*v1.Shipment{}}
	s.shop = newShop(t, c, method, v1.Quantity(1+r.IntN(4)), v1.Quantity(1+r.IntN(3)))
	o := s.order()
	o.Spec.ShippingFee = v1.Amount(r.IntN(2) * 777)
	o.Spec.Discount = v1.Amount(r.IntN(2) * 333)
	if r.IntN(6) == 0 {
		o.Spec.ShipTo.City = "" // somebody has to mend it
	}
	for i, l := range o.Spec.Lines {
		for place := range 1 + r.IntN(2) {
			item := &v1.StockItem{}
			item.Name, item.Generation = fmt.Sprintf("item-%d-%d", i, place), 1
			item.UID = types.UID("uid-" + item.Name)
			item.Spec.SKU, item.Spec.Location = l.SKU, v1.Identifier(fmt.Sprint("place-", place))
			s.items = append(s.items, item)
		}
	}
	if s.orderSeen = o.DeepCopy(); !s.chance(3) {
		for _, l := range o.Spec.Lines {
			s.takeStock(l.SKU, v1.Quantity(1+s.r.IntN(4)))
		}
	}
	return s
}

func (s *sim) note(format string, args ...any) {
	s.log = append(s.log, s.now.Format("02 15:04:05 ")+fmt.Sprintf(format, args...))
}

// chance is true once in n times.
func (s *sim) chance(n int) bool { return s.r.IntN(n) == 0 }

// reader is what a controller reads of the Shipments, live or of its cache, which
// never goes back.
func (s *sim) reader(name string, live bool) []*v1.Shipment {
	if live || s.fresh || !s.chance(3) {
		seen := make([]*v1.Shipment, len(s.shipments))
		for i, sh := range s.shipments {
			seen[i] = sh.DeepCopy()
		}
		s.shipmentsSeen[name] = seen
	}
	return s.shipmentsSeen[name]
}

func (s *sim) orderCached() *v1.Order {
	if s.fresh || !s.chance(3) {
		s.orderSeen = s.order().DeepCopy()
	}
	if s.gone && s.fresh {
		return nil
	}
	return s.orderSeen
}

// orderTurn is a look of the order's controller.
func (s *sim) orderTurn() {
	if s.gone {
		return
	}
	s.facts.Shipments = s.reader("order", Cancels(s.order()))
	s.facts.Stock = map[v1.SKU]Stock{}
	s.facts.Live = false
	for _, item := range s.items {
		st := s.facts.Stock[item.Spec.SKU]
		st.Available += item.Status.Available
		if st.ByLocation == nil {
			st.ByLocation = map[v1.Identifier]v1.Quantity{}
		}
		st.ByLocation[item.Spec.Location] += item.Status.Available
		st.Pending = st.Pending || item.Status.ObservedGeneration < item.Generation
		s.facts.Stock[item.Spec.SKU] = st
	}
	s.facts.Intended = fulfilment.Intended(s.order(), s.facts.Shipments, s.items)
	s.facts.Returning = fulfilment.Returning(s.facts.Shipments, s.items)
	if NeedsLive(&s.facts, s.now) {
		s.facts.Shipments, s.facts.Live = s.reader("order", true), true
	}
	phase, deleting := s.order().Status.Phase, !s.order().DeletionTimestamp.IsZero()
	s.look()
	s.held = s.held || HasFinalizer(s.order())
	s.gone = deleting && !HasFinalizer(s.order())
	if s.gone {
		s.note("the order is gone")
	} else if now := s.order().Status.Phase; now != phase {
		s.note("the order is %s", now)
	}
}

func find(list []*v1.Shipment, name v1.ObjectName) *v1.Shipment {
	for _, sh := range list {
		if sh.Name == string(name) {
			return sh
		}
	}
	return nil
}

// stockTurn is a cycle of the stock controller.
func (s *sim) stockTurn() {
	cached := s.reader("stock", false)
	turns := map[v1.ItemKey]*ledger.Turn{}
	read := func(name v1.ObjectName, live bool) (*v1.Shipment, error) {
		if live {
			return find(s.shipments, name), nil
		}
		return find(cached, name), nil
	}
	var absent []v1.Posting
	for _, item := range s.items {
		turn, err := ledger.Begin(item, s.shipments, read, s.now)
		if err != nil || len(turn.Refused()) > 0 {
			s.t.Fatal(err, turn.Refused())
		}
		absent = append(absent, turn.Orphans()...)
		if turn.Short() {
			turn.Recall(s.shipments)
		}
		turns[item.Key()] = turn
	}
	planned := s.plan(cached, turns)
	for _, item := range s.items {
		before, after := item.Status.DeepCopy(), turns[item.Key()].Status(s.fresh || s.chance(2))
		over := func(st *v1.StockItemStatus) v1.Quantity { return st.Reserved - st.OnHand }
		if over(after) > 0 && over(after) > over(before) && (after.CountID == before.CountID || after.Reserved > before.Reserved) {
			s.t.Fatalf("oversold: %+v, then %+v", before, after)
		}
		item.Status = *after
		for _, d := range ledger.Audit(item, s.shipments, nil) {
			s.t.Fatal(d)
		}
	}
	for _, sh := range planned {
		s.create(sh)
	}
	for _, p := range absent {
		s.create(s.build(p.Source, allocation.Adopt(p, s.items)))
	}
}

// plan adds promises to the turns and builds their Shipments.
func (s *sim) plan(cached []*v1.Shipment, turns map[v1.ItemKey]*ledger.Turn) []*v1.Shipment {
	o := s.orderCached()
	if o == nil || !WaitsForStock(o) {
		return nil
	}
	var supplies []allocation.Supply
	var promises []v1.Posting
	for _, item := range s.items {
		turn := turns[item.Key()]
		for _, p := range item.Status.Postings {
			if p.Reserve != nil && turn.Holds(p.ID) {
				promises = append(promises, p)
			}
		}
		supply := allocation.Supply{Item: item.Key(), SKU: item.Spec.SKU, Location: item.Spec.Location}
		supply.Available, supply.Slots = turn.Promisable()
		supplies = append(supplies, supply)
	}
	d, last := allocation.Waiting(o, cached, promises, s.now)
	var shipments []*v1.Shipment
	for _, p := range allocation.Allocate([]allocation.Demand{d}, supplies) {
		last++
		s.grants++
		name, grant := fulfilment.Name("order", last), "grant-"+strconv.Itoa(s.grants)
		for _, m := range p.Promises(name, grant) {
			if err := turns[m.Item].Reserve(m.Movement); err != nil {
				s.t.Fatal(err)
			}
		}
		shipments = append(shipments, s.build(name, p.Spec(grant, func(v1.ItemKey) bool { return true })))
	}
	return shipments
}

func (s *sim) build(name v1.ObjectName, spec v1.ShipmentSpec) *v1.Shipment {
	sh := &v1.Shipment{Spec: spec}
	sh.Name, sh.UID = string(name), types.UID("uid-"+string(name))
	return sh
}

// create makes a Shipment, unless its name is taken or the process dies before.
func (s *sim) create(sh *v1.Shipment) {
	if find(s.shipments, v1.ObjectName(sh.Name)) != nil || len(sh.Spec.Items) == 0 || (!s.fresh && s.chance(4)) {
		return
	}
	s.shipments = append(s.shipments, sh)
	s.note("%s is created", sh.Name)
}

// shipmentTurn is a look of the Shipments' controller.
func (s *sim) shipmentTurn(sh *v1.Shipment) {
	cached := s.reader("shipment", false)
	if me := find(cached, v1.ObjectName(sh.Name)); me == nil || !equality.Semantic.DeepEqual(me, sh) {
		return // the cache does not know it, or its write meets a conflict
	}
	f := &fulfilment.Facts{Shipment: sh, Order: s.orderCached(), Items: map[v1.ItemKey]*v1.StockItem{}}
	for _, item := range s.items {
		f.Items[item.Key()] = item
	}
	for _, other := range cached {
		if other.Name != sh.Name {
			f.Siblings = append(f.Siblings, other)
		}
	}
	f.ItemsLive = f.NeedsLiveItems()
	if f.Order == nil || f.NeedsLiveOrder() {
		if f.Order, f.OrderLive = s.order(), true; s.gone {
			f.Order = nil
		}
	}
	st := fulfilment.Project(f, s.now)
	if (sh.Status.DispatchedAt != nil && st.CancelledAt != nil) || (sh.Status.CancelledAt != nil && st.DispatchedAt != nil) {
		s.t.Fatalf("%s was dispatched and cancelled", sh.Name)
	}
	if st.Phase != sh.Status.Phase {
		s.note("%s is %s", sh.Name, st.Phase)
	}
	if !equality.Semantic.DeepEqual(*st, sh.Status) {
		sh.Status = *st
	}
}

// takeStock counts every item of a product.
func (s *sim) takeStock(sku v1.SKU, q v1.Quantity) {
	for _, item := range s.items {
		if item.Spec.SKU == sku {
			s.counts++
			item.Spec.Count = &v1.StockCount{ID: v1.Identifier(fmt.Sprint("c", s.counts)), Quantity: q, TakenAt: metav1.NewTime(s.now)}
			item.Generation++
		}
	}
	s.note("%d of %s are counted at each place", q, sku)
}
