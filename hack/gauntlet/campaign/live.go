package campaign

import (
	"context"
	"slices"
	"strings"
	"time"

	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

const (
	// calm is how long nobody writes when a course has come to rest at its end.
	calm = 300 * time.Millisecond
	// calmAgain is the same where a manager may still send what it has from before a
	// fault: it stood still, or its cache was old. That is refused, and it looks again a
	// second later.
	calmAgain = 2 * time.Second
	// watch is how long the rest is watched of every tenth plan and of each run without a
	// fault: longer than an item waits until it drops its postings.
	watch  = 6 * time.Second
	tenths = 10
)

// ending is how a life came to its end.
type ending struct {
	// missing to the end of the course, "" if it was reached.
	missing string
	// late are the writes that came after the end.
	late []string
	// took is how long it was from the last fault to the end.
	took time.Duration
}

// watched is how long the rest of a plan is watched.
func watched(p Plan) time.Duration {
	if len(p.Faults) == 0 || hash(p.ID())%tenths == 0 {
		return watch
	}
	return 0
}

// calmAfter is how long nobody writes once a course has come to rest. Where its rest is
// watched, what is refused after a fault must not be taken for a write after the end.
func calmAfter(p Plan, faults []fault.Fault) time.Duration {
	stalled := slices.ContainsFunc(faults, func(f fault.Fault) bool { return f.Kind == fault.Stalled })
	if stalled || (len(p.Faults) > 0 && watched(p) > 0) {
		return calmAgain
	}
	return calm
}

// atEvent says whether a plan has a fault at an event: the library sends it again after
// ten seconds and more, when everything else has come to rest.
func atEvent(p Plan) bool {
	return slices.ContainsFunc(p.Faults, func(f fault.Fault) bool { return strings.Contains(f.Point, " events ") })
}

// live lets a life go on until it crashes, or the end was reached and nobody writes any
// more, or patience is over.
func (r *Runner) live(ctx context.Context, s *stage, w *fault.Wire, p Plan, faults []fault.Fault) (ending, error) {
	began, patience := time.Now(), time.After(r.Patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	rest := repose{watch: watched(p), calm: calmAfter(p, faults), writes: -1}
	written := s.written
	if atEvent(p) {
		written = s.writtenButEvents
	}
	for {
		changed := s.world.History.Changed()
		if err := s.world.History.Err(); err != nil {
			return ending{}, err
		}
		missing, problem := s.goOn(ctx, w, faults)
		late, over, left := rest.look(time.Now(), missing, len(written()))
		switch {
		case left:
			return ending{missing: "it did not stay at its end: " + missing, took: r.Patience}, nil
		case over:
			last := w.LastFault()
			if last.Before(began) {
				last = began
			}
			return ending{late: written()[late:], took: max(0, rest.reached.Sub(last))}, nil
		}
		select {
		case <-ctx.Done():
			return ending{}, ctx.Err()
		case <-w.Crashed():
			return ending{missing: missing}, nil
		case <-patience:
			if !rest.rested.IsZero() {
				patience = nil // it is at rest, and only watched
				continue
			}
			switch {
			case missing == "":
				missing = "it did not come to rest"
			case problem != nil:
				missing += "; " + problem.Error()
			}
			return ending{missing: missing, took: r.Patience}, nil
		case <-changed:
		case <-tick.C:
		}
	}
}

// goOn does what is due, and says what is missing to the end of the course. The error is
// of what people did: an object may have changed meanwhile, and it is tried again.
func (s *stage) goOn(ctx context.Context, w *fault.Wire, faults []fault.Fault) (missing string, err error) {
	done, err := s.step(faults, w)
	if err == nil {
		err = s.meddle(faults, w)
	}
	if err == nil {
		err = s.after()
	}
	if err == nil {
		err = s.rivalry(ctx, w)
	}
	if err == nil && s.answer != nil {
		err = s.answer(s.world)
	}
	missing = "people have not done all"
	switch {
	case deleted(faults) && w.Reached(faults[0]):
		missing = scene.Settled(s.world, faults[0].Kind == fault.Emptied)
		if missing == "" && faults[0].Kind == fault.Deleted && s.scene.Survivors != nil {
			missing = s.scene.Survivors(s.world)
		}
	case done:
		if missing = s.scene.End(s.world); missing == "" {
			missing = scene.Leaving(s.world)
		}
	}
	if s.held != nil && (w.Writes() > 0 || missing == "") {
		s.release() // what the life before has sent arrives while this one is at work
	}
	s.deliver(faults, missing == "")
	switch {
	case missing != "":
	case w.StandsStill():
		missing = "a manager stands still"
	case w.Frozen():
		missing = "a resource is not heard of"
	case slices.ContainsFunc(s.outboxes(), func(o *webhookfake.Outbox) bool { return o.UnderWay()+o.Waiting() > 0 }):
		missing = "callbacks are on their way"
	}
	return missing, err
}

// repose watches whether a course that has reached its end comes to rest there, and stays.
type repose struct {
	watch, calm time.Duration
	// writes so far, and when the last one was seen.
	writes int
	wrote  time.Time
	// reached is when the end was reached, and atEnd and atRest how many writes there
	// were then, and when it had come to rest.
	reached, rested time.Time
	atEnd, atRest   int
}

// settle is how long the last writes may take once the end was reached.
func (r *repose) settle() time.Duration { return 6*r.calm + time.Second }

// look takes what is missing and how many writes there were. over says that enough was
// seen: those after the first late were late. left says that the end was left again
// after the course had come to rest there.
func (r *repose) look(now time.Time, missing string, writes int) (late int, over, left bool) {
	if writes != r.writes {
		r.writes, r.wrote = writes, now
	}
	switch {
	case missing != "" && !r.rested.IsZero():
		return 0, false, true
	case missing != "":
		r.reached = time.Time{}
	case r.reached.IsZero():
		r.reached, r.atEnd = now, writes
	case r.rested.IsZero() && now.Sub(r.wrote) >= r.calm && now.Sub(r.reached) >= r.calm:
		r.rested, r.atRest = now, writes
	case r.rested.IsZero() && now.Sub(r.reached) >= r.settle():
		return r.atEnd, true, false // there is no end of it
	}
	if !r.rested.IsZero() && now.Sub(r.rested) >= r.watch {
		return r.atRest, true, false
	}
	return 0, false, false
}
