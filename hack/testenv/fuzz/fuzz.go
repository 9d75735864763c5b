// Package fuzz lets properties of drawn values be fuzzed.
package fuzz

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// seedSizes are the lengths, in bytes, of what the first values are drawn from: what is
// drawn is short of bytes, has enough, and has many.
var seedSizes = []int{16, 256, 4096, 65536}

// Drawn fuzzes a property of drawn values, beginning with some that are the same each
// time, so that go test alone looks at those.
func Drawn(f *testing.F, property func(*rapid.T)) {
	for i, n := range seedSizes {
		random := rand.NewChaCha8([32]byte{byte(i)})
		seed := make([]byte, n)
		_, _ = random.Read(seed) // it never fails
		f.Add(seed)
	}
	f.Fuzz(rapid.MakeFuzz(property))
}
