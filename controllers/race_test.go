package controllers_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/audit"
	"ordercycle.dev/ordercycle/controllers/domain/allocation"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
	"ordercycle.dev/ordercycle/hack/testenv"
)

var hotOrders = flag.Int("hot-orders", 500, "how many Orders TestHotItem places for one item")

// noDifference audits a namespace.
func noDifference(t *testing.T, ns string) {
	t.Helper()
	r, err := audit.Run(t.Context(), env.Client, ns)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Differences[ns] {
		t.Errorf("audit: %s", d)
	}
}

// parallel runs n jobs, some of them at a time.
func parallel(t *testing.T, n int, job func(i int) error) {
	t.Helper()
	if err := <-background(n, job); err != nil {
		t.Fatal(err)
	}
}

// background runs n jobs, some of them at a time, and tells how they ended.
func background(n int, job func(i int) error) <-chan error {
	var g errgroup.Group
	g.SetLimit(16)
	ended := make(chan error, 1)
	go func() {
		for i := range n {
			g.Go(func() error { return job(i) })
		}
		ended <- g.Wait()
	}()
	return ended
}

func orders(t *testing.T, ns string) []v1.Order {
	t.Helper()
	var list v1.OrderList
	if err := env.Client.List(t.Context(), &list, client.InNamespace(ns)); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// queue is the Orders of a namespace by their places, and those that have units.
func queue(t *testing.T, ns string) (all []v1.Order, granted []string) {
	t.Helper()
	all = orders(t, ns)
	slices.SortFunc(all, func(a, b v1.Order) int { return allocation.PlaceOf(&a).Compare(allocation.PlaceOf(&b)) })
	for _, o := range all {
		if len(o.Status.Lines) > 0 && o.Status.Lines[0].Reserved > 0 {
			granted = append(granted, o.Name)
		}
	}
	return all, granted
}

func TestCase03_TwoHundredOrdersForOneUnit(t *testing.T) {
	ns := shop(t)
	env.StartManager(t, ns)
	item := testenv.MakeStock(ns, "tea", "TEA", 1)
	create(t, item)
	const n = 200
	parallel(t, n, func(i int) error {
		return env.Client.Create(t.Context(), testenv.MakeOrder(ns, fmt.Sprintf("o-%03d", i)).Line("TEA", 1).Obj())
	})
	waits := func(granted int) func() string {
		return func() string {
			_, have := queue(t, ns)
			waiting := 0
			for _, o := range orders(t, ns) {
				if o.Status.Phase == v1.OrderBackordered {
					waiting++
				}
			}
			if len(have) != granted || waiting != n-granted {
				return fmt.Sprintf("want %d grants and %d waits, have %d and %d", granted, n-granted, len(have), waiting)
			}
			return ""
		}
	}
	testenv.Eventually(t, waits(1))
	_, first := queue(t, ns)
	awaitStock(t, item, 1, 1)
	t.Logf("1 unit: granted %v, %d wait", first, n-1)
	// The next ones get what comes, in their order.
	stockTake(t, item, 11)
	testenv.Eventually(t, waits(11))
	all, granted := queue(t, ns)
	var want []string
	for _, o := range all {
		if len(want) < 10 && o.Name != first[0] {
			want = append(want, o.Name)
		}
	}
	if rest := slices.DeleteFunc(granted, func(name string) bool { return name == first[0] }); !slices.Equal(rest, want) {
		t.Errorf("10 units more were granted to %v, next in the queue are %v", rest, want)
	}
	awaitStock(t, item, 11, 11)
	t.Logf("10 units more: %d granted in order", len(want))
	noDifference(t, ns)
}

// Two managers work on the same orders, which are cancelled and lowered while
// people count the stock: whatever they do to each other, nothing is oversold.
func TestTwoManagersNeverOversell(t *testing.T) {
	const skus, nOrders = 7, 300
	ns := shop(t)
	env.StartManager(t, ns)
	env.StartManager(t, ns)
	var items []*v1.StockItem
	for i := range 20 {
		item := at([]v1.Identifier{"north", "south", "east"}[i%3], testenv.MakeStock(ns, fmt.Sprintf("item-%02d", i), v1.SKU(fmt.Sprint("SKU", i%skus)), v1.Quantity(10+i)))
		create(t, item)
		items = append(items, item)
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a race that can be repeated, not a secret
	type plan struct {
		order  *v1.Order
		cancel bool
		lower  bool
	}
	var plans []plan
	for i := range nOrders {
		b := testenv.MakeOrder(ns, fmt.Sprintf("o-%03d", i))
		for range 1 + r.IntN(3) {
			b.Line(v1.SKU(fmt.Sprint("SKU", r.IntN(skus))), v1.Quantity(1+r.IntN(3)))
		}
		plans = append(plans, plan{b.Obj(), r.IntN(5) == 0, r.IntN(5) == 0})
	}
	oversold := overwatch(t, ns)
	placed := background(nOrders, func(i int) error {
		p := plans[i]
		if err := env.Client.Create(t.Context(), p.order); err != nil {
			return err
		}
		before := p.order.DeepCopy()
		if p.cancel {
			p.order.Spec.Cancel = &v1.CancelRequest{}
		}
		if p.lower {
			p.order.Spec.Lines[0].Quantity--
		}
		return env.Client.Patch(t.Context(), p.order, client.MergeFrom(before))
	})
	for n, counting := 0, true; counting; n++ {
		select {
		case err := <-placed:
			if err != nil {
				t.Fatal(err)
			}
			counting = false
		case <-time.After(300 * time.Millisecond):
			stockTake(t, items[n%len(items)].DeepCopy(), v1.Quantity(5+(n*7)%20))
		}
	}
	testenv.Eventually(t, func() string { return atRest(t, ns) })
	if problems := oversold(); len(problems) > 0 {
		t.Errorf("%d writes oversold, the first: %s", len(problems), problems[0])
	}
	granted, waiting, cancelled := 0, 0, 0
	for _, o := range orders(t, ns) {
		switch {
		case o.Status.Phase == v1.OrderCancelled:
			cancelled++
		case lifecycle.WaitsForStock(&o):
			waiting++
		default:
			granted++
		}
	}
	report, err := audit.Run(t.Context(), env.Client, ns)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d orders: %d granted, %d wait, %d cancelled; audit of %d items and %d Shipments: %d differences",
		nOrders, granted, waiting, cancelled, report.Items, report.Shipments, len(report.Differences[ns]))
	noDifference(t, ns)
}

// overwatch looks at every version of every StockItem of a namespace and returns
// what was oversold: more is reserved than is there, and it is not a stock-take
// that found less, nor less than was so before.
func overwatch(t *testing.T, ns string) (oversold func() []string) {
	t.Helper()
	w, err := env.Client.Watch(t.Context(), &v1.StockItemList{}, client.InNamespace(ns))
	if err != nil {
		t.Fatal(err)
	}
	var problems []string
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			select {
			case <-ended:
			default:
				problems = append(problems, "the watch ended before the test")
			}
		}()
		last := map[string]v1.StockItemStatus{}
		for e := range w.ResultChan() {
			item, ok := e.Object.(*v1.StockItem)
			if !ok || e.Type == watch.Deleted {
				continue
			}
			before, st := last[item.Name], item.Status
			over := func(st v1.StockItemStatus) v1.Quantity { return max(0, st.Reserved-(st.OnHand-st.Quarantined)) }
			if over(st) > over(before) && (st.CountID == before.CountID || st.Reserved > before.Reserved) {
				problems = append(problems, fmt.Sprintf("%s: %d of %d reserved", item.Name, st.Reserved, st.OnHand))
			}
			last[item.Name] = st
		}
	}()
	return func() []string {
		close(ended)
		w.Stop()
		<-done
		return problems
	}
}

