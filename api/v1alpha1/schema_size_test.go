package v1alpha1_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

// maxObjectBytes is what an object may take as stored JSON.
const maxObjectBytes = 256 << 10

// maximal says how the largest object of a kind comes to be.
type maximal struct {
	// adapt makes the values that the bounds allow agree with the rules.
	adapt func(object map[string]any)
	// prepare makes a status in which the facts of the full object are accepted.
	prepare func(stored, full map[string]any)
	// facts are the lists whose entries are stated one by one, each by a field
	// manager of its own, as the documentation asks for.
	facts []string
	// adaptStatus does for the status what adapt does for the spec.
	adaptStatus func(object map[string]any)
	// maxBytes is what the object may take with the largest status, 1 MiB if it is 0.
	maxBytes int
}

var maximals = map[string]maximal{
	"Order": {
		adapt: func(order map[string]any) { set(order, "spec.lines[*].quantity", int64(1)) },
		prepare: func(stored, full map[string]any) {
			var questions []any
			for _, a := range full["spec"].(map[string]any)["answers"].([]any) {
				answer := a.(map[string]any)
				questions = append(questions, map[string]any{
					"id": answer["question"], "kind": "Shortage", "options": []any{answer["choice"]},
				})
			}
			set(stored, "status.questions", questions)
		},
		facts: []string{"spec.answers", "spec.cases", "spec.payment.received"},
		adaptStatus: func(order map[string]any) {
			var all []any
			for _, kind := range []string{"OverCaptured", "UnderCaptured", "OtherAmount", "UnmatchedCash", "CostUnknown", "FreightUnknown", "FreightEstimated", "FreightAboveQuote"} {
				all = append(all, map[string]any{"kind": kind, "amount": int64(v1alpha1.MaxAmount)})
			}
			set(order, "status.settlement.discrepancies", all)
			set(order, "status.policy.provider.url", longestURL)
			set(order, "status.payment.providers[*].provider.url", longestURL)
		},
	},
	"OrderClass": {
		adapt: func(class map[string]any) {
			for field, value := range map[string]string{"url": longestURL, "type": "HTTP", "method": "Online"} {
				set(class, "spec.payment.providers[*]."+field, value)
			}
			set(class, "spec.delivery.levels[0].name", "Economy")
			set(class, "spec.delivery.levels[1].name", "Express")
		},
	},
	"Shipment": {
		prepare: func(stored, _ map[string]any) { set(stored, "status.phase", "Picking") },
		facts: []string{
			"spec.facts.picked", "spec.facts.picked.short", "spec.facts.packed",
			"spec.facts.dispatched", "spec.facts.putBack", "spec.events",
		},
		adaptStatus: func(shipment map[string]any) {
			set(shipment, "status.cancelledAt", nil) // it is dispatched
			set(shipment, "status.alternatives[0].mode", "Sea")
			set(shipment, "status.alternatives[1].mode", "Air")
		},
	},
	"StockItem": {
		adapt: func(item map[string]any) { set(item, "spec.replenish.sources[*].location", nil) },
		adaptStatus: func(item map[string]any) {
			set(item, "status.quarantined", int64(0))
			set(item, "status.postings", nil) // the controller bounds their bytes
		},
		// The limit of etcd for a request. Most of it is the journal, whose text is of
		// four bytes a character here. The stock controller stays far below: it writes
		// ids and names of one byte a character, and bounds the postings to 48 KiB.
		maxBytes: 3 << 19,
	},
	"Partner": {
		adapt: func(partner map[string]any) {
			var days []any
			for n := range 100 {
				days = append(days, time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
			}
			set(partner, "spec.calendar.closed", days)
			set(partner, "spec.lanes[*].cutoff", "23:59")
			set(partner, "spec.adapter.type", "HTTP")
			set(partner, "spec.adapter.url", longestURL)
			set(partner, "spec.lanes[*].to.place", nil) // a lane ends at a place or in an area
		},
	},
	"Return": {facts: []string{"spec.received"}},
}

// longestURL is an address of a provider at the bound of the schema.
var longestURL = "https://" + strings.Repeat("u", 245)

// TestCase30_MaximalObjectsFitOrAreRefused fills every string and list of a spec
// to its bound. The object must be accepted and stay small, and one step over
// each bound be refused with the path of the field.
func TestCase30_MaximalObjectsFitOrAreRefused(t *testing.T) {
	namespace := newNamespace(t)
	for kind, s := range readSchemas(t) {
		spec, status := s.Properties["spec"], s.Properties["status"]
		t.Run(kind, func(t *testing.T) {
			largest := maximals[kind].build(kind, namespace, &spec)
			checkBounds(t, largest, &spec)
			stored := maximals[kind].store(t, largest)
			if size := sizeOf(t, stored); size > maxObjectBytes {
				t.Errorf("the largest spec takes %d bytes with its managed fields, more than %d", size, maxObjectBytes)
			} else {
				t.Logf("the largest spec takes %d bytes with its managed fields", size)
			}
			if !t.Failed() && status.Type != "" {
				maximals[kind].fillStatus(t, stored, &status)
			}
		})
	}
}

// widest fills free text with a character of four bytes.
var widest = filler{text: '𝕎'}

// build makes the largest object that the schema allows.
func (m maximal) build(kind, namespace string, spec *schema) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{"spec": widest.value(spec, 0)}}
	object.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind(kind))
	object.SetNamespace(namespace)
	object.SetName(strings.Repeat("n", 52))
	if m.adapt != nil {
		m.adapt(object.Object)
	}
	return object
}

