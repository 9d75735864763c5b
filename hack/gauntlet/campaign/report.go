package campaign

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
)

// Report are the figures of a campaign.
type Report struct {
	Tier string    `json:"tier"`
	At   time.Time `json:"at"`
	// Build is the code that ran. Only says which part of the tier was asked for, nil for
	// the whole. Complete says that it was not interrupted.
	Build    string `json:"build"`
	Only     *Only  `json:"only,omitempty"`
	Complete bool   `json:"complete"`
	// Scenes, with the points that each has.
	Scenes []*Learned `json:"scenes"`
	// Quiet is how many runs without a fault were judged: an alarm in one of them is false,
	// and ends the campaign.
	Quiet int `json:"quiet"`
	// Enumerated single faults, those that were pruned, and crashes in recoveries.
	Enumerated  int `json:"enumerated"`
	Pruned      int `json:"pruned"`
	SecondOrder int `json:"secondOrder"`
	// Pairs of a kind and a point that were run.
	Pairs int `json:"pairs"`
	// Kinds are the results by kind of fault; second faults count as "recovery".
	Kinds map[string]Tally `json:"kinds"`
	// Hit are the points that were hit by some fault, of those of the scenes.
	Hit map[string]Ratio `json:"hit"`
	// Versions of objects that were judged, and Evaluations of an invariant over the whole
	// history of a run.
	Versions    int `json:"versions"`
	Evaluations int `json:"evaluations"`
	// Replayed are the plans of a sample that were run several times, and Disagreements
	// those plans whose runs differ.
	Replayed      Replays  `json:"replayed"`
	Disagreements []string `json:"disagreements,omitempty"`
	Violated      []string `json:"violated,omitempty"`
	// Broken are the invariants that were broken by any of them.
	Broken    []string `json:"broken,omitempty"`
	Unreached []string `json:"unreached,omitempty"`
	// Absent are the plans whose point comes in some runs only, and did not, and those at
	// which people do what nothing is to be heard of.
	Absent []string `json:"absent,omitempty"`
	// Converged is the time from the last fault, and the start of the last life, to the
	// end, Failover the time without a leader after one had stopped.
	Converged Percentiles `json:"converged"`
	Failover  Percentiles `json:"failover"`
	// Amplification is how many writes a run took for each that it takes without a
	// fault: the median and the largest.
	Amplification [2]float64 `json:"amplification"`
	// Each is how long a run took.
	Each Percentiles `json:"each"`

	// Ran is how many runs there were, Now of them in this part of the campaign. All parts
	// together took Wall and CPU, which is CPUEach for a run, and a run Reconciles.
	Ran        int           `json:"ran"`
	Now        int           `json:"now"`
	Wall       time.Duration `json:"wall"`
	CPU        time.Duration `json:"cpu"`
	CPUEach    time.Duration `json:"cpuEach"`
	Reconciles float64       `json:"reconciles"`
	// Heap is by how much the memory in use has grown over this part, in bytes.
	Heap int64 `json:"heap"`
	// Permissions that the managers made use of.
	Permissions []string `json:"permissions"`

	// whole says that every point was to be hit, alone that it is of one plan.
	whole, alone bool
}

// Replays are plans that were each run Times times, of which Agree came to one verdict.
type Replays struct {
	Plans int `json:"plans"`
	Times int `json:"times"`
	Agree int `json:"agree"`
}

// Tally counts verdicts.
type Tally struct {
	Passed    int `json:"passed"`
	Violated  int `json:"violated"`
	Unreached int `json:"unreached"`
	Absent    int `json:"absent"`
}

// Ratio is how many of all.
type Ratio struct {
	Hit int `json:"hit"`
	All int `json:"all"`
}

// Percentiles of times.
type Percentiles struct {
	P50 time.Duration `json:"p50"`
	P95 time.Duration `json:"p95"`
	P99 time.Duration `json:"p99"`
	Max time.Duration `json:"max"`
}

func percentiles(times []time.Duration) Percentiles {
	n := len(times)
	if n == 0 {
		return Percentiles{}
	}
	slices.Sort(times)
	return Percentiles{times[n/2], times[n*95/100], times[n*99/100], times[n-1]}
}

func (c *runs) report() (*Report, error) {
	all := c.results.all()
	r := &Report{
		Tier: c.Tier.Name, At: time.Now().UTC().Truncate(time.Second), Build: c.results.build, Only: c.Options.part(), Scenes: c.learned, Quiet: c.quiet,
		Enumerated: c.planned, Pruned: c.pruned, SecondOrder: c.secondOrder, Hit: map[string]Ratio{},
		Ran: len(all), Now: len(all) - c.results.earlier, Permissions: c.calls.Used(),
		alone: c.Plan != "",
	}
	r.whole = c.Tier.whole() && r.Only == nil && !r.alone && !c.Hunt
	slices.SortFunc(r.Scenes, func(a, b *Learned) int { return strings.Compare(a.Scene, b.Scene) })
	var converged, failover, walls []time.Duration
	var amplified []float64
	pairs, hit := map[string]bool{}, map[string]bool{}
	for _, one := range all {
		r.Versions += one.Versions
		r.Evaluations += len(judge.IDs())
		walls = append(walls, one.Wall)
		for _, v := range one.Violations {
			if !slices.Contains(r.Broken, v.Check) {
				r.Broken = append(r.Broken, v.Check)
			}
		}
		if one.Verdict == Unreached {
			continue
		}
		if one.Verdict == Passed {
			converged = append(converged, one.Converged)
		}
		if one.Failover > 0 {
			failover = append(failover, one.Failover)
		}
		if one.Reference > 0 {
			amplified = append(amplified, float64(one.Writes)/float64(one.Reference))
		}
		for _, f := range one.Plan.Faults {
			pairs[fmt.Sprint(f.Kind, one.Plan.Scene, f.Life, f.Point, f.Resource)] = true
			if f.Life == 0 {
				hit[one.Plan.Scene+"/"+f.Point] = true
			}
		}
	}
	slices.Sort(r.Broken)
	r.Pairs, r.Converged, r.Failover, r.Each = len(pairs), percentiles(converged), percentiles(failover), percentiles(walls)
	if slices.Sort(amplified); len(amplified) > 0 {
		r.Amplification = [2]float64{amplified[len(amplified)/2], amplified[len(amplified)-1]}
	}
	r.verdicts(all)
	for _, l := range c.learned {
		r.points(l, hit)
	}
	r.replays(c.replayed, all)
	return r, c.costs(r)
}

