package intent

import (
	"testing"
	"testing/quick"
	"time"
)

// The id is part of what other systems have in their books: it must never change.
func TestIDStays(t *testing.T) {
	if got, want := ID(1, "prod", "shop", "tea"), "ftopv2hnboqbv4vctj3fujqeyzhic2ggjepsa63m64ryzm5kassa"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

// What differs in any part, or in where one part ends, has another id.
func TestIDsDiffer(t *testing.T) {
	differ := func(a, b string, seq int32) bool {
		ids := map[string]bool{}
		for _, id := range []string{ID(seq, a, b), ID(seq, a+b), ID(seq, a+b, ""), ID(seq, "", a+b), ID(seq+1, a, b)} {
			ids[id] = true
		}
		want := 5
		if a == "" {
			want-- // ("", b) is ("", a+b)
		}
		if b == "" {
			want-- // (a, "") is (a+b, "")
		}
		return len(ids) == want
	}
	if err := quick.Check(differ, nil); err != nil {
		t.Error(err)
	}
	if !differ("", "", 1) || !differ("a", "", 1) || !differ("", "a", 1) {
		t.Error("empty parts are mistaken for each other")
	}
}

func TestBackoff(t *testing.T) {
	for attempts, want := range map[int32]time.Duration{
		-1: time.Second, 0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second,
		9: 256 * time.Second, 10: MaxBackoff, 1 << 30: MaxBackoff,
	} {
		if got := Backoff(attempts); got != want {
			t.Errorf("after %d attempts %v, not %v", attempts, got, want)
		}
	}
}
