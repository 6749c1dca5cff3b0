package cli

import (
	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/tools/pages"
)

func newPages(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "pages FILE|DIR",
		Short: "Show what is read from saved directory pages",
		Long: `Reads saved HTML pages of review sites and prints a JSON line for each:
{"file","listing":{...},"reviews":[{"external_id","author","rating","raw_rating",
"posted_at","text"}]}, exactly what the directory scraper would read. A page that
cannot be read gives a line with "error", and the exit code is 1.`,
		Example: `  bedside pages saved/clinic.html | jq '.reviews | length'`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return pages.Run(cmd.Context(), args[0], env.Stdout)
		},
	}
}
