package campaign

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
)

// matrixFile is the kill matrix, in the directory of the results.
const matrixFile = "mutants.json"

// Kill is what has become of a mutant.
type Kill struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// By are the invariants that it broke; none if it survived.
	By []string `json:"by"`
	// Plan is the first that showed it, and Ran how many were run.
	Plan string `json:"plan,omitempty"`
	// Build is the code that the mutant was planted into.
	Build string        `json:"build"`
	Ran   int           `json:"ran"`
	Wall  time.Duration `json:"wall"`
}

// ReadMatrix reads the last kill matrix, nil if there is none.
func ReadMatrix(dir string) ([]Kill, error) {
	var kills []Kill
	_, err := readJSON(filepath.Join(dir, matrixFile), &kills)
	return kills, err
}

// WriteMatrix writes the kill matrix.
func WriteMatrix(dir string, kills []Kill) error {
	if err := writeJSON(filepath.Join(dir, matrixFile), kills); err != nil {
		return err
	}
	return WriteFigures(dir)
}

// MatrixTable shows which invariant saw which mutant.
func MatrixTable(kills []Kill) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-24s", "mutant")
	for _, id := range judge.IDs() {
		fmt.Fprintf(&b, "%4s", id)
	}
	b.WriteString("\n")
	for _, k := range kills {
		fmt.Fprintf(&b, "%-24s", k.Name)
		for _, id := range judge.IDs() {
			mark := "."
			if slices.Contains(k.By, id) {
				mark = "x"
			}
			fmt.Fprintf(&b, "%4s", mark)
		}
		b.WriteString("\n")
	}
	return b.String()
}