// atRest says what of a namespace is still under way, "" if nothing is.
func atRest(t *testing.T, ns string) string {
	t.Helper()
	var items v1.StockItemList
	if err := env.Client.List(t.Context(), &items, client.InNamespace(ns)); err != nil {
		return err.Error()
	}
	free := map[v1.SKU]v1.Quantity{}
	for _, i := range items.Items {
		if len(i.Status.Postings) > 0 || len(i.Status.Recalled) > 0 || i.Status.ObservedGeneration != i.Generation {
			return fmt.Sprintf("StockItem %s has %d open postings and recalls %d", i.Name, len(i.Status.Postings), len(i.Status.Recalled))
		}
		free[i.Spec.SKU] += i.Status.Available
	}
	for _, o := range orders(t, ns) {
		if o.Status.ObservedGeneration != o.Generation || o.Status.ConfirmedAt == nil && o.Status.Phase != v1.OrderCancelled {
			return fmt.Sprintf("Order %s is %s", o.Name, o.Status.Phase)
		}
		if o.Status.Phase == v1.OrderCancelling || (o.Spec.Cancel != nil && o.Status.Phase != v1.OrderCancelled) {
			return fmt.Sprintf("Order %s is %s", o.Name, o.Status.Phase)
		}
		for n, l := range o.Status.Lines {
			sku := o.Spec.Lines[n].SKU
			if l.Ordered-l.Cancelled > o.Spec.Lines[n].Quantity {
				return fmt.Sprintf("Order %s has not followed its edit", o.Name)
			}
			if l.Backordered > 0 && free[sku] > 0 && o.Status.Phase != v1.OrderCancelled {
				return fmt.Sprintf("Order %s waits for %d of %s, and %d are free", o.Name, l.Backordered, sku, free[sku])
			}
		}
	}
	return ""
}

