package campaign

import (
	"slices"
	"strings"
	"testing"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
)

func learnt() *Learned {
	return &Learned{
		Scene: "happy", Writes: []string{"update orders/status o #1", "create events #1"}, Sends: []v1.OperationKind{v1.OperationAuthorize, v1.OperationCapture},
		Reads: []string{"get orders o #1"}, LookUps: 1, Phases: []string{"Received", "Confirmed"}, Unsteady: []string{"update orders/status o #2", "phase OnHold"},
	}
}

func TestEnumerateTriesEveryKindAtEveryPoint(t *testing.T) {
	plans, pruned := Enumerate(learnt())
	tried := map[string]map[fault.Kind]int{}
	ids := map[string]bool{}
	for _, p := range plans {
		f := p.Faults[0]
		if tried[f.Point] == nil {
			tried[f.Point] = map[fault.Kind]int{}
		}
		tried[f.Point][f.Kind]++
		if ids[p.ID()] {
			t.Errorf("two plans have the id %s", p.ID())
		}
		ids[p.ID()] = true
	}
	for point, kinds := range map[string][]fault.Kind{
		"update orders/status o #1": slices.Concat(fault.AtWrites(), fault.AtWatches()),
		"create events #1":          {fault.Refused, fault.Lost, fault.CrashBefore, fault.CrashAfter},
		"get orders o #1":           fault.AtReads(),
		"phase Received":            atPhase("Received"),
		"phase Confirmed":           fault.AtPhases(),
		"send#2":                    fault.AtSends(),
		"update orders/status o #2": atUnsteady,
		"phase OnHold":              atPhase("OnHold"),
		"lookup#1":                  fault.AtLookUps(),
	} {
		for _, k := range kinds {
			if tried[point][k] == 0 {
				t.Errorf("%s is not tried at %s", k, point)
			}
		}
		if len(tried[point]) != len(kinds) {
			t.Errorf("%s: tried are %v", point, tried[point])
		}
	}
	if n := tried["update orders/status o #1"][fault.Past]; n != len(learnt().resources()) {
		t.Errorf("the past is tried of %d resources", n)
	}
	if tried["send#1"][fault.Expired] > 0 || pruned == 0 {
		t.Error("what does nothing is not pruned")
	}
	if again, _ := Enumerate(learnt()); again[3].ID() != plans[3].ID() {
		t.Error("the same plan has another id")
	}
}

func TestMeetKeepsWhatIsAlwaysThere(t *testing.T) {
	l, other := learnt(), learnt()
	l.Writes, other.Writes = []string{"a", "b", "c"}, []string{"a", "c", "d"}
	other.Sends, other.LookUps, other.Phases = other.Sends[:1], 0, []string{"Received", "Confirmed", "Delivered"}
	l.meet(other)
	if !slices.Equal(l.Writes, []string{"a", "c"}) || !slices.Equal(l.Unsteady, []string{"update orders/status o #2", "phase OnHold", "b", "d", "phase Delivered"}) {
		t.Errorf("writes %v, and now and then %v", l.Writes, l.Unsteady)
	}
	if len(l.Sends) != 1 || l.LookUps != 0 || !slices.Equal(l.Phases, []string{"Received", "Confirmed"}) {
		t.Errorf("%+v", l)
	}
}

func TestReport(t *testing.T) {
	l := learnt()
	c := &runs{Options: Options{Dir: t.TempDir()}, results: &results{known: map[string]int{}, tried: map[string]int{}, earlier: 1}, calls: &Calls{}, learned: []*Learned{l}}
	plan := func(k fault.Kind, point string) Plan { return Plan{"happy", []fault.Fault{{Kind: k, Point: point}}} }
	add := func(p Plan, verdict string, wall time.Duration) {
		r := &Result{ID: p.ID(), Plan: p, Verdict: verdict, Converged: wall, Versions: 10, Writes: 6, Reference: 4}
		if verdict == Violated {
			r.Violations = []judge.Violation{{Check: "I5"}}
		}
		c.results.note(r)
	}
	lost := plan(fault.Lost, l.Writes[0])
	add(lost, Passed, time.Second)
	add(lost, Violated, 3*time.Second)
	add(plan(fault.NoCall, "send#1"), Passed, 2*time.Second)
	add(plan(fault.NoCall, "send#2"), Unreached, time.Hour)
	add(plan(fault.Lost, l.Unsteady[0]), Unreached, time.Hour)
	r, err := c.report()
	if err != nil {
		t.Fatal(err)
	}
	if r.Kinds["K2"] != (Tally{Violated: 1, Absent: 1}) || r.Kinds["X1"] != (Tally{Passed: 1, Unreached: 1}) {
		t.Errorf("kinds %+v", r.Kinds)
	}
	if r.Hit["writes"] != (Ratio{1, 2}) || r.Hit["calls"] != (Ratio{1, 3}) || r.Pairs != 2 {
		t.Errorf("hit %+v, %d pairs", r.Hit, r.Pairs)
	}
	if r.Repeated != 1 || len(r.Disagreements) != 1 || !slices.Equal(r.Broken, []string{"I5"}) || r.Ran != 5 || r.Now != 4 {
		t.Errorf("%+v", r)
	}
	if r.Converged.P50 != 2*time.Second || r.Converged.Max != 2*time.Second || r.Amplification != [2]float64{1.5, 1.5} {
		t.Errorf("converged %v, amplified %v", r.Converged, r.Amplification)
	}
	if r.Versions != 50 || r.Evaluations != 5*len(judge.IDs()) {
		t.Errorf("%d evaluations over %d versions", r.Evaluations, r.Versions)
	}
	if r.Good() {
		t.Error("a report with a violation is good")
	}
	r.Violated, r.Disagreements, r.Ran, r.whole = nil, nil, 100, false
	if !r.Good() {
		t.Error("a sample that reached nearly everything is not good")
	}
	if r.whole = true; r.Good() {
		t.Error("a whole tier that did not hit every point is good")
	}
	if r.whole, r.alone = false, true; r.Good() {
		t.Error("one plan that was not reached is good")
	}
	r.Violated, r.Disagreements = []string{lost.ID()}, []string{lost.ID()}
	if table := r.Table(); !strings.Contains(table, "VIOLATED: "+lost.ID()) || !strings.Contains(table, "runs disagree: "+lost.ID()) {
		t.Errorf("the table does not tell of the violation:\n%s", table)
	}
}

