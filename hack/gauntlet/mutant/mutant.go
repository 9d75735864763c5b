// Package mutant plants mistakes into the controllers, one at a time, to find out
// whether the campaign sees them. The mistakes stand here and nowhere in the
// product: Overlay writes copies of the files that they concern, and the compiler
// takes those in the originals' place in a build with the tag mutants.
package mutant

import (
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Mutant is a mistake.
type Mutant struct {
	Name string
	// About says what is wrong.
	About string
	// Scenes and Kinds are where it is looked for first; none for anywhere.
	Scenes, Kinds []string
	// File, from the root of the project, in which Find, which is there once, is
	// replaced. MUTANT in the replacement is the condition that the mutant is active.
	File, Find, Replace string
	// Also is changed as well, where one line alone does nothing because another one
	// stands in for it.
	Also []Edit
}

// Edit is a change of a file.
type Edit struct{ File, Find, Replace string }

func (m Mutant) edits() []Edit { return append([]Edit{{m.File, m.Find, m.Replace}}, m.Also...) }

// Env is the environment variable that names the active mutant.
const Env = "GAUNTLET_MUTANT"

const importLine = "import \"ordercycle.dev/ordercycle/hack/gauntlet/mutant/planted\"\n"

var packageClause = regexp.MustCompile(`(?m)^package \w+\n`)

// Overlay writes the changed files below a directory, with the file for go build
// -overlay, whose path it returns. root is that of the project.
func Overlay(root, dir string) (string, error) {
	changed := map[string]string{}
	for _, m := range All() {
		for _, e := range m.edits() {
			if err := e.make(root, m.Name, changed); err != nil {
				return "", fmt.Errorf("mutant %s: %w", m.Name, err)
			}
		}
	}
	replace := map[string]string{}
	for file, text := range changed {
		formatted, err := format.Source([]byte(text))
		if err != nil {
			return "", fmt.Errorf("%s with its mutants: %w", file, err)
		}
		path := filepath.Join(dir, "_files", file) // so named they are no packages of the project
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return "", fmt.Errorf("writing the overlay: %w", err)
		}
		if err := os.WriteFile(path, formatted, 0o600); err != nil {
			return "", fmt.Errorf("writing the overlay: %w", err)
		}
		original, err := filepath.Abs(filepath.Join(root, file))
		if err != nil {
			return "", fmt.Errorf("writing the overlay: %w", err)
		}
		if replace[original], err = filepath.Abs(path); err != nil {
			return "", fmt.Errorf("writing the overlay: %w", err)
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("encoding the overlay: %w", err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return "", fmt.Errorf("writing the overlay: %w", err)
	}
	return path, nil
}

// make makes the change for a mutant in the text of its file.
func (e Edit) make(root, mutant string, changed map[string]string) error {
	text, ok := changed[e.File]
	if !ok {
		content, err := os.ReadFile(filepath.Join(root, e.File))
		if err != nil {
			return fmt.Errorf("reading the file: %w", err)
		}
		at := packageClause.FindStringIndex(string(content))
		if at == nil {
			return fmt.Errorf("%s has no package clause", e.File)
		}
		text = string(content[:at[1]]) + importLine + string(content[at[1]:])
	}
	if n := strings.Count(text, e.Find); n != 1 {
		return fmt.Errorf("its place is %d times in %s", n, e.File)
	}
	condition := fmt.Sprintf("planted.Mutant(%q)", mutant)
	changed[e.File] = strings.Replace(text, e.Find, strings.ReplaceAll(e.Replace, "MUTANT", condition), 1)
	return nil
}
