// Package port holds what is alike in all ports to systems of other companies, such as
// payment providers and carriers: the errors of a call, the HTTP client of the contracts
// in docs, the verification of what such a system sends to us, and which of them the
// manager may speak to.
package port

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Errors of a call. Any other error means that there was no clear answer: the call may
// or may not have had its effect.
var (
	// ErrUnknown is the answer to a look-up of what the other side has never received.
	ErrUnknown = errors.New("the provider does not know this operation")
	// ErrPending means that the other side has the call and will decide later.
	ErrPending = errors.New("the provider has not decided yet")
	// ErrFailed means that the other side has ended the call and says that it failed. It
	// may have had its effect all the same, which a look-up tells; sent again under
	// the same key it is answered the same.
	ErrFailed = errors.New("the provider failed")
	// ErrUnusable means that the other side cannot be asked before a person changes
	// something: its Secret or its address.
	ErrUnusable = errors.New("the provider cannot be used")
	// ErrForged means that a callback was not signed with the webhook secret, or too
	// long ago.
	ErrForged = errors.New("the callback is not signed by the provider")
)

// Mend says what a person has to mend before the other side can be asked again, "" if
// it is only to be asked again.
func Mend(err error) string {
	if !errors.Is(err, ErrUnusable) {
		return ""
	}
	text := err.Error()
	if i := strings.Index(text, ErrUnusable.Error()); i >= 0 {
		text = strings.TrimPrefix(text[i+len(ErrUnusable.Error()):], ": ")
	}
	return Cut(text)
}

// MaxMessage bounds the texts of the other side that are kept, in bytes, as the schema
// does.
const MaxMessage = 128

// Cut shortens a text to MaxMessage bytes, between two characters.
func Cut(text string) string {
	if len(text) <= MaxMessage {
		return text
	}
	end := MaxMessage
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// Clean makes a text of the other side fit for a status: what does not print is
// dropped, and it ends before the rune that would pass MaxMessage bytes.
func Clean(text string) string {
	return Cut(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text))
}
