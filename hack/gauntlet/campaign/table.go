package campaign

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
)

// Table is the report for people.
func (r *Report) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\ntier %s, build %s, %s", r.Tier, r.Build, r.At.Format(time.DateOnly))
	if r.Only != nil {
		fmt.Fprintf(&b, ", only %+v", *r.Only)
	}
	if !r.Complete {
		b.WriteString(", interrupted")
	}
	fmt.Fprintf(&b, "\n%d scenes, %d single faults enumerated and %d pruned, %d crashes in recoveries; %d runs\n",
		len(r.Scenes), r.Enumerated, r.Pruned, r.SecondOrder, r.Ran)
	fmt.Fprintf(&b, "%v in all, %.2f CPU-s and %.0f reconciles for each run; a run took %v\n", r.Wall.Round(time.Second), r.CPUEach.Seconds(), r.Reconciles, r.Each)
	fmt.Fprintf(&b, "%d runs in this part, in which the memory in use has grown by %d KiB\n", r.Now, r.Heap>>10)
	t := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "fault\tpassed\tviolated\tunreached\tabsent")
	for _, kind := range slices.Sorted(maps.Keys(r.Kinds)) {
		k := r.Kinds[kind]
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\n", kind, k.Passed, k.Violated, k.Unreached, k.Absent)
	}
	_ = t.Flush() // a strings.Builder takes everything
	hit := func(what string) string { return fmt.Sprintf("%d of %d", r.Hit[what].Hit, r.Hit[what].All) }
	fmt.Fprintf(&b, "points hit: %s writes, %s reads, %s calls to the provider, %s phases, %s steps of people, and %s that come now and then; %d pairs of kind and point\n",
		hit("writes"), hit("reads"), hit("calls"), hit("phases"), hit("steps"), hit("unsteady"), r.Pairs)
	fmt.Fprintf(&b, "%d invariants, evaluated %d times over a run, of %d versions of objects in all; %d runs without a fault\n", len(judge.IDs()), r.Evaluations, r.Versions, r.Quiet)
	fmt.Fprintf(&b, "converged %v after the last fault; writes for each without a fault: %.2f (p50), %.2f (max)\n", r.Converged, r.Amplification[0], r.Amplification[1])
	if r.Failover.Max > 0 {
		fmt.Fprintf(&b, "without a leader for %v\n", r.Failover)
	}
	if r.Replayed.Plans > 0 {
		fmt.Fprintf(&b, "%d plans were run %d times, and %d of them came to one verdict\n", r.Replayed.Plans, r.Replayed.Times, r.Replayed.Agree)
	}
	for _, section := range []struct {
		what string
		list []string
	}{{"VIOLATED", r.Violated}, {"unreached", r.Unreached}, {"absent", r.Absent}, {"runs disagree", r.Disagreements}} {
		for _, one := range section.list {
			fmt.Fprintf(&b, "%s: %s\n", section.what, one)
		}
	}
	return b.String()
}

func (p Percentiles) String() string {
	ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	return fmt.Sprintf("%v (p50), %v (p95), %v (p99), %v (max)", ms(p.P50), ms(p.P95), ms(p.P99), ms(p.Max))
}
