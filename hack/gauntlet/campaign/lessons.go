package campaign

import (
	"context"
	"path/filepath"
	"slices"

	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
)

// lessonsFile has what a build does without a fault, so that a campaign that goes on, or
// is shared by several machines, tries the same points.
const lessonsFile = "gauntlet-learned.json"

// lessons is the content of that file.
type lessons struct {
	Build      string                      `json:"build"`
	Learned    []*Learned                  `json:"learned"`
	References map[string]*judge.Reference `json:"references"`
	Quiet      int                         `json:"quiet"`
}

// lessons learns the scenes, or reads what was learned of the same build.
func (c *runs) lessons(ctx context.Context) error {
	path := filepath.Join(c.Dir, lessonsFile)
	var known lessons
	if _, err := readJSON(path, &known); err != nil {
		return err
	}
	if known.Build == c.results.build && known.Build != "" && !c.Fresh {
		c.references, c.quiet = known.References, known.Quiet
		c.learned = slices.DeleteFunc(known.Learned, func(l *Learned) bool { return c.Scenes != nil && !slices.Contains(c.Scenes, l.Scene) })
		return nil
	}
	if err := c.learn(ctx); err != nil || c.Scenes != nil || c.Plan != "" {
		return err
	}
	return writeJSON(path, lessons{c.results.build, c.learned, c.references, c.quiet})
}