// A course that has reached its end comes to rest there, is watched for a while, and what
// is written then was late.
func TestRepose(t *testing.T) {
	r := repose{calm: calm, writes: -1}
	until := func(what string, missing string, writes int, done func(late int, over, left bool) bool) {
		t.Helper()
		for range 100 {
			if done(r.look(missing, writes)) {
				return
			}
			<-time.After(calm / 10)
		}
		t.Errorf("%s is not seen", what)
	}
	until("the end", "", 7, func(_ int, over, left bool) bool { return over && !left })
	r = repose{calm: calm, writes: -1, watch: time.Hour}
	until("the rest", "", 7, func(int, bool, bool) bool { return !r.rested.IsZero() })
	r.watch = 0
	if late, over, _ := r.look("", 9); !over || late != 7 {
		t.Errorf("late are those after %d, over is %v", late, over)
	}
	if _, over, left := r.look("something", 9); over || !left {
		t.Error("that the end was left again is not seen")
	}
	r, n := repose{calm: calm, writes: -1}, 0
	until("that writes do not stop", "", 0, func(int, bool, bool) bool {
		n++
		late, over, _ := r.look("", n)
		return over && late < n
	})
}

// An interrupted campaign goes on where it was, with the results of the same code only.
func TestResultsAreResumed(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	first, err := openResults(o)
	if err != nil {
		t.Fatal(err)
	}
	p := Plan{"happy", []fault.Fault{{Kind: fault.Lost, Point: "x"}}}
	if err := first.add(&Result{ID: p.ID(), Plan: p, Verdict: Passed}); err != nil {
		t.Fatal(err)
	}
	unreached := Plan{Scene: "happy", Faults: []fault.Fault{{Kind: fault.Lost, Point: "y"}}}
	if err := first.add(&Result{ID: unreached.ID(), Plan: unreached, Verdict: Unreached}); err != nil {
		t.Fatal(err)
	}
	first.build = "of other code"
	other := Plan{Scene: "happy", Faults: []fault.Fault{{Kind: fault.Lost, Point: "z"}}}
	if err := first.add(&Result{ID: other.ID(), Plan: other, Verdict: Passed}); err != nil {
		t.Fatal(err)
	}
	first.close()
	again, err := openResults(o)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	for id, want := range map[string]int{p.ID(): 0, unreached.ID(): 1, other.ID(): 1} {
		if got := again.missing(id, 1); got != want {
			t.Errorf("%s: %d runs are missing, want %d", id, got, want)
		}
	}
	if again.earlier != 2 {
		t.Errorf("%d results are from before", again.earlier)
	}
	o.Fresh = true
	fresh, err := openResults(o)
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.close()
	if fresh.missing(p.ID(), 1) != 1 {
		t.Error("a fresh campaign remembers")
	}
}

func TestSampleIsAlwaysTheSame(t *testing.T) {
	plans, _ := Enumerate(learnt())
	reversed := slices.Clone(plans)
	slices.Reverse(reversed)
	a, b := sample(plans, 7), sample(reversed, 7)
	for i := range a {
		if a[i].ID() != b[i].ID() {
			t.Fatal("the sample depends on the order")
		}
	}
	if len(sample(plans, 1<<20)) != len(plans) {
		t.Error("a sample of more than all is not all")
	}
}

// The parts of a tier have each plan once.
func TestShards(t *testing.T) {
	plans, _ := Enumerate(learnt())
	seen := map[string]int{}
	for shard := range 3 {
		c := &runs{Options: Options{Shard: shard, Shards: 3}}
		part := c.share(slices.Clone(plans))
		if len(part) == 0 || len(part) == len(plans) {
			t.Errorf("part %d has %d of %d", shard, len(part), len(plans))
		}
		for _, p := range part {
			seen[p.ID()]++
		}
	}
	for _, p := range plans {
		if seen[p.ID()] != 1 {
			t.Errorf("%s is in %d parts", p, seen[p.ID()])
		}
	}
}

// Each scene says what it is about, and no two have one name.
func TestScenes(t *testing.T) {
	names := map[string]bool{}
	for _, s := range scene.All() {
		if s.About == "" || s.End == nil || names[s.Name] {
			t.Errorf("scene %q is named twice, says nothing, or has no end", s.Name)
		}
		names[s.Name] = true
	}
	for _, name := range slices.Concat(slow, []string{"cancel-taken"}) {
		if scene.Named(name) == nil {
			t.Errorf("there is no scene %s", name)
		}
	}
}
