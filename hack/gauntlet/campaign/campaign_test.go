package campaign

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
	"ordercycle.dev/ordercycle/hack/testenv"
)

func learnt() *Learned {
	return &Learned{
		Scene: "happy", Writes: []string{"update orders/status o #1", "create events #1"}, Sends: []v1.OperationKind{v1.OperationAuthorize, v1.OperationCapture},
		Reads: []string{"get orders o #1"}, LookUps: 1, Phases: []string{"Received", "Confirmed"}, Unsteady: []string{"update orders/status o #2", "get orders o #2", "phase OnHold"},
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
		"get orders o #2":           {fault.Unavailable},
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

// What no code asks for is tried once of each verb and resource, and what it asks for at
// every write.
func TestEnumerateTriesOnceWhatIsAlike(t *testing.T) {
	l := &Learned{Scene: "happy", Writes: []string{"update orders/status o #1", "update orders/status o #2", "patch orders o #1"}, Reads: []string{"get orders o #1", "get orders o #2"}}
	plans, _ := Enumerate(l)
	tried := map[fault.Kind]int{}
	for _, p := range plans {
		if f := p.Faults[0]; !strings.HasPrefix(f.Point, stepPrefix) {
			tried[f.Kind]++
		}
	}
	for k, want := range map[fault.Kind]int{fault.Forbidden: 2, fault.Invalid: 2, fault.TooLarge: 2, fault.Conflict: 3, fault.Unavailable: 5, fault.Refused: 4, fault.TooMany: 4} {
		if tried[k] != want {
			t.Errorf("%s is tried %d times, want %d", k, tried[k], want)
		}
	}
	asked := regexp.MustCompile(`Is(Forbidden|Unauthorized|Invalid|BadRequest|RequestEntityTooLarge|TooManyRequests|InternalError|ServiceUnavailable|ServerTimeout|Timeout)\b`)
	err := filepath.WalkDir(testenv.Root("controllers"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if found := asked.Find(text); found != nil {
			t.Errorf("%s asks %s: such an answer is another point at every call", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMeetKeepsWhatIsAlwaysThere(t *testing.T) {
	l, other := learnt(), learnt()
	l.Writes, other.Writes = []string{"create a", "create b", "create c"}, []string{"create a", "create c", "create d"}
	other.Sends, other.LookUps, other.Phases = other.Sends[:1], 0, []string{"Received", "Confirmed", "Delivered"}
	l.meet(other)
	if !slices.Equal(l.Writes, []string{"create a", "create c"}) || !slices.Equal(l.Unsteady, []string{"update orders/status o #2", "get orders o #2", "phase OnHold", "create b", "create d", "phase Delivered", "send#2", "lookup#1"}) {
		t.Errorf("writes %v, and now and then %v", l.Writes, l.Unsteady)
	}
	if len(l.Sends) != 2 || l.LookUps != 1 || !slices.Equal(l.Phases, []string{"Received", "Confirmed"}) {
		t.Errorf("%+v", l)
	}
	plans, _ := Enumerate(l)
	calls := 0
	for _, p := range plans {
		if isCall(p.Faults[0].Point) {
			calls++
		}
	}
	if want := 2*len(fault.AtSends()) - 1 + len(fault.AtLookUps()); calls != want {
		t.Errorf("%d faults at calls, want %d: those that come now and then as well", calls, want)
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
	called := plan(fault.NoCall, "send#1")
	for range repeats {
		add(called, Passed, 2*time.Second)
	}
	c.replayed = []Plan{lost, called}
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
	if r.Replayed != (Replays{Plans: 2, Times: repeats, Agree: 1}) || len(r.Disagreements) != 1 || !slices.Equal(r.Broken, []string{"I5"}) || r.Ran != 4+repeats || r.Now != 3+repeats {
		t.Errorf("%+v", r)
	}
	if r.Converged.P50 != 2*time.Second || r.Converged.Max != 2*time.Second || r.Amplification != [2]float64{1.5, 1.5} {
		t.Errorf("converged %v, amplified %v", r.Converged, r.Amplification)
	}
	if r.Versions != 10*(4+repeats) || r.Evaluations != (4+repeats)*len(judge.IDs()) {
		t.Errorf("%d evaluations over %d versions", r.Evaluations, r.Versions)
	}
	if r.Good() {
		t.Error("a report with a violation is good")
	}
	r.Violated, r.Disagreements, r.Ran, r.whole, r.Replayed.Agree = nil, nil, 100, false, 2
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
// is written then was late. Where it takes longer to be calm it may take longer to settle.
func TestRepose(t *testing.T) {
	began := time.Now()
	for name, c := range map[string]struct {
		calm, watch time.Duration
		// writes and missing at a time after the beginning.
		writes  func(time.Duration) int
		missing func(time.Duration) string
		// late is how many writes were, and over when that is known; left says that the end
		// was left again.
		late int
		left bool
		over time.Duration
	}{
		"nobody writes":                        {calm: calm, over: calm},
		"it is watched":                        {calm: calm, watch: watch, over: calm + watch},
		"a write at the end":                   {calm: calm, writes: step(200 * time.Millisecond), over: 500 * time.Millisecond},
		"a write while it is watched":          {calm: calm, watch: watch, writes: step(3 * time.Second), late: 1, over: calm + watch},
		"a write later than calm":              {calm: calmAgain, watch: watch, writes: step(1900 * time.Millisecond), over: 2*calmAgain + watch},
		"a write just before it must be calm":  {calm: calmAgain, watch: watch, writes: step(3900 * time.Millisecond), late: 1, over: calmAgain + watch},
		"writes that do not stop":              {calm: calm, writes: func(d time.Duration) int { return int(d / (100 * time.Millisecond)) }, late: 28, over: 2800 * time.Millisecond},
		"slow writes that do not stop":         {calm: calmAgain, writes: func(d time.Duration) int { return int(d / time.Second) }, late: 13, over: 13 * time.Second},
		"the end is left before it is calm":    {calm: calm, missing: within(200*time.Millisecond, 250*time.Millisecond), over: 550 * time.Millisecond},
		"the end is left after it has rested":  {calm: calm, watch: watch, missing: within(time.Second, 2*time.Second), left: true, over: time.Second},
		"the end is reached after a long time": {calm: calm, missing: within(0, 9*time.Second), over: 9*time.Second + calm},
	} {
		t.Run(name, func(t *testing.T) {
			r := repose{calm: c.calm, watch: c.watch, writes: -1}
			for d := time.Duration(0); d < time.Minute; d += 50 * time.Millisecond {
				writes, missing := 0, ""
				if c.writes != nil {
					writes = c.writes(d)
				}
				if c.missing != nil {
					missing = c.missing(d)
				}
				from, over, left := r.look(began.Add(d), missing, writes)
				if !over && !left {
					continue
				}
				if late := writes - from; left != c.left || (over && late != c.late) || (d-c.over).Abs() > 100*time.Millisecond {
					t.Errorf("after %v: %d writes were late, left is %v; want %d and %v after %v", d, late, left, c.late, c.left, c.over)
				}
				return
			}
			t.Error("there is no end of it")
		})
	}
}

// step is one write at a time.
func step(at time.Duration) func(time.Duration) int {
	return func(d time.Duration) int {
		if d >= at {
			return 1
		}
		return 0
	}
}

// within is something missing from one time to another.
func within(from, to time.Duration) func(time.Duration) string {
	return func(d time.Duration) string {
		if d >= from && d < to {
			return "something"
		}
		return ""
	}
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
	a, b := sample("", plans, 7), sample("", reversed, 7)
	for i := range a {
		if a[i].ID() != b[i].ID() {
			t.Fatal("the sample depends on the order")
		}
	}
	if len(sample("", plans, 1<<20)) != len(plans) {
		t.Error("a sample of more than all is not all")
	}
	for i, p := range sample("again", plans, 7) {
		if p.ID() != a[i].ID() {
			return
		}
	}
	t.Error("another purpose takes the same sample")
}

// Each verdict that is wanted of a plan has its own tries, and only what has reached its
// point at once is run again.
func TestTriesOfAPlan(t *testing.T) {
	r := &results{known: map[string]int{}, tried: map[string]int{}}
	p, q := Plan{"happy", []fault.Fault{{Kind: fault.Lost, Point: "x"}}}, Plan{"happy", []fault.Fault{{Kind: fault.Lost, Point: "y"}}}
	for i, c := range []struct {
		verdict string
		missing int
	}{{Unreached, 3}, {Passed, 2}, {Unreached, 2}, {Unreached, 2}, {Unreached, 1}, {Violated, 0}} {
		r.note(&Result{ID: p.ID(), Plan: p, Verdict: c.verdict})
		if got := r.missing(p.ID(), 3); got != c.missing {
			t.Errorf("after %d tries %d are missing, want %d", i+1, got, c.missing)
		}
	}
	for _, verdict := range []string{Passed, Unreached, Passed} {
		r.note(&Result{ID: q.ID(), Plan: q, Verdict: verdict})
		if got := r.reached(); len(got) != 1 || got[0].ID() != q.ID() {
			t.Errorf("reached are %v", got)
		}
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
