// Package cli is the bedside command: one file a subcommand. Each prints results to
// standard output and everything else to standard error, and says in its help what
// it does with an example.
package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Environment is what the command sees of its process.
type Environment struct {
	Version        string
	Args           []string // without the program's name
	Environ        []string // "KEY=value"
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Getenv returns a variable of Environ, empty if it is not set.
func (e Environment) Getenv(key string) string {
	for _, line := range e.Environ {
		if k, v, ok := strings.Cut(line, "="); ok && k == key {
			return v
		}
	}
	return ""
}

// Run carries out a command line and returns the process's exit code: 0 done, 1 the
// work failed, 2 the command line is wrong.
func Run(ctx context.Context, env Environment) int {
	root := newRoot(env)
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	// Cobra checks the command's name, flags and arguments before it calls this.
	understood := false
	root.PersistentPreRun = func(*cobra.Command, []string) { understood = true }
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w\nSee: %s --help", err, cmd.CommandPath())
	})
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintf(env.Stderr, "bedside: %v\n", err)
		if !understood {
			return 2
		}
		return 1
	}
	return 0
}

func newRoot(env Environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "bedside",
		Short: "Reviews of a practice: heard, tagged, owned and answered",
		Long: `Bedside watches what patients write about a practice, tells what each review is
about, gives every review an owner and a due time.

"bedside up" runs all of it on this machine; the other commands work with a
running Bedside or on files.`,
		Example: `  bedside up
  bedside import reviews.csv --location harbor-eye --site google`,
		Version:       env.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newUp(env), newImport(env), newListings(env), newDLQ(env), newTag(env), newCheckReply(env), newRetag(env), newLabels(env), newPages(env), newSource(env), newRoute(env))
	return root
}
