package v1alpha1_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/localplane/plane"
)

const crdDirectory = "../../config/crd/bases"

// api is the administrator's client of the one API server of this package.
var api client.Client

// TestMain starts a real API server that serves the kinds of this package: a
// schema is right when the API server says so.
func TestMain(m *testing.M) {
	code, err := run(context.Background(), m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(ctx context.Context, m *testing.M) (code int, err error) {
	p, err := plane.Start(ctx, plane.Options{BeforeControllers: installCRDs})
	if err != nil {
		return 0, err
	}
	defer func() {
		if stopErr := p.Stop(); err == nil {
			err = stopErr
		}
	}()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return 0, fmt.Errorf("registering kinds: %w", err)
		}
	}
	if api, err = client.New(p.Config(), client.Options{Scheme: scheme}); err != nil {
		return 0, fmt.Errorf("making a client: %w", err)
	}
	return m.Run(), nil
}

func installCRDs(_ context.Context, admin *rest.Config) error {
	_, err := envtest.InstallCRDs(admin, envtest.CRDInstallOptions{
		Paths:              []string{crdDirectory},
		ErrorIfPathMissing: true,
	})
	return err
}

// newNamespace makes a namespace for one test. It goes with the API server.
func newNamespace(t *testing.T) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "schema-"}}
	if err := api.Create(t.Context(), namespace); err != nil {
		t.Fatalf("creating a namespace: %v", err)
	}
	return namespace.Name
}
