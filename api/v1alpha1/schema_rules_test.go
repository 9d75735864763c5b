package v1alpha1_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// TestEveryRuleIsRefusedOnce fails for a rule of the CRDs that no case of this
// package expects to refuse something. That the API server does refuse it, with
// the rule's sentence on the rule's field, is what checkWrites sees to.
func TestEveryRuleIsRefusedOnce(t *testing.T) {
	refused := map[string][]refusal{
		"Order":      refusals(orderCreations, orderUpdates, confirmedOrderUpdates, orderFactUpdates, orderAnswerUpdates, orderStatusUpdates, orderShortageStatus),
		"OrderClass": refusals(orderClassWrites),
		"Partner":    refusals(partnerWrites),
		"Return":     refusals(returnWrites),
		"Shipment":   refusals(shipmentCreations, shipmentUpdates, shipmentFactUpdates, shipmentFactsOutOfPhase, shipmentStatusUpdates, shortPickWrites, shortUnitsUpdates),
		"StockItem":  refusals(stockItemWrites, stockItemStatusUpdates),
	}
	index := regexp.MustCompile(`\[[^]]*\]`)
	for kind, schema := range readSchemas(t) {
		for i := range refused[kind] {
			refused[kind][i].field = index.ReplaceAllString(refused[kind][i].field, "[]")
		}
		for _, rule := range rulesOf(&schema, "") {
			if !slices.Contains(refused[kind], rule) {
				t.Errorf("%s: no case is refused because of the rule at %q: %s", kind, rule.field, rule.because)
			}
		}
	}
}

// readSchemas returns the schemas of the CRDs by kind.
func readSchemas(t *testing.T) map[string]apiextensionsv1.JSONSchemaProps {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(crdDirectory, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no CRDs in %s (%v): run `make generate`", crdDirectory, err)
	}
	schemas := map[string]apiextensionsv1.JSONSchemaProps{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, &crd); err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		schemas[crd.Spec.Names.Kind] = *crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	}
	return schemas
}

// rulesOf lists the CEL rules of a schema at path and below it, each as what it
// refuses.
func rulesOf(schema *apiextensionsv1.JSONSchemaProps, path string) []refusal {
	var rules []refusal
	for _, rule := range schema.XValidations {
		field := strings.TrimPrefix(path+rule.FieldPath, ".")
		rules = append(rules, refusal{field: field, because: rule.Message})
	}
	for name, property := range schema.Properties {
		rules = append(rules, rulesOf(&property, path+"."+name)...)
	}
	if schema.Items != nil {
		rules = append(rules, rulesOf(schema.Items.Schema, path+"[]")...)
	}
	return rules
}
