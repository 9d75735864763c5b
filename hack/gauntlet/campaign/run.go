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
	// Unreached: the point of the fault was not reached, or the run could not be observed.
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
	// Converged is how long after the last fault, and the start of the last life, the end
	// of the course was reached.
	Converged time.Duration `json:"converged"`
	Wall      time.Duration `json:"wall"`

	// Recovery are the writes of the second life, if there was one.
	Recovery []string `json:"recovery,omitempty"`

	// Learned is what the first life did; nil once that was looked at.
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
	defer st.release()
	if err := s.Build(st.world); err != nil {
		return nil, err
	}
	result := &Result{ID: p.ID(), Plan: p}
	var end ending
	if len(p.Faults) > 0 && slices.Contains(fault.AtProcesses(), p.Faults[0].Kind) {
		if end, err = r.play(ctx, st, p); err != nil {
			return nil, err
		}
		return r.judge(ctx, st, result, end, reference, began)
	}
	for life, again := 0, true; again; life++ {
		if end, again, err = r.liveOnce(ctx, st, p, life); err != nil {
			return nil, err
		}
	}
	for _, w := range st.lives {
		w.Wait()
	}
	return r.judge(ctx, st, result, end, reference, began)
}

// liveOnce is one life of the manager. again says that it crashed, so that another one
// follows.
func (r *Runner) liveOnce(ctx context.Context, st *stage, p Plan, life int) (end ending, again bool, err error) {
	faults := ofLife(p.Faults, life)
	own := make(chan struct{})
	wire := fault.NewWire(faults, own)
	wire.Alike = st.scene.Alike
	if life > 0 {
		st.remember(p.Faults, wire)
	}
	st.planCalls(faults, wire)
	st.planCarrier(faults, wire)
	stop, _, err := st.begin(ctx, wire, faults)
	if err != nil {
		return ending{}, false, err
	}
	end, err = r.live(ctx, st, wire, p, faults)
	wire.GoOn() // a life that stands still could not end
	st.release()
	st.held = own
	stopped, again := errors.Join(stop(), st.stopRival()), crashed(wire, faults)
	if err == nil && !again {
		err = stopped
		st.release()
	}
	return end, again && err == nil, err
}

// judge says what a run has come to.
func (r *Runner) judge(ctx context.Context, st *stage, result *Result, end ending, reference *judge.Reference, began time.Time) (*Result, error) {
	p := result.Plan
	if err := st.world.History.CatchUp(ctx); err != nil {
		return nil, err
	}
	record, err := st.gather(ctx, end)
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
	record.run.OldShipments = slices.ContainsFunc(p.Faults, func(f fault.Fault) bool { return f.Resource == "shipments" })
	result.Converged = end.took
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
	case slices.ContainsFunc(p.Faults, func(f fault.Fault) bool { return !st.happened(f) }):
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

// happened says whether a fault has come about as a whole: a past that nobody was told
// of is none, nor is silence where nothing was said.
func (s *stage) happened(f fault.Fault) bool {
	if f.Life >= len(s.lives) || !s.lives[f.Life].Reached(f) {
		return false
	}
	switch f.Kind {
	case fault.Past:
		return f.Life+1 < len(s.lives) && s.lives[f.Life+1].Told()
	case fault.Frozen, fault.Unseen:
		return s.lives[f.Life].Held()
	default:
		return true
	}
}

// learned is what the first life did.
func (s *stage) learned(r *record) *Learned {
	l := &Learned{Scene: s.scene.Name, Writes: s.lives[0].Points(), Reads: s.lives[0].Reads(), End: judge.End(r.run.Versions)}
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
	l.Carrier = s.calledCarrier()
	return l
}
