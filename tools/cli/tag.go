package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/enrich"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
	"github.com/bedside-health/bedside/services/sentiment/tagging/jsonl"
)

// maxTermsFile bounds the file of own terms.
const maxTermsFile = 1 << 20

func newTag(env Environment) *cobra.Command {
	workers := runtime.GOMAXPROCS(0)
	explain := false
	terms := ""
	cmd := &cobra.Command{
		Use:   "tag [--explain [TEXT]]",
		Short: "Tag reviews from standard input, or explain the tags of one",
		Long: `Reads JSON Lines of {"id","text"} from standard input and writes for each line, in
order, {"id","topics":[{"topic","polarity","evidence"}],"overall","urgent"} to
standard output. Evidence offsets are bytes of the UTF-8 text. A line that cannot
be read gives a line with "error". Nothing is sent anywhere.

With --explain it shows for people how the tags come about: the words behind each,
the rule, what turned them round, what was left out and why, and the verdict. The text
stands on the command line, or each line of standard input is one, as it is or as JSON
with "text". Colours are left out where the output is no terminal or NO_COLOR is set.

--terms reads an organization's own terms from a file of JSON, as the API takes them.`,
		Example: `  echo '{"id":"1","text":"Waited two hours, but Dr. Lane was great."}' | bedside tag
  bedside tag --explain "Never had to wait, but the front desk was not friendly."`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && !explain {
				return fmt.Errorf("%s takes no arguments without --explain: reviews come from standard input", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			lane := enrich.New()
			options := tagging.Options{Clauses: lane}
			if explain { // names of people are no part of the other output
				options.Names = lane
			}
			engine, err := tagging.NewWith(options)
			if err != nil {
				return err
			}
			if terms != "" {
				if engine, err = withTerms(engine, terms); err != nil {
					return err
				}
			}
			if explain {
				return explainTexts(cmd.Context(), env, engine, args)
			}
			return jsonl.Run(cmd.Context(), env.Stdin, env.Stdout, engine, workers)
		},
	}
	cmd.Flags().IntVar(&workers, "workers", workers, "lines tagged at the same time")
	cmd.Flags().BoolVar(&explain, "explain", false, "show how the tags of a text come about")
	cmd.Flags().StringVar(&terms, "terms", "", "file of an organization's own terms (JSON)")
	return cmd
}

// withTerms lays the terms of a file over the engine's own rules.
func withTerms(e *tagging.Engine, file string) (*tagging.Engine, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("read own terms: %w", err)
	}
	if info.Size() > maxTermsFile {
		return nil, fmt.Errorf("read own terms: %s is longer than %d bytes", file, maxTermsFile)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read own terms: %w", err)
	}
	var l review.Lexicon
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return nil, fmt.Errorf("read own terms from %s: %w", file, err)
	}
	return e.WithTerms(l)
}
