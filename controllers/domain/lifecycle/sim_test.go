package lifecycle

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

var simSeeds = flag.Int("seeds", 200, "how many orders TestSimulation plays")

// fact lets the warehouse state something that the API server accepts.
func (s *sim) fact() {
	if len(s.shipments) == 0 {
		return
	}
	sh := s.shipments[s.r.IntN(len(s.shipments))]
	f, at := &sh.Spec.Facts, &v1.ActorFact{ID: "f", At: *ptr(s.now.Truncate(time.Second))}
	phase := sh.Status.Phase
	inHouse := phase == v1.ShipmentReserved || phase == v1.ShipmentPicking || phase == v1.ShipmentPacked
	switch kind := s.r.IntN(5); {
	case kind == 0 && f.Picked == nil && (phase == v1.ShipmentReserved || phase == v1.ShipmentPicking):
		f.Picked = &v1.PickedFact{ID: at.ID, At: at.At}
		if i := sh.Spec.Items[0]; s.chance(4) {
			f.Picked.Short = []v1.ShortPick{{ID: "missed", Line: i.Line, StockItem: i.StockItem, Quantity: v1.Quantity(1 + s.r.Int64N(int64(i.Quantity)))}}
		}
	case kind == 1 && f.Packed == nil && (phase == v1.ShipmentReserved || phase == v1.ShipmentPicking):
		f.Packed = at
	case kind == 2 && f.PutBack == nil && (phase == v1.ShipmentPicking || phase == v1.ShipmentPacked) && s.order().Spec.Cancel != nil:
		f.PutBack = at
	case kind == 3 && f.Dispatched == nil && inHouse:
		f.Dispatched = at
	case kind == 4 && f.Dispatched != nil:
		s.scan(sh, []v1.CarrierEventType{
			v1.CarrierAccepted, v1.CarrierDelivered, v1.CarrierDelivered, v1.CarrierFailed, v1.CarrierLost, v1.CarrierReturnToSender, v1.CarrierCorrection,
		}[s.r.IntN(7)])
		return
	default:
		return
	}
	s.note("%s: picked %v, packed %v, put back %v, dispatched %v", sh.Name, f.Picked != nil, f.Packed != nil, f.PutBack != nil, f.Dispatched != nil)
}

func (s *sim) scan(sh *v1.Shipment, kind v1.CarrierEventType) {
	sh.Spec.Events = append(sh.Spec.Events, v1.CarrierEvent{ID: v1.Identifier(fmt.Sprint("e", len(sh.Spec.Events))), Type: kind, At: *ptr(s.now.Truncate(time.Second))})
	s.note("%s: %s", sh.Name, kind)
}

// person lets the customer or the shop change the spec in a way that the API
// server accepts.
func (s *sim) person() {
	o := s.order()
	phase := o.Status.Phase
	before := s.order().Generation
	switch s.r.IntN(14) {
	case 0:
		if s.chance(3) {
			cancel(s.shop)
		}
	case 1:
		if o.Spec.Cancel != nil && phase != v1.OrderCancelling && phase != v1.OrderCancelled {
			withdraw(s.shop)
		}
	case 2, 12, 13:
		i := s.r.IntN(len(o.Spec.Lines))
		if q := o.Spec.Lines[i].Quantity; q > 0 && o.Status.ConfirmedAt != nil && s.chance(2) {
			s.edit(func(o *v1.OrderSpec) { o.Lines[i].Quantity-- })
		}
	case 3:
		s.edit(func(o *v1.OrderSpec) {
			o.Payment.TokenSecretRef = &v1.LocalReference{Name: v1.ObjectName(fmt.Sprint("t", s.r.IntN(9)))}
		})
	case 4:
		pause(s.shop)
	case 5, 6:
		resume(s.shop)
	case 7:
		s.edit(func(o *v1.OrderSpec) { o.ShipTo.City = "Shanghai" })
	case 8:
		if s.cash() && o.Status.Amounts != nil && !Final(phase) && !s.gone {
			s.receive(int64(1 + s.r.IntN(int(o.Status.Amounts.Due)+500)))
		}
	case 9:
		if s.chance(12) && o.DeletionTimestamp.IsZero() {
			s.remove()
		}
	case 10:
		if o.Status.ConfirmedAt == nil && s.chance(4) {
			s.edit(func(o *v1.OrderSpec) { o.Payment.Method = v1.PaymentCash })
		}
	case 11:
		s.edit(func(o *v1.OrderSpec) { o.Cases = []v1.Case{{ID: "c"}} })
	}
	if o.Generation != before {
		s.note("the spec is edited: cancel %v, paused %v, deleted %v, quantities %d and %d, received %v", o.Spec.Cancel != nil, paused(o),
			!o.DeletionTimestamp.IsZero(), o.Spec.Lines[0].Quantity, o.Spec.Lines[1].Quantity, o.Spec.Payment.Received)
	}
}

