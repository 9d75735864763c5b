package condition

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// found maps the types of conditions to "Status/Reason".
func found(conditions []metav1.Condition) map[string]string {
	m := map[string]string{}
	for _, c := range conditions {
		m[c.Type] = string(c.Status) + "/" + c.Reason
	}
	return m
}

// The three summary conditions are set together from every state to every
// other one; nothing of the one before stays.
func TestReadyReconcilingAndStalledExcludeEachOther(t *testing.T) {
	summaries := map[string]struct {
		set  func(Set)
		want map[string]string
	}{
		"Ready":       {func(s Set) { s.Ready("Arrived", "m") }, map[string]string{"Ready": "True/Arrived"}},
		"Reconciling": {func(s Set) { s.Reconciling("Checking", "m") }, map[string]string{"Ready": "False/Checking", "Reconciling": "True/Checking"}},
		"Stalled":     {func(s Set) { s.Stalled("Declined", "m") }, map[string]string{"Ready": "False/Declined", "Stalled": "True/Declined"}},
	}
	for before, first := range summaries {
		for after, second := range summaries {
			var list []metav1.Condition
			s := Set{Conditions: &list, Generation: 1, Now: now}
			first.set(s)
			second.set(s)
			if diff := cmp.Diff(second.want, found(list)); diff != "" {
				t.Errorf("%s after %s (-want +got):\n%s", after, before, diff)
			}
		}
	}
}

func TestSetWritesAllOfACondition(t *testing.T) {
	var list []metav1.Condition
	Set{Conditions: &list, Generation: 7, Now: now}.False(v1.ConditionPaid, v1.ReasonUnpaid, "less came in")
	want := []metav1.Condition{{
		Type: v1.ConditionPaid, Status: metav1.ConditionFalse, ObservedGeneration: 7, Reason: v1.ReasonUnpaid, Message: "less came in",
		LastTransitionTime: metav1.NewTime(now.Truncate(time.Second)),
	}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("condition (-want +got):\n%s", diff)
	}
}

// A time that moved at every look would be a write at every look.
func TestTheTransitionTimeMovesOnlyWithTheStatus(t *testing.T) {
	for name, test := range map[string]struct {
		change func(Set)
		moves  bool
	}{
		"the same again":             {func(s Set) { s.True(v1.ConditionPaid, "Paid", "all") }, false},
		"another reason and message": {func(s Set) { s.True(v1.ConditionPaid, "Overpaid", "more") }, false},
		"another status":             {func(s Set) { s.False(v1.ConditionPaid, "Paid", "all") }, true},
	} {
		var list []metav1.Condition
		Set{Conditions: &list, Generation: 1, Now: now}.True(v1.ConditionPaid, "Paid", "all")
		test.change(Set{Conditions: &list, Generation: 2, Now: now.Add(time.Hour)})
		if moved := !list[0].LastTransitionTime.Equal(&metav1.Time{Time: now.Truncate(time.Second)}); moved != test.moves {
			t.Errorf("%s: moved is %v", name, moved)
		}
		if list[0].ObservedGeneration != 2 {
			t.Errorf("%s: the generation is %d, want 2", name, list[0].ObservedGeneration)
		}
	}
}

func TestKeepIsThereOnlyWhileItHolds(t *testing.T) {
	var list []metav1.Condition
	s := Set{Conditions: &list, Generation: 1, Now: now}
	s.True(v1.ConditionPaid, "Paid", "")
	s.Keep(v1.ConditionEditClamped, true, v1.ReasonBeingPicked, "line 1")
	if diff := cmp.Diff(map[string]string{"Paid": "True/Paid", "EditClamped": "True/BeingPicked"}, found(list)); diff != "" {
		t.Errorf("while it holds (-want +got):\n%s", diff)
	}
	s.Keep(v1.ConditionEditClamped, false, v1.ReasonBeingPicked, "line 1")
	s.Keep(v1.ConditionCancelRefused, false, v1.ReasonAlreadyDispatched, "")
	if diff := cmp.Diff(map[string]string{"Paid": "True/Paid"}, found(list)); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
}

func TestMessagesAreCutAtARune(t *testing.T) {
	for name, test := range map[string]struct{ message, want string }{
		"an empty one stays":             {"", ""},
		"one of 256 bytes stays":         {strings.Repeat("a", 256), strings.Repeat("a", 256)},
		"a byte more is cut with a mark": {strings.Repeat("a", 257), strings.Repeat("a", 253) + "…"},
		"a rune of two bytes is cut before it": {
			strings.Repeat("a", 252) + strings.Repeat("é", 10), strings.Repeat("a", 252) + "…",
		},
		"a rune of three bytes is cut before it":  {strings.Repeat("a", 2) + strings.Repeat("世", 100), strings.Repeat("a", 2) + strings.Repeat("世", 83) + "…"},
		"a rune that ends at the cut stays":       {strings.Repeat("a", 1) + strings.Repeat("世", 100), strings.Repeat("a", 1) + strings.Repeat("世", 84) + "…"},
		"a rune of four bytes is cut before it":   {strings.Repeat("😀", 100), strings.Repeat("😀", 63) + "…"},
		"256 bytes of runes stay":                 {strings.Repeat("😀", 64), strings.Repeat("😀", 64)},
		"what is not text is cut without a panic": {strings.Repeat("\x80", 300), "…"},
	} {
		var list []metav1.Condition
		Set{Conditions: &list, Now: now}.Ready("Arrived", test.message)
		if got := list[0].Message; got != test.want {
			t.Errorf("%s: %d bytes %q, want %q", name, len(got), got, test.want)
		}
	}
}

func FuzzTruncate(f *testing.F) {
	f.Add(strings.Repeat("世", 100))
	f.Add(strings.Repeat("a", 253) + "😀")
	f.Add("\xff" + strings.Repeat("\x80", 300))
	f.Fuzz(func(t *testing.T, m string) {
		got := truncate(m)
		switch {
		case len(got) > MaxMessage:
			t.Fatalf("%d bytes", len(got))
		case len(m) <= MaxMessage && got != m:
			t.Fatalf("%q was cut though it fits", m)
		case len(m) > MaxMessage && !strings.HasPrefix(m, strings.TrimSuffix(got, "…")):
			t.Fatalf("%q is not the beginning of %q", got, m)
		case utf8.ValidString(m) && !utf8.ValidString(got):
			t.Fatalf("%q was cut within a rune: %q", m, got)
		case utf8.ValidString(m) && len(m) > MaxMessage && len(got) <= MaxMessage-utf8.UTFMax:
			t.Fatalf("%d bytes are cut to %d", len(m), len(got))
		}
	})
}
