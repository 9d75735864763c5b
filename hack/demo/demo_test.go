package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ordercycle.dev/ordercycle/hack/localplane/plane"
)

// TestSamplesAreKnown compares what the demo knows of the samples with the files.
func TestSamplesAreKnown(t *testing.T) {
	files, err := filepath.Glob("../../config/samples/quickstart/*order-*.yaml")
	if err != nil || len(files) != orders {
		t.Errorf("there are %d sample orders (%v), the demo waits for %d", len(files), err, orders)
	}
	names := ""
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names += string(text)
	}
	for _, name := range []string{backordered, cashOnDelivery} {
		if !strings.Contains(names, "name: "+name+"\n") {
			t.Errorf("no sample order is named %s", name)
		}
	}
}

// TestDemo runs the demo as `KEEP=1 make demo` does, looks at what it leaves the
// way the README says, and stops it as `make demo-stop` does.
func TestDemo(t *testing.T) {
	if _, err := plane.Assets(); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{root: root, bin: t.TempDir()}
	for name, path := range map[string]string{"manager": "cmd", "localplane": "hack/localplane"} {
		out, err := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(s.bin, name), filepath.Join(root, path)).CombinedOutput()
		if err != nil {
			t.Fatalf("building %s: %v\n%s", name, err, out)
		}
	}
	ctx := t.Context()
	t.Cleanup(func() {
		stopping, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := run(stopping, s, false, true); err != nil {
			t.Errorf("stopping the demo: %v", err)
		}
		if running, err := s.running(stopping); running || err != nil {
			t.Errorf("after the stop: running %v, %v", running, err)
		}
	})
	if err := run(ctx, s, true, false); err != nil {
		t.Fatal(err)
	}
	if err := run(ctx, s, true, false); err != nil {
		t.Errorf("a second call on a running plane: %v", err)
	}
	for command, want := range map[string]string{
		"wait --for=condition=Completed --timeout=10s orders --all": "order.ordercycle.dev/tea-and-coffee condition met",
		"get orders --field-selector status.phase=Completed":        "longjing-gift     Completed   True    264.00 CNY   2       2/2",
		"get ordercycle": "stockitem.ordercycle.dev/pour-over-kit",
		"apply --server-side --dry-run=server --force-conflicts -k config/default": "deployment.apps/ordercycle-controller-manager serverside-applied (server dry run)",
		"explain order.spec.lines.quantity":                                        "whole units",
		"apply --server-side -k config/samples/quickstart":                         "order.ordercycle.dev/office-coffee serverside-applied",
	} {
		args := strings.Fields(strings.ReplaceAll(command, "config/", filepath.Join(root, "config")+"/"))
		out, err := s.output(ctx, args...)
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("kubectl %s: %v\n%s\nwant it to say %q", command, err, out, want)
		}
	}
}
