package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/tools/client"
)

func newRouteDryRun(env Environment) *cobra.Command {
	var file string
	var last int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "dry-run --plan FILE",
		Short: "Show which recent reviews would go elsewhere by a plan",
		Long: `Asks the running Bedside which of its latest reviews would go elsewhere by a plan than by the one
that counts now, and how. Nothing is changed. The exit code is 1 where the plan has faults.

Bedside is found by BEDSIDE_URL and BEDSIDE_TOKEN or, on the same machine, by its data folder
(BEDSIDE_DATA, by default ./data).`,
		Example: `  bedside route dry-run --plan plan.yaml --last 500`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return errors.New("--plan is needed: it names the file of the plan")
			}
			if last < 1 || last > 1000 {
				return errors.New("--last: want 1 to 1000 reviews")
			}
			return dryRun(cmd.Context(), env, file, last, asJSON)
		},
	}
	cmd.Flags().StringVar(&file, "plan", "", "file of the plan")
	cmd.Flags().IntVar(&last, "last", 200, "how many of the latest reviews")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func dryRun(ctx context.Context, env Environment, file string, last int, asJSON bool) error {
	text, err := readBounded(file, routing.MaxPlanBytes)
	if err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	// Faults have lines here and none in the answer.
	if _, faults := routing.Parse(text); len(faults) > 0 {
		return reportFaults(env, file, faults)
	}
	c, err := connect(env)
	if err != nil {
		return err
	}
	plan := string(text)
	answer, err := c.TryRoutingWithResponse(ctx, client.RoutingTrial{Yaml: &plan, Last: &last})
	if err != nil {
		return fmt.Errorf("ask where reviews would go: %w", err)
	}
	if answer.JSON200 == nil {
		return client.Failure(answer.StatusCode(), answer.Body)
	}
	result := *answer.JSON200
	faults := make([]routing.Fault, 0, len(result.Faults))
	for _, f := range result.Faults {
		faults = append(faults, routing.Fault{Path: f.Path, Detail: f.Detail})
	}
	if asJSON {
		e := json.NewEncoder(env.Stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(result); err != nil {
			return err
		}
		env.Stdout = env.Stderr
	}
	if err := reportFaults(env, file, faults); err != nil || asJSON {
		return err
	}
	fmt.Fprintf(env.Stdout, "Of the last %d reviews %d would go elsewhere.\n", result.Reviews, len(result.Changed))
	for _, change := range result.Changed {
		stars := ""
		if change.Rating != nil {
			stars = fmt.Sprintf(", %g stars", *change.Rating)
		}
		fmt.Fprintf(env.Stdout, "\n%s: %s%s\n", change.ReviewId, oneLine(change.Author), stars)
		differences(env, change.Now, change.Then)
	}
	return nil
}

// differences prints what of two outcomes differs.
func differences(env Environment, now, then client.RoutingOutcome) {
	line := func(key, before, after string) {
		if before != after {
			fmt.Fprintf(env.Stdout, "  %-10s%s -> %s\n", key, oneLine(before), oneLine(after))
		}
	}
	approval := map[bool]string{false: "not needed", true: "needed"}
	channels := func(names []string) string {
		if len(names) == 0 {
			return "none"
		}
		return strings.Join(slices.Sorted(slices.Values(names)), ", ")
	}
	line("owner", now.Owner, then.Owner)
	line("priority", string(now.Priority), string(then.Priority))
	line("sla", now.Sla, then.Sla)
	line("approval", approval[now.Approval], approval[then.Approval])
	line("channels", channels(now.Channels), channels(then.Channels))
	line("route", strings.Join(now.Route, " > "), strings.Join(then.Route, " > "))
}
