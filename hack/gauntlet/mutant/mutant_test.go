package mutant

import (
	"testing"

	"ordercycle.dev/ordercycle/hack/testenv"
)

// Each mutant's place is in the code, once, and the changed files are Go.
func TestEveryMutantHasItsPlace(t *testing.T) {
	if _, err := Overlay(testenv.Root(), t.TempDir()); err != nil {
		t.Error(err)
	}
	names := map[string]bool{}
	for _, m := range All() {
		if m.About == "" || names[m.Name] {
			t.Errorf("mutant %q is named twice, or says nothing", m.Name)
		}
		names[m.Name] = true
	}
	if len(names) < 30 {
		t.Errorf("there are %d mutants, want at least 30", len(names))
	}
}
