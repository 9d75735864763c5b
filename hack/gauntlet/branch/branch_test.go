package branch

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const source = `package p

func f(err error, n int) int {
	if err != nil && n > 1 {
		return 1
	}
	if n > 2 {
		return 2
	}
	if badErr := err; badErr != nil {
		return 3
	}
	return 0
}
`

const profile = `mode: set
example.org/m/p/p.go:3.30,4.25 1 1
example.org/m/p/p.go:4.25,6.3 1 1
example.org/m/p/p.go:7.11,9.3 1 1
example.org/m/p/p.go:10.34,12.3 1 0
`

func TestOf(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "p"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"p/p.go": source, "profile": profile} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Of(filepath.Join(root, "profile"), "example.org/m", root)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Branch{{"p/p.go", 4, true}, {"p/p.go", 10, false}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if _, err := Of(filepath.Join(root, "p", "p.go"), "example.org/m", root); err == nil {
		t.Error("what is no profile is read")
	}
}
