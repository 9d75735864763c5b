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

	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"ordercycle.dev/ordercycle/hack/gauntlet/campaign"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// What the managers log is kept with each run; what the libraries log is searched for
	// secrets, and belongs to no run.
	libraries := campaign.LibraryLogger()
	log.SetLogger(libraries)
	klog.SetLogger(libraries)
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
