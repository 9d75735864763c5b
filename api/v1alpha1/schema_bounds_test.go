package v1alpha1_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// checkBounds goes one step over each bound of a spec and leaves out each required
// field, one at a time.
func checkBounds(t *testing.T, full *unstructured.Unstructured, spec *schema) {
	check := func(path string, over step) {
		path = strings.ReplaceAll(path, "[]", "[0]")
		object := full.DeepCopy()
		set(object.Object, path, over.value)
		err := api.Create(t.Context(), object, client.DryRunAll)
		if want := (refusal{path, over.because}); err == nil || !want.in(err) {
			t.Errorf("%s with %s: got %.300v\nwant %q: %s", path, over.what, err, want.field, want.because)
		}
	}
	walk(spec, "spec", func(path string, s *schema) {
		if s.Type == "string" && len(s.Enum) == 0 && longest(s) < 0 {
			t.Errorf("%s has no bound: any size is accepted", path)
			return
		}
		for _, over := range widest.stepsOver(s) {
			check(path, over)
		}
		for _, name := range s.Required {
			check(path+"."+name, step{"nothing", nil, "Required value"})
		}
	})
}

// walk calls visit for a schema and all below it.
func walk(s *schema, path string, visit func(path string, s *schema)) {
	visit(path, s)
	for name, property := range s.Properties {
		walk(&property, path+"."+name, visit)
	}
	if s.Items != nil {
		walk(s.Items.Schema, path+"[]", visit)
	}
}

// set sets the value at a path such as spec.lines[0].sku, or spec.lines[*].sku
// for all entries; nil removes it.
func set(object any, path string, value any) {
	name, rest, deeper := strings.Cut(path, ".")
	name, index, isEntry := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	fields := object.(map[string]any)
	if !isEntry {
		switch {
		case deeper:
			set(fields[name], rest, value)
		case value == nil:
			delete(fields, name)
		default:
			fields[name] = value
		}
		return
	}
	for i, entry := range fields[name].([]any) {
		if index != "*" && index != fmt.Sprint(i) {
			continue
		}
		if deeper {
			set(entry, rest, value)
		} else {
			fields[name].([]any)[i] = value
		}
	}
}
