package crd_test

import (
	"maps"
	"regexp"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"
)

// longestList bounds the lists that are drawn.
const longestList = 3

// draw draws a value that a schema allows, whatever its rules say.
func draw(t *rapid.T, s *schema.Structural) any {
	switch s.Type {
	case "object":
		o := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			property := s.Properties[name]
			required := s.ValueValidation != nil && slices.Contains(s.ValueValidation.Required, name)
			if required || rapid.Bool().Draw(t, "has "+name) {
				o[name] = draw(t, &property)
			}
		}
		return o
	case "array":
		return list(t, s)
	case "integer":
		return integer(t, s)
	case "boolean":
		return rapid.Bool().Draw(t, "bool")
	default:
		return text(t, s)
	}
}

// list draws a list whose entries have different keys, where it has any.
func list(t *rapid.T, s *schema.Structural) []any {
	least, most := 0, longestList
	if v := s.ValueValidation; v != nil {
		if v.MinItems != nil {
			least = int(*v.MinItems)
		}
		if v.MaxItems != nil {
			most = max(least, min(most, int(*v.MaxItems)))
		}
	}
	entries := []any{}
	for range rapid.IntRange(least, most).Draw(t, "length") {
		entry := draw(t, s.Items)
		same := func(other any) bool {
			if len(s.XListMapKeys) == 0 {
				return s.XListType != nil && *s.XListType == "set" && other == entry
			}
			a, b := entry.(map[string]any), other.(map[string]any)
			return !slices.ContainsFunc(s.XListMapKeys, func(key string) bool { return a[key] != b[key] })
		}
		if !slices.ContainsFunc(entries, same) {
			entries = append(entries, entry)
		}
	}
	return entries
}

// integer draws a number, often a small one or one at its limits.
func integer(t *rapid.T, s *schema.Structural) int64 {
	least, most := int64(-1<<53), int64(1<<53)
	if v := s.ValueValidation; v != nil {
		if v.Format == "int32" {
			least, most = -1<<31, 1<<31-1
		}
		if v.Minimum != nil {
			least = int64(*v.Minimum)
		}
		if v.Maximum != nil {
			most = int64(*v.Maximum)
		}
	}
	return rapid.OneOf(rapid.Int64Range(least, most), rapid.Int64Range(least, min(most, least+3)), rapid.Int64Range(max(least, most-3), most)).Draw(t, "integer")
}

// text draws a string. Those with a pattern are short, so that they are the same now
// and then.
func text(t *rapid.T, s *schema.Structural) string {
	v := s.ValueValidation
	switch {
	case v == nil:
		return rapid.StringN(0, 5, 20).Draw(t, "text")
	case len(v.Enum) > 0:
		return rapid.SampledFrom(v.Enum).Draw(t, "enum").Object.(string)
	case v.Format == "date-time":
		times := []string{"2026-03-01T09:00:00Z", "2026-03-01T17:00:00+08:00", "2026-03-01T09:00:00.5Z", "2026-03-01T09:00:00.500000Z"}
		fits := func(text string) bool { return regexp.MustCompile(v.Pattern).MatchString(text) }
		return rapid.SampledFrom(times).Filter(fits).Draw(t, "time")
	case v.Pattern != "":
		fits := func(text string) bool {
			return (v.MinLength == nil || int64(len(text)) >= *v.MinLength) && (v.MaxLength == nil || int64(len(text)) <= *v.MaxLength)
		}
		return rapid.StringMatching(v.Pattern).Filter(fits).Draw(t, "pattern")
	default:
		least, most := 0, 5
		if v.MinLength != nil {
			least = int(*v.MinLength)
		}
		if v.MaxLength != nil {
			most = min(max(most, least), int(*v.MaxLength))
		}
		return rapid.StringN(least, most, 4*most).Draw(t, "text")
	}
}

// seldom is true once in 32 times; numbers that are drawn tend to be small ones.
func seldom(t *rapid.T) bool {
	for range 5 {
		if !rapid.Bool().Draw(t, "seldom") {
			return false
		}
	}
	return true
}

// change draws a value that is like another one but for some of its parts.
func change(t *rapid.T, s *schema.Structural, old any) any {
	if seldom(t) {
		return draw(t, s)
	}
	switch old := old.(type) {
	case map[string]any:
		o := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(old)) {
			property, ok := s.Properties[name]
			if !ok {
				o[name] = runtime.DeepCopyJSONValue(old[name])
				continue
			}
			required := s.ValueValidation != nil && slices.Contains(s.ValueValidation.Required, name)
			if required || !seldom(t) {
				o[name] = change(t, &property, old[name])
			}
		}
		return o
	case []any:
		entries := []any{}
		for _, entry := range old {
			if !seldom(t) {
				entries = append(entries, changeEntry(t, s, entry))
			}
		}
		return entries
	default:
		return old
	}
}

// changeEntry changes an entry of a list and keeps its keys.
func changeEntry(t *rapid.T, s *schema.Structural, old any) any {
	before, ok := old.(map[string]any)
	if !ok {
		return old
	}
	o := change(t, s.Items, old).(map[string]any)
	for _, key := range s.XListMapKeys {
		o[key] = before[key]
	}
	return o
}
