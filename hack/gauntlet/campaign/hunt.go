package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
)

// huntPatience is shorter than patience: a mutant that keeps an order from its end
// does so for ever. What a mutant breaks in that time must not break without it.
const huntPatience = 25 * time.Second

// huntSample is how many plans are run of the kinds that are looked at first, and then
// of all.
const huntSample = 120

// errFound ends a hunt.
var errFound = errors.New("a violation was found")

// hunt runs plans until an invariant is broken.
func (c *runs) hunt(ctx context.Context) error {
	var quiet, likely, rest []Plan
	for _, l := range c.Known {
		c.learned = append(c.learned, l)
		c.references[l.Scene] = &judge.Reference{End: l.End, Writes: l.most()}
		if c.Scenes != nil && !slices.Contains(c.Scenes, l.Scene) {
			continue
		}
		quiet = append(quiet, Plan{Scene: l.Scene})
		plans, _ := Enumerate(l)
		for _, p := range plans {
			if slices.Contains(c.Kinds, string(p.Faults[0].Kind)) {
				likely = append(likely, p)
			} else {
				rest = append(rest, p)
			}
		}
	}
	all := slices.Concat(quiet, sample("", likely, huntSample), sample("", rest, huntSample))
	if c.Plan != "" {
		one := slices.DeleteFunc(slices.Concat(quiet, likely, rest), func(p Plan) bool { return p.ID() != c.Plan })
		all = slices.Repeat(one, max(1, c.Times))
	}
	err := c.onPlane(ctx, all, func(r *Result) error {
		if err := c.results.add(r); err != nil {
			return err
		}
		if r.Verdict == Violated {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return nil
	}
	return err
}

// Learn learns every scene and writes what it has learned into a file.
func Learn(ctx context.Context, o Options, path string) error {
	c := &runs{Options: o, results: &results{known: map[string]int{}, tried: map[string]int{}}, calls: &Calls{}, references: map[string]*judge.Reference{}}
	if err := c.learn(ctx); err != nil {
		return err
	}
	for found := range c.found {
		return fmt.Errorf("without a fault: %s", found)
	}
	return writeJSON(path, c.learned)
}

// ReadLearned reads what Learn has written.
func ReadLearned(path string) ([]*Learned, error) {
	var list []*Learned
	there, err := readJSON(path, &list)
	if err == nil && !there {
		err = fmt.Errorf("there is no file %s", path)
	}
	return list, err
}
