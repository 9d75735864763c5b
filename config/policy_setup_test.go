package config_test

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/api/v1alpha1"
)

const (
	pollInterval = 50 * time.Millisecond
	pollTimeout  = time.Minute
)

func newOrder(namespace string) *v1alpha1.Order {
	return &v1alpha1.Order{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace},
		Spec: v1alpha1.OrderSpec{
			Customer: v1alpha1.Customer{ID: "c-17"},
			ShipTo:   v1alpha1.Address{City: "Berlin", Country: "DE"},
			Currency: "EUR",
			Lines:    []v1alpha1.OrderLine{{ID: "1", SKU: "TEA-GREEN-100", Quantity: 2, UnitPrice: 1250}},
			Payment:  v1alpha1.OrderPayment{Method: v1alpha1.PaymentCash},
		},
	}
}

func newShipment(namespace string) *v1alpha1.Shipment {
	return &v1alpha1.Shipment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace},
		Spec: v1alpha1.ShipmentSpec{
			OrderName: "web-100045", OrderUID: "5b7c", Grant: "g-1", Location: "berlin",
			Items: []v1alpha1.ShipmentItem{{Line: "1", StockItem: "tea-berlin", StockItemUID: "9f3a", SKU: "TEA-GREEN-100", Quantity: 2}},
		},
	}
}

// testRoles are those of the actors that only tests know.
var testRoles = map[string]rbacv1.PolicyRule{
	"test-editor": {
		APIGroups: []string{"ordercycle.dev"}, Resources: []string{"orders", "shipments"},
		Verbs: []string{"create", "get", "list", "watch", "patch", "update"},
	},
	"test-controller": {
		APIGroups: []string{"ordercycle.dev"}, Resources: []string{"orders/status", "shipments/status"},
		Verbs: []string{"get", "patch", "update"},
	},
}

// installPolicies applies the policies and the roles of the actors. Every role that
// a policy tells people to ask for must be among them.
func installPolicies(t *testing.T) {
	t.Helper()
	roles := map[string]bool{}
	for _, object := range readKustomization(t, filepath.Join("rbac", "actors")) {
		roles[object.GetName()] = true
		if err := apply(t.Context(), object, "test"); err != nil {
			t.Fatal(err)
		}
	}
	for name, rule := range testRoles {
		role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{rule}}
		if err := admin.Create(t.Context(), role); err != nil {
			t.Fatal(err)
		}
	}
	advice := regexp.MustCompile(`ask for the role ([a-z-]+)$`)
	for _, object := range readKustomization(t, "policy") {
		validations, _, _ := unstructured.NestedSlice(object.Object, "spec", "validations")
		for _, v := range validations {
			message := v.(map[string]any)["message"].(string)
			if role := advice.FindStringSubmatch(message); role == nil || !roles[role[1]] {
				t.Errorf("%s: no role of config/rbac/actors in: %s", object.GetName(), message)
			}
		}
		if err := apply(t.Context(), object, "test"); err != nil {
			t.Fatal(err)
		}
	}
}

// bind makes a user known by that name, binds roles to it in the namespace and
// returns its client.
func bind(t *testing.T, namespace, user string, roles ...string) client.Client {
	t.Helper()
	for _, role := range roles {
		binding := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: user + "-" + role},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
		}
		if err := admin.Create(t.Context(), binding); err != nil {
			t.Fatal(err)
		}
		awaitBinding(t, namespace, user, role)
	}
	config, _, err := cluster.User(user)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// awaitBinding waits until the API server has seen a binding: until the user may do
// what the last rule of the role allows.
func awaitBinding(t *testing.T, namespace, user, role string) {
	t.Helper()
	clusterRole := &rbacv1.ClusterRole{}
	if err := admin.Get(t.Context(), client.ObjectKey{Name: role}, clusterRole); err != nil {
		t.Fatal(err)
	}
	rule := clusterRole.Rules[len(clusterRole.Rules)-1]
	resource, subresource, _ := strings.Cut(rule.Resources[0], "/")
	err := wait.PollUntilContextTimeout(t.Context(), pollInterval, pollTimeout, true, func(ctx context.Context) (bool, error) {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: rule.Verbs[0], Group: rule.APIGroups[0], Resource: resource, Subresource: subresource,
			},
		}}
		err := admin.Create(ctx, review)
		return review.Status.Allowed, err
	})
	if err != nil {
		t.Fatalf("waiting until %s is bound to %s: %v", user, role, err)
	}
}

// awaitPolicies waits until both policies are active: until what an editor may do is
// accepted and what it may not do is refused.
func awaitPolicies(t *testing.T, namespace string, editor client.Client) {
	t.Helper()
	order, shipment := newOrder(namespace), newShipment(namespace)
	order.Name, shipment.Name = "probe", "probe"
	probes := map[client.Object]func(){
		order:    func() { approve(order) },
		shipment: func() { hold(shipment) },
	}
	for object, spoil := range probes {
		for _, bad := range []bool{false, true} {
			if bad {
				spoil()
			}
			err := wait.PollUntilContextTimeout(t.Context(), pollInterval, pollTimeout, true, func(ctx context.Context) (bool, error) {
				probe := object.DeepCopyObject().(client.Object)
				return apierrors.IsForbidden(editor.Create(ctx, probe, client.DryRunAll)) == bad, nil
			})
			if err != nil {
				t.Fatalf("waiting for the policy of %T (a write that is to be refused: %t): %v", object, bad, err)
			}
		}
	}
}
