package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
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
	text, err := os.ReadFile(filepath.Join(dir, matrixFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var kills []Kill
	if err == nil {
		err = json.Unmarshal(text, &kills)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the last kill matrix: %w", err)
	}
	return kills, nil
}

// WriteMatrix writes the kill matrix.
func WriteMatrix(dir string, kills []Kill) error {
	text, err := json.MarshalIndent(kills, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, matrixFile), append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing the kill matrix: %w", err)
	}
	return nil
}
