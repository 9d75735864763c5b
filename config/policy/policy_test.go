// Package policy_test tries the admission policies on each field, and on changes that are
// drawn at random.
package policy_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/common/types"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/cel/environment"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/crd"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// policy is a compiled policy.
type policy struct {
	resource string
	kind     string
	// fields of the spec that it watches over, those of the payment after a dot.
	fields    []string
	evaluator cel.ConditionEvaluator
	context   func(context.Context) cel.CompositionContext
}

// owners are the subresources that it takes permission to update, by field, as the head
// of each policy tells; "" is for what nobody owns.
type owners func(field string, created bool) string

func orderOwner(field string, created bool) string {
	switch field {
	case "approval", "answers", "cancel":
		return field
	case "payment.received", "payment.refunded":
		return "received"
	case "feedback", "cases":
		return "feedback"
	}
	if created {
		return "" // whoever may create it sets the terms
	}
	return "terms"
}

func shipmentOwner(field string, _ bool) string {
	switch field {
	case "facts", "hold":
		return "facts"
	case "events", "actualFreight":
		return "events"
	}
	return ""
}

// lists are as good as absent when they are empty.
var lists = []string{"answers", "cases", "events", "facts", "payment.received", "payment.refunded"}

func read(t testing.TB, resource, kind string) *policy {
	t.Helper()
	text, err := os.ReadFile(resource + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, binding, _ := bytes.Cut(text, []byte("\n---\n"))
	if bytes.Contains(binding, []byte("expression:")) {
		t.Fatalf("%s.yaml has a second policy", resource)
	}
	var described admissionregistrationv1.ValidatingAdmissionPolicy
	if err := yaml.UnmarshalStrict(text, &described); err != nil {
		t.Fatal(err)
	}
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		t.Fatal(err)
	}
	options := cel.OptionalVariableDeclarations{HasAuthorizer: true}
	for _, v := range described.Spec.Variables {
		if r := compiler.CompileAndStoreVariable(&validating.Variable{Name: v.Name, Expression: v.Expression}, options, environment.StoredExpressions); r.Error != nil {
			t.Fatalf("variable %s: %v", v.Name, r.Error)
		}
	}
	var conditions []cel.ExpressionAccessor
	for _, v := range described.Spec.Validations {
		conditions = append(conditions, &validating.ValidationCondition{Expression: v.Expression, Message: v.Message})
	}
	p := &policy{resource: resource, kind: kind, context: compiler.CreateContext}
	p.evaluator = compiler.CompileCondition(conditions, options, environment.StoredExpressions)
	if errs := p.evaluator.CompilationErrors(); len(errs) > 0 {
		t.Fatal(errs)
	}
	p.fields = specFields(t, resource)
	return p
}

// specFields are those of the spec of a resource.
func specFields(t testing.TB, resource string) []string {
	t.Helper()
	spec := crd.Schema(t, resource).Properties["spec"]
	fields := slices.Collect(maps.Keys(spec.Properties))
	for f := range spec.Properties["payment"].Properties {
		fields = append(fields, "payment."+f)
	}
	fields = slices.DeleteFunc(fields, func(f string) bool { return f == "payment" })
	slices.Sort(fields)
	return fields
}

// values are those that a field may have: none, an empty one, or one of two.
func (p *policy) values(field string) []any {
	if slices.Contains(lists, field) {
		if field == "facts" {
			return []any{nil, map[string]any{}, map[string]any{"packed": "a"}, map[string]any{"packed": "b"}}
		}
		return []any{nil, []any{}, []any{"a"}, []any{"a", "b"}}
	}
	return []any{nil, "", "a", map[string]any{"a": int64(1)}}
}

// drawn draws a spec, as its fields by name, those of the payment after a dot; or a change
// of a few of them.
func (p *policy) drawn(t *rapid.T, before map[string]any) map[string]any {
	spec, fields := maps.Clone(before), p.fields
	if before == nil {
		spec = map[string]any{}
	} else {
		fields = rapid.SliceOfN(rapid.SampledFrom(fields), 0, 3).Draw(t, "changed")
	}
	for _, f := range fields {
		spec[f] = rapid.SampledFrom(p.values(f)).Draw(t, f)
	}
	return spec
}

// object puts those fields that have a value into an object.
func (p *policy) object(fields map[string]any) *unstructured.Unstructured {
	spec, payment := map[string]any{}, map[string]any{}
	for name, v := range fields {
		sub, isPayment := strings.CutPrefix(name, "payment.")
		switch {
		case v == nil:
		case isPayment:
			payment[sub] = v
		default:
			spec[name] = v
		}
	}
	if len(payment) > 0 {
		spec["payment"] = payment
	}
	return &unstructured.Unstructured{Object: runtime.DeepCopyJSON(map[string]any{
		"apiVersion": v1.SchemeGroupVersion.String(), "kind": p.kind,
		"metadata": map[string]any{"namespace": "shop", "name": "o1"}, "spec": spec,
	})}
}

// holds is somebody who may update these subresources of o1 in shop.
type holds struct {
	resource     string
	subresources []string
}

func (h holds) Authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	if a.GetAPIGroup() == v1.SchemeGroupVersion.Group && a.GetResource() == h.resource && a.GetNamespace() == "shop" && a.GetName() == "o1" &&
		a.GetVerb() == "update" && slices.Contains(h.subresources, a.GetSubresource()) {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}

