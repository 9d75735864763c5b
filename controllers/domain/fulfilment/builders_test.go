package fulfilment

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is some minutes after noon.
func at(minutes int) metav1.Time {
	return metav1.NewTime(noon.Add(time.Duration(minutes) * time.Minute))
}

func fact(id v1.Identifier, minute int) *v1.ActorFact {
	return &v1.ActorFact{ID: id, By: "wh", At: at(minute)}
}

func pickedFact(id v1.Identifier, minute int, short ...v1.ShortPick) *v1.PickedFact {
	return &v1.PickedFact{ID: id, By: "wh", At: at(minute), Short: short}
}

// change edits a Shipment.
type change func(*v1.Shipment)

func wasReserved(s *v1.Shipment)  { s.Status.ReservedAt = new(at(1)) }
func wasPicked(s *v1.Shipment)    { wasReserved(s); s.Spec.Facts.Picked = pickedFact("p", 2) }
func wasPacked(s *v1.Shipment)    { wasPicked(s); s.Spec.Facts.Packed = fact("q", 3) }
func handedOver(s *v1.Shipment)   { wasReserved(s); s.Spec.Facts.Dispatched = fact("d", 4) }
func wasPutBack(s *v1.Shipment)   { s.Spec.Facts.PutBack = fact("b", 5) }
func hasLeft(s *v1.Shipment)      { handedOver(s); s.Status.DispatchedAt = new(at(4)) }
func wasCancelled(s *v1.Shipment) { s.Status.CancelledAt = new(at(6)) }
func isDeleted(s *v1.Shipment)    { s.DeletionTimestamp = new(at(7)) }

// scanned adds a carrier's event of a minute; its id is unique.
func scanned(kind v1.CarrierEventType, minute int) change {
	return func(s *v1.Shipment) { s.Spec.Events = append(s.Spec.Events, scan(kind, minute)) }
}

func scan(kind v1.CarrierEventType, minute int) v1.CarrierEvent {
	return v1.CarrierEvent{ID: v1.Identifier(string(kind) + at(minute).Format("-150405")), Type: kind, At: at(minute)}
}

// shipment is the Nth of the order: 2 units of tea for line 1.
func shipment(ordinal int, changes ...change) *v1.Shipment {
	s := &v1.Shipment{}
	s.Name, s.Generation = string(Name("order", ordinal)), 2
	s.UID = types.UID("uid-" + s.Name)
	s.Spec.OrderName, s.Spec.OrderUID, s.Spec.Grant = "order", "uid-order", "grant-"+s.Name
	holds(1, 2)(s)
	for _, c := range changes {
		c(s)
	}
	return s
}

// holds lets a Shipment hold units of one line.
func holds(line int, q v1.Quantity) change {
	return func(s *v1.Shipment) {
		s.Spec.Items = []v1.ShipmentItem{{Line: lineID(line), StockItem: tea.Name, StockItemUID: tea.UID, SKU: "tea", Quantity: q}}
	}
}

func lineID(n int) v1.Identifier { return v1.Identifier('0' + rune(n)) }

var (
	tea = v1.ItemKey{Name: "tea", UID: "uid-tea"}
	cup = v1.ItemKey{Name: "cup", UID: "uid-cup"}
)

// item holds the promises of Shipments, and what they posted.
func item(key v1.ItemKey, postings ...v1.Posting) *v1.StockItem {
	i := &v1.StockItem{}
	i.Name, i.UID = string(key.Name), types.UID(key.UID)
	i.Status.Postings = postings
	return i
}

// promise is the posting that reserves units for a Shipment.
func promise(s *v1.Shipment) v1.Posting {
	return v1.Posting{
		ID: ledger.ReserveID(s.Spec.Grant), Kind: v1.MovementReserve, Quantity: 2, Source: v1.ObjectName(s.Name), SourceKind: v1.SourceShipment,
		Reserve: &v1.ReserveIntent{Grant: s.Spec.Grant},
	}
}

// consume is the posting of a Shipment that left.
func consume(s *v1.Shipment) v1.Posting {
	return v1.Posting{ID: string(s.UID) + "/Consume/0", Kind: v1.MovementConsume, Quantity: 2, Source: v1.ObjectName(s.Name), SourceKind: v1.SourceShipment}
}

// order wants some units of each of its lines.
func order(wanted ...v1.Quantity) *v1.Order {
	o := &v1.Order{}
	o.Name, o.UID = "order", "uid-order"
	o.Status.ConfirmedAt = &metav1.MicroTime{Time: noon}
	for i, q := range wanted {
		o.Spec.Lines = append(o.Spec.Lines, v1.OrderLine{ID: lineID(i + 1), Quantity: q})
		o.Status.Lines = append(o.Status.Lines, v1.OrderLineStatus{ID: lineID(i + 1), Ordered: q})
	}
	return o
}

// facts of a Shipment whose promise stands and whose Order wants its units.
func facts(s *v1.Shipment) *Facts {
	return &Facts{Shipment: s, Order: order(2), Items: map[v1.ItemKey]*v1.StockItem{tea: item(tea, promise(s))}}
}

// remade is the identity of the item tea after it was made again under its name.
var remade = v1.ItemKey{Name: "tea", UID: "uid-new"}
