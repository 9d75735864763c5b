package fault

import (
	"sync/atomic"
	"time"
)

// Clock is the real one, some time ahead or behind.
type Clock struct{ by atomic.Int64 }

// Now is the time on the clock.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

// Since is how long ago a time was on the clock.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Jump sets the clock.
func (c *Clock) Jump(by time.Duration) { c.by.Add(int64(by)) }