// store applies the object without its facts, then each fact as a field manager
// of its own, and returns what the API server keeps.
func (m maximal) store(t *testing.T, full *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	terms := full.DeepCopy().Object
	for _, path := range m.facts {
		unstructured.RemoveNestedField(terms, strings.Split(path, ".")...)
	}
	stored := apply(t, full, terms, "shop")
	if m.prepare != nil {
		m.prepare(stored.Object, full.Object)
		if err := api.Status().Update(t.Context(), stored); err != nil {
			t.Fatalf("preparing the status: %v", err)
		}
	}
	for _, path := range m.facts {
		stored = stateAll(t, full, strings.Split(path, "."))
	}
	return stored
}

// stateAll states the facts at a path. The API server takes a while to apply
// hundreds of facts on the largest object, each as a manager of its own; so it
// applies the first one, and what it notes about that is repeated for the others.
func stateAll(t *testing.T, full *unstructured.Unstructured, path []string) *unstructured.Unstructured {
	t.Helper()
	value, _, _ := unstructured.NestedFieldNoCopy(full.Object, path...)
	facts, isList := value.([]any)
	if !isList {
		fact := maps.Clone(value.(map[string]any))
		maps.DeleteFunc(fact, func(_ string, v any) bool { _, isList := v.([]any); return isList }) // facts of their own
		return apply(t, full, nest(fact, path), managerOf(path, fact))
	}
	stored := apply(t, full, nest(facts[:1], path), managerOf(path, facts[0]))
	managed := stored.GetManagedFields()
	first := slices.IndexFunc(managed, func(e metav1.ManagedFieldsEntry) bool { return e.Manager == managerOf(path, facts[0]) })
	for _, fact := range facts[1:] {
		entry := *managed[first].DeepCopy()
		entry.Manager = managerOf(path, fact)
		entry.FieldsV1 = metav1.NewFieldsV1(strings.ReplaceAll(entry.FieldsV1.GetRawString(), idOf(facts[0]), idOf(fact)))
		managed = append(managed, entry)
	}
	if err := unstructured.SetNestedField(stored.Object, value, path...); err != nil {
		t.Fatal(err)
	}
	if err := api.Update(t.Context(), stored); err != nil {
		t.Fatalf("stating all of %v: %v", path, err)
	}
	stored.SetManagedFields(managed) // this client manages them until the next write
	if err := api.Update(t.Context(), stored); err != nil {
		t.Fatalf("giving %v to their managers: %v", path, err)
	}
	if got := len(stored.GetManagedFields()); got != len(managed) {
		t.Fatalf("the API server keeps %d managers of %v, want %d", got, path, len(managed))
	}
	// Every rule runs on the largest object, the old and the new one.
	return apply(t, full, nest(facts[:1], path), managerOf(path, facts[0]))
}

// apply is a server-side apply of content to an object.
func apply(t *testing.T, to *unstructured.Unstructured, content map[string]any, manager string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{Object: content}
	object.SetGroupVersionKind(to.GroupVersionKind())
	object.SetNamespace(to.GetNamespace())
	object.SetName(to.GetName())
	if err := api.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(manager)); err != nil {
		t.Fatalf("applying as %s: %v", manager, err)
	}
	return object
}

// nest wraps a value in the fields of a path.
func nest(value any, path []string) map[string]any {
	for _, field := range slices.Backward(path) {
		value = map[string]any{field: value}
	}
	return value.(map[string]any)
}

// managerOf is the field manager of a fact, <actor>-<id>.
func managerOf(path []string, fact any) string { return path[len(path)-1] + "-" + idOf(fact) }

func idOf(fact any) string {
	if id, ok := fact.(map[string]any)["id"]; ok {
		return id.(string)
	}
	return fact.(map[string]any)["question"].(string)
}

func sizeOf(t *testing.T, object *unstructured.Unstructured) int {
	t.Helper()
	content, err := object.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return len(content)
}

// fillStatus writes the largest status twice. Controllers keep a status much
// smaller; this shows that a rule never costs more than the API server allows,
// and that etcd stores the largest object.
func (m maximal) fillStatus(t *testing.T, stored *unstructured.Unstructured, status *schema) {
	t.Helper()
	condition := status.Properties["conditions"].Items.Schema
	condition.Properties["message"] = schema{Type: "string", MaxLength: ptr.To[int64](256)} // by convention
	stored.Object["status"] = widest.value(status, 0)
	if m.adaptStatus != nil {
		m.adaptStatus(stored.Object)
	}
	for range 2 {
		if err := api.Status().Update(t.Context(), stored); err != nil {
			t.Fatalf("writing the largest status: %v", err)
		}
		set(stored.Object, "status.observedGeneration", int64(1))
	}
	stored.SetLabels(map[string]string{"written": "again"})
	if err := api.Update(t.Context(), stored); err != nil {
		t.Errorf("writing a label beside the largest status: %v", err)
	}
	size := sizeOf(t, stored)
	t.Logf("with the largest status it takes %d bytes", size)
	if limit := cmp.Or(m.maxBytes, 1<<20); size > limit {
		t.Errorf("with the largest status it takes %d bytes, more than %d", size, limit)
	}
}
