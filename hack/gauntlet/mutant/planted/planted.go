//go:build mutants

// Package planted says which mutant is alive. It is in the build of the mutants only.
package planted

import "os"

var name = os.Getenv("GAUNTLET_MUTANT")

// Mutant says whether a mutant is the one that is alive.
func Mutant(which string) bool { return which == name }
