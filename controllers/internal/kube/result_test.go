package kube

import (
	"testing"
	"time"
)

// A time to come is waited for, but not longer than a clock may be trusted.
func TestResultWaits(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		deadline time.Time
		want     time.Duration
	}{
		"for an event":       {time.Time{}, 0},
		"not for the past":   {now.Add(-time.Hour), time.Millisecond},
		"until the deadline": {now.Add(time.Minute), time.Minute},
		"not for ever":       {now.Add(14 * 24 * time.Hour), longestWait},
	} {
		if got, err := Result(t.Context(), nil, test.deadline, now); err != nil || got.RequeueAfter != test.want {
			t.Errorf("%s: %v, %v, want %v", name, got.RequeueAfter, err, test.want)
		}
	}
}
