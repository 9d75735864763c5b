package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/hack/localplane/plane"
)

// commandEnv makes the test binary the command itself.
const commandEnv = "LOCALPLANE_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(commandEnv) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// call runs the command in this process.
func call(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	err = run(t.Context(), args, &out, &errOut)
	return out.String(), errOut.String(), err
}

func TestCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane")
	}
	dir := filepath.Join(t.TempDir(), "plane")
	export := "export KUBECONFIG=" + filepath.Join(dir, "kubeconfig")

	server := exec.Command(os.Args[0], "--dir", dir, "--users", "alice=clerks,packers")
	server.Env = append(os.Environ(), commandEnv+"=1")
	var log bytes.Buffer
	server.Stderr = &log
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }() // fails if all went well
	if line, err := bufio.NewReader(output).ReadString('\n'); err != nil || line != export+"\n" {
		_ = server.Wait()
		t.Fatalf("first line of the output: %q, %v; log:\n%s", line, err, log.String())
	}

	t.Run("kubeconfigs", func(t *testing.T) {
		requireUser(t, filepath.Join(dir, "kubeconfig"), plane.Admin.Name, "system:masters")
		requireUser(t, filepath.Join(dir, "kubeconfig-manager"),
			"system:serviceaccount:ordercycle-system:ordercycle-controller-manager",
			"system:serviceaccounts", "system:serviceaccounts:ordercycle-system")
		requireUser(t, filepath.Join(dir, "kubeconfig-alice"), "alice", "clerks", "packers")
	})
	t.Run("a second call points at the plane", func(t *testing.T) {
		stdout, stderr, err := call(t, "--dir", dir, "--users", "alice")
		if err != nil || stdout != export+"\n" || !strings.Contains(stderr, "already running") {
			t.Errorf("got %q, %q, %v", stdout, stderr, err)
		}
	})
	t.Run("a second call cannot add a user", func(t *testing.T) {
		if _, _, err := call(t, "--dir", dir, "--users", "bob"); err == nil || !strings.Contains(err.Error(), "kubeconfig-bob") {
			t.Errorf("got %v, want an error that names what is missing", err)
		}
	})
	t.Run("stop", func(t *testing.T) {
		_, stderr, err := call(t, "--stop", "--dir", dir)
		if err != nil || !strings.Contains(stderr, "stopped") {
			t.Errorf("got %q, %v", stderr, err)
		}
		if err := server.Wait(); err != nil {
			t.Errorf("the stopped command: %v; log:\n%s", err, log.String())
		}
		if left, err := filepath.Glob(filepath.Join(dir, "kubeconfig*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
	t.Run("nothing to stop", func(t *testing.T) {
		_, stderr, err := call(t, "--stop", "--dir", dir)
		if err != nil || !strings.Contains(stderr, "no control plane runs") {
			t.Errorf("got %q, %v", stderr, err)
		}
	})
}

// requireUser asks the API server whom it sees behind a kubeconfig.
func requireUser(t *testing.T, file, name string, groups ...string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v, want it to be private", file, info.Mode())
	}
	loaded, err := clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if now := loaded.Contexts[loaded.CurrentContext]; loaded.CurrentContext != "ordercycle-local" || now.Namespace != "default" {
		t.Errorf("%s: context %q in namespace %q", file, loaded.CurrentContext, now.Namespace)
	}
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	review := &authenticationv1.SelfSubjectReview{}
	if err := c.Create(t.Context(), review); err != nil {
		t.Fatalf("asking who the user of %s is: %v", file, err)
	}
	user := review.Status.UserInfo
	want := slices.Sorted(slices.Values(append(groups, "system:authenticated")))
	if got := slices.Sorted(slices.Values(user.Groups)); user.Username != name || !slices.Equal(got, want) {
		t.Errorf("%s is %q of %q, want %q of %q", file, user.Username, got, name, want)
	}
}

func TestUsageErrors(t *testing.T) {
	for want, args := range map[string][]string{
		"unexpected argument": {"start"},
		"not defined":         {"--port", "1"},
		"is no user name":     {"--users", "a:b=c"},
		"is there already":    {"--users", "manager=g"},
	} {
		_, _, err := call(t, args...)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--help") {
			t.Errorf("%v: got %v, want %q and a pointer to --help", args, err, want)
		}
	}
}

func TestHelpGoesToStandardOutput(t *testing.T) {
	stdout, stderr, err := call(t, "--help")
	if err != nil || stderr != "" || stdout != usage {
		t.Errorf("got %q, %q, %v", stdout, stderr, err)
	}
}

func TestInterruptedStartSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	err := run(ctx, []string{"--dir", filepath.Join(t.TempDir(), "plane")}, &stdout, &stderr)
	if err == nil || !strings.HasPrefix(err.Error(), "interrupted") || stdout.Len() > 0 {
		t.Errorf("got %q, %v", stdout.String(), err)
	}
}
