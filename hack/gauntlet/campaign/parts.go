package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// partsFile has a line for each part of a campaign of a tier that was interrupted.
func partsFile(dir, tier string) string { return filepath.Join(dir, "gauntlet-"+tier+".parts.ndjson") }

// part is what a part of a campaign has cost: it may be interrupted, and goes on later.
type part struct {
	Build string        `json:"build"`
	Ran   int           `json:"ran"`
	Wall  time.Duration `json:"wall"`
	CPU   time.Duration `json:"cpu"`
	// Reconciles of the managers in this process.
	Reconciles int64 `json:"reconciles"`
}

// readParts reads the parts of a build.
func readParts(path, build string) ([]part, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("reading the parts of the campaign: %w", err)
	}
	var parts []part
	for line := range strings.Lines(string(text)) {
		var p part
		if json.Unmarshal([]byte(line), &p) == nil && p.Build == build { // the last line may be cut off
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// writePart adds a part.
func writePart(path string, p part) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("opening the parts of the campaign: %w", err)
	}
	defer file.Close()
	line, err := json.Marshal(p)
	if err == nil {
		_, err = file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("writing a part of the campaign: %w", err)
	}
	return nil
}

// reconciles is how many the managers of this process have made so far.
func reconciles() (int64, error) {
	families, err := metrics.Registry.Gather()
	if err != nil {
		return 0, fmt.Errorf("gathering the metrics: %w", err)
	}
	var sum float64
	for _, family := range families {
		if family.GetName() == "controller_runtime_reconcile_total" {
			for _, m := range family.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return int64(sum), nil
}

// costs adds up what all parts of the campaign have cost, and notes this one.
func (c *runs) costs(r *Report) error {
	now, err := reconciles()
	if err != nil {
		return err
	}
	this := part{Build: r.Build, Ran: r.Now, Wall: time.Since(c.began), CPU: cpuTime() - c.cpu, Reconciles: now - c.reconciled}
	ran, sum := 0, int64(0)
	for _, p := range append(slices.Clone(c.results.parts), this) {
		ran += p.Ran
		r.Wall += p.Wall
		r.CPU += p.CPU
		sum += p.Reconciles
	}
	if ran > 0 {
		r.CPUEach = r.CPU / time.Duration(ran)
		r.Reconciles = float64(sum) / float64(ran)
	}
	if c.results.file == nil || this.Ran == 0 {
		return nil
	}
	return writePart(partsFile(c.Dir, c.Tier.Name), this)
}
