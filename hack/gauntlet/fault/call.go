package fault

import (
	"fmt"
	"net/http"
	"strings"
)

// Call is a request to the API server by what it is about.
type Call struct {
	// Verb is that of RBAC: get, list, watch, create, update, patch, delete.
	Verb string
	// Group is the API group, "" for the core.
	Group string
	// Resource, with its subresource if there is one: orders/status.
	Resource string
	// Namespace and Name of the object; the name of a created object is not known.
	Namespace, Name string
}

// Read says what a request is about. ok is false for what is no request for a
// resource, such as discovery.
func Read(r *http.Request) (c Call, ok bool) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		c.Group, parts = parts[1], parts[3:]
	default:
		return Call{}, false
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		c.Namespace, parts = parts[1], parts[2:]
	}
	c.Resource = parts[0]
	if len(parts) > 1 {
		c.Name = parts[1]
	}
	if len(parts) > 2 {
		c.Resource += "/" + parts[2]
	}
	switch r.Method {
	case http.MethodGet:
		c.Verb = "get"
		if r.URL.Query().Get("watch") != "" {
			c.Verb = "watch"
		} else if c.Name == "" {
			c.Verb = "list"
		}
	case http.MethodPost:
		c.Verb = "create"
	case http.MethodPut:
		c.Verb = "update"
	case http.MethodPatch:
		c.Verb = "patch"
	case http.MethodDelete:
		c.Verb = "delete"
	}
	return c, true
}

// Permission is what RBAC must grant for a call: "update orders/status.ordercycle.dev".
func (c Call) Permission() string {
	if c.Group == "" {
		return c.Verb + " " + c.Resource
	}
	return c.Verb + " " + c.Resource + "." + c.Group
}

// Reads says whether a call reads what the campaign looks at.
func (c Call) Reads() bool { return (c.Verb == "get" || c.Verb == "list") && c.Resource != "leases" }

// Writes says whether a call changes something that the campaign looks at: all but
// the leader's lease and the questions of authentication.
func (c Call) Writes() bool {
	switch c.Verb {
	case "get", "list", "watch":
		return false
	}
	return c.Resource != "leases" && c.Resource != "tokenreviews" && c.Resource != "subjectaccessreviews"
}

// Key names a call within a run of a scenario, the same in each run: what is named
// at random is left out.
func (c Call) Key() string {
	name := c.Name
	switch c.Resource {
	case "events", "configmaps", "namespaces":
		name = ""
	case "secrets": // those of the manager's namespace begin with the name of the run's
		name = name[strings.LastIndex(name, ".")+1:]
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Verb, c.Resource, name))
}
