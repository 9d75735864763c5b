package campaign

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// Verdicts of a plan.
const (
	// Passed: the fault happened, and no invariant was broken.
	Passed = "passed"
	// Violated: an invariant was broken.
	Violated = "violated"
	// Unreached: the point of the fault was not reached.
	Unreached = "unreached"
)

// Result is what has become of a plan.
type Result struct {
	ID   string `json:"id"`
	Plan Plan   `json:"plan"`
	// Build is the code that ran.
	Build      string            `json:"build"`
	Verdict    string            `json:"verdict"`
	Violations []judge.Violation `json:"violations,omitempty"`
	// Versions that the invariants were checked at.
	Versions int `json:"versions"`
	// Writes of all lives of the manager, and of the scene without a fault; 0 where they
	// are not compared.
	Writes    int `json:"writes"`
	Reference int `json:"reference,omitempty"`
	// Failover is how long after the leader stopped another one led, where it does.
	Failover time.Duration `json:"failover,omitempty"`
	// Converged is how long after the start of the last life, or of the only one, the
	// end of the course was reached.
	Converged time.Duration `json:"converged"`
	Wall      time.Duration `json:"wall"`

	// Recovery are the writes of the second life, if there was one.
	Recovery []string `json:"recovery,omitempty"`

	// Learned is what the first life did.
	Learned *Learned `json:"-"`
	record  *record
}

// Runner runs plans.
type Runner struct {
	Env   *testenv.Env
	Calls *Calls
	// Patience is how long a scene may take to its end in one life of the manager.
	Patience time.Duration
	// Binary is the manager, for plans of processes.
	Binary string
}

// calm is how long nobody may write after the end, and settle how long the last
// writes may take before that.
const (
	settle = time.Second
	calm   = 300 * time.Millisecond
)