// TestHotItem counts the writes of one StockItem that everybody wants.
//
//	go test ./controllers/ -run TestHotItem -v -hot-orders 5000 -timeout 30m
func TestHotItem(t *testing.T) {
	ns := shop(t)
	env.StartManager(t, ns)
	n := *hotOrders
	item := testenv.MakeStock(ns, "tea", "TEA", v1.Quantity(n))
	create(t, item)
	awaitCounters(t, item, v1.Quantity(n), 0)
	w, err := env.Client.Watch(t.Context(), &v1.StockItemList{}, client.InNamespace(ns))
	if err != nil {
		t.Fatal(err)
	}
	writes, largest, counted := 0, 0, make(chan struct{})
	go func() {
		defer close(counted)
		for e := range w.ResultChan() {
			if i, ok := e.Object.(*v1.StockItem); ok && e.Type == watch.Modified {
				writes++
				largest = max(largest, encodedSize(i))
			}
		}
	}()
	parallel(t, n, func(i int) error {
		return env.Client.Create(t.Context(), testenv.MakeOrder(ns, fmt.Sprintf("o-%05d", i)).Line("TEA", 1).Obj())
	})
	testenv.Within(t, testenv.Patience+time.Duration(n)*200*time.Millisecond, func() string {
		if have := get(t, item).Status.Reserved; have != v1.Quantity(n) {
			return fmt.Sprintf("%d of %d orders have their unit", have, n)
		}
		return ""
	})
	awaitStock(t, item, v1.Quantity(n), v1.Quantity(n)) // the writes that drop postings count too
	w.Stop()
	<-counted
	t.Logf("%d orders: %d writes of the item, %.3f an order; at most %d bytes", n, writes, float64(writes)/float64(n), largest)
	if float64(writes) > 0.10*float64(n) {
		t.Errorf("%d writes for %d orders are more than 0.10 an order", writes, n)
	}
	if largest > 64<<10 {
		t.Errorf("the item takes %d bytes", largest)
	}
	noDifference(t, ns)
}
