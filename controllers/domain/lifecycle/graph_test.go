package lifecycle

import (
	"os"
	"strings"
	"testing"
)

func TestGraphIsTheRuleOfTheCRD(t *testing.T) {
	source, err := os.ReadFile("../../../api/v1alpha1/order_status.go")
	if err != nil {
		t.Fatal(err)
	}
	if want := `rule="` + GraphRule() + `"`; !strings.Contains(string(source), want) {
		t.Errorf("the rule on OrderStatus is not the graph's; write\n%s\nthere and run make generate manifests", want)
	}
}

func TestGraphIsInTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/order-lifecycle.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), GraphDiagram()) {
		t.Errorf("docs/order-lifecycle.md lacks the diagram; write\n%s", GraphDiagram())
	}
}

func TestFinalPhasesAreNotLeft(t *testing.T) {
	for _, e := range graph {
		if got, want := Final(e.from), len(e.to) == 0; got != want {
			t.Errorf("Final(%s) = %v, want %v", e.from, got, want)
		}
		for _, f := range graph {
			if Final(e.from) && e.from != f.from && Allowed(e.from, f.from) {
				t.Errorf("%s is final and may become %s", e.from, f.from)
			}
		}
	}
}
