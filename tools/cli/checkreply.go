package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/replycheck/jsonl"
)

func newCheckReply(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "check-reply",
		Short: "Check replies from standard input before they are public",
		Long: `Reads JSON Lines of {"id","review","reviewer_name","reply","practice":{"name",
"phones","emails","contacts"},"site","recent_replies"} from standard input and
writes for each line, in order, {"id","verdict","findings":[{"rule","severity",
"start","end","quote","why","source","suggestion"}]} to standard output. The
verdict is block, warn or pass. Start and end are bytes of the UTF-8 reply. Only
"reply" is required. A line that cannot be read gives a line with "error" and the
verdict block, and the command ends with code 1. Nothing is sent anywhere.`,
		Example: `  echo '{"id":"1","reply":"We are sorry about your visit last Tuesday."}' | bedside check-reply`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			checker, err := replycheck.New(replycheck.Config{})
			if err != nil {
				return err
			}
			faulty, err := jsonl.Run(cmd.Context(), env.Stdin, env.Stdout, checker)
			if err != nil {
				return err
			}
			if faulty > 0 {
				return fmt.Errorf("%d of the lines could not be checked; they have an error", faulty)
			}
			return nil
		},
	}
}
