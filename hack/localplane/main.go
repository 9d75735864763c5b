// Command localplane runs a Kubernetes control plane on this machine until it is
// interrupted. See package plane for what it is made of.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"ordercycle.dev/ordercycle/hack/localplane/plane"
)

const usage = `localplane runs a Kubernetes control plane (etcd, kube-apiserver,
kube-controller-manager) on this machine until it is interrupted.

Usage:
  localplane [--dir DIR] [--users NAME=GROUP[,GROUP...]]...
  localplane --stop [--dir DIR]

When the plane is ready, DIR holds, readable by you alone:
  kubeconfig          administrator, who may do everything
  kubeconfig-manager  the identity of Ordercycle's manager, as RBAC sees it in a cluster
  kubeconfig-NAME     each user of --users
  logs/               what the three programs print

The line to use it is printed to standard output. On a plane that already runs,
localplane prints the same line and exits, so this works in any shell:
  eval "$(localplane --dir bin/plane)"

The binaries come from $KUBEBUILDER_ASSETS, else from bin/k8s ('make k8s').
Nothing that was stored in the plane outlives it.

Flags:
  --dir DIR                    directory of the plane (default bin/plane)
  --users NAME=GROUP,...       write a kubeconfig for this user too; may be repeated
  --stop                       stop the plane that runs in DIR, wait until it is gone
`

const adminConfig, managerConfig = "kubeconfig", "kubeconfig-manager"

// manager is how the API server sees the pod of the operator in a cluster.
var manager = plane.Identity{
	Name: "system:serviceaccount:ordercycle-system:ordercycle-controller-manager",
	Groups: []string{
		"system:serviceaccounts",
		"system:serviceaccounts:ordercycle-system",
		"system:authenticated",
	},
}

// stopTimeout bounds how long --stop waits for a plane to be gone.
const stopTimeout = time.Minute

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A second Ctrl-C does not wait: the kernel ends the programs with this process.
	context.AfterFunc(ctx, cancel)
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "localplane:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	kubeconfigs := map[string]plane.Identity{adminConfig: plane.Admin, managerConfig: manager}
	flags := flag.NewFlagSet("localplane", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are returned, and usage says what the flags do
	dir := flags.String("dir", filepath.Join("bin", "plane"), "")
	stop := flags.Bool("stop", false, "")
	flags.Func("users", "", func(value string) error { return addUser(kubeconfigs, value) })
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return nil
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err != nil {
		return fmt.Errorf("%w: see localplane --help", err)
	}
	path, err := filepath.Abs(*dir)
	if err != nil {
		return fmt.Errorf("finding %s: %w", *dir, err)
	}
	if *stop {
		return shutdown(ctx, path, stderr)
	}
	return serve(ctx, path, kubeconfigs, stdout, stderr)
}

// userName keeps names such that the name of their kubeconfig needs no quoting in
// a shell and no escaping in $KUBECONFIG.
var userName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]*$`)

// addUser reads NAME=GROUP,GROUP; NAME alone is a user without a group.
func addUser(kubeconfigs map[string]plane.Identity, value string) error {
	name, list, _ := strings.Cut(value, "=")
	if !userName.MatchString(name) {
		return fmt.Errorf("%q is no user name: use letters, digits and ._@-", name)
	}
	file := adminConfig + "-" + name
	if _, taken := kubeconfigs[file]; taken {
		return fmt.Errorf("user %q is there already", name)
	}
	groups := strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
	kubeconfigs[file] = plane.Identity{Name: name, Groups: groups}
	return nil
}

// serve runs a plane until ctx is done, or points at the one that already runs.
func serve(ctx context.Context, dir string, kubeconfigs map[string]plane.Identity, stdout, stderr io.Writer) (err error) {
	p, err := plane.Start(ctx, plane.Options{Dir: dir, Log: stderr, Kubeconfigs: kubeconfigs})
	if errors.Is(err, plane.ErrRunning) {
		return attach(ctx, dir, kubeconfigs, stdout, stderr)
	}
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted before the control plane was ready")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	printExport(stdout, dir)
	fmt.Fprintln(stderr, "ready; stop it with Ctrl-C or localplane --stop")
	return p.Wait(ctx)
}

// attach prints how to use a plane that another process runs.
func attach(ctx context.Context, dir string, kubeconfigs map[string]plane.Identity, stdout, stderr io.Writer) error {
	running, err := plane.Attach(ctx, dir, adminConfig)
	if err != nil {
		return err
	}
	if !running {
		return fmt.Errorf("the control plane in %s stopped just now: start it again", dir)
	}
	for file := range kubeconfigs {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			return fmt.Errorf("the control plane that already runs in %s was started without %s: stop it with --stop and start it again", dir, file)
		}
	}
	fmt.Fprintln(stderr, "a control plane is already running in", dir)
	printExport(stdout, dir)
	return nil
}

func printExport(stdout io.Writer, dir string) {
	fmt.Fprintf(stdout, "export KUBECONFIG=%s\n", filepath.Join(dir, adminConfig))
}

func shutdown(ctx context.Context, dir string, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	stopped, err := plane.Shutdown(ctx, dir)
	if err != nil {
		return err
	}
	if stopped {
		fmt.Fprintln(stderr, "stopped the control plane in", dir)
	} else {
		fmt.Fprintln(stderr, "no control plane runs in", dir)
	}
	return nil
}
