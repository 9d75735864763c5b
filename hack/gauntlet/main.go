// Command gauntlet lets one thing after the other go wrong while the manager takes
// orders through their lives, on a real API server, and judges what happened.
// docs/reliability.md says what it does and shows the last results.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The managers of the campaign have loggers of their own, which are searched for
	// secrets; what the libraries say beside that is not of the campaign.
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	root := &cobra.Command{
		Use: "gauntlet", Short: "Let things go wrong while orders are worked on, and judge what happened",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(runCommand(), reportCommand(), mutantsCommand(), coverageCommand())
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "gauntlet:", err)
		os.Exit(1)
	}
}
