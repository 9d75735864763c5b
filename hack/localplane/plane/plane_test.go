package plane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ownerEnv makes the test binary the owner of a plane, for tests that kill it.
const ownerEnv = "PLANE_TEST_OWNER"

func TestMain(m *testing.M) {
	if os.Getenv(ownerEnv) != "" {
		fmt.Fprintln(os.Stderr, own())
		os.Exit(1)
	}
	code := m.Run()
	if sharedUsed {
		if p, err := shared(); err == nil { // its tests have reported the error
			if err := p.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// own starts a plane, reports it on standard output and waits to be killed.
func own() error {
	p, err := Start(context.Background(), Options{})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(report{Dir: p.Dir(), PIDs: p.PIDs()}); err != nil {
		return err
	}
	return p.Wait(context.Background())
}

type report struct {
	Dir  string
	PIDs map[string]int
}

// shared is the plane of all tests that only use one.
var shared = sync.OnceValues(func() (*Plane, error) {
	return Start(context.Background(), Options{BeforeControllers: installWidgets})
})

var sharedUsed bool

func sharedPlane(t *testing.T) *Plane {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane")
	}
	sharedUsed = true
	p, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newClient(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var widgetKind = schema.GroupVersionKind{Group: "test.ordercycle.dev", Version: "v1", Kind: "Widget"}

// installWidgets installs the CRD of a kind that the API server does not have built in.
func installWidgets(ctx context.Context, admin *rest.Config) error {
	c, err := client.New(admin, client.Options{})
	if err != nil {
		return err
	}
	crd := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1",
		"kind":       "CustomResourceDefinition",
		"metadata":   map[string]any{"name": "widgets." + widgetKind.Group},
		"spec": map[string]any{
			"group": widgetKind.Group,
			"scope": "Namespaced",
			"names": map[string]any{"kind": widgetKind.Kind, "plural": "widgets"},
			"versions": []any{map[string]any{
				"name": widgetKind.Version, "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object"}},
			}},
		},
	}}
	if err := c.Create(ctx, crd); err != nil {
		return err
	}
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(widgetKind)
	return wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		return c.List(ctx, list) == nil, nil
	})
}

func newNamespace(t *testing.T, c client.Client) *corev1.Namespace {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := c.Create(t.Context(), ns); err != nil {
		t.Fatalf("creating a namespace: %v", err)
	}
	return ns
}

// waitGone fails unless the object disappears. The limit is below the 30 s after
// which the garbage collector looks for new kinds.
func waitGone(t *testing.T, c client.Client, object client.Object) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		err := c.Get(ctx, client.ObjectKeyFromObject(object), object)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	if err != nil {
		t.Fatalf("%T %s was not removed: %v", object, object.GetName(), err)
	}
}

func TestDeletedNamespaceGoesWithItsContents(t *testing.T) {
	c := newClient(t, sharedPlane(t).Config())
	ns := newNamespace(t, c)
	content := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: ns.Name, Name: "content"}}
	if err := c.Create(t.Context(), content); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	waitGone(t, c, ns)
	waitGone(t, c, content)
}

func TestDependantsGoWithTheirOwner(t *testing.T) {
	c := newClient(t, sharedPlane(t).Config())
	widget := &unstructured.Unstructured{}
	widget.SetGroupVersionKind(widgetKind)
	for name, owner := range map[string]client.Object{
		"of a built-in kind":                            &corev1.ConfigMap{},
		"of a CRD installed before the controllers ran": widget,
	} {
		t.Run(name, func(t *testing.T) {
			ns := newNamespace(t, c)
			owner.SetNamespace(ns.Name)
			owner.SetName("owner")
			if err := c.Create(t.Context(), owner); err != nil {
				t.Fatal(err)
			}
			kind, err := c.GroupVersionKindFor(owner)
			if err != nil {
				t.Fatal(err)
			}
			dependant := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
				Namespace: ns.Name, Name: "dependant",
				OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, kind)},
			}}
			if err := c.Create(t.Context(), dependant); err != nil {
				t.Fatal(err)
			}
			if err := c.Delete(t.Context(), owner); err != nil {
				t.Fatal(err)
			}
			waitGone(t, c, dependant)
		})
	}
}

func TestUsersHaveTheRightsThatRBACGrants(t *testing.T) {
	p := sharedPlane(t)
	admin := newClient(t, p.Config())
	ns := newNamespace(t, admin)
	config, _, err := p.User("alice", "clerks")
	if err != nil {
		t.Fatal(err)
	}
	alice := newClient(t, config)
	list := func(ctx context.Context) error {
		return alice.List(ctx, &corev1.ConfigMapList{}, client.InNamespace(ns.Name))
	}
	if err := list(t.Context()); !apierrors.IsForbidden(err) {
		t.Fatalf("a user without any right: got %v, want Forbidden", err)
	}

	// The rule comes to the role "reader" by aggregation, which a controller does.
	label := map[string]string{"test.ordercycle.dev/reader": "true"}
	for _, object := range []client.Object{
		&rbacv1.ClusterRole{
			ObjectMeta:      metav1.ObjectMeta{Name: "reader"},
			AggregationRule: &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: label}}},
		},
		&rbacv1.ClusterRole{
			ObjectMeta: metav1.ObjectMeta{Name: "configmap-reader", Labels: label},
			Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"list"}}},
		},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: ns.Name, Name: "clerks"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "reader"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "clerks"}},
		},
	} {
		if err := admin.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	var last error
	if err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		last = list(ctx)
		return last == nil, nil
	}); err != nil {
		t.Fatalf("a user whose group may list: %v (last answer: %v)", err, last)
	}
}

// What is stored outlives the programs, and the plane is not taken for broken.
func TestRestartKeepsWhatIsStored(t *testing.T) {
	p := sharedPlane(t)
	c, err := client.New(p.Config(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	kept := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", GenerateName: "kept-"}}
	if err := c.Create(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{etcd, apiServer, controllerManager} {
		before := p.PIDs()[name]
		if err := p.Restart(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if after := p.PIDs()[name]; after == before || after == 0 {
			t.Errorf("%s had process %d and has %d", name, before, after)
		}
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(kept), kept); err != nil {
		t.Errorf("reading what was stored before: %v", err)
	}
	select {
	case <-p.broken:
		t.Errorf("the plane is taken for broken: %v", p.exited.died())
	default:
	}
	if err := p.Restart(t.Context(), "kubelet"); err == nil {
		t.Error("a program that there is not was restarted")
	}
}

func TestWaitReturnsWhenDone(t *testing.T) {
	p := sharedPlane(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(ctx); err != nil {
		t.Errorf("Wait on a plane that runs = %v, want nil", err)
	}
}

func TestKubeconfigNamesAreChecked(t *testing.T) {
	for _, name := range []string{"config", "kubeconfig/../x", "../kubeconfig"} {
		_, err := Start(t.Context(), Options{Kubeconfigs: map[string]Identity{name: Admin}})
		if err == nil || errors.Is(err, ErrRunning) {
			t.Errorf("name %q: got %v, want an error", name, err)
		}
	}
}
