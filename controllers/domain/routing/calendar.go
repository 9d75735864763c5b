package routing

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // an image need not have the time zone database

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// hours says when a carrier takes parcels.
type hours struct {
	zone   *time.Location
	days   [7]bool
	closed map[v1.Date]bool
}

var weekdays = []v1.Weekday{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

// openAlways is the calendar of a carrier that has none.
var openAlways = &hours{zone: time.UTC, days: [7]bool{true, true, true, true, true, true, true}}

// placeless are names of the time zone database, or of Go, that say where the manager
// is, which says nothing about the carrier.
var placeless = []string{"Local", "localtime", "posixrules", "Factory"}

func hoursOf(c *v1.Calendar) (*hours, error) {
	if c == nil {
		return openAlways, nil
	}
	h := &hours{zone: time.UTC, days: openAlways.days}
	if c.TimeZone != "" {
		if slices.Contains(placeless, c.TimeZone) {
			return nil, fmt.Errorf("calendar.timeZone %q names no place", c.TimeZone)
		}
		var err error
		if h.zone, err = time.LoadLocation(c.TimeZone); err != nil {
			return nil, fmt.Errorf("calendar.timeZone %q is unknown", c.TimeZone)
		}
	}
	if len(c.Days) > 0 {
		for i, day := range weekdays {
			h.days[i] = slices.Contains(c.Days, day)
		}
	}
	if len(c.Closed) > 0 {
		h.closed = make(map[v1.Date]bool, len(c.Closed))
		for _, day := range c.Closed {
			h.closed[day] = true
		}
	}
	return h, nil
}

// clock is a time of day in minutes after midnight; below 0 for any time.
type clock int

// clockOf reads a time of day such as 18:00, "" for any; the schema has seen to it.
func clockOf(text string) (clock, error) {
	if text == "" {
		return -1, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("cutoff %q is no time of day such as 18:00", text)
	}
	return clock(t.Hour()*60 + t.Minute()), nil
}

// horizon is how many days ahead an open day is looked for: more than a calendar can
// close in a row.
const horizon = 800

// leave is when a parcel leaves that is handed over at a time: at the next cutoff, or
// at once, on a day on which the carrier works. ok is false if there is no such day.
// Who hands over earlier never leaves later.
func (h *hours) leave(at time.Time, cutoff clock) (leaves time.Time, ok bool) {
	if cutoff < 0 && h == openAlways {
		return at, true
	}
	local := at.In(h.zone)
	year, month, day := local.Date()
	for n := range horizon {
		// A day is known by its noon: there are days that begin at one o'clock.
		noon := time.Date(year, month, day+n, 12, 0, 0, 0, h.zone)
		if !h.days[noon.Weekday()] || (h.closed != nil && h.closed[v1.Date(noon.Format(time.DateOnly))]) {
			continue
		}
		switch {
		case cutoff < 0 && n == 0:
			return at, true
		case cutoff < 0:
			return on(noon, 0), true
		}
		if leaves := on(noon, cutoff); !leaves.Before(at) {
			return leaves, true
		}
	}
	return time.Time{}, false
}

// on is a time of the day of a noon. One that the clocks skip is the moment at which
// they do.
func on(noon time.Time, c clock) time.Time {
	year, month, day := noon.Date()
	t := time.Date(year, month, day, 0, int(c), 0, 0, noon.Location())
	wanted := time.Date(year, month, day, 0, int(c), 0, 0, time.UTC)
	shown := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
	start, end := t.ZoneBounds()
	switch {
	case shown.Before(wanted):
		t = end
	case shown.After(wanted):
		t = start
	}
	return t.UTC()
}