// Run plays a plan. reference is the scene without a fault, nil where that is what is
// played. The error is one of the campaign, not of what it tries.
func (r *Runner) Run(ctx context.Context, p Plan, reference *judge.Reference) (*Result, error) {
	began := time.Now()
	s := scene.Named(p.Scene)
	if s == nil {
		return nil, fmt.Errorf("there is no scene %q", p.Scene)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st, err := setUp(ctx, r.Env, r.Calls, s)
	if err != nil {
		return nil, err
	}
	if err := s.Build(st.world); err != nil {
		return nil, err
	}
	result := &Result{ID: p.ID(), Plan: p}
	var missing string
	var late int
	if len(p.Faults) > 0 && slices.Contains(fault.AtProcesses(), p.Faults[0].Kind) {
		lived := time.Now()
		if missing, late, err = r.play(ctx, st, p); err != nil {
			return nil, err
		}
		result.Converged = time.Since(lived)
		return r.judge(ctx, st, result, missing, late, reference, began)
	}
	release := make(chan struct{})
	for life := 0; ; life++ {
		faults := ofLife(p.Faults, life)
		wire := fault.NewWire(faults, release)
		if life > 0 {
			st.remember(p.Faults, wire)
		}
		st.planCalls(faults, wire)
		stop, err := st.begin(ctx, wire, faults)
		if err != nil {
			return nil, err
		}
		if life > 0 {
			close(release)
			release = make(chan struct{})
		}
		lived := time.Now()
		missing, late, err = r.live(ctx, st, wire, faults)
		result.Converged = time.Since(lived)
		wire.GoOn() // a life that stands still could not end
		stopped, again := errors.Join(stop(), st.stopRival()), crashed(wire, faults)
		if err == nil && !again {
			err = stopped
		}
		if err != nil {
			return nil, err
		}
		if !again {
			break
		}
	}
	close(release)
	for _, w := range st.lives {
		w.Wait()
	}
	return r.judge(ctx, st, result, missing, late, reference, began)
}

// judge says what a run has come to.
func (r *Runner) judge(ctx context.Context, st *stage, result *Result, missing string, late int, reference *judge.Reference, began time.Time) (*Result, error) {
	p := result.Plan
	record, err := st.gather(ctx, missing, late)
	if err != nil {
		return nil, err
	}
	if reference != nil {
		same := *reference
		if st.scene.Loose || deleted(p.Faults) {
			same.End = "" // it may end in another way
		}
		if st.processes != nil {
			same.Writes = record.run.Writes // what they write cannot be told apart
		}
		record.run.Reference = &same
	}
	record.run.Forced = slices.ContainsFunc(p.Faults, func(f fault.Fault) bool { return f.Kind == fault.Stripped })
	result.record, result.Writes, result.Versions = record, record.run.Writes, len(record.run.Versions)
	if reference != nil && st.processes == nil && !deleted(p.Faults) {
		result.Reference = reference.Writes
	}
	if st.processes != nil {
		result.Failover = st.processes.failover
	}
	result.Violations = judge.Judge(&record.run)
	result.Learned = st.learned(record)
	if len(st.lives) > 1 {
		result.Recovery = st.lives[1].Points()
	}
	switch {
	case len(result.Violations) > 0:
		result.Verdict = Violated
	case slices.ContainsFunc(p.Faults, func(f fault.Fault) bool { return f.Life >= len(st.lives) || !st.lives[f.Life].Reached(f) }):
		result.Verdict = Unreached
	default:
		result.Verdict = Passed
	}
	result.Wall = time.Since(began)
	return result, nil
}

// crashed says whether a life ended by one of its faults.
func crashed(w *fault.Wire, faults []fault.Fault) bool {
	return slices.ContainsFunc(faults, func(f fault.Fault) bool { return f.Kind.Crash() && w.Reached(f) })
}

func ofLife(faults []fault.Fault, life int) []fault.Fault {
	var own []fault.Fault
	for _, f := range faults {
		if f.Life == life {
			own = append(own, f)
		}
	}
	return own
}

// live lets a life go on until it crashes, or the end was reached and nobody writes
// any more, or patience is over: then missing says what for, and late is how many
// writes came after the end.
func (r *Runner) live(ctx context.Context, s *stage, w *fault.Wire, faults []fault.Fault) (missing string, late int, err error) {
	patience := time.After(r.Patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var reached time.Time
	var problem error
	writes, wrote, atEnd := -1, time.Now(), 0
	for {
		changed := s.world.History.Changed()
		if err := s.world.History.Err(); err != nil {
			return "", 0, err
		}
		done, err := s.step()
		if err == nil {
			err = s.meddle(faults, w)
		}
		if err == nil {
			err = s.after()
		}
		if err == nil {
			err = s.rivalry(ctx, w)
		}
		s.deliver(faults)
		if err == nil && s.answer != nil {
			err = s.answer(s.world)
		}
		if err != nil {
			problem = err // an object may have changed in between; it is tried again
		}
		missing = "people have not done all"
		switch {
		case deleted(faults) && w.Reached(faults[0]):
			missing = scene.Settled(s.world, faults[0].Kind == fault.Emptied)
		case done:
			if missing = s.scene.End(s.world); missing == "" {
				missing = scene.Leaving(s.world)
			}
		}
		if w.StandsStill() {
			missing = "a manager stands still"
		}
		if n := s.writes(); n != writes {
			writes, wrote = n, time.Now()
		}
		switch {
		case missing != "":
			reached = time.Time{}
		case reached.IsZero():
			reached, atEnd = time.Now(), writes
		case time.Since(wrote) >= calm && time.Since(reached) >= calm:
			return "", 0, nil
		case time.Since(reached) >= settle+5*calm:
			return "", writes - atEnd, nil // there is no end of it
		}
		select {
		case <-ctx.Done():
			return "", 0, ctx.Err()
		case <-w.Crashed():
			return missing, 0, nil
		case <-patience:
			switch {
			case missing == "":
				missing = "it did not come to rest"
			case problem != nil:
				missing += "; " + problem.Error()
			}
			return missing, 0, nil
		case <-changed:
		case <-tick.C:
		}
	}
}

// learned is what the first life did.
func (s *stage) learned(r *record) *Learned {
	l := &Learned{Scene: s.scene.Name, Writes: s.lives[0].Points(), End: judge.End(r.run.Versions)}
	for _, v := range r.run.Versions {
		if o, ok := v.Object.(*v1.Order); ok && o.Status.Phase != "" && !slices.Contains(l.Phases, string(o.Status.Phase)) {
			l.Phases = append(l.Phases, string(o.Status.Phase))
		}
	}
	for _, e := range s.world.Gateway.Ledger() {
		l.Sends = append(l.Sends, e.Kind)
	}
	for _, c := range s.world.Gateway.Requests() {
		if c.Method == http.MethodGet {
			l.LookUps++
		}
	}
	return l
}
