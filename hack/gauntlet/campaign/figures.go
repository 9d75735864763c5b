package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ordercycle.dev/ordercycle/hack/gauntlet/mutant"
)

// FiguresFile has the figures of the last campaigns of all tiers.
const FiguresFile = "gauntlet.json"

// branchesFile has how many branches for errors a sample took.
const branchesFile = "branches.json"

// Figures are those of the last whole campaign of each tier.
type Figures struct {
	Tiers map[string]*Report `json:"tiers"`
	// Mutants that were killed, of all that there are, and the matrix of those that were
	// tried last.
	Mutants Ratio  `json:"mutants"`
	Kills   []Kill `json:"kills,omitempty"`
	// Branches for errors that the tier coverage took.
	Branches *Ratio `json:"branches,omitempty"`
}

// ReportFile is where a report goes: what is only a part of a tier, or was interrupted,
// does not stand for the whole.
func (o *Options) ReportFile(r *Report) string {
	switch {
	case o.Hunt:
		return HuntFile(o.Dir)
	case r.Only != nil || !r.Complete:
		return filepath.Join(o.Dir, "gauntlet-part.json")
	default:
		return reportFile(o.Dir, o.Tier.Name)
	}
}

// HuntFile is where the report of a hunt goes.
func HuntFile(dir string) string { return filepath.Join(dir, "gauntlet-hunt.json") }

func reportFile(dir, tier string) string { return filepath.Join(dir, "gauntlet-"+tier+".json") }

// write writes the report, and the figures of all if it is of a tier.
func (c *runs) write(r *Report) error {
	if err := writeJSON(c.ReportFile(r), r); err != nil {
		return err
	}
	if c.Hunt { // it is of one mutant
		return nil
	}
	return WriteFigures(c.Dir)
}

// WriteFigures puts the figures in a directory together.
func WriteFigures(dir string) error {
	f, err := ReadFigures(dir)
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, FiguresFile), f)
}

// ReadFigures reads what there is.
func ReadFigures(dir string) (*Figures, error) {
	f := &Figures{Tiers: map[string]*Report{}, Mutants: Ratio{All: len(mutant.All())}}
	for _, tier := range Tiers() {
		r := &Report{}
		switch there, err := readJSON(reportFile(dir, tier), r); {
		case err != nil:
			return nil, err
		case there:
			f.Tiers[tier] = r
		}
	}
	var err error
	if f.Kills, err = ReadMatrix(dir); err != nil {
		return nil, err
	}
	for _, k := range f.Kills {
		if len(k.By) > 0 {
			f.Mutants.Hit++
		}
	}
	branches := &Ratio{}
	there, err := readJSON(filepath.Join(dir, branchesFile), branches)
	if there {
		f.Branches = branches
	}
	return f, err
}

// WriteBranches notes how many branches were taken.
func WriteBranches(dir string, taken Ratio) error {
	if err := writeJSON(filepath.Join(dir, branchesFile), taken); err != nil {
		return err
	}
	return WriteFigures(dir)
}

// ReadReport reads a report.
func ReadReport(path string) (*Report, error) {
	r := &Report{}
	there, err := readJSON(path, r)
	if err == nil && !there {
		err = fmt.Errorf("there is no report %s", path)
	}
	return r, err
}

// Table is the figures for people.
func (f *Figures) Table() string {
	var b strings.Builder
	for _, tier := range Tiers() {
		if r := f.Tiers[tier]; r != nil {
			b.WriteString(r.Table())
		}
	}
	if len(f.Kills) > 0 {
		b.WriteString(MatrixTable(f.Kills))
		fmt.Fprintf(&b, "%d of %d mutants killed\n", f.Mutants.Hit, f.Mutants.All)
	}
	if f.Branches != nil {
		fmt.Fprintf(&b, "%d of %d branches for errors taken by the sample\n", f.Branches.Hit, f.Branches.All)
	}
	return b.String()
}

func writeJSON(path string, content any) error {
	text, err := json.MarshalIndent(content, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(path), err)
	}
	return nil
}

// readJSON reads a file, and says whether it is there.
func readJSON(path string, content any) (there bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, content)
	}
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", filepath.Base(path), err)
	}
	return true, nil
}
