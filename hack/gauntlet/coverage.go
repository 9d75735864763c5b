package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"ordercycle.dev/ordercycle/hack/gauntlet/branch"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// module is the path of the project.
const module = "ordercycle.dev/ordercycle"

func coverageCommand() *cobra.Command {
	return &cobra.Command{
		Use: "coverage PROFILE", Short: "Tell which branches for errors were taken, from a coverage profile of a run", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := branch.Of(args[0], module, testenv.Root())
			if err != nil {
				return err
			}
			taken := 0
			for _, b := range list {
				if b.Taken {
					taken++
					continue
				}
				fmt.Printf("not taken: %s:%d\n", b.File, b.Line)
			}
			fmt.Printf("%d of %d branches that ask whether an err is not nil were taken\n", taken, len(list))
			return nil
		},
	}
}
