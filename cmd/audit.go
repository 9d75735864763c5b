package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/controllers/audit"
)

// errDifferences makes the command exit with status 1.
var errDifferences = errors.New("the ledger does not add up")

func newAuditCommand(o *options) *cobra.Command {
	var namespace string
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Compare every StockItem's counters with its Shipments",
		Long: `audit recomputes the counters of every StockItem from its Shipments, its last
stock-take and its journal, and prints each difference. It reads one moment, so
it can run while orders are worked on, and changes nothing. It exits with status
1 if there is a difference, or if it could not read.`,
		Example: `  # all namespaces
  manager audit

  # one of them
  manager audit --namespace shop`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.setUpLogs(); err != nil {
				return err
			}
			c, err := o.restConfig()
			if err != nil {
				return err
			}
			scheme, err := controllers.Scheme()
			if err != nil {
				return err
			}
			live, err := client.New(c, client.Options{Scheme: scheme})
			if err != nil {
				return fmt.Errorf("making a client: %w", err)
			}
			report, err := audit.Run(cmd.Context(), live, namespace)
			if err != nil {
				return err
			}
			if namespace != "" && report.Items == 0 {
				return fmt.Errorf("there are no StockItems in namespace %s; check its name", namespace)
			}
			return printReport(cmd.OutOrStdout(), report)
		},
	}
	cmd.Flags().StringVarP(&namespace, "namespace", "n", "", "namespace to audit; empty means all")
	return cmd
}

func printReport(out io.Writer, r *audit.Report) error {
	n := 0
	for _, namespace := range slices.Sorted(maps.Keys(r.Differences)) {
		for _, d := range r.Differences[namespace] {
			n++
			fmt.Fprintf(out, "%s: %s\n", namespace, d)
		}
	}
	differences := "differences"
	if n == 1 {
		differences = "difference"
	}
	fmt.Fprintf(out, "%d StockItems, %d Shipments: %d %s\n", r.Items, r.Shipments, n, differences)
	if n > 0 {
		return errDifferences
	}
	return nil
}
