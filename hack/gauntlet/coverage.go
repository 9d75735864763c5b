package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ordercycle.dev/ordercycle/hack/gauntlet/branch"
	"ordercycle.dev/ordercycle/hack/gauntlet/campaign"
	"ordercycle.dev/ordercycle/hack/testenv"
)

const (
	// module is the path of the project, and product where what is judged is in it.
	module  = "ordercycle.dev/ordercycle"
	product = "controllers/"
)

func coverageCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "coverage PROFILE", Short: "Tell which branches for errors were taken, from a coverage profile of a run", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := branch.Of(args[0], module, testenv.Root())
			if err != nil {
				return err
			}
			all, taken := 0, 0
			for _, b := range list {
				if !strings.HasPrefix(b.File, product) {
					continue
				}
				if all++; b.Taken {
					taken++
					continue
				}
				fmt.Printf("not taken: %s:%d\n", b.File, b.Line)
			}
			if all == 0 {
				return fmt.Errorf("%s tells of no branch below %s", args[0], product)
			}
			fmt.Printf("%d of %d branches that ask whether an err is not nil were taken\n", taken, all)
			return campaign.WriteBranches(dir, campaign.Ratio{Hit: taken, All: all})
		},
	}
	c.Flags().StringVar(&dir, "out", "out", "where the figures go")
	return c
}
