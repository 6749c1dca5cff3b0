package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/tools/up"
)

func newUp(env Environment) *cobra.Command {
	settings := up.DefaultSettings()
	var table strings.Builder
	// The table is made of constants; a fault in it shows in its test.
	_ = config.WriteTable(&table, &settings)
	var setup string
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run all of Bedside here",
		Long: `Runs everything in one process, with an embedded store and broker and the state in
one folder. Without a set-up file it runs the demo: an invented organization and a
simulator of review sites. When it is ready it prints its address and who to sign in
as. Ctrl-C stops it; started again it goes on where it was.

Settings come from the environment:

` + table.String(),
		Example: `  bedside up
  BEDSIDE_LISTEN=127.0.0.1:9000 bedside up --setup my-practice.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := config.Load(&settings, env.Environ, config.Prefix, "BEDSIDE_URL", "BEDSIDE_TOKEN"); err != nil {
				return err
			}
			if setup != "" {
				settings.Setup = setup
			}
			return up.Run(cmd.Context(), up.Config{Settings: settings, Out: env.Stdout, Logs: env.Stderr})
		},
	}
	cmd.Flags().StringVar(&setup, "setup", "", "file that names your organization (BEDSIDE_SETUP); without one the demo runs")
	return cmd
}
