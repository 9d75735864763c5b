package kube

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// Hints are the objects of which a system outside has sent word. They live in memory:
// whatever is lost with them is found at the next regular look. Make one with NewHints.
type Hints[T client.Object] struct {
	mu    sync.Mutex
	about map[types.NamespacedName]map[string]bool
	wake  chan event.TypedGenericEvent[T]
}

// NewHints has no hints.
func NewHints[T client.Object]() *Hints[T] {
	return &Hints[T]{about: map[types.NamespacedName]map[string]bool{}, wake: make(chan event.TypedGenericEvent[T])}
}

// Source asks for the objects about which there are hints.
func (h *Hints[T]) Source() source.Source {
	return source.Channel(h.wake, &handler.TypedEnqueueRequestForObject[T]{})
}

// Take returns the ids that there are hints about, nil if there are none, and forgets
// them: word that comes later leads to another look.
func (h *Hints[T]) Take(o T) map[string]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := client.ObjectKeyFromObject(o)
	about := h.about[key]
	delete(h.about, key)
	return about
}

// Keep gives back hints that nobody could act on yet, without asking for the object.
func (h *Hints[T]) Keep(o T, about map[string]bool) {
	for id := range about {
		h.note(o, id)
	}
}

// Give notes that there is word of something of an object, and asks for it. The error is
// that of ctx, if it ends first.
func (h *Hints[T]) Give(ctx context.Context, o T, id string) error {
	h.note(o, id)
	select {
	case h.wake <- event.TypedGenericEvent[T]{Object: o}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Hints[T]) note(o T, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := client.ObjectKeyFromObject(o)
	if h.about[key] == nil {
		h.about[key] = map[string]bool{}
	}
	h.about[key][id] = true
}
