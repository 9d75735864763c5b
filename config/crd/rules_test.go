// Package crd_test tries the rules of the CRDs on objects that are drawn at random.
package crd_test

import (
	"context"
	"maps"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv/crd"
	"ordercycle.dev/ordercycle/hack/testenv/fuzz"
)

// rules are those of a kind.
type rules struct {
	schema    *schema.Structural
	validator *cel.Validator
}

func read(t testing.TB, resource string) *rules {
	t.Helper()
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(crd.Schema(t, resource), &props, nil); err != nil {
		t.Fatal(err)
	}
	structural, err := schema.NewStructural(&props)
	if err != nil {
		t.Fatal(err)
	}
	return &rules{structural, cel.NewValidator(structural, true, celconfig.PerCallLimit)}
}

// check is what the rules say of an object that takes the place of old, nil for none.
// A rule that cannot be evaluated, or only at too great a cost, fails the test: the
// user would be told nothing that helps.
func (r *rules) check(t *rapid.T, object, old map[string]any) field.ErrorList {
	var before any
	if old != nil {
		before = old
	}
	errs, rest := r.validator.Validate(context.Background(), nil, r.schema, object, before, celconfig.RuntimeCELCostBudget)
	if rest < 0 {
		t.Fatalf("the rules cost too much: %v", errs)
	}
	for _, err := range errs {
		if err.Type == field.ErrorTypeInternal || strings.Contains(err.Detail, "evaluating rule") {
			t.Fatalf("a rule cannot be evaluated: %v", err)
		}
	}
	return errs
}

// object draws an object that the schema allows.
func (r *rules) object(t *rapid.T) map[string]any {
	o := draw(t, r.schema).(map[string]any)
	o["metadata"] = map[string]any{"name": rapid.StringMatching(`[a-z]{1,60}`).Draw(t, "name")}
	defaulting.Default(o, r.schema)
	return o
}

// anyObject: each rule can be evaluated on whatever the schema allows; nothing that the
// creation allowed is refused when it is written again as it is; and what is accepted
// keeps what the rules promise, which is written down here a second time.
func (r *rules) anyObject(promise func(t *rapid.T, object, old map[string]any)) func(*rapid.T) {
	return func(t *rapid.T) {
		old := r.object(t)
		created := r.check(t, old, nil)
		if len(created) == 0 {
			promise(t, old, nil)
		}
		for _, err := range r.check(t, old, runtime.DeepCopyJSON(old)) {
			if !slices.ContainsFunc(created, func(c *field.Error) bool { return c.Field == err.Field && c.Detail == err.Detail }) {
				t.Fatalf("an object that is written again as it is, is refused: %v", err)
			}
		}
		after := change(t, r.schema, old).(map[string]any)
		after["metadata"] = old["metadata"]
		defaulting.Default(after, r.schema)
		if len(r.check(t, after, old)) == 0 {
			promise(t, after, old)
		}
	}
}

// typed reads a drawn object.
func typed[T any](t *rapid.T, object map[string]any) *T {
	var o T
	if object == nil {
		return nil
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, &o); err != nil {
		t.Fatalf("what the schema allows cannot be read: %v", err)
	}
	return &o
}

func order(t *rapid.T, object, before map[string]any) {
	o, old := typed[v1.Order](t, object), typed[v1.Order](t, before)
	for _, l := range o.Spec.Lines {
		price := new(big.Int).Mul(big.NewInt(int64(l.Quantity)), big.NewInt(int64(l.UnitPrice)))
		if price.Cmp(big.NewInt(v1.MaxAmount)) > 0 || (old == nil && l.Quantity < 1) {
			t.Fatalf("accepted: %+v", l)
		}
	}
	if old == nil {
		return
	}
	lines := map[v1.Identifier]v1.OrderLine{}
	for _, l := range old.Spec.Lines {
		lines[l.ID] = l
	}
	for _, l := range o.Spec.Lines {
		was, ok := lines[l.ID]
		if !ok || l.SKU != was.SKU || l.UnitPrice != was.UnitPrice || l.TaxBps != was.TaxBps || l.Quantity > was.Quantity {
			t.Fatalf("accepted: line %+v of %+v", l, was)
		}
	}
	if o.Spec.Channel != old.Spec.Channel || o.Spec.Currency != old.Spec.Currency || o.Spec.ExternalRef != old.Spec.ExternalRef || len(o.Spec.Lines) != len(old.Spec.Lines) {
		t.Fatalf("accepted: %+v of %+v", o.Spec, old.Spec)
	}
	for _, was := range old.Spec.Answers {
		if !slices.Contains(o.Spec.Answers, was) {
			t.Fatalf("accepted: answers %+v of %+v", o.Spec.Answers, old.Spec.Answers)
		}
	}
	if old.Status.ConfirmedAt != nil && (o.Spec.Discount != old.Spec.Discount || o.Spec.ShippingFee != old.Spec.ShippingFee ||
		o.Spec.Payment.Method != old.Spec.Payment.Method || o.Spec.Payment.Provider != old.Spec.Payment.Provider || o.Spec.ClassName != old.Spec.ClassName) {
		t.Fatalf("accepted after the confirmation: %+v of %+v", o.Spec, old.Spec)
	}
}