// replays counts which of the plans that were run several times came to one verdict.
func (r *Report) replays(plans []Plan, all []*Result) {
	r.Replayed = Replays{Plans: len(plans), Times: repeats}
	if len(plans) == 0 {
		r.Replayed.Times = 0
	}
	verdicts := map[string]map[string]int{}
	for _, one := range all {
		if verdicts[one.ID] == nil {
			verdicts[one.ID] = map[string]int{}
		}
		verdicts[one.ID][one.Verdict]++
	}
	for _, p := range plans {
		if v := verdicts[p.ID()]; v[Passed] >= repeats && v[Violated] == 0 {
			r.Replayed.Agree++
		}
	}
}

// verdicts counts what has become of each plan, by kind of fault.
func (r *Report) verdicts(all []*Result) {
	r.Kinds = map[string]Tally{}
	of := map[string]map[string]int{}
	plans := map[string]Plan{}
	for _, one := range all {
		plans[one.ID] = one.Plan
		if of[one.ID] == nil {
			of[one.ID] = map[string]int{}
		}
		of[one.ID][one.Verdict]++
	}
	for id, plan := range plans {
		kind := "none"
		switch len(plan.Faults) {
		case 0:
		case 1:
			kind = string(plan.Faults[0].Kind)
		default:
			kind = "recovery"
		}
		passed, violated := of[id][Passed], of[id][Violated]
		t := r.Kinds[kind]
		switch {
		case violated > 0:
			t.Violated++
			r.Violated = append(r.Violated, fmt.Sprintf("%s (%s)", id, plan))
		case passed > 0:
			t.Passed++
		case r.comes(plan):
			t.Unreached++
			r.Unreached = append(r.Unreached, fmt.Sprintf("%s (%s)", id, plan))
		default:
			t.Absent++
			r.Absent = append(r.Absent, fmt.Sprintf("%s (%s)", id, plan))
		}
		r.Kinds[kind] = t
		if passed > 0 && violated > 0 {
			r.Disagreements = append(r.Disagreements, id)
		}
	}
	slices.Sort(r.Violated)
	slices.Sort(r.Unreached)
	slices.Sort(r.Absent)
}

// comes says whether the point of a plan comes in every run without a fault, or came in
// the recovery that it is a crash of. What people do always comes, but not everything is
// followed by a change of every resource.
func (r *Report) comes(p Plan) bool {
	i := slices.IndexFunc(r.Scenes, func(l *Learned) bool { return l.Scene == p.Scene })
	if len(p.Faults) != 1 || i < 0 {
		return true
	}
	point := p.Faults[0].Point
	return r.Scenes[i].comes(point) && !strings.HasPrefix(point, stepPrefix)
}

// First is the first plan that broke an invariant, "" if it was the campaign as a whole.
func (r *Report) First() string {
	id, _, _ := strings.Cut(r.Violated[0], " ")
	if strings.HasSuffix(id, ":") {
		return ""
	}
	return id
}

// points counts the points of a scene that were hit.
func (r *Report) points(l *Learned, hit map[string]bool) {
	count := func(what, point string) {
		ratio := r.Hit[what]
		ratio.All++
		if hit[l.Scene+"/"+point] {
			ratio.Hit++
		}
		r.Hit[what] = ratio
	}
	for _, p := range l.Writes {
		count("writes", p)
	}
	for _, p := range l.Reads {
		count("reads", p)
	}
	for _, p := range l.Unsteady {
		count("unsteady", p)
	}
	for _, p := range l.Phases {
		count("phases", phasePoint+p)
	}
	for n := range scene.Named(l.Scene).Steps {
		count("steps", stepPoint(n))
	}
	for n := range l.Sends {
		if l.comes(sendPoint(n)) {
			count("calls", sendPoint(n))
		}
	}
	for n := range l.LookUps {
		if l.comes(lookUpPoint(n)) {
			count("calls", lookUpPoint(n))
		}
	}
	for _, c := range carrierCalls {
		for n := range l.Carrier[c.point] {
			if l.comes(c.at(n)) {
				count("calls", c.at(n))
			}
		}
	}
}

// maxCPUEach is the goal for what a run costs.
const maxCPUEach = 1200 * time.Millisecond

// Good says whether nothing was found, and nothing was left out: one plan alone is
// reached, of a whole tier every point is hit and every plan that was run again comes to
// the same, and of a sample nearly every plan is reached, since a busy machine may let
// things happen in another order.
func (r *Report) Good() bool {
	if len(r.Violated) > 0 || len(r.Disagreements) > 0 {
		return false
	}
	if r.whole {
		if r.Replayed.Plans == 0 || r.Replayed.Agree < r.Replayed.Plans || r.CPUEach > maxCPUEach {
			return false
		}
		for what, ratio := range r.Hit {
			if what != "unsteady" && ratio.Hit < ratio.All {
				return false
			}
		}
	}
	if r.alone {
		return len(r.Unreached)+len(r.Absent) == 0
	}
	return 50*len(r.Unreached) <= r.Ran
}
