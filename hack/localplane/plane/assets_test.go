package plane

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeBinaries(t *testing.T, dir string, names ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// tree makes a module with a nested module and changes into the latter.
func tree(t *testing.T) (root string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	nested := filepath.Join(root, "hack", "nested")
	if err := os.MkdirAll(nested, 0o700); err != nil {
		t.Fatal(err)
	}
	for dir, path := range map[string]string{root: module, nested: module + "/hack/nested"} {
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("// why\n\nmodule "+path+"\n\ngo 1.26.0\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(nested)
	return root
}

func TestAssetsAreFound(t *testing.T) {
	t.Run("in bin/k8s of the module", func(t *testing.T) {
		t.Setenv(assetsEnv, "")
		want := filepath.Join(tree(t), "bin", "k8s")
		writeBinaries(t, want, etcd, apiServer, controllerManager)
		if got, err := Assets(); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	})
	t.Run("where the environment says", func(t *testing.T) {
		want := t.TempDir()
		t.Setenv(assetsEnv, want)
		writeBinaries(t, filepath.Join(tree(t), "bin", "k8s"), etcd, apiServer, controllerManager)
		writeBinaries(t, want, etcd, apiServer, controllerManager)
		if got, err := Assets(); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	})
}

func TestAssetsErrorsSayWhatToDo(t *testing.T) {
	cases := map[string]struct {
		prepare func(t *testing.T)
		want    []string
	}{
		"nothing is built": {
			func(t *testing.T) { t.Setenv(assetsEnv, ""); tree(t) },
			[]string{etcd, apiServer, controllerManager, "make k8s"},
		},
		"the environment names a directory without the controller manager": {
			func(t *testing.T) {
				dir := t.TempDir()
				writeBinaries(t, dir, etcd, apiServer)
				t.Setenv(assetsEnv, dir)
			},
			[]string{"no executable kube-controller-manager in", assetsEnv},
		},
		"outside of the module": {
			func(t *testing.T) { t.Setenv(assetsEnv, ""); t.Chdir(t.TempDir()) },
			[]string{"not inside module", assetsEnv},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.prepare(t)
			_, err := Assets()
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want it to say %q", err, want)
				}
			}
		})
	}
}
