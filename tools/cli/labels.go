package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/tools/client"
)

// labelsPage is how many texts are asked for at a time.
const labelsPage = 200

func newLabels(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "labels",
		Short: "Write the texts whose tags people corrected, as labelled data",
		Long: `Writes JSON Lines of {"id","text","rating","labels":{"topics","overall","urgent"}},
one a review whose tags somebody corrected, in the order the reviews came in: the
form that labelled reviews for measuring and tuning have. "topics" says for each
of the eight topics positive, negative, mixed or absent; topics of the
organization's own are left out.

The lines hold what patients wrote. Keep the file as carefully as the reviews.`,
		Example: `  bedside labels > corrected.jsonl`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return writeLabels(cmd.Context(), env) },
	}
}

func writeLabels(ctx context.Context, env Environment) error {
	c, err := connect(env)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(env.Stdout)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false) // texts as they are
	size, count := labelsPage, 0
	params := client.ListLabelsParams{Limit: &size}
	for {
		answer, err := c.ListLabelsWithResponse(ctx, &params)
		if err != nil {
			return fmt.Errorf("ask for the corrected texts: %w", err)
		}
		if answer.JSON200 == nil {
			return client.Failure(answer.StatusCode(), answer.Body)
		}
		for _, label := range answer.JSON200.Items {
			if err := lines.Encode(label); err != nil {
				return fmt.Errorf("write the corrected texts: %w", err)
			}
		}
		count += len(answer.JSON200.Items)
		if err := out.Flush(); err != nil {
			return fmt.Errorf("write the corrected texts: %w", err)
		}
		if params.Cursor = answer.JSON200.NextCursor; params.Cursor == nil {
			break
		}
	}
	if count == 0 {
		fmt.Fprintln(env.Stderr, "Nobody has corrected a tag yet.")
	}
	return nil
}
