package main

import (
	"strings"
	"testing"
)

// Whatever is on the command line is understood, or refused with words that say what is
// wrong with it.
func FuzzFlags(f *testing.F) {
	f.Add("--workers=4 --log-level debug --allowed-hosts a,b:1")
	f.Add("audit -n shop --kubeconfig x")
	f.Add("--workers=x")
	f.Add("-- - --=")
	f.Fuzz(func(t *testing.T, line string) {
		root := newCommand()
		c, rest, err := root.Find(strings.Fields(line))
		if err == nil {
			err = c.ParseFlags(rest)
		}
		if err != nil && err.Error() == "" {
			t.Fatalf("%q is refused without a word", line)
		}
	})
}
