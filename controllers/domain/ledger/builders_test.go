package ledger

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is some minutes after noon.
func at(minutes int) metav1.Time {
	return metav1.NewTime(noon.Add(time.Duration(minutes) * time.Minute))
}

// tea is the identity of the item of these tests.
var tea = v1.ItemKey{Name: "tea", UID: "uid-tea"}

// item has units on hand, some of them reserved.
func item(onHand, reserved v1.Quantity) *v1.StockItem {
	i := &v1.StockItem{Status: stock(onHand, reserved)}
	i.Name, i.UID, i.Generation = string(tea.Name), types.UID(tea.UID), 1
	i.Spec.SKU = "tea"
	return i
}

func stock(onHand, reserved v1.Quantity, postings ...v1.Posting) v1.StockItemStatus {
	return v1.StockItemStatus{OnHand: onHand, Reserved: reserved, Postings: postings}
}

// reserve is the promise of a grant.
func reserve(grant string, q v1.Quantity) Movement {
	return Movement{Posting: v1.Posting{
		ID: ReserveID(grant), Kind: v1.MovementReserve, Quantity: q, Shipment: v1.ObjectName("order-" + grant),
		Reserve: &v1.ReserveIntent{Grant: grant, Order: v1.ObjectIdentity{Name: "order", UID: "uid-order"}, Items: []v1.ObjectName{"tea"}},
	}}
}

// move is a movement of the Shipment of a grant.
func move(kind v1.MovementKind, grant string, q v1.Quantity, minute int) Movement {
	return Movement{
		Posting:     v1.Posting{ID: "uid-" + grant + "/" + string(kind) + "/0", Kind: kind, Quantity: q, Shipment: v1.ObjectName("order-" + grant)},
		EffectiveAt: at(minute),
	}
}

// shipment holds units of tea under a grant.
func shipment(grant string, q v1.Quantity, changes ...func(*v1.Shipment)) *v1.Shipment {
	s := &v1.Shipment{}
	s.Name, s.UID = "order-"+grant, types.UID("uid-"+grant)
	s.Spec.Grant = grant
	s.Spec.Items = []v1.ShipmentItem{{Line: "1", StockItem: tea.Name, StockItemUID: tea.UID, Quantity: q}}
	for _, change := range changes {
		change(s)
	}
	return s
}

func reserved(s *v1.Shipment)   { s.Status.ReservedAt = new(at(1)) }
func dispatched(s *v1.Shipment) { s.Status.DispatchedAt = new(at(2)) }
func cancelled(s *v1.Shipment)  { s.Status.CancelledAt = new(at(3)) }
func deleted(s *v1.Shipment)    { s.DeletionTimestamp = new(at(4)) }

// elsewhere lets a Shipment hold units of another item under the name of tea.
func elsewhere(s *v1.Shipment) { s.Spec.Items[0].StockItemUID = "uid-other" }

// marked acknowledges a movement of tea.
func marked(kind v1.MovementKind) func(*v1.Shipment) {
	return func(s *v1.Shipment) {
		s.Status.Posted = append(s.Status.Posted, v1.PostedMovement{Item: tea.Name, ItemUID: tea.UID, ID: movementID(s, kind)})
	}
}
