// Package intent is what all calls that cannot be taken back have in common. Such a call
// is recorded, with an id that can be computed again, before it is made; only what is
// stored is carried out, and what has no answer yet is looked up under its id before it is
// sent, or sent again.
package intent

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// ID is the reference of a call: base32(sha256(length-prefixed parts, seq)) in lower
// case, 52 characters. seq counts the calls that are otherwise the same.
func ID(seq int32, parts ...string) string {
	h := sha256.New()
	for _, s := range parts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
		h.Write([]byte(s))
	}
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(seq)))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)))
}

// MaxBackoff is the longest time between two looks at a call without an answer.
const MaxBackoff = 5 * time.Minute

// Backoff is how long to wait after a number of attempts without an answer: 1, 2, 4, ...
// seconds, at most MaxBackoff.
func Backoff(attempts int32) time.Duration {
	return min(MaxBackoff, time.Second<<min(max(attempts-1, 0), 16))
}
