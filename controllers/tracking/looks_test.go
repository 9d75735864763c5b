package tracking

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// A booking is looked at at once, then every so often, sooner where there was no answer,
// and at once again when nothing is known of it.
func TestLooks(t *testing.T) {
	const every = 10 * time.Minute
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	name := types.NamespacedName{Namespace: "shop", Name: "o-s1"}
	var l looks
	after := func() time.Duration { return l.due(name, "a", every, start).Sub(start) }
	if !l.due(name, "a", every, start).IsZero() {
		t.Error("the first look waits")
	}
	l.note(name, "a", start, true)
	if d := after(); d < every || d > every+every/10 {
		t.Errorf("the next look is after %v", d)
	}
	l.note(name, "a", start, false)
	l.note(name, "a", start, false)
	if d := after(); d != 2*time.Second {
		t.Errorf("after two looks without an answer the next is after %v", d)
	}
	l.note(name, "a", start, true)
	if d := after(); d < every {
		t.Errorf("after an answer the next look is after %v", d)
	}
	if !l.due(name, "a", every, start.Add(-time.Hour)).IsZero() {
		t.Error("a clock that was set back is waited for")
	}
	l.forget(name)
	if !l.due(name, "a", every, start).IsZero() {
		t.Error("what is forgotten waits")
	}
}

// Bookings that were made together are not looked at together.
func TestLooksDriftApart(t *testing.T) {
	var l looks
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	name := types.NamespacedName{Name: "o"}
	times := map[time.Time]bool{}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		l.note(name, id, start, true)
		times[l.due(name, id, time.Hour, start)] = true
	}
	if len(times) < 4 {
		t.Errorf("five bookings are looked at at %d times", len(times))
	}
}