// allows asks the policy.
func (p *policy) allows(t rapid.TB, object, old *unstructured.Unstructured, who holds) bool {
	t.Helper()
	kind := v1.SchemeGroupVersion.WithKind(p.kind)
	operation, before := admission.Create, runtime.Object(nil)
	if old != nil {
		operation, before = admission.Update, old
	}
	attributes := admission.NewAttributesRecord(object, before, kind, "shop", "o1", v1.SchemeGroupVersion.WithResource(p.resource), "", operation, nil, false, &user.DefaultInfo{Name: "somebody"})
	versioned := &admission.VersionedAttributes{Attributes: attributes, VersionedKind: kind, VersionedObject: admission.NewLazyObject(object)}
	if old != nil {
		versioned.VersionedOldObject = admission.NewLazyObject(old)
	}
	request := cel.CreateAdmissionRequest(attributes, metav1.GroupVersionResource(attributes.GetResource()), metav1.GroupVersionKind(kind))
	results, rest, err := p.evaluator.ForInput(p.context(context.Background()), versioned, request, cel.OptionalVariableBindings{Authorizer: who}, nil, celconfig.RuntimeCELCostBudget)
	if err != nil || rest < 0 {
		t.Fatalf("the policy cannot be evaluated: %v, %d of its budget left", err, rest)
	}
	allowed := true
	for _, r := range results {
		if r.Error != nil {
			t.Fatalf("%s: %v", r.ExpressionAccessor.GetExpression(), r.Error)
		}
		allowed = allowed && r.EvalResult == types.True
	}
	return allowed
}

// same says whether a field is the same in both.
func same(field string, a, b any) bool {
	if slices.Contains(lists, field) {
		empty := func(v any) bool { return v == nil || reflect.ValueOf(v).Len() == 0 }
		if empty(a) || empty(b) {
			return empty(a) && empty(b)
		}
	}
	return reflect.DeepEqual(a, b)
}

// onlyByOwners: what is created or changed is allowed exactly to those who own each part
// that is touched.
func (p *policy) onlyByOwners(owner owners, tried func(allowed bool)) func(*rapid.T) {
	return func(t *rapid.T) {
		var old *unstructured.Unstructured
		var before map[string]any
		if rapid.Bool().Draw(t, "update") {
			before = p.drawn(t, nil)
			old = p.object(before)
		}
		after := p.drawn(t, before)
		var needed []string
		for _, f := range slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after))) {
			if part := owner(f, old == nil); part != "" && !same(f, before[f], after[f]) && !slices.Contains(needed, part) {
				needed = append(needed, part)
			}
		}
		slices.Sort(needed)
		who := holds{p.resource, needed}
		if len(needed) > 0 && rapid.Bool().Draw(t, "all but one") {
			i := rapid.IntRange(0, len(needed)-1).Draw(t, "not held")
			who.subresources = slices.Delete(slices.Clone(needed), i, i+1)
		}
		want := len(who.subresources) == len(needed)
		tried(want)
		if got := p.allows(t, p.object(after), old, who); got != want {
			t.Fatalf("allowed: %t; it takes %v, and %v are held\nbefore %v\nafter  %v", got, needed, who.subresources, before, after)
		}
	}
}

// policies by resource.
var policies = map[string]struct {
	kind  string
	owner owners
}{"orders": {"Order", orderOwner}, "shipments": {"Shipment", shipmentOwner}}

// Each field belongs to its owner alone: whoever holds all else may neither change it nor
// create an object with it.
func TestEachFieldHasItsOwner(t *testing.T) {
	for resource, c := range policies {
		t.Run(resource, func(t *testing.T) {
			p := read(t, resource, c.kind)
			parts := map[string]bool{}
			for _, f := range p.fields {
				parts[c.owner(f, false)] = true
			}
			for _, f := range p.fields {
				for _, from := range p.values(f) {
					for _, to := range p.values(f) {
						p.ownedBy(t, c.owner(f, false), parts, f, p.object(map[string]any{f: from}), from, to)
					}
				}
				for _, to := range p.values(f) {
					p.ownedBy(t, c.owner(f, true), parts, f, nil, nil, to)
				}
			}
		})
	}
}

// ownedBy wants a field to be set by who holds one part, and by nobody else; by everybody
// if it is no part.
func (p *policy) ownedBy(t *testing.T, part string, parts map[string]bool, field string, old *unstructured.Unstructured, from, to any) {
	t.Helper()
	object := p.object(map[string]any{field: to})
	others := holds{p.resource, slices.DeleteFunc(slices.Collect(maps.Keys(parts)), func(s string) bool { return s == part })}
	if !p.allows(t, object, old, holds{p.resource, []string{part}}) {
		t.Errorf("%s may not be changed from %v to %v (created: %t) by who holds %q", field, from, to, old == nil, part)
	}
	if want := part == "" || same(field, from, to); p.allows(t, object, old, others) != want {
		t.Errorf("change of %s from %v to %v (created: %t) by who holds all but %q: %t is wanted", field, from, to, old == nil, part, want)
	}
}

func TestManyFieldsAtOnce(t *testing.T) {
	for resource, c := range policies {
		t.Run(resource, func(t *testing.T) {
			seen := map[bool]int{} // what is never allowed, or always, tries nothing
			rapid.Check(t, read(t, resource, c.kind).onlyByOwners(c.owner, func(allowed bool) { seen[allowed]++ }))
			if seen[true] < 10 || seen[false] < 10 {
				t.Errorf("%d were to be allowed and %d refused", seen[true], seen[false])
			}
		})
	}
}

func FuzzOrderPolicy(f *testing.F) {
	fuzz.Drawn(f, read(f, "orders", "Order").onlyByOwners(orderOwner, func(bool) {}))
}

func FuzzShipmentPolicy(f *testing.F) {
	fuzz.Drawn(f, read(f, "shipments", "Shipment").onlyByOwners(shipmentOwner, func(bool) {}))
}
