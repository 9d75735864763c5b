package proof

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

// rules are those of the protocol; each field leaves one out, in the order of
// docs/why-stock-is-right.md.
type rules struct {
	noLiveRead, readFirst, rollBack, dropBeforeMark   bool
	noID, releaseUnmarked, noLookAtItems, noLiveOrder bool
	forgetSent, partial, voidForeign, markSurplus     bool
}

// reads are how a turn may read Shipments: live as they are, in the cache as they
// are or as they were when they were created, which lets the turn wait. With the
// variants a live read is older than the item, or finds what a cache may still not
// show.
func (r rules) reads(w *world, seen []*v1.Shipment) []ledger.Read {
	live := w.live("")
	created := make([]*v1.Shipment, len(live))
	for i, s := range live {
		created[i] = changed(s, func(s *v1.Shipment) { s.Status = v1.ShipmentStatus{} })
	}
	switch {
	case r.readFirst:
		return []ledger.Read{r.read(seen, seen)}
	case r.noLiveRead:
		return []ledger.Read{r.read(live, live), r.read(nil, nil)}
	case w.fresh:
		return []ledger.Read{r.read(live, live)}
	default:
		return []ledger.Read{r.read(live, live), r.read(live, created)}
	}
}

func (r rules) read(live, cached []*v1.Shipment) ledger.Read {
	return func(name v1.ObjectName, fromServer bool) (*v1.Shipment, error) {
		if fromServer {
			return r.judged(find(live, name)), nil
		}
		return r.judged(find(cached, name)), nil
	}
}

// judged is a Shipment as the ledger takes it: without the rule that only the mark
// lets a Release be due, every one that was cancelled has held its units.
func (r rules) judged(s *v1.Shipment) *v1.Shipment {
	if !r.releaseUnmarked || s == nil || s.Status.CancelledAt == nil {
		return s
	}
	return changed(s, func(s *v1.Shipment) { s.Status.ReservedAt = s.Status.CancelledAt })
}

func find(list []*v1.Shipment, name v1.ObjectName) *v1.Shipment {
	if i := slices.IndexFunc(list, func(s *v1.Shipment) bool { return s.Name == string(name) }); i >= 0 {
		return list[i]
	}
	return nil
}

// forget is an item as a turn sees it that knows no posting by its id: what is due
// is counted whether it was or not.
func (r rules) forget(i *v1.StockItem) *v1.StockItem {
	if !r.noID {
		return i
	}
	n := i.DeepCopy()
	n.Status.Postings = slices.DeleteFunc(n.Status.Postings, func(p v1.Posting) bool { return p.Kind != v1.MovementReserve })
	return n
}

// orphans are the promises of a turn whose Shipment is to be created.
func (r rules) orphans(t *ledger.Turn) []v1.Posting {
	if r.rollBack {
		return nil
	}
	return t.Orphans()
}

// status is what a turn writes, broken as the variants want it.
func (r rules) status(t *ledger.Turn, i *v1.StockItem, w *world, idle bool) *v1.StockItemStatus {
	orphans := t.Orphans()
	st := t.Status(idle)
	if r == (rules{}) {
		return st
	}
	st = st.DeepCopy()
	if r.rollBack {
		for _, p := range orphans {
			ledger.Void(st, p.ID)
		}
	}
	if r.voidForeign {
		for _, p := range i.Status.Postings {
			if s := w.find(p.Source); p.Reserve != nil && s != nil && !ledger.Owner(p, s) {
				ledger.Void(st, p.ID)
			}
		}
	}
	if r.dropBeforeMark {
		st.Postings = slices.DeleteFunc(st.Postings, func(p v1.Posting) bool { return p.Kind != v1.MovementReserve })
	}
	st.Available, st.Short = ledger.Available(st, 0), ledger.Short(st)
	return st
}

// collects says whether a Shipment is deleted: its Order is gone.
func (r rules) collects(w *world, s *v1.Shipment) bool {
	return !w.lives(s.Spec.OrderUID) || r.forgetSent && ledger.Settled(s)
}

// mayGo says whether the finalizer of a Shipment is removed.
func (r rules) mayGo(w *world, f *fulfilment.Facts) bool {
	g := *f
	g.Shipment, g.ItemsLive = r.judged(f.Shipment), true
	g.Items = map[v1.ItemKey]*v1.StockItem{}
	for _, i := range w.items {
		g.Items[i.Key()] = i.StockItem
	}
	if r.forgetSent {
		g.Order = nil
	}
	if r.noLookAtItems {
		g.Items = nil
		return ledger.Settled(g.Shipment) && fulfilment.MayGo(&g)
	}
	return fulfilment.MayGo(&g)
}
