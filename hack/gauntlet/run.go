package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ordercycle.dev/ordercycle/hack/gauntlet/campaign"
)

var (
	// errViolated means that an invariant was broken.
	errViolated = errors.New("an invariant was broken, or too much was not reached")
	// errUnreached means that the one plan that was run did not reach its point.
	errUnreached = errors.New("the plan did not reach its point")
)

func runCommand() *cobra.Command {
	o := campaign.Options{Log: func(format string, args ...any) { fmt.Printf(format+"\n", args...) }}
	var plan, tier, learned, shard string
	c := &cobra.Command{
		Use: "run", Short: "Run the campaign of a tier, or one plan", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if learned != "" {
				var err error
				if o.Known, err = campaign.ReadLearned(learned); err != nil {
					return err
				}
			}
			if shard != "" {
				_, err := fmt.Sscanf(shard, "%d/%d", &o.Shard, &o.Shards)
				if err != nil || fmt.Sprintf("%d/%d", o.Shard, o.Shards) != shard || o.Shard < 1 || o.Shard > o.Shards {
					return fmt.Errorf("--shard %q is no part such as 2/3", shard)
				}
				o.Shard--
			}
			return run(c.Context(), o, tier, plan)
		},
	}
	c.Flags().StringVar(&tier, "tier", "pr", "which plans: pr, a sample that takes some minutes; full, every single fault; process; plane")
	c.Flags().StringVar(&plan, "plan", "", "one plan, by its id or as JSON, to run that alone and keep its record")
	c.Flags().StringSliceVar(&o.Scenes, "scene", nil, "only these scenes")
	c.Flags().StringVar(&o.Dir, "out", "out", "where results go")
	c.Flags().IntVar(&o.Parallel, "parallel", 12, "how many plans run at the same time")
	c.Flags().IntVar(&o.Times, "times", 1, "how often each plan is run")
	c.Flags().BoolVar(&o.Fresh, "fresh", false, "forget the results of an earlier run, instead of going on with it")
	c.Flags().BoolVar(&o.Hunt, "hunt", false, "run until the first violation, as for a mutant")
	c.Flags().StringSliceVar(&o.Kinds, "kinds", nil, "only these kinds of faults; with --hunt, those that are tried first")
	c.Flags().StringVar(&shard, "shard", "", "only a part of the plans, such as 2/3: several machines, or sessions, share a tier")
	c.MarkFlagsMutuallyExclusive("shard", "plan")
	c.MarkFlagsMutuallyExclusive("shard", "hunt")
	c.Flags().StringVar(&learned, "learned", "", "with --hunt, the file of what the scenes do without a fault")
	return c
}

func run(ctx context.Context, o campaign.Options, tier, plan string) error {
	t, err := campaign.TierOf(tier)
	if err != nil {
		return err
	}
	o.Tier, o.Plan = t, plan
	report, err := campaign.Run(ctx, o)
	if report != nil {
		fmt.Print(report.Table())
	}
	if err != nil {
		return err
	}
	if plan == "" {
		fmt.Println("figures:", o.ReportFile(report))
	}
	switch {
	case report.Good():
		return nil
	case plan != "" && len(report.Violated) == 0:
		return errUnreached
	default:
		return errViolated
	}
}

func reportCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "report", Short: "Show the figures of the last run of each tier", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			figures, err := campaign.ReadFigures(dir)
			if err != nil {
				return err
			}
			fmt.Print(figures.Table())
			return nil
		},
	}
	c.Flags().StringVar(&dir, "out", "out", "where the results are")
	return c
}
