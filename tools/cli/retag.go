package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/libs/kafkaio"
)

// retagFlags are the options of `bedside retag`.
type retagFlags struct {
	since, org  string
	dryRun, yes bool
	limit       int
	patience    time.Duration
}

func newRetag(env Environment) *cobra.Command {
	var f retagFlags
	cmd := &cobra.Command{
		Use:   "retag",
		Short: "Tag reviews anew that an older version tagged",
		Long: `Looks at the reviews whose tags come from older rules than those of this build, or from
older terms of their organization, and shows what tagging them anew would change:
topics, polarities, verdicts and urgent flags, with examples. Then, after asking, it sends
them through the line again. Corrections that people made stay, as do owners, statuses
and what was removed from its site.

A few hundred reviews are under way at a time, so that new ones do not wait behind
them. Interrupted, it goes on where it was when it is run again. The running sentiment
service must be of the same version as this command.

The store is found by BEDSIDE_STORE and Kafka by KAFKA_BROKERS (with KAFKA_USER,
KAFKA_PASSWORD, KAFKA_MECHANISM and KAFKA_TLS) or, for a Bedside with everything
embedded, by its data folder (BEDSIDE_DATA).`,
		Example: `  bedside retag --dry-run
  bedside retag --since 2026-01-01 --org harbor --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRetag(cmd.Context(), env, f) },
	}
	cmd.Flags().StringVar(&f.since, "since", "", "only reviews that reached the inbox on this day or later, as 2026-01-31")
	cmd.Flags().StringVar(&f.org, "org", "", "only reviews of the organization with this id")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "at most so many reviews, oldest first; 0 is no limit")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would change; change nothing")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().DurationVar(&f.patience, "patience", time.Minute, "how long to wait for reviews to come back tagged")
	return cmd
}

func runRetag(ctx context.Context, env Environment, f retagFlags) error {
	since, err := parseDay(f.since)
	if err != nil {
		return err
	}
	if f.limit < 0 || f.patience < time.Second {
		return errors.New("--limit must not be negative and --patience at least 1s")
	}
	h, closeStore, err := openHistory(ctx, env, f.org)
	if err != nil {
		return err
	}
	defer closeStore()
	h.since, h.limit = since, f.limit
	preview, err := h.preview(ctx, env)
	if err != nil {
		return err
	}
	preview.print(env.Stdout)
	if f.dryRun || preview.older == 0 {
		if f.dryRun {
			fmt.Fprintln(env.Stdout, "Nothing was changed.")
		}
		return nil
	}
	if !f.yes {
		if ok, err := confirmed(env, fmt.Sprintf("Tag %d reviews anew?", preview.older)); !ok || err != nil {
			return err
		}
	}
	conn, err := kafkaConnection(env)
	if err != nil {
		return err
	}
	producer, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: conn})
	if err != nil {
		return err
	}
	defer func() { _ = producer.Close() }() // everything published was acknowledged
	done, err := h.tagAnew(ctx, env, producer, preview.older, f.patience)
	fmt.Fprintf(env.Stdout, "Tagged anew: %d\n", done)
	return err
}

// parseDay reads a day or a moment; empty is no bound.
func parseDay(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since %q is no day; write it as 2026-01-31", s)
}

// confirmed asks on a terminal. Elsewhere nobody could answer, so --yes is needed.
func confirmed(env Environment, question string) (bool, error) {
	in, ok := env.Stdin.(*os.File)
	if !ok || !isatty.IsTerminal(in.Fd()) {
		return false, errors.New("there is no terminal to ask on: say --yes to go ahead, or --dry-run to look only")
	}
	fmt.Fprintf(env.Stderr, "%s [y/N] ", question)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	}
	fmt.Fprintln(env.Stderr, "Nothing was changed.")
	return false, nil
}
