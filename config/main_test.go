// Package config_test tries the manifests of this directory on a real API server.
package config_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/localplane/plane"
)

var (
	// cluster is the one control plane of this package.
	cluster *plane.Plane
	// admin may do everything in it.
	admin client.Client
)

func TestMain(m *testing.M) {
	code, err := run(context.Background(), m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(ctx context.Context, m *testing.M) (code int, err error) {
	cluster, err = plane.Start(ctx, plane.Options{BeforeControllers: installCRDs})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	if admin, err = newClient(cluster.Config()); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

func installCRDs(_ context.Context, admin *rest.Config) error {
	_, err := envtest.InstallCRDs(admin, envtest.CRDInstallOptions{
		Paths:              []string{filepath.Join("crd", "bases")},
		ErrorIfPathMissing: true,
	})
	return err
}

// newClient makes a client that has the API server refuse fields it does not know.
func newClient(config *rest.Config) (client.Client, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("registering kinds: %w", err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return client.WithFieldValidation(c, metav1.FieldValidationStrict), nil
}

// newNamespace makes a namespace for one test. It goes with the control plane.
func newNamespace(t *testing.T) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "config-"}}
	if err := admin.Create(t.Context(), namespace); err != nil {
		t.Fatalf("creating a namespace: %v", err)
	}
	return namespace.Name
}

// readKustomization returns the objects of the files that the kustomization.yaml of
// a directory lists, in that order. Every other file there must be listed.
func readKustomization(t *testing.T, dir string) []*unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var kustomization struct {
		metav1.TypeMeta `json:",inline"`
		Resources       []string `json:"resources"`
	}
	if err := yaml.UnmarshalStrict(content, &kustomization); err != nil {
		t.Fatalf("reading kustomization.yaml of %s: %v", dir, err)
	}
	files := filesIn(t, dir)
	if len(files) != len(kustomization.Resources)+1 {
		t.Errorf("%s holds %d files, its kustomization.yaml lists %d", dir, len(files)-1, len(kustomization.Resources))
	}
	var objects []*unstructured.Unstructured
	for _, name := range kustomization.Resources {
		objects = append(objects, readFile(t, filepath.Join(dir, name))...)
	}
	return objects
}

// filesIn lists the manifests of a directory by name.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests in %s (%v)", dir, err)
	}
	return files
}

// readFile returns the objects of a manifest.
func readFile(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []*unstructured.Unstructured
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(object); errors.Is(err, io.EOF) {
			return objects
		} else if err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		objects = append(objects, object)
	}
}

// apply is kubectl apply --server-side.
func apply(ctx context.Context, object *unstructured.Unstructured, manager string) error {
	return admin.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(manager))
}
