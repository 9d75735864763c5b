package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Fault is one thing that goes wrong, once, in one life of the manager.
type Fault struct {
	Kind Kind `json:"kind"`
	// Life is that of the manager, from 0: each crash begins another one.
	Life int `json:"life,omitempty"`
	// Point is where: a write, or a read that asks the API server, as Wire names it, the number of a call to the provider, as
	// send#2, a phase, as "phase Confirmed", or what people do, as step#1.
	Point string `json:"point"`
	// Resource is what is no longer heard of, or told of as it was, for the kinds at
	// watches.
	Resource string `json:"resource,omitempty"`
}

func (f Fault) String() string {
	text := string(f.Kind) + " at " + f.Point
	if f.Resource != "" {
		text += " of " + f.Resource
	}
	if f.Life > 0 {
		text += fmt.Sprintf(" in life %d", f.Life+1)
	}
	return text
}

// ErrDead is the answer to whatever a dead process asks.
var ErrDead = errors.New("gauntlet: the process is dead")

var errRefused = errors.New("gauntlet: connection refused")

// lateness is how long a write is on its way whose client has given up.
const lateness = 300 * time.Millisecond

// Wire is the transport of one life of a manager.
type Wire struct {
	// Seen is told each request that the API server could answer.
	Seen func(Call)
	// Sent is told the point of each write; nil for nobody.
	Sent func(point string)
	// Alike names objects by what they have in common, where it does not matter which of
	// them is first; nil for by their names.
	Alike func(name string) string

	faults []Fault
	// crashed is closed when the process has died.
	crashed chan struct{}
	once    sync.Once
	late    sync.WaitGroup
	release chan struct{}
	streams streams
	still   standstill
	past    past

	mu      sync.Mutex
	counts  map[string]int
	points  []string
	reads   []string
	reached map[Fault]bool
	last    time.Time
	writes  int
}

// NewWire makes the transport of a life with the faults that are planned for it.
// A write of CrashLate is sent when release is closed.
func NewWire(faults []Fault, release chan struct{}) *Wire {
	w := &Wire{faults: faults, crashed: make(chan struct{}), release: release, counts: map[string]int{}, reached: map[Fault]bool{}}
	w.streams.init()
	w.still.init()
	return w
}

// Wrap is for rest.Config.
func (w *Wire) Wrap(next http.RoundTripper) http.RoundTripper { return &trip{w, next} }

// Crashed is closed when the process has died.
func (w *Wire) Crashed() <-chan struct{} { return w.crashed }

// Crash lets the process die now: nothing that it asks is answered any more.
func (w *Wire) Crash() {
	w.once.Do(func() {
		close(w.crashed)
		w.streams.end()
	})
}

// Reach notes that a fault outside of the transport has happened.
func (w *Wire) Reach(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reach(f)
}

// reach notes a fault; the caller holds the lock.
func (w *Wire) reach(f Fault) { w.reached[f], w.last = true, time.Now() }

// LastFault is when the last fault so far has happened; zero for none.
func (w *Wire) LastFault() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// Reached says whether a fault has happened.
func (w *Wire) Reached(f Fault) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reached[f]
}

// Points are the writes so far, in order.
func (w *Wire) Points() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.points...)
}

// Reads are the reads so far that asked the API server itself, in order.
func (w *Wire) Reads() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.reads...)
}

// Writes is how many writes were sent so far.
func (w *Wire) Writes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.writes
}

// Wait waits for the writes that are late.
func (w *Wire) Wait() { w.late.Wait() }

// Dead says whether the process has died.
func (w *Wire) Dead() bool {
	select {
	case <-w.crashed:
		return true
	default:
		return false
	}
}

// count names a write, and finds the fault that is planned for it.
func (w *Wire) count(c Call) *Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	point := w.name(c)
	w.writes++
	w.points = append(w.points, point)
	if w.Sent != nil {
		w.Sent(point)
	}
	return w.planned(point)
}

// countRead names a read, and finds the fault that is planned for it.
func (w *Wire) countRead(c Call) *Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	point := w.name(c)
	w.reads = append(w.reads, point)
	return w.planned(point)
}

// name is the point of a call; the caller holds the lock.
func (w *Wire) name(c Call) string {
	if w.Alike != nil {
		c.Name = w.Alike(c.Name)
	}
	key := c.Key()
	w.counts[key]++
	return fmt.Sprintf("%s #%d", key, w.counts[key])
}

// planned is the fault that is planned for a point, and happens now; the caller holds
// the lock.
func (w *Wire) planned(point string) *Fault {
	for _, f := range w.faults {
		if f.Point == point && !w.reached[f] {
			w.reach(f)
			return &f
		}
	}
	return nil
}