// cash says whether the order is paid by recorded money.
func (s *sim) cash() bool {
	m := s.order().Spec.Payment.Method
	return m == v1.PaymentCash || m == v1.PaymentTransfer
}

func (s *sim) step() {
	switch s.r.IntN(14) {
	case 0, 1, 2:
		s.orderTurn()
	case 3, 4:
		s.stockTurn()
	case 5, 6:
		if len(s.shipments) > 0 {
			s.shipmentTurn(s.shipments[s.r.IntN(len(s.shipments))])
		}
	case 7, 8:
		s.fact()
	case 9:
		s.now = s.now.Add([]time.Duration{time.Second, time.Minute, time.Hour, 9 * time.Hour}[s.r.IntN(4)])
	case 10:
		s.takeStock(s.order().Spec.Lines[s.r.IntN(2)].SKU, v1.Quantity(s.r.IntN(4)))
	case 12, 13:
		// What races is what follows close upon an edit.
		if s.person(); s.chance(2) {
			s.orderTurn()
			s.fact()
			s.fact()
		}
	case 11:
		s.bank.decline, s.bank.lost, s.bank.unheard = s.chance(5), s.chance(3), s.chance(5)
	}
}

// rest lets everything come to its end: the provider answers, the customer
// mends what was wrong, the shop restocks, parcels arrive, money is paid.
func (s *sim) rest() {
	s.fresh = true
	s.bank.decline, s.bank.lost, s.bank.unheard = false, false, false
	s.edit(func(o *v1.OrderSpec) { o.ShipTo.City, o.Management = "Shanghai", v1.ManagementActive })
	for n := 0; !s.gone && !Final(s.order().Status.Phase); n++ {
		if n > 60 {
			s.t.Fatalf("no end: %s\n%+v", s.text(), s.order().Status.Lines)
		}
		s.now = s.now.Add(50 * time.Hour)
		o := s.order()
		if n == 30 && o.Spec.Cancel == nil {
			cancel(s.shop) // it has had all the Shipments that it may have
		}
		for _, l := range o.Spec.Lines {
			s.takeStock(l.SKU, 9)
		}
		for range 3 {
			s.stockTurn()
			for _, sh := range s.shipments {
				s.shipmentTurn(sh)
			}
			s.orderTurn()
			s.orderTurn()
		}
		for _, sh := range s.shipments {
			s.finish(sh)
		}
		if a := o.Status.Amounts; s.gone {
			break
		} else if s.cash() && a != nil && meta.IsStatusConditionFalse(o.Status.Conditions, v1.ConditionPaid) && a.Due > a.Captured-a.Refunded {
			s.receive(int64(a.Due - a.Captured + a.Refunded))
		} else if r := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionReady); r != nil && r.Reason == v1.ReasonManualRefundRequired {
			refundByHand(int64(a.Captured - a.Refunded - a.Due))(s.shop)
		}
		s.edit(func(o *v1.OrderSpec) {
			for i := range o.Cases {
				o.Cases[i].ClosedAt = ptr(s.now)
			}
		})
	}
	for range 6 {
		s.stockTurn()
		for _, sh := range s.shipments {
			s.shipmentTurn(sh)
		}
	}
}

// finish takes a Shipment to its end.
func (s *sim) finish(sh *v1.Shipment) {
	f, at := &sh.Spec.Facts, &v1.ActorFact{ID: "f", At: *ptr(s.now)}
	wanted := !s.gone && s.order().Spec.Cancel == nil && s.order().DeletionTimestamp.IsZero()
	switch sh.Status.Phase {
	case v1.ShipmentReserved, v1.ShipmentPicking, v1.ShipmentPacked:
		if wanted {
			f.Dispatched = at
		} else if sh.Status.Phase != v1.ShipmentReserved {
			f.PutBack = at
		}
	case v1.ShipmentDispatched, v1.ShipmentLost, v1.ShipmentReturned:
		s.scan(sh, v1.CarrierDelivered)
	}
}

