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
		d.Spec.Template.Spec.HostNetwork = true
		if judge() == "" {
			t.Error("a Pod on the host's network passes: the evaluator sees nothing")
		}
	}
	if deployments == 0 {
		t.Error("there is no Deployment")
	}
}
