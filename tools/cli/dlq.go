package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/tools/client"
)

// deadLetterTopics are those with a consumer that can give up on a message.
func deadLetterTopics() []string {
	return []string{events.TopicReviewsCollected, events.TopicReviewsTagged}
}

func newDLQ(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dlq",
		Short: "List, show and replay messages that could not be handled",
		Long: `A message that cannot be decoded or handled goes to the dead-letter topic of its topic
with the reason, and the line goes on. "replay" puts such messages back where they
came from, after what was wrong with them has been mended.

Kafka is found by KAFKA_BROKERS (with KAFKA_USER, KAFKA_PASSWORD, KAFKA_MECHANISM and
KAFKA_TLS) or, for a Bedside with everything embedded, by its data folder (BEDSIDE_DATA).`,
		Example: `  bedside dlq list
  bedside dlq show reviews.collected.dlq/0/3
  bedside dlq replay reviews.collected.dlq/0/3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDLQList(env), newDLQShow(env), newDLQReplay(env))
	return cmd
}

func newDLQList(env Environment) *cobra.Command {
	var all, asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List dead letters, oldest first", Args: cobra.NoArgs,
		Example: "  bedside dlq list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, err := kafkaConnection(env)
			if err != nil {
				return err
			}
			var found []kafkaio.DeadLetter
			for _, topic := range deadLetterTopics() {
				letters, err := kafkaio.ListDeadLetters(cmd.Context(), conn, topic, all, 0)
				if err != nil {
					return err
				}
				found = append(found, letters...)
			}
			if asJSON {
				encoder := json.NewEncoder(env.Stdout)
				for _, l := range found {
					if err := encoder.Encode(l); err != nil {
						return err
					}
				}
				return nil
			}
			if len(found) == 0 {
				fmt.Fprintln(env.Stderr, "No dead letters.")
				return nil
			}
			table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "ID\tFAILED AT\tKIND\tATTEMPTS\tREPLAYED\tREASON")
			for _, l := range found {
				fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%t\t%s\n", l.ID, l.FailedAt.Format(time.RFC3339), l.Kind, l.Attempts, l.Replayed, oneLine(l.Reason))
			}
			return table.Flush()
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that were replayed")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON line each")
	return cmd
}

func newDLQShow(env Environment) *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one dead letter with its content", Args: cobra.ExactArgs(1),
		Example: "  bedside dlq show reviews.collected.dlq/0/3",
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, err := topicOf(args[0])
			if err != nil {
				return err
			}
			conn, err := kafkaConnection(env)
			if err != nil {
				return err
			}
			letters, err := kafkaio.ListDeadLetters(cmd.Context(), conn, topic, true, 0)
			if err != nil {
				return err
			}
			for _, l := range letters {
				if l.ID != args[0] {
					continue
				}
				fmt.Fprintf(env.Stdout, "id        %s\norigin    %s\ngroup     %s\nfailed    %s after %d attempts\nkind      %s\nreason    %s\nkey       %q\nreplayed  %t\nsize      %d bytes\n\n",
					l.ID, l.Origin, l.Group, l.FailedAt.Format(time.RFC3339), l.Attempts, l.Kind, oneLine(l.Reason), l.Key, l.Replayed, len(l.Value))
				if utf8.Valid(l.Value) {
					// Quoted line by line: a hostile message must not steer the terminal.
					for _, line := range strings.Split(string(l.Value), "\n") {
						fmt.Fprintln(env.Stdout, oneLine(line))
					}
					return nil
				}
				fmt.Fprintf(env.Stdout, "%q\n", l.Value)
				return nil
			}
			return fmt.Errorf("there is no dead letter %s", args[0])
		},
	}
}

func newDLQReplay(env Environment) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "replay [ID...]", Short: "Put dead letters back into their topic",
		Example: "  bedside dlq replay reviews.collected.dlq/0/3\n  bedside dlq replay --all",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && !all {
				return errors.New("name the dead letters to replay, or --all for every one not replayed yet")
			}
			conn, err := kafkaConnection(env)
			if err != nil {
				return err
			}
			byTopic := map[string][]string{}
			for _, id := range args {
				topic, err := topicOf(id)
				if err != nil {
					return err
				}
				byTopic[topic] = append(byTopic[topic], id)
			}
			if all {
				for _, topic := range deadLetterTopics() {
					letters, err := kafkaio.ListDeadLetters(cmd.Context(), conn, topic, false, 0)
					if err != nil {
						return err
					}
					for _, l := range letters {
						byTopic[topic] = append(byTopic[topic], l.ID)
					}
				}
			}
			replayed := 0
			for topic, ids := range byTopic {
				n, err := kafkaio.ReplayDeadLetters(cmd.Context(), conn, topic, ids)
				replayed += n
				if err != nil {
					return fmt.Errorf("%d replayed, then: %w", replayed, err)
				}
			}
			fmt.Fprintf(env.Stdout, "%d replayed\n", replayed)
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every dead letter not replayed yet")
	return cmd
}

// topicOf is the main topic of a dead letter's id "<topic>.dlq/<partition>/<offset>".
func topicOf(id string) (string, error) {
	name, _, ok := strings.Cut(id, "/")
	topic, dead := strings.CutSuffix(name, events.DeadLetterSuffix)
	if !ok || !dead {
		return "", fmt.Errorf("%q is no dead letter's id; `bedside dlq list` shows them, such as reviews.collected.dlq/0/3", id)
	}
	return topic, nil
}

// kafkaConnection is that of the environment, or of the Bedside on this machine.
func kafkaConnection(env Environment) (kafkaio.Connection, error) {
	settings := config.DefaultKafka()
	if env.Getenv("KAFKA_BROKERS") != "" {
		if err := config.Load(&settings, env.Environ, "KAFKA_"); err != nil {
			return kafkaio.Connection{}, err
		}
		return kafkaio.Connect(settings, "bedside-dlq")
	}
	dir := env.Getenv("BEDSIDE_DATA")
	if dir == "" {
		dir = "data"
	}
	local, err := client.ReadLocal(dir)
	if err != nil || len(local.Brokers) == 0 {
		return kafkaio.Connection{}, fmt.Errorf("no broker is known: set KAFKA_BROKERS, or BEDSIDE_DATA to the folder of a Bedside that runs on this machine (looked in %q)", dir)
	}
	return kafkaio.Connection{Brokers: local.Brokers, ClientID: "bedside-dlq"}, nil
}

// oneLine makes control characters and those that reorder what stands beside them visible,
// so that a foreign text cannot steer a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || unicode.Is(unicode.Bidi_Control, r) {
			return '�'
		}
		return r
	}, s)
}
