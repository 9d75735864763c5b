// Package history is the observer of a run: with a client of its own it records
// every version of every object of a namespace, in the order in which the API
// server stored them.
package history

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	toolswatch "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Version is an object as it was stored.
type Version struct {
	// Revision is the object's resourceVersion: one etcd counts for all kinds, so it
	// is the place in the history of all of them.
	Revision int64
	At       time.Time
	Object   client.Object
	// Gone says that the object was removed; it is as it was last.
	Gone bool
}

// History is what has happened in a namespace so far. All methods may be called at
// the same time.
type History struct {
	// Start is the revision at which it begins: nothing was there.
	Start int64

	client    client.WithWatch
	etcd      string
	namespace string

	mu       sync.Mutex
	versions []Version
	latest   map[types.UID]client.Object
	failed   error
	changed  chan struct{}
}

// Record begins to record a namespace, until ctx ends. What an API server that is
// started again has forgotten is read from its etcd, an address.
func Record(ctx context.Context, c client.WithWatch, etcd, namespace string) (*History, error) {
	h := &History{client: c, etcd: etcd, namespace: namespace, latest: map[types.UID]client.Object{}, changed: make(chan struct{})}
	for _, k := range kinds() {
		list := k.list
		if err := c.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("listing %T: %w", list, err)
		}
		if n := meta.LenList(list); n > 0 {
			return nil, fmt.Errorf("the namespace is not empty: %T has %d", list, n)
		}
		start, err := strconv.ParseInt(list.GetResourceVersion(), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("resourceVersion %q of %T is no number", list.GetResourceVersion(), list)
		}
		h.Start = max(h.Start, start)
		// It goes on where it was when the API server has been away.
		w, err := toolswatch.NewRetryWatcherWithContext(ctx, list.GetResourceVersion(), source{c, list, namespace})
		if err != nil {
			return nil, fmt.Errorf("watching %T: %w", list, err)
		}
		go h.follow(ctx, k, start, w)
	}
	return h, nil
}

// kind is one that is recorded.
type kind struct {
	resource string
	object   client.Object
	list     client.ObjectList
}

func kinds() []kind {
	return []kind{
		{"orders", &v1.Order{}, &v1.OrderList{}},
		{"shipments", &v1.Shipment{}, &v1.ShipmentList{}},
		{"stockitems", &v1.StockItem{}, &v1.StockItemList{}},
		{"partners", &v1.Partner{}, &v1.PartnerList{}},
	}
}

// catchUp is how long the observer may be behind.
const catchUp = 30 * time.Second

// CatchUp returns once everything is recorded that was stored before the call, after
// which nobody may create anything.
func (h *History) CatchUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	stored := map[types.UID]string{}
	for _, k := range kinds() {
		list := k.list
		if err := h.client.List(ctx, list, client.InNamespace(h.namespace)); err != nil {
			return fmt.Errorf("listing %T: %w", list, err)
		}
		err := meta.EachListItem(list, func(o runtime.Object) error {
			object, ok := o.(client.Object)
			if !ok {
				return fmt.Errorf("%T is no object", o)
			}
			stored[object.GetUID()] = object.GetResourceVersion()
			return nil
		})
		if err != nil {
			return fmt.Errorf("listing %T: %w", list, err)
		}
	}
	for {
		changed := h.Changed()
		if err := h.Err(); err != nil {
			return err
		}
		if h.has(stored) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the observer: %w", ctx.Err())
		case <-changed:
		}
	}
}

// has says whether all that was stored is recorded, and all that was gone as well.
func (h *History) has(stored map[types.UID]string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := map[string]bool{}
	for _, v := range h.versions {
		seen[string(v.Object.GetUID())+"/"+v.Object.GetResourceVersion()] = true
	}
	for uid, version := range stored {
		if !seen[string(uid)+"/"+version] {
			return false
		}
	}
	for uid := range h.latest {
		if _, there := stored[uid]; !there {
			return false // that it is gone is still to be heard
		}
	}
	return true
}

// source opens watches of a kind in a namespace.
type source struct {
	client    client.WithWatch
	list      client.ObjectList
	namespace string
}

// WatchWithContext opens one.
func (s source) WatchWithContext(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	return s.client.Watch(ctx, s.list, client.InNamespace(s.namespace), &client.ListOptions{Raw: &o})
}

// follow records the versions of a kind after a revision.
func (h *History) follow(ctx context.Context, k kind, seen int64, w watch.Interface) {
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-w.ResultChan():
			if o, object := e.Object.(client.Object); ok && object && e.Type != watch.Error {
				seen = h.add(o, e.Type == watch.Deleted)
				continue
			}
			err := fmt.Errorf("the observer's watch has ended: %v", e.Object)
			if expired(e.Object) {
				err = h.read(ctx, k, seen)
			}
			if ctx.Err() == nil {
				h.fail(err)
			}
			return
		}
	}
}

// expired says whether a watch has ended because the API server does not know any more
// what came after its last event, as one that was started again does not.
func expired(last any) bool {
	status, ok := last.(*metav1.Status)
	return ok && status.Code == http.StatusGone
}

func (h *History) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed = err
	h.tell()
}

// add records a version and returns its revision.
func (h *History) add(o client.Object, gone bool) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	revision, err := strconv.ParseInt(o.GetResourceVersion(), 10, 64)
	if err != nil {
		h.failed = fmt.Errorf("resourceVersion %q is no number", o.GetResourceVersion())
	}
	h.versions = append(h.versions, Version{revision, time.Now(), o, gone})
	h.latest[o.GetUID()] = o
	if gone {
		delete(h.latest, o.GetUID())
	}
	h.tell()
	return revision
}

func (h *History) tell() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// Changed is closed at the next change.
func (h *History) Changed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changed
}

// Err says why the record is not complete, nil if it is.
func (h *History) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failed
}

// Versions are all versions so far, in the order of their revisions.
func (h *History) Versions() []Version {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := slices.Clone(h.versions)
	slices.SortStableFunc(all, func(a, b Version) int { return int(a.Revision - b.Revision) })
	return all
}

// Find is the object of a name as it is now, nil if there is none.
func Find[T client.Object](h *History, name string) T {
	h.mu.Lock()
	defer h.mu.Unlock()
	var none T
	for _, o := range h.latest {
		if t, ok := o.(T); ok && o.GetName() == name {
			return t
		}
	}
	return none
}

// All are the objects of a kind as they are now, by name.
func All[T client.Object](h *History) []T {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []T
	for _, o := range h.latest {
		if t, ok := o.(T); ok {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b T) int {
		if a.GetName() < b.GetName() {
			return -1
		}
		return 1
	})
	return list
}
