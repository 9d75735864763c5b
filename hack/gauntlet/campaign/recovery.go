package campaign

import (
	"context"
	"slices"

	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
)

// recoveries runs crashes in the recovery from a crash: for each plan in which the
// process died right after a write, at each write of the life that followed.
func (c *runs) recoveries(ctx context.Context) error {
	if c.Plan == "" && c.Tier.Recovered == 0 {
		return nil
	}
	var plans []Plan
	for _, r := range c.results.all() {
		if len(r.Plan.Faults) == 1 && r.Plan.Faults[0].Kind == fault.CrashAfter && r.Verdict == Passed {
			plans = append(plans, Recoveries(r.Plan, r.Recovery)...)
		}
	}
	c.secondOrder = len(plans)
	if c.Plan != "" {
		if i := slices.IndexFunc(plans, func(p Plan) bool { return p.ID() == c.Plan }); i >= 0 {
			return c.runAll(ctx, plans[i:i+1])
		}
		return nil
	}
	return c.runAll(ctx, sample(plans, c.Tier.Recovered))
}
