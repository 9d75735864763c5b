package stock

import (
	"context"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

// shelf knows some Orders and Shipments, and counts how often it is asked for a list.
type shelf struct {
	client.Client
	orders    []*v1.Order
	shipments []*v1.Shipment
	lists     int
}

func (s *shelf) Get(_ context.Context, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	for _, known := range s.orders {
		if known.Name == key.Name {
			known.DeepCopyInto(o.(*v1.Order))
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{Resource: "orders"}, key.Name)
}

func (s *shelf) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	s.lists++
	for _, known := range s.shipments {
		list.(*v1.ShipmentList).Items = append(list.(*v1.ShipmentList).Items, *known)
	}
	return nil
}

// Who is recalled is the last in the queue, also if the cache does not show it or its
// Order yet; and what is recalled already is not looked for again.
func TestRecallRestsOnALiveList(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	held := func(order string, confirmed time.Duration, q v1.Quantity) (*v1.Order, *v1.Shipment) {
		o, s := &v1.Order{}, &v1.Shipment{}
		o.Namespace, o.Name, o.UID = "shop", order, types.UID("uid-"+order)
		o.Status.ConfirmedAt = new(metav1.NewMicroTime(noon.Add(confirmed)))
		s.Namespace, s.Name, s.UID = "shop", order+"-s1", types.UID("uid-"+order+"-s1")
		s.Spec.OrderName, s.Spec.OrderUID = v1.ObjectName(order), v1.UID(o.UID)
		s.Spec.Items = []v1.ShipmentItem{{Line: "1", StockItem: "tea", StockItemUID: "uid-tea", Quantity: q}}
		s.Status.ReservedAt = new(metav1.NewTime(noon))
		return o, s
	}
	orderA, a := held("a", 0, 2)
	orderB, b := held("b", time.Minute, 1)
	all := shelf{orders: []*v1.Order{orderA, orderB}, shipments: []*v1.Shipment{a, b}}
	last := v1.ObjectIdentity{Name: "b-s1", UID: "uid-b-s1"}
	for name, test := range map[string]struct {
		cache    shelf
		recalled []v1.ObjectIdentity
		live     int
	}{
		"the cache shows all":               {all, nil, 1},
		"the cache lacks the last Shipment": {shelf{orders: all.orders, shipments: all.shipments[:1]}, nil, 1},
		"the cache lacks an Order":          {shelf{orders: all.orders[1:], shipments: all.shipments}, nil, 1},
		"the last is recalled already":      {all, []v1.ObjectIdentity{last}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			item := &v1.StockItem{}
			item.Namespace, item.Name, item.UID = "shop", "tea", "uid-tea"
			item.Status.OnHand, item.Status.Reserved, item.Status.Short, item.Status.Recalled = 2, 3, 1, test.recalled
			turn, err := ledger.Begin(item, nil, func(v1.ObjectName, bool) (*v1.Shipment, error) { return nil, nil }, noon)
			if err != nil {
				t.Fatal(err)
			}
			live := all
			c := &cycle{Reconciler: &Reconciler{Client: &test.cache, Live: &live}, namespace: "shop", now: noon}
			if err := c.recall(t.Context(), item, turn); err != nil {
				t.Fatal(err)
			}
			if got := turn.Status(false).Recalled; !slices.Equal(got, []v1.ObjectIdentity{last}) {
				t.Errorf("recalled are %v", got)
			}
			if live.lists != test.live {
				t.Errorf("%d live lists, want %d", live.lists, test.live)
			}
		})
	}
}
