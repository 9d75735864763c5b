package campaign

import (
	"context"
	"fmt"
	"slices"

	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
)

// recoveries runs crashes in the recovery from a crash: a sample of those at each
// write of the life that followed a crash right after a write.
func (c *runs) recoveries(ctx context.Context) error {
	if c.Tier.Recovered == 0 {
		return nil
	}
	plans := secondCrashes(c.results.all())
	c.secondOrder = len(plans)
	return c.runAll(ctx, sample("", plans, c.Tier.Recovered))
}

// secondCrashes lists the crashes in the recoveries that have been seen.
func secondCrashes(seen []*Result) []Plan {
	var plans []Plan
	known := map[string]bool{}
	for _, r := range seen {
		if len(r.Plan.Faults) != 1 || r.Plan.Faults[0].Kind != fault.CrashAfter || r.Verdict != Passed {
			continue
		}
		for _, p := range Recoveries(r.Plan, r.Recovery) {
			if !known[p.ID()] { // a plan that was run twice recovered twice
				known[p.ID()] = true
				plans = append(plans, p)
			}
		}
	}
	return plans
}

// replay runs one plan by its id: one of the tier, or one that the results of an
// earlier campaign tell of.
func (c *runs) replay(ctx context.Context, plans []Plan) error {
	var earlier []*Result
	for _, tier := range Tiers() {
		of, err := readResults(resultsFile(c.Dir, tier))
		if err != nil {
			return err
		}
		earlier = append(earlier, of...)
	}
	for _, r := range earlier {
		plans = append(plans, r.Plan)
	}
	plans = append(plans, secondCrashes(earlier)...)
	if c.literal != nil {
		plans = append(plans, *c.literal)
	}
	i := slices.IndexFunc(plans, func(p Plan) bool { return p.ID() == c.Plan })
	if i < 0 {
		return fmt.Errorf("there is no plan %s in tier %s, nor among the results in %s", c.Plan, c.Tier.Name, c.Dir)
	}
	return c.runAll(ctx, plans[i:i+1])
}
