package stock

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// cached is a cache that knows one Shipment, or none.
type cached struct {
	client.Client
	shipment *v1.Shipment
}

func (c cached) Get(_ context.Context, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	if c.shipment == nil || c.shipment.Name != key.Name {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "shipments"}, key.Name)
	}
	c.shipment.DeepCopyInto(o.(*v1.Shipment))
	return nil
}

// asked records what a queue is asked for: at once, or later.
type asked struct {
	queue
	now, later int
}

func (a *asked) Add(reconcile.Request)                     { a.now++ }
func (a *asked) AddAfter(reconcile.Request, time.Duration) { a.later++ }

// A cache may begin with an item as it was before an earlier process wrote it, and then
// jump: each jump after which there is something to do asks for a cycle, and a cycle's
// own writes do not.
func TestItemEvents(t *testing.T) {
	item := func(change func(*v1.StockItem)) *v1.StockItem {
		i := &v1.StockItem{}
		i.Namespace, i.Name, i.UID, i.Generation = "shop", "tea", "uid-tea", 1
		i.Status.OnHand, i.Status.Reserved = 2, 2
		if change != nil {
			change(i)
		}
		return i
	}
	left := func(i *v1.StockItem) {
		i.Status.Postings = []v1.Posting{{ID: "uid-s1/Consume/0", Kind: v1.MovementConsume, Source: "o-s1", Quantity: 2}}
	}
	parcel := func(marked bool) *v1.Shipment {
		s := &v1.Shipment{}
		s.Namespace, s.Name, s.UID = "shop", "o-s1", "uid-s1"
		s.Spec.Items = []v1.ShipmentItem{{Line: "1", StockItem: "tea", StockItemUID: "uid-tea", Quantity: 2}}
		s.Status.DispatchedAt = &metav1.Time{Time: time.Now()}
		if marked {
			s.Status.Posted = []v1.PostedMovement{{Item: "tea", ItemUID: "uid-tea", ID: "uid-s1/Consume/0"}}
		}
		return s
	}
	for name, test := range map[string]struct {
		before, after *v1.StockItem
		shipment      *v1.Shipment
		now, later    int
	}{
		"nothing new": {item(nil), item(nil), nil, 0, 0},
		"an edit":     {item(nil), item(func(i *v1.StockItem) { i.Generation = 2 }), nil, 1, 0},
		"a movement that its Shipment is yet to mark":    {item(nil), item(left), parcel(false), 0, 0},
		"a movement that its Shipment marked before":     {item(nil), item(left), parcel(true), 1, 0},
		"a movement that was there before":               {item(left), item(left), parcel(true), 0, 0},
		"a posting of a Shipment that is not there":      {item(nil), item(left), nil, 0, 1},
		"units came back, and the posting of it is gone": {item(nil), item(func(i *v1.StockItem) { i.Status.Reserved, i.Status.Available = 0, 2 }), nil, 1, 0},
		"fewer are left": {item(func(i *v1.StockItem) { i.Status.Available = 2 }), item(nil), nil, 0, 0},
	} {
		r, q := &Reconciler{Client: cached{shipment: test.shipment}}, &asked{}
		r.itemHandler().Update(t.Context(), event.UpdateEvent{ObjectOld: test.before, ObjectNew: test.after}, q)
		if q.now != test.now || q.later != test.later {
			t.Errorf("%s: asked for %d cycles at once and %d later, want %d and %d", name, q.now, q.later, test.now, test.later)
		}
	}
}
