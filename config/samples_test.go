package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

const samples = "samples"

// TestQuickstart applies the quick start and what follows it, twice, as a pipeline
// does, and looks at what the API server keeps.
func TestQuickstart(t *testing.T) {
	namespace := newNamespace(t)
	quickstart := readKustomization(t, filepath.Join(samples, "quickstart"))
	later := filepath.Join(samples, "quickstart-later")
	for range 2 {
		for _, object := range quickstart {
			applySample(t, namespace, object.DeepCopy(), "kubectl")
		}
		for _, object := range readFile(t, filepath.Join(later, "restock.yaml")) {
			applySample(t, namespace, object, "kubectl")
		}
		for _, object := range readFile(t, filepath.Join(later, "cash.yaml")) {
			applySample(t, namespace, object, "finance-cash-1")
		}
	}
	t.Run("every total is the one that the channel showed", func(t *testing.T) {
		orders := &v1alpha1.OrderList{}
		if err := admin.List(t.Context(), orders, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
		if len(orders.Items) != 6 {
			t.Errorf("got %d orders, want 6", len(orders.Items))
		}
		for _, o := range orders.Items {
			totals, err := pricing.Of(&o.Spec)
			if err != nil || o.Spec.ExpectedTotal == nil || totals.Total != *o.Spec.ExpectedTotal {
				t.Errorf("%s: the total is %d (%v), want expectedTotal to be that", o.Name, totals.Total, err)
			}
			var received v1alpha1.Amount
			for _, r := range o.Spec.Payment.Received {
				received += v1alpha1.Amount(r.Amount)
			}
			if cash := o.Spec.Payment.Method == v1alpha1.PaymentCash; cash && received != totals.Total {
				t.Errorf("%s: %d came in, want %d", o.Name, received, totals.Total)
			}
		}
	})
	t.Run("the second count of an item is later and larger", func(t *testing.T) {
		item := &v1alpha1.StockItem{}
		for _, object := range readFile(t, filepath.Join(later, "restock.yaml")) {
			if err := admin.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: object.GetName()}, item); err != nil {
				t.Fatal(err)
			}
		}
		first := firstCount(t, quickstart, item.Name)
		if c := item.Spec.Count; c.ID == first.ID || !c.TakenAt.After(first.TakenAt.Time) || c.Quantity <= first.Quantity {
			t.Errorf("count %+v does not follow %+v", *c, first)
		}
	})
}

// applySample applies a manifest server-side; a field that the API does not know is
// an error.
func applySample(t *testing.T, namespace string, object *unstructured.Unstructured, manager string) {
	t.Helper()
	object.SetNamespace(namespace)
	if err := apply(t.Context(), object, manager); err != nil {
		t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), err)
	}
}

// firstCount is the count that the quick start gives to an item.
func firstCount(t *testing.T, quickstart []*unstructured.Unstructured, name string) v1alpha1.StockCount {
	t.Helper()
	for _, object := range quickstart {
		item := &v1alpha1.StockItem{}
		if object.GetKind() != "StockItem" || object.GetName() != name {
			continue
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, item); err != nil {
			t.Fatal(err)
		}
		return *item.Spec.Count
	}
	t.Fatalf("no StockItem %s in the quick start", name)
	return v1alpha1.StockCount{}
}

// TestInvalidSamplesAreRefused creates each invalid sample. The answer must hold the
// reason that the file gives, and the file say what to write instead.
func TestInvalidSamplesAreRefused(t *testing.T) {
	namespace := newNamespace(t)
	for _, file := range filesIn(t, filepath.Join(samples, "invalid")) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.SplitN(string(content), "\n", 3)
			reason, hasReason := strings.CutPrefix(lines[0], "# reason: ")
			if _, hasAdvice := strings.CutPrefix(lines[1], "# instead: "); !hasReason || !hasAdvice {
				t.Fatalf("the file must start with lines # reason: ... and # instead: ..., not %q", lines[:2])
			}
			for _, object := range readFile(t, file) {
				object.SetNamespace(namespace)
				if err := admin.Create(t.Context(), object); err == nil || !strings.Contains(err.Error(), reason) {
					t.Errorf("got: %v\nwant: %s", err, reason)
				}
			}
		})
	}
}
