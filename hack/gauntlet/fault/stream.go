package fault

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// When a resource is heard of again: after so many writes, or so long without one. What
// people do goes unheard for as long as stepRest, whatever is written: longer than a
// conflict is waited out.
const (
	frozenWrites = 6
	frozenRest   = 250 * time.Millisecond
	stepRest     = 2 * time.Second
)

// Freeze lets nothing be heard of the resource of a fault, from what people do on.
func (w *Wire) Freeze(f Fault) {
	w.Reach(f)
	w.streams.freeze(f.Resource, f.Kind == Unseen, stepRest, 0)
}

// streams are the open watches of a life.
type streams struct {
	mu   sync.Mutex
	wake *sync.Cond
	open map[*stream]bool
	// frozen is the resource that is not heard of, "" for none; expire says that it
	// is listed anew afterwards, and expired that its next watch is refused.
	frozen  string
	expire  bool
	expired string
	// held says that something was said of it meanwhile.
	held bool
	// rest is how long it is not heard of without a write, and left how many writes; 0 for
	// the whole of rest, whatever is written.
	rest  time.Duration
	left  int
	timer *time.Timer
	// still: nothing is heard of anything.
	still bool
	ended bool
}

func (s *streams) init() {
	s.wake = sync.NewCond(&s.mu)
	s.open = map[*stream]bool{}
}

// wrote counts the writes while a resource is frozen.
func (s *streams) wrote() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frozen == "" || s.left == 0 {
		return
	}
	if s.left--; s.left <= 0 {
		s.thaw()
		return
	}
	s.timer.Reset(s.rest)
}

// Held says whether there was something to be heard while a resource was not.
func (w *Wire) Held() bool {
	w.streams.mu.Lock()
	defer w.streams.mu.Unlock()
	return w.streams.held
}

// Frozen says whether a resource is not heard of now.
func (w *Wire) Frozen() bool {
	w.streams.mu.Lock()
	defer w.streams.mu.Unlock()
	return w.streams.frozen != ""
}

// freeze lets nothing be heard of a resource for a while: until so many writes, or rest
// without one; for rest if writes is 0.
func (s *streams) freeze(resource string, expire bool, rest time.Duration, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen, s.expire, s.rest, s.left = resource, expire, rest, writes
	s.timer = time.AfterFunc(rest, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.thaw()
	})
}

func (s *streams) thaw() {
	if s.frozen == "" {
		return
	}
	s.timer.Stop()
	if s.expire && !s.ended {
		s.expired = s.frozen
		s.close(s.frozen)
	}
	s.frozen = ""
	s.wake.Broadcast()
}

// cut ends every stream once.
func (s *streams) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close("")
	s.wake.Broadcast()
}

// end ends every stream for good.
func (s *streams) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.frozen = true, ""
	s.close("")
	s.wake.Broadcast()
}

// close ends the streams of a resource, "" for all.
func (s *streams) close(resource string) {
	for o := range s.open {
		if resource == "" || o.resource == resource {
			o.broken = true
			o.body.Close()
			delete(s.open, o)
		}
	}
}

// refuses says whether a watch is refused because it is listed anew.
func (s *streams) refuses(resource string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expired != resource {
		return false
	}
	s.expired = ""
	return true
}

// watch opens a watch that can be cut and frozen.
func (t *trip) watch(r *http.Request, c Call) (*http.Response, error) {
	s := &t.wire.streams
	if s.refuses(c.Resource) {
		return refuse(r, Unseen)
	}
	if t.wire.past.wants(c.Resource) && r.URL.Query().Get("sendInitialEvents") != "" {
		return refuse(r, Invalid) // what there is at first is listed instead
	}
	response, err := t.seen(r, c)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	o := &stream{body: response.Body, resource: c.Resource, of: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		response.Body.Close()
		return nil, ErrDead
	}
	s.open[o] = true
	response.Body = o
	return response, nil
}

// stream is the body of a watch.
type stream struct {
	body     io.ReadCloser
	resource string
	of       *streams
	broken   bool
}

// Read hands on what the API server says, once the resource is heard of.
func (o *stream) Read(p []byte) (int, error) {
	n, err := o.body.Read(p)
	s := o.of
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > 0 && s.frozen == o.resource {
		s.held = true
	}
	for (s.still || s.frozen == o.resource) && !o.broken {
		s.wake.Wait()
	}
	if o.broken {
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// Close ends the stream.
func (o *stream) Close() error {
	o.of.mu.Lock()
	defer o.of.mu.Unlock()
	delete(o.of.open, o)
	o.broken = true
	o.of.wake.Broadcast()
	return o.body.Close()
}
