// Command demo runs the quick-start orders through their whole cycle on a local
// control plane: it starts the plane and the manager, each as a process of its
// own, applies the samples, shows every step, and plays the two people whom the
// samples wait for.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// limit bounds the whole run; it takes well under a minute.
const limit = 5 * time.Minute

func main() {
	keep := flag.Bool("keep", false, "leave the control plane and the manager running")
	stop := flag.Bool("stop", false, "stop what an earlier run left running")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	root, err := os.Getwd()
	if err == nil {
		err = run(ctx, &stage{root: root, bin: filepath.Join(root, "bin")}, *keep, *stop)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s *stage, keep, stop bool) (err error) {
	if _, err := os.Stat(filepath.Join(s.root, "config", "samples", "quickstart")); err != nil {
		return fmt.Errorf("finding the samples: %w; run the demo in the root of the project", err)
	}
	if stop {
		return s.end(ctx)
	}
	running, err := s.running(ctx)
	if err != nil {
		return err
	}
	if running {
		fmt.Printf("The demo is already running. Look at it:\n\n  %s\n  kubectl get orders\n\nStop it with: make demo-stop\n", s.environment())
		return nil
	}

	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer func() {
		if err != nil {
			err = errors.Join(err, s.diagnose())
		}
		if !keep || err != nil {
			// The run may have been interrupted; what it started is stopped all the same.
			stopping, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			err = errors.Join(err, s.stop(stopping))
		}
	}()
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := play(ctx, s); err != nil {
		return err
	}
	if keep {
		fmt.Printf("\nThe control plane and the manager keep running. Use them:\n\n  %s\n  kubectl get orders\n\nThe manager's metrics are at https://%s/metrics.\nStop all with: make demo-stop\n", s.environment(), s.metrics)
	}
	return nil
}
