package fault

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// standstill holds a life up: whatever it asks waits until it goes on.
type standstill struct {
	once, goOn sync.Once
	// begun is closed when the life stands still, and over when it goes on.
	begun, over chan struct{}
}

func (s *standstill) init() { s.begun, s.over = make(chan struct{}), make(chan struct{}) }

// wait returns once the life does not stand still, or the error of who waits.
func (s *standstill) wait(ctx context.Context, crashed <-chan struct{}) error {
	select {
	case <-s.begun:
	default:
		return nil
	}
	select {
	case <-s.over:
		return nil
	case <-crashed:
		return ErrDead
	case <-ctx.Done():
		return fmt.Errorf("gauntlet: the process stands still: %w", ctx.Err())
	}
}

// stall lets the life stand still.
func (w *Wire) stall() {
	w.still.once.Do(func() {
		close(w.still.begun)
		w.streams.hold(true)
	})
}

// Stalled is closed when the life stands still.
func (w *Wire) Stalled() <-chan struct{} { return w.still.begun }

// StandsStill says whether the life stands still now.
func (w *Wire) StandsStill() bool {
	select {
	case <-w.still.begun:
	default:
		return false
	}
	select {
	case <-w.still.over:
		return false
	default:
		return true
	}
}

// GoOn lets a life that stands still go on.
func (w *Wire) GoOn() {
	w.still.goOn.Do(func() {
		close(w.still.over)
		w.streams.hold(false)
	})
}

// hold lets nothing be heard of anything, or everything again.
func (s *streams) hold(still bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.still = still
	s.wake.Broadcast()
}

// past is what a life is told of one resource at its start: how it was at an earlier
// revision.
type past struct {
	mu                 sync.Mutex
	resource, revision string
}

// pastRest is how long a life that is told of the past hears nothing newer if it has
// nothing to write. It takes some time to start.
const pastRest = time.Second

// Told says whether this life was told of the past, as it was to be.
func (w *Wire) Told() bool {
	w.past.mu.Lock()
	defer w.past.mu.Unlock()
	return w.past.resource != "" && w.past.revision == ""
}

// Past lets this life be told at first how a resource was at an earlier revision.
func (w *Wire) Past(resource, revision string) {
	w.past.resource, w.past.revision = resource, revision
}

func (p *past) wants(resource string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.revision != "" && p.resource == resource
}

// earlier is a cache's first list, asked for as it was. A list that is not for a
// cache names no revision and is left alone.
func (w *Wire) earlier(r *http.Request, c Call) *http.Request {
	query := r.URL.Query()
	if c.Verb != "list" || query.Get("resourceVersion") == "" || !w.past.wants(c.Resource) {
		return r
	}
	w.past.mu.Lock()
	defer w.past.mu.Unlock()
	query.Set("resourceVersion", w.past.revision)
	query.Set("resourceVersionMatch", "Exact")
	w.past.revision = ""
	w.streams.freeze(c.Resource, false, pastRest, frozenWrites)
	again := r.Clone(r.Context())
	again.URL.RawQuery = query.Encode()
	return again
}
