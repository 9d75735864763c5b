package tracking

import (
	"hash/fnv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"ordercycle.dev/ordercycle/controllers/domain/intent"
)

// looks remember when each booking was looked at. They live in memory: a manager that
// starts looks at all of them.
type looks struct {
	mu  sync.Mutex
	all map[types.NamespacedName]map[string]looked
}

// looked is the last look at a booking.
type looked struct {
	at time.Time
	// failed is how many looks have had no answer since the last one that had.
	failed int32
}

// due is when a booking is to be looked at: zero for at once. The looks at many that were
// booked together drift apart by up to a tenth.
// A clock that was set back is not waited for.
func (l *looks) due(shipment types.NamespacedName, id string, every time.Duration, now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, known := l.all[shipment][id]
	switch {
	case !known, last.at.After(now):
		return time.Time{}
	case last.failed > 0:
		return last.at.Add(intent.Backoff(last.failed))
	default:
		h := fnv.New32a()
		_, _ = h.Write([]byte(id)) // it cannot fail
		return last.at.Add(every + every/10*time.Duration(h.Sum32()%1000)/1000)
	}
}

// note remembers a look.
func (l *looks) note(shipment types.NamespacedName, id string, at time.Time, answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[types.NamespacedName]map[string]looked{}
	}
	if l.all[shipment] == nil {
		l.all[shipment] = map[string]looked{}
	}
	last := looked{at: at}
	if !answered {
		last.failed = l.all[shipment][id].failed + 1
	}
	l.all[shipment][id] = last
}

// forget drops what is known of a Shipment.
func (l *looks) forget(shipment types.NamespacedName) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, shipment)
}
