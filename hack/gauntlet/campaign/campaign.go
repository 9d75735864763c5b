package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// Tier is how much is run.
type Tier struct {
	Name string
	// Whole are the scenes whose single faults are all run; nil for every scene.
	Whole []string
	// Sampled is how many plans of the others are run, Recovered how many crashes in the
	// recovery from a crash, and Repeated how many of all are run repeats times: their
	// verdicts should agree.
	Sampled, Recovered, Repeated int
	// Plans are those of a tier that has its own, one after the other: they concern
	// what everybody shares.
	Plans func(*Learned) []Plan
	// Apart has a control plane of its own for each plan: the garbage collector of one
	// that has been away waits longer each time, up to a minute.
	Apart bool
}

// Tiers are the names of all.
func Tiers() []string { return []string{"pr", "full", "process", "plane"} }

// whole says whether every single fault is run.
func (t Tier) whole() bool { return t.Whole == nil && t.Plans == nil }

// TierOf is the tier of a name.
func TierOf(name string) (Tier, error) {
	switch name {
	case "pr":
		return Tier{Name: name, Whole: []string{"cancel-taken"}, Sampled: 200, Recovered: 20}, nil
	case "full":
		return Tier{Name: name, Recovered: 400, Repeated: 100}, nil
	case "plane":
		return Tier{Name: name, Plans: AtPlane, Apart: true}, nil
	case "process":
		return Tier{Name: name, Plans: AtProcesses}, nil
	default:
		return Tier{}, fmt.Errorf("there is no tier %q: %s", name, strings.Join(Tiers(), ", "))
	}
}

// planeLife is how many plans one control plane serves: it keeps what they leave.
const planeLife = 600

// patience is how long a scene may take to its end in one life of the manager. The
// longest wait by rule is ten seconds, after a provider has failed.
const patience = 45 * time.Second

// Run runs what the options say and reports on it.
func Run(ctx context.Context, o Options) (*Report, error) {
	literal, err := o.only()
	if err != nil {
		return nil, err
	}
	results, err := openResults(o)
	if err != nil {
		return nil, err
	}
	defer results.close()
	c := &runs{Options: o, results: results, calls: &Calls{}, references: map[string]*judge.Reference{}, literal: literal}
	c.began, c.cpu, c.before = time.Now(), cpuTime(), usedNow()
	if c.reconciled, err = reconciles(); err != nil {
		return nil, err
	}
	if o.Hunt {
		err = c.hunt(ctx)
	} else {
		err = c.stages(ctx)
	}
	report, problem := c.report()
	if problem == nil {
		problem = report.leaks(c.before, c.found)
	}
	if problem != nil {
		return nil, errors.Join(err, problem)
	}
	report.Complete = err == nil
	if o.Plan == "" {
		err = errors.Join(err, c.write(report))
	}
	return report, err
}

// runs is a campaign under way.
type runs struct {
	Options
	results *results
	calls   *Calls

	// began, cpu, before and reconciled are when this part began, and what there was then.
	began      time.Time
	cpu        time.Duration
	before     used
	reconciled int64

	learned    []*Learned
	references map[string]*judge.Reference
	// planned single faults, and those that were left out.
	planned, pruned int

	secondOrder int
	// literal is the plan that was given as JSON, nil if none was.
	literal *Plan
	// found are secrets that were found where no run has them, and where.
	found map[string]bool
	// quiet runs without a fault were judged.
	quiet int
	// replayed are the plans that were run several times.
	replayed []Plan
	// binary is the manager, where it runs as its own process.
	binary string

	mu sync.Mutex
}

// stages learns the scenes, then runs their single faults, then the crashes in
// recoveries.
func (c *runs) stages(ctx context.Context) error {
	if err := c.lessons(ctx); err != nil {
		return err
	}
	for _, l := range c.learned {
		c.Log("learned %-12s %3d writes, and %2d that come now and then; %d calls and %d look-ups at the provider", l.Scene, len(l.Writes), len(l.Unsteady), len(l.Sends), l.LookUps)
	}
	var plans []Plan
	for _, l := range c.learned {
		if c.Tier.Plans != nil {
			all := c.ofKinds(c.Tier.Plans(l))
			c.planned += len(all)
			plans = append(plans, all...)
			continue
		}
		all, pruned := Enumerate(l)
		all = c.ofKinds(all)
		c.planned += len(all)
		c.pruned += pruned
		plans = append(plans, c.choose(l.Scene, all)...)
	}
	if c.Tier.Plans != nil {
		c.Parallel = 1
	}
	if c.Tier.Plans != nil || c.Plan != "" {
		var err error
		if c.binary, err = buildManager(ctx, c.Dir); err != nil {
			return err
		}
	}
	if c.Plan != "" {
		return c.replay(ctx, plans)
	}
	plans = c.share(plans)
	if err := c.runAll(ctx, plans); err != nil || c.Kinds != nil {
		return err
	}
	if err := c.recoveries(ctx); err != nil {
		return err
	}
	return c.repeat(ctx)
}

// repeats is how often a plan is run to see whether its verdicts agree.
const repeats = 5

// repeat runs a sample of what was run again: of the plans that reached their points at
// once, since one that did not has no verdict to compare.
func (c *runs) repeat(ctx context.Context) error {
	c.replayed = sample("again", c.results.reached(), c.Tier.Repeated)
	return c.runTimes(ctx, c.replayed, repeats)
}

