package ledger

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// source is a Return or Replenishment: it makes movements due, one after the
// other, and marks those that the item has counted. It may go when all is marked,
// judged and forgotten by the item.
type source struct {
	uid   string
	due   []Movement
	marks map[string]bool
	// unjudged units are in quarantine or on their way there.
	unjudged v1.Quantity
	gone     bool
}

func (s *source) open() bool {
	return !s.gone && slices.ContainsFunc(s.due, func(m Movement) bool { return !s.marks[m.ID] })
}

func (s *source) owns(p v1.Posting) bool { return strings.HasPrefix(p.ID, s.uid+"/") }

// act makes a movement due that has happened.
func (w *world) act(s *source, kind v1.MovementKind, q v1.Quantity, at metav1.Time, inspected bool) {
	s.due = append(s.due, Movement{
		Posting: v1.Posting{
			ID: s.uid + "/" + string(kind) + "/" + w.id(), Kind: kind, Quantity: q,
			Source: v1.ObjectName(s.uid[len("uid-"):]), SourceKind: v1.SourceReturn,
		},
		EffectiveAt: at, Inspected: inspected,
	})
	switch kind {
	case v1.MovementReceive, v1.MovementTransferIn:
		var quarantined v1.Quantity
		if inspected {
			quarantined = q
		}
		s.unjudged += quarantined
		w.happened(at, q, 0, quarantined)
	case v1.MovementAccept:
		s.unjudged -= q
		w.happened(at, 0, 0, -q)
	case v1.MovementScrap, v1.MovementSendBack:
		s.unjudged -= q
		w.happened(at, -q, 0, -q)
	case v1.MovementTransferOut:
		w.happened(at, -q, 0, 0)
	}
}

func (w *world) newSource() *source {
	s := &source{uid: "uid-r" + w.id(), marks: map[string]bool{}}
	w.sources = append(w.sources, s)
	return s
}

// post computes a turn in which a source's movements are counted, in their order,
// and those that it has marked are dropped: the marks are read after the item.
func (w *world) post(t *rapid.T, s *source, idle bool) *attempt {
	turn := newTurn(w.item, w.now().Time)
	for _, p := range w.item.Status.Postings {
		if s.owns(p) && s.marks[p.ID] {
			Drop(turn.status, p.ID)
		}
	}
	for _, m := range s.due {
		if s.marks[m.ID] {
			continue
		}
		if err := Apply(turn.status, turn.hard(), m, turn.now); err != nil {
			if strings.Contains(err.Error(), "add up") {
				t.Fatal(err)
			}
			break
		}
	}
	return &attempt{version: w.version, after: turn.Status(idle)}
}

// mark lets a source mark what some version of the item has counted.
func (s *source) mark(item *v1.StockItemStatus) (marked bool) {
	for _, p := range item.Postings {
		if s.owns(p) && !s.marks[p.ID] {
			s.marks[p.ID], marked = true, true
		}
	}
	return marked
}

// counted lists the movements of the sources that are there and that an item has
// counted.
func (w *world) counted(item *v1.StockItem) []Movement {
	all := slices.Clone(w.received)
	for _, s := range w.sources {
		for _, m := range s.due {
			if !s.gone && (s.marks[m.ID] || slices.ContainsFunc(item.Status.Postings, func(p v1.Posting) bool { return p.ID == m.ID })) {
				all = append(all, m)
			}
		}
	}
	return all
}

// choose draws a source that fits.
func (w *world) choose(t *rapid.T, fits func(*source) bool) *source {
	var fitting []*source
	for _, s := range w.sources {
		if !s.gone && fits(s) {
			fitting = append(fitting, s)
		}
	}
	if len(fitting) == 0 {
		t.Skip("there is none")
	}
	return rapid.SampledFrom(fitting).Draw(t, "source")
}

// sourceActions are those of Returns and Replenishments.
func (w *world) sourceActions() map[string]func(*rapid.T) {
	quantity := func(t *rapid.T, most v1.Quantity) v1.Quantity {
		return v1.Quantity(rapid.IntRange(1, int(most)).Draw(t, "quantity"))
	}
	return map[string]func(*rapid.T){
		"goods come in": func(t *rapid.T) {
			kind := rapid.SampledFrom([]v1.MovementKind{v1.MovementReceive, v1.MovementTransferIn}).Draw(t, "kind")
			w.act(w.newSource(), kind, quantity(t, 4), w.told(t), rapid.Bool().Draw(t, "inspected"))
		},
		"goods go out": func(t *rapid.T) {
			w.act(w.newSource(), v1.MovementTransferOut, quantity(t, 3), w.told(t), false)
		},
		"goods are judged": func(t *rapid.T) {
			s := w.choose(t, func(s *source) bool { return s.unjudged > 0 })
			at := w.told(t)
			if last := s.due[len(s.due)-1].EffectiveAt; at.Before(&last) {
				at = last
			}
			kind := rapid.SampledFrom([]v1.MovementKind{v1.MovementAccept, v1.MovementScrap, v1.MovementSendBack}).Draw(t, "kind")
			w.act(s, kind, quantity(t, s.unjudged), at, false)
		},
		"a source is looked at": func(t *rapid.T) {
			s := w.choose(t, func(s *source) bool { return s.open() || slices.ContainsFunc(w.item.Status.Postings, s.owns) })
			w.under(t, w.post(t, s, rapid.Bool().Draw(t, "idle")))
		},
		"a source marks": func(t *rapid.T) {
			if len(w.seen) == 0 || !w.choose(t, (*source).open).mark(rapid.SampledFrom(w.seen).Draw(t, "item")) {
				t.Skip("it sees nothing")
			}
		},
		"a source goes": func(t *rapid.T) {
			w.choose(t, func(s *source) bool {
				return !s.open() && s.unjudged == 0 && !slices.ContainsFunc(w.item.Status.Postings, s.owns)
			}).gone = true
		},
	}
}
