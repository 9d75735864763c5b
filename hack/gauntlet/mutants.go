package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ordercycle.dev/ordercycle/hack/gauntlet/campaign"
	"ordercycle.dev/ordercycle/hack/gauntlet/mutant"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// errSurvived means that the campaign does not see a mistake.
var errSurvived = errors.New("a mutant survived")

func mutantsCommand() *cobra.Command {
	var dir string
	var only []string
	var parallel int
	var fresh bool
	c := &cobra.Command{
		Use: "mutants", Short: "Plant mistakes into the product, one at a time, and see whether the campaign finds them", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return mutants(c.Context(), dir, only, parallel, fresh) },
	}
	c.Flags().StringVar(&dir, "out", "out", "where results go")
	c.Flags().StringSliceVar(&only, "only", nil, "only these mutants")
	c.Flags().IntVar(&parallel, "parallel", 12, "how many plans run at the same time")
	c.Flags().BoolVar(&fresh, "fresh", false, "forget which mutants the same code was tried with, instead of going on with the others")
	return c
}

func mutants(ctx context.Context, dir string, only []string, parallel int, fresh bool) error {
	work := filepath.Join(dir, "mutants")
	if err := os.RemoveAll(work); err != nil {
		return fmt.Errorf("removing an earlier build: %w", err)
	}
	if err := os.MkdirAll(work, 0o750); err != nil {
		return fmt.Errorf("making a directory for the build: %w", err)
	}
	learned := filepath.Join(work, "learned.json")
	if err := campaign.Learn(ctx, campaign.Options{Parallel: parallel}, learned); err != nil {
		return err
	}
	overlay, err := mutant.Overlay(testenv.Root(), work)
	if err != nil {
		return err
	}
	binary := filepath.Join(work, "gauntlet")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "mutants", "-overlay", overlay, "-o", binary, testenv.Root("hack", "gauntlet"))
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the mutants: %w\n%s", err, out)
	}
	code, err := campaign.BuildOf(binary)
	if err != nil {
		return err
	}
	before, err := campaign.ReadMatrix(dir) // a run of some mutants keeps the others
	if err != nil {
		return err
	}
	before = slices.DeleteFunc(before, func(k campaign.Kill) bool { return k.Build != code })
	// Without a mutant nothing may be seen, with as many plans at the same time as with one.
	if broken, err := violates(ctx, binary, []string{"run", "--hunt", "--out", filepath.Join(work, "none"), "--learned", learned, "--parallel", fmt.Sprint(parallel)}); err != nil || broken {
		return fmt.Errorf("a run without any mutant: %w", cmp.Or(err, errViolated))
	}
	var kills []campaign.Kill
	for _, m := range mutant.All() {
		i := slices.IndexFunc(before, func(k campaign.Kill) bool { return k.Name == m.Name })
		known := i >= 0 && len(before[i].By) > 0 && !fresh && only == nil
		if known || (only != nil && !slices.Contains(only, m.Name)) {
			if i >= 0 {
				kills = append(kills, before[i])
			}
			continue
		}
		k, err := hunt(ctx, binary, filepath.Join(work, m.Name), learned, m, parallel)
		if err != nil {
			return err
		}
		k.Build = code
		fmt.Printf("%-24s %-24s after %3d plans, %v\n", k.Name, strings.Join(k.By, " "), k.Ran, k.Wall.Round(time.Second))
		kills = append(kills, *k)
		if err := campaign.WriteMatrix(dir, kills); err != nil {
			return err
		}
	}
	fmt.Print(campaign.MatrixTable(kills))
	fmt.Printf("%d of %d mutants tried, and %d killed\n", len(kills), len(mutant.All()), len(kills)-len(survivors(kills)))
	if len(survivors(kills)) > 0 {
		return errSurvived
	}
	return nil
}

func survivors(kills []campaign.Kill) []campaign.Kill {
	return slices.DeleteFunc(slices.Clone(kills), func(k campaign.Kill) bool { return len(k.By) > 0 })
}

// controls is how often the plan that saw a mutant is tried without it until it reaches
// its point.
const controls = 3

// hunt runs the campaign with a mutant alive.
func hunt(ctx context.Context, binary, dir, learned string, m mutant.Mutant, parallel int) (*campaign.Kill, error) {
	began := time.Now()
	args := []string{"run", "--hunt", "--out", dir, "--learned", learned, "--parallel", fmt.Sprint(parallel)}
	if m.Scenes != nil {
		args = append(args, "--scene", strings.Join(m.Scenes, ","))
	}
	if m.Kinds != nil {
		args = append(args, "--kinds", strings.Join(m.Kinds, ","))
	}
	if _, err := violates(ctx, binary, args, mutant.Env+"="+m.Name); err != nil {
		return nil, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	k := &campaign.Kill{Name: m.Name, About: m.About, Wall: time.Since(began)}
	report, err := campaign.ReadReport(campaign.HuntFile(dir))
	if err != nil {
		return nil, err
	}
	k.Ran = report.Ran
	if len(report.Violated) == 0 {
		return k, nil
	}
	// The same must pass without the mutant, or it is not the mutant that was seen: the
	// same plan, as often at the same time as there were plans, or what the campaign says
	// of all its plans together, the same plans.
	without := args
	if k.Plan = report.First(); k.Plan != "" {
		n := fmt.Sprint(parallel)
		without = []string{"run", "--hunt", "--out", dir, "--learned", learned, "--plan", k.Plan, "--times", n, "--parallel", n}
	}
	broken, err := violates(ctx, binary, without)
	for try := 1; errors.Is(err, errUnreached) && try < controls; try++ {
		broken, err = violates(ctx, binary, without)
	}
	switch {
	case errors.Is(err, errUnreached): // it proves nothing
	case err != nil:
		return nil, fmt.Errorf("without mutant %s: %w", m.Name, err)
	case !broken:
		k.By = report.Broken
	}
	return k, nil
}

// violates runs a build with the mutants, one of which env may name, and says whether
// an invariant was broken.
func violates(ctx context.Context, binary string, args []string, env ...string) (bool, error) {
	c := exec.CommandContext(ctx, binary, args...)
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	switch text := string(out); {
	case err == nil:
		return false, nil
	case strings.Contains(text, errUnreached.Error()):
		return false, errUnreached
	case strings.Contains(text, errViolated.Error()):
		return true, nil
	}
	return false, fmt.Errorf("running the campaign: %w\n%s", err, out)
}
