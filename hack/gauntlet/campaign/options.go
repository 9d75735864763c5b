package campaign

import (
	"encoding/json"
	"fmt"
	"strings"

	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
)

// Options say what is run, and where the results go.
type Options struct {
	Tier Tier
	// Plan is the only plan to run, by its id or as JSON; "" for those of the tier.
	Plan string
	// Scenes are the only ones to run, nil for all.
	Scenes   []string
	Dir      string
	Parallel int
	// Times is how often each plan is run: its verdicts should agree.
	Times int
	Fresh bool
	// Known is what was learned before, so that it need not be learned now: what a
	// mutant does is compared with what the product does.
	Known []*Learned
	// Hunt runs until the first violation: fault-free, then a sample of Kinds, then of
	// all.
	Hunt bool
	// Kinds are the only kinds of faults that are run, nil for all.
	Kinds []string
	// Shard is which part of the plans is run, from 0, and Shards how many parts there
	// are; 0 for the whole.
	Shard, Shards int
	Log           func(format string, args ...any)
}

// only finds the scene of the only plan, and the plan itself where it is given as JSON:
// nothing else need be learned.
func (o *Options) only() (literal *Plan, err error) {
	if o.Plan == "" {
		return nil, nil
	}
	if strings.HasPrefix(o.Plan, "{") {
		literal = &Plan{}
		if err := json.Unmarshal([]byte(o.Plan), literal); err != nil {
			return nil, fmt.Errorf("reading the plan: %w", err)
		}
		o.Plan = literal.ID()
	}
	i := strings.LastIndex(o.Plan, "-")
	if i < 0 || scene.Named(o.Plan[:i]) == nil {
		return nil, fmt.Errorf("plan %q begins with no scene", o.Plan)
	}
	o.Scenes = []string{o.Plan[:i]}
	return literal, nil
}

// Only is a part of a tier that was asked for.
type Only struct {
	Scenes []string `json:"scenes,omitempty"`
	Kinds  []string `json:"kinds,omitempty"`
	// Shard of Shards, from 1.
	Shard  int `json:"shard,omitempty"`
	Shards int `json:"shards,omitempty"`
}

// part says which part of a tier is asked for, nil for the whole.
func (o *Options) part() *Only {
	only := &Only{Scenes: o.Scenes, Kinds: o.Kinds}
	if o.Shards > 1 {
		only.Shard, only.Shards = o.Shard+1, o.Shards
	}
	if only.Scenes == nil && only.Kinds == nil && only.Shards == 0 {
		return nil
	}
	return only
}
