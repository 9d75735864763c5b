package campaign

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
)

// ReportFile has the figures of the last campaign.
const ReportFile = "gauntlet.json"

// Report are the figures of a campaign.
type Report struct {
	Tier string    `json:"tier"`
	At   time.Time `json:"at"`
	// Scenes, with the points that each has.
	Scenes []*Learned `json:"scenes"`
	// Enumerated single faults, and crashes in recoveries.
	Enumerated  int `json:"enumerated"`
	SecondOrder int `json:"secondOrder"`
	// Kinds are the results by kind of fault; second faults count as "recovery".
	Kinds map[string]Tally `json:"kinds"`
	// Points that were hit by some fault, of those that were enumerated for what ran.
	Hit map[string]Ratio `json:"hit"`
	// Disagreements are plans whose runs did not agree.
	Disagreements []string `json:"disagreements,omitempty"`
	Violated      []string `json:"violated,omitempty"`
	// Broken are the invariants that were broken by any of them.
	Broken    []string `json:"broken,omitempty"`
	Unreached []string `json:"unreached,omitempty"`
	// Converged are percentiles of the time from the last life's start to the end.
	Converged map[string]time.Duration `json:"converged"`
	Wall      time.Duration            `json:"wall"`
	CPU       time.Duration            `json:"cpu"`
	Ran       int                      `json:"ran"`
	// Permissions that the managers made use of.
	Permissions []string `json:"permissions"`
}

// Tally counts verdicts.
type Tally struct {
	Passed    int `json:"passed"`
	Violated  int `json:"violated"`
	Unreached int `json:"unreached"`
}

// Ratio is how many of all.
type Ratio struct {
	Hit int `json:"hit"`
	All int `json:"all"`
}

func (c *runs) report() *Report {
	r := &Report{
		Tier: c.Tier.Name, At: time.Now().UTC().Truncate(time.Second), Scenes: c.learned, Enumerated: c.planned, SecondOrder: c.secondOrder,
		Kinds: map[string]Tally{}, Hit: map[string]Ratio{}, Converged: map[string]time.Duration{}, Permissions: c.calls.Used(),
	}
	slices.SortFunc(r.Scenes, func(a, b *Learned) int { return strings.Compare(a.Scene, b.Scene) })
	verdicts := map[string]map[string]bool{}
	hit := map[string]bool{}
	last := map[string]*Result{}
	var times []time.Duration
	for _, one := range c.results.all() {
		last[one.ID] = one
		r.Ran++
		if one.Verdict != Unreached {
			if verdicts[one.ID] == nil {
				verdicts[one.ID] = map[string]bool{}
			}
			verdicts[one.ID][one.Verdict] = true
			times = append(times, one.Converged)
			for _, f := range one.Plan.Faults {
				hit[one.Plan.Scene+"/"+f.Point] = true
			}
		}
	}
	for _, one := range c.results.all() {
		for _, v := range one.Violations {
			if !slices.Contains(r.Broken, v.Check) {
				r.Broken = append(r.Broken, v.Check)
			}
		}
	}
	slices.Sort(r.Broken)
	for id, one := range last {
		kind := "none"
		switch len(one.Plan.Faults) {
		case 0:
		case 1:
			kind = string(one.Plan.Faults[0].Kind)
		default:
			kind = "recovery"
		}
		t := r.Kinds[kind]
		switch {
		case verdicts[id][Violated]:
			t.Violated++
			r.Violated = append(r.Violated, fmt.Sprintf("%s (%s)", id, one.Plan))
		case verdicts[id][Passed]:
			t.Passed++
		default:
			t.Unreached++
			r.Unreached = append(r.Unreached, fmt.Sprintf("%s (%s)", id, one.Plan))
		}
		r.Kinds[kind] = t
		if len(verdicts[id]) > 1 {
			r.Disagreements = append(r.Disagreements, id)
		}
	}
	for _, l := range c.learned {
		writes, calls := r.Hit["writes"], r.Hit["calls"]
		for _, p := range l.Writes {
			writes.All++
			if hit[l.Scene+"/"+p] {
				writes.Hit++
			}
		}
		for n := range l.Sends {
			calls.All++
			if hit[fmt.Sprintf("%s/send#%d", l.Scene, n+1)] {
				calls.Hit++
			}
		}
		for n := range l.LookUps {
			calls.All++
			if hit[fmt.Sprintf("%s/lookup#%d", l.Scene, n+1)] {
				calls.Hit++
			}
		}
		r.Hit["writes"], r.Hit["calls"] = writes, calls
	}
	slices.Sort(times)
	if n := len(times); n > 0 {
		r.Converged["p50"], r.Converged["p95"], r.Converged["p99"], r.Converged["max"] = times[n/2], times[n*95/100], times[n*99/100], times[n-1]
	}
	return r
}

// Good says whether nothing was found, and nearly everything was reached: a busy
// machine may let things happen in another order.
func (r *Report) Good() bool {
	return len(r.Violated) == 0 && len(r.Disagreements) == 0 && 50*len(r.Unreached) <= r.Ran
}

// Table is the report for people.
func (r *Report) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d scenes, %d single faults enumerated, %d crashes in recoveries; %d runs in %v, %.2f CPU-s each\n",
		len(r.Scenes), r.Enumerated, r.SecondOrder, r.Ran, r.Wall.Round(time.Second), r.CPU.Seconds()/max(1, float64(r.Ran)))
	t := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "fault\tpassed\tviolated\tunreached")
	for _, kind := range slices.Sorted(maps.Keys(r.Kinds)) {
		k := r.Kinds[kind]
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\n", kind, k.Passed, k.Violated, k.Unreached)
	}
	_ = t.Flush() // a strings.Builder takes everything
	fmt.Fprintf(&b, "points hit: %d of %d writes, %d of %d calls to the provider\n", r.Hit["writes"].Hit, r.Hit["writes"].All, r.Hit["calls"].Hit, r.Hit["calls"].All)
	fmt.Fprintf(&b, "converged after p50 %v, p95 %v, p99 %v, max %v; %d invariants at every version\n",
		r.Converged["p50"].Round(time.Millisecond), r.Converged["p95"].Round(time.Millisecond), r.Converged["p99"].Round(time.Millisecond), r.Converged["max"].Round(time.Millisecond), len(judge.IDs()))
	for what, list := range map[string][]string{"VIOLATED": r.Violated, "unreached": r.Unreached, "runs disagree": r.Disagreements} {
		for _, one := range list {
			fmt.Fprintf(&b, "%s: %s\n", what, one)
		}
	}
	return b.String()
}

func (r *Report) write(dir string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, ReportFile), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// ReadReport reads the figures of the last campaign.
func ReadReport(dir string) (*Report, error) {
	text, err := os.ReadFile(filepath.Join(dir, ReportFile))
	if err != nil {
		return nil, fmt.Errorf("reading the last report: %w", err)
	}
	r := &Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("reading the last report: %w", err)
	}
	return r, nil
}