// learn plays each scene without a fault, some times.
func (c *runs) learn(ctx context.Context) error {
	var plans []Plan
	for range lessonsEach {
		for _, s := range scene.All() {
			if c.Scenes == nil || slices.Contains(c.Scenes, s.Name) {
				plans = append(plans, Plan{Scene: s.Name})
			}
		}
	}
	return c.onPlane(ctx, plans, func(r *Result) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if r.Verdict != Passed {
			return fmt.Errorf("scene %s does not pass without a fault: %+v", r.Plan.Scene, r.Violations)
		}
		c.quiet++
		i := slices.IndexFunc(c.learned, func(l *Learned) bool { return l.Scene == r.Plan.Scene })
		if i < 0 {
			c.learned = append(c.learned, r.Learned)
			c.references[r.Plan.Scene] = &judge.Reference{End: r.Learned.End, Writes: r.Writes}
			return nil
		}
		reference := c.references[r.Plan.Scene]
		if reference.End != r.Learned.End && !scene.Named(r.Plan.Scene).Loose {
			return fmt.Errorf("scene %s ends as %s and as %s, without a fault", r.Plan.Scene, reference.End, r.Learned.End)
		}
		reference.Writes = max(reference.Writes, r.Writes)
		c.learned[i].meet(r.Learned)
		return nil
	})
}

// lessonsEach is how often a scene is played to learn what it always does.
const lessonsEach = 4

// ofKinds are the plans of the kinds that are asked for.
func (c *runs) ofKinds(plans []Plan) []Plan {
	if c.Kinds == nil {
		return plans
	}
	return slices.DeleteFunc(plans, func(p Plan) bool { return !slices.Contains(c.Kinds, string(p.Faults[0].Kind)) })
}

// share takes the plans of the part that is run: each is in one part, whatever others
// there are.
func (c *runs) share(plans []Plan) []Plan {
	if c.Shards < 2 {
		return plans
	}
	return slices.DeleteFunc(plans, func(p Plan) bool { return hash(p.ID())%uint64(c.Shards) != uint64(c.Shard) })
}

// choose takes the plans of a scene that belong to the tier.
func (c *runs) choose(name string, all []Plan) []Plan {
	if c.Plan != "" || c.Tier.Whole == nil || slices.Contains(c.Tier.Whole, name) {
		return all
	}
	others := max(1, len(scene.All())-len(c.Tier.Whole))
	return sample("", all, (c.Tier.Sampled+others-1)/others)
}

// sample takes n plans, always the same ones of the same plans for the same purpose. A
// sample of what another one has left over takes another purpose: those that the first
// one preferred are not likelier.
func sample(purpose string, plans []Plan, n int) []Plan {
	sorted := slices.Clone(plans)
	slices.SortFunc(sorted, func(a, b Plan) int { return cmp.Compare(hash(purpose+a.ID()), hash(purpose+b.ID())) })
	return sorted[:min(n, len(sorted))]
}

func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // it cannot fail
	return h.Sum64()
}

// runAll runs plans that have no result yet, and tries again what did not reach its
// point: what a manager does at the same time may come in another order.
func (c *runs) runAll(ctx context.Context, plans []Plan) error {
	return c.runTimes(ctx, plans, max(1, c.Times))
}

func (c *runs) runTimes(ctx context.Context, plans []Plan, times int) error {
	for {
		var due []Plan
		for _, p := range plans {
			for range c.results.missing(p.ID(), times) {
				due = append(due, p)
			}
		}
		if len(due) == 0 {
			return nil
		}
		c.Log("running %d plans, %d at a time", len(due), c.Parallel)
		err := c.onPlane(ctx, due, func(r *Result) error {
			if r.Verdict == Violated {
				c.Log("VIOLATED %s (%s): %s", r.ID, r.Plan, r.Violations[0])
			}
			return c.results.add(r)
		})
		if err != nil {
			return err
		}
	}
}

// maxTries is how often a plan is tried for one verdict when it does not reach its point.
const maxTries = 3

// onPlane runs plans on control planes, a new one after some hundreds, or after each.
func (c *runs) onPlane(ctx context.Context, plans []Plan, done func(*Result) error) error {
	life := planeLife
	if c.Tier.Apart {
		life = 1
	}
	for chunk := range slices.Chunk(plans, life) {
		env, err := testenv.Start(ctx)
		if err != nil {
			return fmt.Errorf("starting the control plane: %w", err)
		}
		if err = c.some(ctx, env, chunk, done); err == nil {
			err = c.search(ctx, env)
		}
		if stopped := env.Stop(); err == nil {
			err = stopped
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *runs) some(ctx context.Context, env *testenv.Env, plans []Plan, done func(*Result) error) error {
	runner := &Runner{Env: env, Calls: c.calls, Patience: patience, Binary: c.binary}
	if c.Hunt {
		runner.Patience = huntPatience
	}
	g, until := errgroup.WithContext(ctx)
	room := int64(max(1, c.Parallel))
	turns := semaphore.NewWeighted(room)
	for _, p := range plans {
		weight := min(room, max(1, scene.Named(p.Scene).Weight))
		if turns.Acquire(until, weight) != nil {
			break // one has failed, or the campaign was interrupted
		}
		g.Go(func() error {
			defer turns.Release(weight)
			if until.Err() != nil {
				return until.Err()
			}
			r, err := runner.Run(until, p, c.references[p.Scene])
			if err != nil {
				return fmt.Errorf("plan %s (%s): %w", p.ID(), p, err)
			}
			r.Build = c.results.build
			if err := c.keep(r); err != nil {
				return err
			}
			return done(r)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