// check compares the order with what has happened to goods and money.
func (s *sim) check() {
	o := s.order()
	units := map[v1.Identifier]v1.Quantity{}
	for _, sh := range s.shipments {
		if sh.Status.DispatchedAt != nil {
			for line, q := range fulfilment.Holds(sh) {
				units[line] += q
			}
		}
		if !ledger.Settled(sh) {
			s.t.Errorf("%s is not settled: %+v", sh.Name, sh.Status)
		}
	}
	for i, l := range o.Status.Lines {
		if o.Status.ConfirmedAt == nil && units[l.ID] > 0 {
			s.t.Errorf("%d units of line %s left before the confirmation", units[l.ID], l.ID)
		}
		// An order that may go is gone before its status is written once more.
		if !s.gone && units[l.ID] != l.Dispatched {
			s.t.Errorf("line %s: %d left, %d are counted", l.ID, units[l.ID], l.Dispatched)
		}
		if units[l.ID] > l.Ordered-l.Cancelled || (!s.gone && o.Status.ConfirmedAt != nil && l.Delivered != l.Ordered-l.Cancelled) {
			s.t.Errorf("line %s: %d left, %+v, wanted %d", l.ID, units[l.ID], l, o.Spec.Lines[i].Quantity)
		}
	}
	for _, item := range s.items {
		if item.Status.Reserved != 0 || len(item.Status.Postings) > 0 {
			s.t.Errorf("%s: %d reserved, %v", item.Name, item.Status.Reserved, item.Status.Postings)
		}
	}
	// The provider's books and ours agree, and the customer paid for what came.
	var books []v1.PaymentOperation
	for _, op := range s.bank.books {
		books = append(books, op)
	}
	spec := o.Spec.Payment
	sums, own := payment.Sum(books, spec.Received, spec.Refunded), payment.Sum(operations(o), spec.Received, spec.Refunded)
	if sums != own {
		s.t.Errorf("the provider has %+v, the order %+v", sums, own)
	}
	// What is deleted in the moment in which it is placed or paid leaves no trace.
	if o.Status.Phase != v1.OrderRejected && (s.held || !s.gone) {
		due := pricing.Part(o.Status.Amounts, o.Status.Lines, func(l *v1.OrderLineStatus) v1.Quantity { return units[l.ID] })
		if kept := sums.Captured - sums.Refunded; kept != due || sums.Authorized != 0 {
			s.t.Errorf("%d is kept and %d held for goods of %d", kept, sums.Authorized, due)
		}
	}
}

// live plays the life of an order, and tells the phase in which it ended.
func live(t testing.TB, choices rand.Source) v1.OrderPhase {
	s := newSim(t, choices)
	defer func() {
		if t.Failed() {
			t.Logf("what happened:\n%s", strings.Join(s.log, "\n"))
		}
	}()
	for range 40 + s.r.IntN(120) {
		s.step()
	}
	s.rest()
	s.check()
	return s.order().Status.Phase
}

// choices are made of the bytes of a fuzzer, and at random when they are over.
type choices struct {
	bytes []byte
	rest  *rand.PCG
}

func (c *choices) Uint64() uint64 {
	if len(c.bytes) == 0 {
		return c.rest.Uint64()
	}
	b := c.bytes[0]
	c.bytes = c.bytes[1:]
	return uint64(b) << 56 // the upper bits decide
}

// Whatever is done with an order, and in whichever order, what must hold holds.
func FuzzLife(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("an order is placed, and then another one, and both are sent"))
	f.Add([]byte("\x00\x20\x40\x60\x80\xa0\xc0\xe0\xff\xe0\xc0\xa0\x80\x60\x40\x20\x00"))
	f.Fuzz(func(t *testing.T, data []byte) { live(t, &choices{data, rand.NewPCG(1, 1)}) })
}

// Random things happen to an order for a while, in any order, with old caches
// and lost answers. Every status on the way is checked (checkChange), and in
// the end the order, the stock and the provider's books tell the same.
func TestSimulation(t *testing.T) {
	ends := map[v1.OrderPhase]int{}
	for seed := range uint64(*simSeeds) {
		ok := t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { ends[live(t, rand.NewPCG(seed, 1))]++ })
		if !ok {
			break
		}
	}
	// A simulation that never gets somewhere shows nothing.
	for _, phase := range []v1.OrderPhase{v1.OrderCompleted, v1.OrderCancelled} {
		if ends[phase] < *simSeeds/20 {
			t.Errorf("of %d orders %d ended as %s", *simSeeds, ends[phase], phase)
		}
	}
	t.Logf("the orders ended as %v", ends)
}
