package campaign

import (
	"slices"
	"strings"
	"sync"

	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
)

// Calls are the permissions that managers have made use of. The zero value is ready.
type Calls struct {
	mu   sync.Mutex
	used map[string]bool
}

// Add notes the permission that a call needs.
func (c *Calls) Add(call fault.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used == nil {
		c.used = map[string]bool{}
	}
	c.used[call.Permission()] = true
}

// Used lists the permissions, sorted.
func (c *Calls) Used() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for permission := range c.used {
		list = append(list, permission)
	}
	slices.SortFunc(list, strings.Compare)
	return list
}
