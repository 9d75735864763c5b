package v1alpha1_test

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

type schema = apiextensionsv1.JSONSchemaProps

// longestTime is the longest form of RFC 3339 with nanoseconds.
const longestTime = "2026-03-01T09:00:00.123456789+08:00"

// longestMicroTime is that with microseconds, which confirmedAt has.
const longestMicroTime = "2026-03-01T09:00:00.123456+08:00"

// filler builds the largest value that a schema allows. Free text consists of
// the given character; JSON writes some characters in six bytes.
type filler struct{ text rune }

// value is the largest value of a schema. Values with different numbers differ
// wherever the schema lets them.
func (f filler) value(s *schema, number int) any {
	switch {
	case len(s.Enum) > 0:
		return slices.MaxFunc(enumOf(s), func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	case s.Type == "object":
		object := map[string]any{}
		for name, property := range s.Properties {
			object[name] = f.value(&property, number)
		}
		return object
	case s.Type == "array":
		items := []any{}
		for i := range int(longest(s)) {
			items = append(items, f.item(s, i))
		}
		return items
	case s.Type == "integer":
		return largest(s)
	default:
		return f.string(s, longest(s), number)
	}
}

// item is item i of a list.
func (f filler) item(s *schema, i int) any {
	if item := s.Items.Schema; len(item.Enum) > 0 {
		return enumOf(item)[i%len(item.Enum)]
	}
	return f.value(s.Items.Schema, i)
}

// string is a string of this length that the pattern of the schema allows. If it
// allows none, the length is what is wrong with the one returned.
func (f filler) string(s *schema, length int64, number int) string {
	if s.Format == "date-time" {
		if s.Pattern != "" {
			return longestMicroTime
		}
		return strings.Replace(longestTime, ".", "."+strings.Repeat("0", max(0, int(length)-len(longestTime))), 1)
	}
	allowed := regexp.MustCompile(s.Pattern)
	for _, end := range []string{strconv.Itoa(number), ""} {
		for _, text := range []string{string(f.text), "a", "A"} {
			candidate := strings.Repeat(text, max(0, int(length)-len(end))) + end
			if allowed.MatchString(candidate) && len(end) <= int(length) {
				return candidate
			}
		}
	}
	return strings.Repeat("A", int(length))
}

// longest is the bound of a string or list, -1 if there is none.
func longest(s *schema) int64 {
	for _, bound := range []*int64{s.MaxLength, s.MaxItems} {
		if bound != nil {
			return *bound
		}
	}
	return -1
}

func largest(s *schema) int64 {
	if s.Maximum != nil {
		return int64(*s.Maximum)
	}
	return 1<<31 - 1
}

func enumOf(s *schema) []string {
	var values []string
	for _, value := range s.Enum {
		values = append(values, strings.Trim(string(value.Raw), `"`))
	}
	return values
}

// step is a value just outside of a schema, and the start of the answer to it.
type step struct {
	what    string
	value   any
	because string
}

// stepsOver lists one step over each bound of a schema.
func (f filler) stepsOver(s *schema) []step {
	var steps []step
	add := func(what string, value any, because string) { steps = append(steps, step{what, value, because}) }
	switch {
	case len(s.Enum) > 0:
		add("another word", "Unheard-of", "Unsupported value")
	case s.Type == "array":
		items := f.value(s, 0).([]any)
		add("one item more", append(items, f.item(s, len(items))), "Too many")
		if s.MinItems != nil {
			add("too few items", items[:*s.MinItems-1], "should have at least")
		}
	case s.Type == "integer":
		if s.Maximum != nil {
			add("one more", largest(s)+1, "should be less than or equal to")
		}
		if s.Minimum != nil {
			add("one less", int64(*s.Minimum)-1, "should be greater than or equal to")
		}
	case s.Type == "string":
		add("one character more", f.string(s, longest(s)+1, 0), "Too long")
		if s.MinLength != nil {
			add("a character less", f.string(s, *s.MinLength-1, 0), "should be at least")
		}
		if s.Pattern != "" {
			add("a character that is not allowed", "%", "should match")
		}
	}
	return steps
}