func shipment(t *rapid.T, object, before map[string]any) {
	s, old := typed[v1.Shipment](t, object), typed[v1.Shipment](t, before)
	if old == nil {
		return
	}
	if s.Spec.OrderName != old.Spec.OrderName || s.Spec.OrderUID != old.Spec.OrderUID || s.Spec.Grant != old.Spec.Grant || s.Spec.Location != old.Spec.Location {
		t.Fatalf("accepted: %+v of %+v", s.Spec, old.Spec)
	}
	ids := map[v1.Identifier]bool{}
	for _, e := range s.Spec.Events {
		ids[e.ID] = true
	}
	for _, e := range old.Spec.Events {
		if !ids[e.ID] {
			t.Fatalf("accepted: event %s is gone", e.ID)
		}
	}
	if f, was := s.Spec.Facts, old.Spec.Facts; was.Dispatched != nil && f.Dispatched == nil {
		t.Fatalf("accepted: facts %+v of %+v", f, was)
	}
}

func stockItem(t *rapid.T, object, before map[string]any) {
	i, old := typed[v1.StockItem](t, object), typed[v1.StockItem](t, before)
	if old != nil && (i.Spec.SKU != old.Spec.SKU || i.Spec.Location != old.Spec.Location) {
		t.Fatalf("accepted: %+v of %+v", i.Spec, old.Spec)
	}
}

func returned(t *rapid.T, object, before map[string]any) {
	r, old := typed[v1.Return](t, object), typed[v1.Return](t, before)
	if old != nil && (r.Spec.OrderName != old.Spec.OrderName || r.Spec.Resolution != old.Spec.Resolution || len(r.Spec.Items) != len(old.Spec.Items)) {
		t.Fatalf("accepted: %+v of %+v", r.Spec, old.Spec)
	}
}

func class(t *rapid.T, object, _ map[string]any) {
	c := typed[v1.OrderClass](t, object)
	if c.Spec.Payment == nil {
		return
	}
	for _, p := range c.Spec.Payment.Providers {
		calls := p.Type == v1.ProviderHTTP || p.Type == v1.ProviderStripe
		switch {
		case p.Type == v1.ProviderHTTP && p.URL == "", !calls && p.URL != "", calls != (p.SecretRef != nil),
			calls && p.Method != v1.PaymentCard && p.Method != v1.PaymentOnline:
			t.Fatalf("accepted: provider %+v", p)
		}
	}
}

func partner(t *rapid.T, object, _ map[string]any) {
	for _, l := range typed[v1.Partner](t, object).Spec.Lanes {
		switch a := l.To.Area; {
		case (l.To.Place == "") != (a != nil), string(l.To.Place) == string(l.From), l.TransitHours.P50 > l.TransitHours.P90,
			a != nil && a.City != "" && a.Region == "":
			t.Fatalf("accepted: lane %+v", l)
		}
	}
}

// kinds are the rules by resource, with what they promise.
var kinds = map[string]func(t *rapid.T, object, old map[string]any){
	"orders": order, "shipments": shipment, "stockitems": stockItem, "returns": returned, "orderclasses": class, "partners": partner,
}

func TestRules(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("bases", "*.yaml"))
	if err != nil || len(files) != len(kinds) {
		t.Fatalf("there are %d CRDs (%v), and promises of %d", len(files), err, len(kinds))
	}
	for _, resource := range slices.Sorted(maps.Keys(kinds)) {
		t.Run(resource, func(t *testing.T) {
			created, changed := 0, 0
			rapid.Check(t, read(t, resource).anyObject(func(t *rapid.T, object, old map[string]any) {
				if old == nil {
					created++
				} else {
					changed++
				}
				kinds[resource](t, object, old)
			}))
			// What is never accepted promises nothing.
			if created < 10 || changed < 10 {
				t.Errorf("%d creations and %d changes were accepted", created, changed)
			}
		})
	}
}

func FuzzOrderRules(f *testing.F) { fuzz.Drawn(f, read(f, "orders").anyObject(order)) }
func FuzzShipmentRules(f *testing.F) {
	fuzz.Drawn(f, read(f, "shipments").anyObject(shipment))
}
func FuzzStockItemRules(f *testing.F) {
	fuzz.Drawn(f, read(f, "stockitems").anyObject(stockItem))
}
func FuzzReturnRules(f *testing.F) { fuzz.Drawn(f, read(f, "returns").anyObject(returned)) }
func FuzzOrderClassRules(f *testing.F) {
	fuzz.Drawn(f, read(f, "orderclasses").anyObject(class))
}
func FuzzPartnerRules(f *testing.F) { fuzz.Drawn(f, read(f, "partners").anyObject(partner)) }
