package routing

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// Who hands over earlier never leaves later, and nobody before it was handed over.
func TestLeave(t *testing.T) { rapid.Check(t, leavesInOrder) }

func FuzzLeave(f *testing.F) { fuzz.Drawn(f, leavesInOrder) }

func leavesInOrder(t *rapid.T) {
	h, err := hoursOf(&v1.Calendar{
		TimeZone: rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/Havana", "Atlantic/Azores", "Asia/Beirut"}).Draw(t, "zone"),
		Days:     rapid.SliceOfNDistinct(rapid.SampledFrom(weekdays), 0, 7, rapid.ID).Draw(t, "days"), Closed: []v1.Date{"2026-03-29", "2026-03-30"},
	})
	if err != nil {
		t.Fatal(err)
	}
	cutoff := clock(rapid.IntRange(-1, 1439).Draw(t, "cutoff"))
	from := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	a := from.Add(time.Duration(rapid.Int64Range(0, 14*24*60).Draw(t, "a")) * time.Minute)
	b := a.Add(time.Duration(rapid.Int64Range(0, 3*24*60).Draw(t, "b")) * time.Minute)
	first, ok1 := h.leave(a, cutoff)
	second, ok2 := h.leave(b, cutoff)
	if !ok1 || !ok2 || first.Before(a) || second.Before(first) || !h.days[first.In(h.zone).Weekday()] {
		t.Fatalf("handed over %v and %v, leaves %v and %v", a, b, first, second)
	}
}

func TestCalendar(t *testing.T) {
	for name, c := range map[string]struct {
		calendar *v1.Calendar
		cutoff   string
		at, want string
	}{
		"without a calendar it leaves at once":        {nil, "", "2026-11-30T03:04:05Z", "2026-11-30T03:04:05Z"},
		"before the cutoff it leaves the same day":    {nil, "18:00", "2026-11-30T18:00:00Z", "2026-11-30T18:00:00Z"},
		"after it the next day":                       {nil, "18:00", "2026-11-30T18:00:01Z", "2026-12-01T18:00:00Z"},
		"the cutoff is one of the carrier's clock":    {&v1.Calendar{TimeZone: "Asia/Shanghai"}, "18:00", "2026-11-30T09:00:00Z", "2026-11-30T10:00:00Z"},
		"on a Saturday it waits for Monday":           {&v1.Calendar{Days: []v1.Weekday{"Monday", "Friday"}}, "", "2026-12-05T12:00:00Z", "2026-12-07T00:00:00Z"},
		"and for the cutoff there":                    {&v1.Calendar{Days: []v1.Weekday{"Monday", "Friday"}}, "10:30", "2026-12-05T12:00:00Z", "2026-12-07T10:30:00Z"},
		"a holiday is none":                           {&v1.Calendar{Closed: []v1.Date{"2026-12-25", "2026-12-26"}}, "", "2026-12-25T00:00:00Z", "2026-12-27T00:00:00Z"},
		"a day is one of the carrier's as well":       {&v1.Calendar{TimeZone: "Asia/Shanghai", Closed: []v1.Date{"2026-12-25"}}, "", "2026-12-24T16:00:00Z", "2026-12-25T16:00:00Z"},
		"a midnight that clocks skip is when they do": {&v1.Calendar{TimeZone: "America/Havana", Days: []v1.Weekday{"Sunday"}}, "", "2026-03-08T04:30:00Z", "2026-03-08T05:00:00Z"},
		"a cutoff that clocks skip in New York":       {&v1.Calendar{TimeZone: "America/New_York"}, "02:30", "2026-03-08T05:30:00Z", "2026-03-08T07:00:00Z"},
		"a cutoff that clocks skip is when they do":   {&v1.Calendar{TimeZone: "Europe/Berlin"}, "02:30", "2026-03-29T00:10:00Z", "2026-03-29T01:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := hoursOf(c.calendar)
			if err != nil {
				t.Fatal(err)
			}
			cutoff, err := clockOf(c.cutoff)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := h.leave(at, cutoff)
			if !ok || got.Format(time.RFC3339) != c.want {
				t.Errorf("leaves %v (%v), want %s", got, ok, c.want)
			}
		})
	}
	for _, zone := range []string{"Local", "localtime", "Middle/Earth"} {
		if _, err := hoursOf(&v1.Calendar{TimeZone: zone}); err == nil {
			t.Errorf("the time zone %s is taken", zone)
		}
	}
}

// Nobody works on no day, and it does not take for ever to find out.
func TestNeverOpen(t *testing.T) {
	if _, ok := (&hours{zone: time.UTC}).leave(monday, 0); ok {
		t.Error("somebody leaves")
	}
}
