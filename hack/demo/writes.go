package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"sort"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// reportWrites prints what the operator wrote to the API server, by its own
// count at its transport. API writes are what this system costs.
func reportWrites(ctx context.Context, s *stage, c client.Client) error {
	token, err := scraperToken(ctx, c)
	if err != nil {
		return err
	}
	families, err := scrape(ctx, s.metrics, token)
	if err != nil {
		return err
	}
	operator, byResource, simulated, leases := 0.0, map[string]float64{}, 0.0, 0.0
	for _, m := range families["ordercycle_api_writes_total"].GetMetric() {
		labels := map[string]string{}
		for _, l := range m.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		n := m.GetCounter().GetValue()
		switch {
		case labels["resource"] == "leases":
			leases += n
		case labels["writer"] == "operator":
			operator += n
			byResource[labels["resource"]] += n
		default:
			simulated += n
		}
	}
	fmt.Printf("The operator's own API writes: %.0f for %d orders, %.1f per order:\n", operator, orders, operator/orders)
	resources := make([]string, 0, len(byResource))
	for r := range byResource {
		resources = append(resources, r)
	}
	sort.Slice(resources, func(i, j int) bool { return byResource[resources[i]] > byResource[resources[j]] })
	for _, r := range resources {
		fmt.Printf("  %5.0f  %s\n", byResource[r], r)
	}
	fmt.Printf("Besides: %.0f writes of the simulated warehouse, carrier and payment provider, %.0f of the leader's lease.\n", simulated, leases)
	return nil
}

// scraperToken makes a service account that may read the metrics, as a
// monitoring system would have one, and a token for it.
func scraperToken(ctx context.Context, c client.Client) (string, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "metrics-scraper"}}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "metrics-scraper"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "ordercycle-metrics-reader"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account.Name}},
	}
	for _, o := range []client.Object{account, binding} {
		if err := c.Create(ctx, o); err != nil {
			return "", fmt.Errorf("making the account that reads the metrics: %w", err)
		}
	}
	request := &authenticationv1.TokenRequest{}
	if err := c.SubResource("token").Create(ctx, account, request); err != nil {
		return "", fmt.Errorf("asking for a token: %w", err)
	}
	return request.Status.Token, nil
}

func scrape(ctx context.Context, address, token string) (map[string]*dto.MetricFamily, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/metrics", nil)
	if err != nil {
		return nil, fmt.Errorf("reading the metrics: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	// The manager made its own certificate, and both ends are on this machine.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("reading the metrics: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		return nil, fmt.Errorf("reading the metrics: %s: %s", response.Status, text)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the metrics: %w", err)
	}
	return families, nil
}