type trip struct {
	wire *Wire
	next http.RoundTripper
}

// RoundTrip carries a request out, or lets it go wrong.
func (t *trip) RoundTrip(r *http.Request) (*http.Response, error) {
	w := t.wire
	if err := w.still.wait(r.Context(), w.crashed); err != nil {
		return nil, err
	}
	if w.Dead() {
		return nil, ErrDead
	}
	c, ok := Read(r)
	switch {
	case !ok:
		return t.next.RoundTrip(r)
	case c.Verb == "watch":
		return t.watch(r, c)
	case c.Reads() && r.URL.Query().Get("resourceVersion") == "":
		f := w.countRead(c)
		if f == nil {
			return t.seen(w.earlier(r, c), c)
		}
		if f.Kind == Refused {
			return nil, errRefused
		}
		return refuse(r, f.Kind)
	case !c.Writes():
		return t.seen(w.earlier(r, c), c)
	}
	w.streams.wrote()
	f := w.count(c)
	if f == nil {
		return t.seen(r, c)
	}
	switch f.Kind {
	case Refused:
		return nil, errRefused
	case Lost:
		t.drop(r, c)
		return nil, errors.New("gauntlet: the connection was lost")
	case Late:
		t.postpone(r, c, nil)
		return nil, context.DeadlineExceeded
	case Cut:
		w.streams.cut()
	case Frozen, Unseen:
		w.streams.freeze(f.Resource, f.Kind == Unseen, frozenRest, frozenWrites)
	case CrashBefore:
		w.Crash()
		return nil, ErrDead
	case Stalled:
		w.stall()
		if err := w.still.wait(r.Context(), w.crashed); err != nil {
			return nil, err
		}
	case CrashAfter, Past:
		t.drop(r, c)
		w.Crash()
		return nil, ErrDead
	case CrashLate:
		t.postpone(r, c, w.release)
		w.Crash()
		return nil, ErrDead
	default:
		return refuse(r, f.Kind)
	}
	return t.seen(r, c)
}

func (t *trip) seen(r *http.Request, c Call) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	if err == nil && t.wire.Seen != nil {
		t.wire.Seen(c)
	}
	if t.wire.Dead() && err == nil {
		response.Body.Close()
		return nil, ErrDead
	}
	return response, err
}

// drop carries a request out and loses the answer.
func (t *trip) drop(r *http.Request, c Call) {
	if response, err := t.seen(r, c); err == nil {
		_, _ = io.Copy(io.Discard, response.Body) // lost is lost
		response.Body.Close()
	}
}

// postpone carries a request out later, whatever has become of who sent it: when a
// channel is closed, or after a moment.
func (t *trip) postpone(r *http.Request, c Call, when <-chan struct{}) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was never whole
	}
	r.Body.Close()
	again := r.Clone(context.WithoutCancel(r.Context()))
	again.Body = io.NopCloser(bytes.NewReader(body))
	t.wire.late.Go(func() {
		if when == nil {
			when = after(lateness)
		}
		<-when
		if response, err := t.next.RoundTrip(again); err == nil {
			_, _ = io.Copy(io.Discard, response.Body) // nobody reads it
			response.Body.Close()
			if t.wire.Seen != nil {
				t.wire.Seen(c)
			}
		}
	})
}

// after is a channel that is closed after a while.
func after(d time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

// refuse is an answer of the API server that nothing has led to.
func refuse(r *http.Request, k Kind) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body) // the transport's contract
		r.Body.Close()
	}
	refusals := map[Kind]metav1.Status{
		Conflict:    {Code: http.StatusConflict, Reason: metav1.StatusReasonConflict},
		TooMany:     {Code: http.StatusTooManyRequests, Reason: metav1.StatusReasonTooManyRequests},
		Unavailable: {Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError},
		Forbidden:   {Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden},
		Vanished:    {Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound},
		Invalid:     {Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid},
		TooLarge:    {Code: http.StatusRequestEntityTooLarge, Reason: metav1.StatusReasonRequestEntityTooLarge},
		Unseen:      {Code: http.StatusGone, Reason: metav1.StatusReasonExpired},
	}
	status, ok := refusals[k]
	if !ok {
		return nil, fmt.Errorf("gauntlet: there is no fault %s at a write", k)
	}
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	status.Status, status.Message = metav1.StatusFailure, "gauntlet: "+string(status.Reason)
	text, err := json.Marshal(status)
	if err != nil {
		return nil, fmt.Errorf("encoding a refusal: %w", err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if k == TooMany {
		header.Set("Retry-After", "1")
	}
	return &http.Response{
		Status: fmt.Sprint(status.Code, " ", status.Reason), StatusCode: int(status.Code), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)), Request: r,
	}, nil
}
