package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/tools/client"
)

func newRoute(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "route",
		Short: "Check a routing plan and see where reviews go by it",
		Long: `Works on routing plans: who gets which review, how soon, with what approval, and who hears of it.
docs/routing.md describes them.`,
		Example: `  bedside route check plan.yaml
  bedside route test --plan plan.yaml --topic billing:negative --rating 2 --expect owner=team:billing`,
	}
	cmd.AddCommand(newRouteCheck(env), newRouteTest(env), newRouteDryRun(env))
	return cmd
}

// namesFlags say where the names a plan refers to come from.
type namesFlags struct {
	people  string
	running bool
}

func (f *namesFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.people, "people", "", "file of the people, locations and channels that there are")
	cmd.Flags().BoolVar(&f.running, "running", false, "ask the running Bedside for them")
	cmd.MarkFlagsMutuallyExclusive("people", "running")
}

// roster is nil if no flag says where it comes from.
func (f *namesFlags) roster(ctx context.Context, env Environment) (*routing.Roster, error) {
	switch {
	case f.people != "":
		return readRoster(f.people)
	case f.running:
		c, err := connect(env)
		if err != nil {
			return nil, err
		}
		return askRoster(ctx, c)
	}
	return nil, nil
}

func newRouteCheck(env Environment) *cobra.Command {
	var names namesFlags
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Name all faults of a routing plan",
		Long: `Reads a routing plan in YAML or JSON and names all its faults, each with its line and its
place. With --people or --running it also looks whether the people, locations, regions and
channels exist. Nothing is stored. The exit code is 1 where there are faults.`,
		Example: `  bedside route check docs/routing/example.yaml --people docs/routing/people.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			roster, err := names.roster(cmd.Context(), env)
			if err != nil {
				return err
			}
			plan, err := readPlan(env, args[0], roster)
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "%s: %d nodes, %d teams, %d policies, %d calendars; no faults.\n", args[0], countNodes(plan.Tree), len(plan.Teams), len(plan.Policies), len(plan.Calendars))
			return nil
		},
	}
	names.add(cmd)
	return cmd
}

func countNodes(n routing.Node) int {
	total := 1
	for _, child := range n.Routes {
		total += countNodes(child)
	}
	return total
}

// readPlan reads a plan that has no faults; those it has it prints.
func readPlan(env Environment, path string, roster *routing.Roster) (routing.Plan, error) {
	text, err := readBounded(path, routing.MaxPlanBytes)
	if err != nil {
		return routing.Plan{}, fmt.Errorf("read the plan: %w", err)
	}
	plan, faults := routing.Parse(text)
	if len(faults) == 0 && roster != nil {
		faults = plan.Check(*roster)
	}
	return plan, reportFaults(env, path, faults)
}

func reportFaults(env Environment, path string, faults []routing.Fault) error {
	for _, f := range faults {
		place := path
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d", path, f.Line)
		}
		if f.Path != "" {
			place += ": " + f.Path
		}
		fmt.Fprintf(env.Stdout, "%s: %s\n", place, oneLine(f.Detail))
	}
	switch n := len(faults); n {
	case 0:
		return nil
	case 1:
		return errors.New("the plan has a fault")
	default:
		return fmt.Errorf("the plan has %d faults", n)
	}
}

// readBounded reads a file and one byte more than it may have, which its reader refuses.
func readBounded(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most+1))
}

// currentPlan is the plan that counts in the running Bedside.
func currentPlan(ctx context.Context, env Environment) (routing.Plan, error) {
	c, err := connect(env)
	if err != nil {
		return routing.Plan{}, err
	}
	answer, err := c.GetRoutingWithResponse(ctx)
	if err != nil {
		return routing.Plan{}, fmt.Errorf("ask for the routing plan: %w", err)
	}
	if answer.JSON200 == nil {
		return routing.Plan{}, client.Failure(answer.StatusCode(), answer.Body)
	}
	plan, faults := routing.Parse([]byte(answer.JSON200.Yaml))
	return plan, reportFaults(env, fmt.Sprintf("version %d", answer.JSON200.Version), faults)
}
