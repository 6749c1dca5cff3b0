package cli

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/services/sentiment/enrich"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
	"github.com/bedside-health/bedside/services/sentiment/tagging/jsonl"
)

func newTag(env Environment) *cobra.Command {
	workers := runtime.GOMAXPROCS(0)
	cmd := &cobra.Command{
		Use:   "tag",
		Short: "Tag reviews from standard input",
		Long: `Reads JSON Lines of {"id","text"} from standard input and writes for each line, in
order, {"id","topics":[{"topic","polarity","evidence"}],"overall","urgent"} to
standard output. Evidence offsets are bytes of the UTF-8 text. A line that cannot
be read gives a line with "error". Nothing is sent anywhere.`,
		Example: `  echo '{"id":"1","text":"Waited two hours, but Dr. Lane was great."}' | bedside tag`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// Names of people are no part of the output, so nothing looks for them.
			engine, err := tagging.NewWith(tagging.Options{Clauses: enrich.New()})
			if err != nil {
				return err
			}
			return jsonl.Run(cmd.Context(), env.Stdin, env.Stdout, engine, workers)
		},
	}
	cmd.Flags().IntVar(&workers, "workers", workers, "lines tagged at the same time")
	return cmd
}
