package campaign

import (
	"context"
	"strconv"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
)

// rival is a second manager that works while the first one stands still, and then
// beside it.
type rival struct {
	wire   *fault.Wire
	stop   func() error
	synced <-chan struct{}
	// writes of it so far, and when there was the last.
	writes int
	wrote  time.Time
}

// atRest is how long the rival has nothing to write when all is done that can be, once
// it has heard of all there is.
const atRest = time.Second

// rivalry starts a rival once the first life stands still, and lets that go on once the
// rival has come to rest.
func (s *stage) rivalry(ctx context.Context, w *fault.Wire) error {
	select {
	case <-w.Stalled():
	default:
		return nil
	}
	if s.rival == nil {
		wire := fault.NewWire(nil, nil)
		wire.Alike = s.scene.Alike
		stop, synced, err := s.begin(ctx, wire, nil)
		if err != nil {
			return err
		}
		s.rival = &rival{wire: wire, stop: stop, synced: synced}
	}
	select {
	case <-s.rival.synced:
	default:
		return nil
	}
	if n := s.rival.wire.Writes(); n != s.rival.writes || s.rival.wrote.IsZero() {
		s.rival.writes, s.rival.wrote = n, time.Now()
	}
	if time.Since(s.rival.wrote) >= atRest {
		w.GoOn()
	}
	return nil
}

// stopRival ends the rival, if there is one.
func (s *stage) stopRival() error {
	if s.rival == nil {
		return nil
	}
	defer func() { s.rival = nil }()
	return s.rival.stop()
}

// versionsBack is how many versions of a resource the past lacks.
const versionsBack = 3

// remember lets a life be told of the past, if the life before ended by such a fault.
func (s *stage) remember(faults []fault.Fault, w *fault.Wire) {
	for _, f := range faults {
		if f.Kind != fault.Past || !s.lives[f.Life].Reached(f) {
			continue
		}
		revisions := []int64{s.world.History.Start} // there was nothing yet
		for _, v := range s.world.History.Versions() {
			if resourceOf(v.Object) == f.Resource {
				revisions = append(revisions, v.Revision)
			}
		}
		w.Past(f.Resource, strconv.FormatInt(revisions[max(0, len(revisions)-1-versionsBack)], 10))
	}
}

func resourceOf(o client.Object) string {
	switch o.(type) {
	case *v1.Order:
		return "orders"
	case *v1.Shipment:
		return "shipments"
	case *v1.StockItem:
		return "stockitems"
	case *v1.Partner:
		return "partners"
	default:
		return ""
	}
}
