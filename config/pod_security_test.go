package config_test

import (
	"os"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// TestManagerIsRestricted holds the manager's Pod against the Pod Security Standard
// restricted, with the evaluator of the API server's own admission.
func TestManagerIsRestricted(t *testing.T) {
	text, err := os.ReadFile("manager/manager.yaml")
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	deployments := 0
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var d appsv1.Deployment
		if err := yaml.UnmarshalStrict([]byte(document), &d); err != nil {
			t.Fatal(err)
		}
		if d.Kind != "Deployment" {
			continue
		}
		deployments++
		restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
		judge := func() string {
			pod := d.Spec.Template
			result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec))
			return result.ForbiddenDetail()
		}
		if why := judge(); why != "" {
			t.Errorf("Deployment %s is not restricted: %s", d.Name, why)
		}
		// The level baseline would let this pass.
		d.Spec.Template.Spec.SecurityContext.RunAsNonRoot = new(false)
		for i := range d.Spec.Template.Spec.Containers {
			d.Spec.Template.Spec.Containers[i].SecurityContext.RunAsNonRoot = nil
		}
		if judge() == "" {
			t.Error("a Pod that may run as root passes: the evaluator does not ask for restricted")
		}
	}
	if deployments == 0 {
		t.Error("there is no Deployment")
	}
}
