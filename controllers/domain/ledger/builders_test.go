package ledger

import (
	"testing"
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
		ID: ReserveID(grant), Kind: v1.MovementReserve, Quantity: q, Source: v1.ObjectName("order-" + grant), SourceKind: v1.SourceShipment,
		Reserve: &v1.ReserveIntent{Grant: grant, Order: v1.ObjectIdentity{Name: "order", UID: "uid-order"}, Items: []v1.ObjectName{"tea"}},
	}}
}

// move is a movement of the Shipment of a grant.
func move(kind v1.MovementKind, grant string, q v1.Quantity, minute int) Movement {
	return Movement{
		Posting: v1.Posting{
			ID: "uid-" + grant + "/" + string(kind) + "/0", Kind: kind, Quantity: q,
			Source: v1.ObjectName("order-" + grant), SourceKind: v1.SourceShipment,
		},
		EffectiveAt: at(minute),
	}
}

// missing is the release of a short pick of the Shipment of a grant.
func missing(grant string, fact v1.Identifier, q v1.Quantity, minute int) Movement {
	m := move(v1.MovementRelease, grant, q, minute)
	m.ID, m.Missing = "uid-"+grant+"/Release/"+string(fact), true
	return m
}

// goods is a movement of a Return, the first of its kind.
func goods(kind v1.MovementKind, q v1.Quantity, minute int) Movement {
	return Movement{
		Posting:     v1.Posting{ID: "uid-r/" + string(kind) + "/1", Kind: kind, Quantity: q, Source: "return-r", SourceKind: v1.SourceReturn},
		EffectiveAt: at(minute),
	}
}

// inspected lets goods come in by way of quarantine.
func inspected(m Movement) Movement {
	m.Inspected = true
	return m
}

// shipment holds units of tea under a grant.
func shipment(grant string, q v1.Quantity, changes ...func(*v1.Shipment)) *v1.Shipment {
	s := &v1.Shipment{}
	s.Name, s.UID = "order-"+grant, types.UID("uid-"+grant)
	s.Spec.Grant, s.Spec.OrderName, s.Spec.OrderUID = grant, "order", "uid-order"
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

// strange makes a Shipment that of an Order that had the name before.
func strange(s *v1.Shipment) { s.Spec.OrderUID = "uid-order-before" }

// elsewhere lets a Shipment hold units of another item under the name of tea.
func elsewhere(s *v1.Shipment) { s.Spec.Items[0].StockItemUID = "uid-other" }

// short lets some units of a Shipment not be found.
func short(fact v1.Identifier, q v1.Quantity, minute int) func(*v1.Shipment) {
	return func(s *v1.Shipment) {
		s.Status.Short = append(s.Status.Short, v1.ShortUnits{ID: fact, Line: "1", StockItem: tea.Name, Quantity: q, At: at(minute)})
	}
}

// picked states that a Shipment is off the shelf.
func picked(s *v1.Shipment) { s.Spec.Facts.Picked = &v1.PickedFact{ID: "p1", At: at(2)} }

// marked acknowledges the end of a Shipment on tea.
func marked(kind v1.MovementKind) func(*v1.Shipment) { return markedAs(kind, theEnd) }

// markedAs acknowledges the movement of tea that a fact made due.
func markedAs(kind v1.MovementKind, fact string) func(*v1.Shipment) {
	return func(s *v1.Shipment) {
		s.Status.Posted = append(s.Status.Posted, v1.PostedMovement{Item: tea.Name, ItemUID: tea.UID, ID: movementID(s, kind, fact)})
	}
}

// begin is the turn of an item of which some Shipments are there and owe, as the
// cache and the API server know them.
func begin(t testing.TB, i *v1.StockItem, there ...*v1.Shipment) *Turn {
	t.Helper()
	turn, err := Begin(i, there, func(name v1.ObjectName, _ bool) (*v1.Shipment, error) { return named(there, name), nil }, noon)
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

// named finds a Shipment, nil if there is none.
func named(list []*v1.Shipment, name v1.ObjectName) *v1.Shipment {
	for _, s := range list {
		if s.Name == string(name) {
			return s
		}
	}
	return nil
}
