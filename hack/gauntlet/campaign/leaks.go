package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
	"ordercycle.dev/ordercycle/hack/testenv/carrierfake"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

const (
	// maxGoroutines may be left at the end: connections on their way to be closed.
	maxGoroutines = 50
	// maxHeap is how much more memory may be in use at the end, in bytes, and maxHeapEach
	// how much for the results of each run.
	maxHeap     = 64 << 20
	maxHeapEach = 4 << 10
)

// libraryLog searches what the libraries log for secrets. Their loggers belong to the
// whole process, so that nobody can say in which run it was.
type libraryLog struct {
	mu       sync.Mutex
	canaries []string
	found    map[string]bool
}

var libraries = &libraryLog{found: map[string]bool{}}

// LibraryLogger is for the loggers of the libraries.
func LibraryLogger() logr.Logger {
	gateway, carrier := gatewayfake.Start(), carrierfake.Start() // for their own secrets, which all of them share
	defer gateway.Close()
	defer carrier.Close()
	libraries.mu.Lock()
	defer libraries.mu.Unlock()
	libraries.canaries = scene.Canaries(gateway, carrier)
	return logr.FromSlogHandler(slog.NewTextHandler(libraries, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// secrets are the canaries.
func (l *libraryLog) secrets() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.canaries
}

// Write searches a line.
func (l *libraryLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, canary := range l.canaries {
		if bytes.Contains(line, []byte(canary)) {
			l.found[canary] = true
		}
	}
	return len(line), nil
}

// used is what a process has in use.
type used struct {
	goroutines int
	// heap in bytes, without what is left behind and was collected.
	heap int64
}

func usedNow() used {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return used{runtime.NumGoroutine(), int64(m.HeapAlloc)}
}

// leaks notes what the managers of this part of the campaign have left behind, and which
// secrets are in their metrics.
func (r *Report) leaks(before used, found map[string]bool) error {
	for text := range found {
		r.breaks("I15", text)
	}

	now := usedNow()
	if left := now.goroutines - before.goroutines; left > maxGoroutines {
		r.breaks("I13", fmt.Sprintf("%d goroutines are left of the managers", left))
	}
	if r.Heap = now.heap - before.heap; r.Heap > maxHeap+int64(r.Now)*maxHeapEach {
		r.breaks("I13", fmt.Sprintf("%d bytes of memory are left of the managers", r.Heap))
	}
	families, err := metrics.Registry.Gather()
	if err != nil {
		return fmt.Errorf("gathering the metrics: %w", err)
	}
	libraries.mu.Lock()
	defer libraries.mu.Unlock()
	if len(libraries.canaries) == 0 {
		return errors.New("the loggers of the libraries are not searched: nobody has asked for LibraryLogger")
	}
	for canary := range libraries.found {
		r.breaks("I15", fmt.Sprintf("%q is in what a library logs", canary))
	}
	for _, family := range families {
		for _, canary := range libraries.canaries {
			if strings.Contains(family.String(), canary) {
				r.breaks("I15", fmt.Sprintf("%q is in the metric %s", canary, family.GetName()))
			}
		}
	}
	return nil
}

// breaks notes the breach of an invariant by the campaign as a whole.
func (r *Report) breaks(id, text string) {
	r.Broken = append(r.Broken, id)
	r.Violated = append(r.Violated, id+": "+text)
}
