// Package stock is the shell of the ledger and the allocator: one batch cycle
// for each namespace. A cycle takes one snapshot, settles what Shipments and
// stock-takes made due, plans the waiting Orders against what is then there,
// writes each touched item once, and creates the planned Shipments.
//
// The cache only chooses what to look at. What is written rests on the item's
// resourceVersion and on live reads made after it; see package ledger.
package stock

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/internal/kube"
)

// Reconciler keeps the stock of every namespace.
type Reconciler struct {
	// Client reads from the cache and writes.
	client.Client
	// Live reads from the API server.
	Live  client.Reader
	Clock clock.PassiveClock

	mu sync.Mutex
	// moved is when this process last wrote an item: it only decides when
	// acknowledged postings are worth a write of their own.
	moved map[v1.ItemKey]time.Time
	// returned are Orders whose units came back and whose status does not say so
	// yet: others behind them in the queue must not get the units first.
	returned map[types.NamespacedName]bool
	// paced is when the next cycle of a namespace may begin.
	paced map[string]time.Time
}

// +kubebuilder:rbac:groups=ordercycle.dev,resources=stockitems,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=stockitems/status,verbs=update
// +kubebuilder:rbac:groups=ordercycle.dev,resources=shipments,verbs=get;list;watch;create
// +kubebuilder:rbac:groups=ordercycle.dev,resources=orders,verbs=get;list;watch
// +kubebuilder:rbac:groups=ordercycle.dev,resources=orderclasses,verbs=list;watch

// Reconcile runs one cycle; the name of the request is that of the namespace.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (ctrl.Result, error) {
	now := r.Clock.Now()
	if next := r.nextCycle(req.Name, now); now.Before(next) {
		return kube.Result(ctx, nil, next, now)
	}
	c := &cycle{Reconciler: r, namespace: req.Name, now: now}
	for _, step := range []func(context.Context) error{
		c.observe, // 1. one snapshot
		c.settle,  // 2. what is due, acknowledged, counted
		c.plan,    // 3. who gets what is there
		c.write,   // 4. each touched item once
		c.create,  // 5. the Shipments of what was recorded
	} {
		if err := step(ctx); err != nil {
			return kube.Result(ctx, err, time.Time{}, now)
		}
	}
	r.pace(req.Name, c.busiest(), c.refused)
	return kube.Result(ctx, c.err(), c.deadline, now)
}

// A namespace in which many promises are under way gets its next cycle a little
// later, so that more of them go into one write of a hot item: an item is one
// object, and every write of it carries all of its open postings. Where little is
// under way nobody waits. A namespace that is being deleted refuses Shipments: what is
// promised there comes back and would be promised again at once, until its Orders are
// being deleted as well.
const (
	calm         = 4
	pacePerOpen  = 50 * time.Millisecond
	slowestCycle = time.Second
)

func (r *Reconciler) pace(namespace string, open int, refused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := min(slowestCycle, time.Duration(open)*pacePerOpen)
	switch {
	case refused:
		wait = slowestCycle
	case open < calm:
		delete(r.paced, namespace)
		return
	}
	if r.paced == nil {
		r.paced = map[string]time.Time{}
	}
	r.paced[namespace] = r.Clock.Now().Add(wait)
}

func (r *Reconciler) nextCycle(namespace string, now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if next := r.paced[namespace]; next.Sub(now) <= slowestCycle {
		return next
	}
	return time.Time{} // the clock was set back
}

// idleAfter is how long an item has no movement before its acknowledged
// postings are dropped by a write of their own.
const idleAfter = 3 * time.Second

func (r *Reconciler) touch(key v1.ItemKey, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.moved == nil {
		r.moved = map[v1.ItemKey]time.Time{}
	}
	r.moved[key] = now
}

// idleAt is when an item counts as idle.
func (r *Reconciler) idleAt(key v1.ItemKey, now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if moved := r.moved[key]; !moved.After(now) {
		return moved.Add(idleAfter)
	}
	return now // the clock was set back
}

func (r *Reconciler) noteReturned(namespace string, orders []v1.ObjectName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.returned == nil {
		r.returned = map[types.NamespacedName]bool{}
	}
	for _, name := range orders {
		r.returned[types.NamespacedName{Namespace: namespace, Name: string(name)}] = true
	}
}

// takeReturned lists those of a namespace and forgets them.
func (r *Reconciler) takeReturned(namespace string) []types.NamespacedName {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []types.NamespacedName
	for name := range r.returned {
		if name.Namespace == namespace {
			names = append(names, name)
			delete(r.returned, name)
		}
	}
	return names
}

// forget removes an item that is gone.
func (r *Reconciler) forget(key v1.ItemKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.moved, key)
}
