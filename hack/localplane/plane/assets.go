package plane

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// assetsEnv is the variable that the Kubernetes test tools agree upon.
	assetsEnv = "KUBEBUILDER_ASSETS"
	module    = "ordercycle.dev/ordercycle"
)

// Assets returns the directory that holds etcd, kube-apiserver and
// kube-controller-manager: $KUBEBUILDER_ASSETS if it is set, else bin/k8s of the
// module that the working directory lies in, so that a plain `go test` in any
// package finds what `make k8s` has built.
//
// The error says which binary is missing and how to get it.
func Assets() (string, error) {
	dir, remedy := os.Getenv(assetsEnv), "point "+assetsEnv+" at a directory that has it, or unset it and run `make k8s`"
	if dir == "" {
		root, err := moduleRoot()
		if err != nil {
			return "", fmt.Errorf("looking for the control plane's binaries: %w", err)
		}
		dir, remedy = filepath.Join(root, "bin", "k8s"), "run `make k8s` first"
	}
	var missing []string
	for _, name := range []string{etcd, apiServer, controllerManager} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("no executable %s in %s: %s", strings.Join(missing, ", "), dir, remedy)
	}
	return dir, nil
}

// moduleRoot walks up from the working directory to the go.mod of this module,
// past those of nested modules.
func moduleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		path, err := modulePath(filepath.Join(dir, "go.mod"))
		if err != nil {
			return "", err
		}
		if path == module {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside module %s: change into it, or set %s", start, module, assetsEnv)
		}
	}
}

// modulePath returns the path that a go.mod declares, "" if there is no such file.
func modulePath(file string) (string, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if word := strings.Fields(lines.Text()); len(word) == 2 && word[0] == "module" {
			return word[1], nil
		}
	}
	return "", lines.Err()
}
