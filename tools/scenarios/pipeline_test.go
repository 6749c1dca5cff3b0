package scenarios

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/libs/testkit/mongotest"
	"github.com/bedside-health/bedside/tools/cli"
	"github.com/bedside-health/bedside/tools/client"
	"github.com/bedside-health/bedside/tools/up"
)

// onBothStores runs a scenario on the embedded engines, and on a store that speaks
// MongoDB's protocol with a broker that Bedside did not start.
func onBothStores(t *testing.T, scenario func(t *testing.T, store func(*up.Settings))) {
	t.Run("sqlite", func(t *testing.T) { scenario(t, func(*up.Settings) {}) })
	t.Run("mongodb", func(t *testing.T) {
		uri, brokers := mongotest.Start(t), kafkatest.Start(t).Brokers
		scenario(t, func(s *up.Settings) { s.Store, s.Brokers = config.Secret(uri), brokers })
	})
}

func TestPipeline_ImportedReviews_AreTaggedAssignedAndFollowedUp(t *testing.T) {
	onBothStores(t, func(t *testing.T, store func(*up.Settings)) {
		setup := plan(t)
		b := start(t, func(s *up.Settings) { store(s); s.Setup = setup })
		rows := []map[string]any{
			{"external_id": "1", "author": "Jo", "rating": 1, "posted_at": "2026-10-01T10:00:00Z", "text": "Waited two hours past my appointment, and then the bill was wrong."},
			{"external_id": "2", "author": "Sam", "rating": 5, "posted_at": "2026-10-02T10:00:00Z", "text": "The front desk staff were so friendly and kind 🙂"},
			{"external_id": "3", "author": "=HYPERLINK(\"x\")", "posted_at": "2026-10-03T10:00:00Z", "text": "<script>alert(1)</script> The parking is awful."},
		}
		report := b.importRows(t, "main", "google", rows)
		require.Equal(t, 3, report.Accepted)

		reviews := b.all(t, client.ListReviewsParams{})
		require.Len(t, reviews, 3)
		owners := map[string]int{}
		for _, r := range reviews {
			require.NotEmpty(t, r.Tags, r.Text)
			for _, tag := range r.Tags {
				require.NotEmpty(t, tag.Evidence)
				for _, e := range tag.Evidence {
					require.Equal(t, e.Quote, r.Text[e.Start:e.End])
				}
			}
			require.NotNil(t, r.Case.OwnerId)
			require.NotNil(t, r.Case.DueAt)
			require.EqualValues(t, "new", r.Case.Status)
			owners[*r.Case.OwnerId]++
			require.Equal(t, 1, count(b.history(t, r.Id), "assigned"))
		}
		require.Equal(t, 2, len(owners), "work is spread over those who cover the location: %v", owners)
		require.True(t, slices.ContainsFunc(reviews, func(r client.Review) bool { return strings.Contains(r.Text, "<script>alert(1)</script>") }))

		// The same file again changes nothing.
		b.importRows(t, "main", "google", rows)
		again := b.all(t, client.ListReviewsParams{})
		require.Equal(t, reviews, again)

		billing := b.all(t, client.ListReviewsParams{Topic: &client.TopicFilter{"billing"}, Polarity: &[]client.Polarity{"negative"}})
		require.Len(t, billing, 1)
		require.Len(t, b.all(t, client.ListReviewsParams{Q: ptr("friend")}), 1)
		require.Empty(t, b.all(t, client.ListReviewsParams{LocationId: &[]string{"lake"}}))

		followUp(t, b, billing[0].Id)
	})
}

// followUp does what a person does with a case and looks at its history.
func followUp(t *testing.T, b *bedside, id string) {
	t.Helper()
	owner, err := b.SetOwnerWithResponse(t.Context(), id, &client.SetOwnerParams{}, client.OwnerChange{OwnerId: "ada"})
	require.NoError(t, err)
	require.NotNil(t, owner.JSON200, string(owner.Body))
	require.Equal(t, "ada", *owner.JSON200.Case.OwnerId)

	status, err := b.SetStatusWithResponse(t.Context(), id, &client.SetStatusParams{}, client.StatusChange{Status: "no_reply_needed"})
	require.NoError(t, err)
	require.Equal(t, http.StatusUnprocessableEntity, status.StatusCode(), "no_reply_needed needs a reason: %s", status.Body)
	status, err = b.SetStatusWithResponse(t.Context(), id, &client.SetStatusParams{}, client.StatusChange{Status: "open"})
	require.NoError(t, err)
	require.NotNil(t, status.JSON200, string(status.Body))

	note, err := b.AddNoteWithResponse(t.Context(), id, &client.AddNoteParams{}, client.NoteInput{Text: "Called them."})
	require.NoError(t, err)
	require.NotNil(t, note.JSON201, string(note.Body))
	require.Len(t, note.JSON201.Notes, 1)
	require.Equal(t, "Ada Admin", *note.JSON201.Notes[0].By.Name)

	history := b.history(t, id)
	kinds := []string{}
	for _, e := range history {
		kinds = append(kinds, e.Type)
	}
	require.Equal(t, []string{"received", "assigned", "assigned", "status_changed", "note_added"}, kinds)
	require.Equal(t, "ada", (*history[2].After)["owner_id"])
	require.Equal(t, "new", (*history[3].Before)["status"])
	require.Equal(t, "open", (*history[3].After)["status"])
}

func TestPipeline_MessageThatIsNoEvent_IsADeadLetterAndStopsNothing(t *testing.T) {
	onBothStores(t, func(t *testing.T, store func(*up.Settings)) {
		setup := plan(t)
		b := start(t, func(s *up.Settings) { store(s); s.Setup = setup })
		producer, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: kafkaio.Connection{Brokers: b.local.Brokers}})
		require.NoError(t, err)
		defer producer.Close()
		for _, topic := range []string{events.TopicReviewsCollected, events.TopicReviewsTagged} {
			require.NoError(t, producer.Publish(t.Context(), kafkaio.Message{Topic: topic, Key: []byte("k"), Value: []byte("this is not JSON\x1b[31m")}))
		}
		b.importRows(t, "main", "google", []map[string]any{{"external_id": "1", "author": "Jo", "rating": 1, "posted_at": "2026-10-01", "text": "Rude staff."}})

		var list string
		require.Eventually(t, func() bool {
			list = b.command(t, "dlq", "list")
			return strings.Contains(list, "reviews.collected.dlq/0/0") && strings.Contains(list, "reviews.tagged.dlq/0/0")
		}, patience, 200*time.Millisecond)
		require.Contains(t, list, "invalid")
		shown := b.command(t, "dlq", "show", "reviews.collected.dlq/0/0")
		require.Contains(t, shown, "this is not JSON")
		require.NotContains(t, shown, "\x1b", "a dead letter must not steer the terminal")
		require.Contains(t, b.command(t, "dlq", "replay", "reviews.collected.dlq/0/0"), "1 replayed")
		// It is still no event, so it comes back as another dead letter; the first one is done.
		require.Eventually(t, func() bool {
			list = b.command(t, "dlq", "list")
			return strings.Contains(list, "reviews.collected.dlq/0/") && !strings.Contains(list, "reviews.collected.dlq/0/0 ")
		}, patience, 200*time.Millisecond)
		require.Len(t, b.all(t, client.ListReviewsParams{}), 1)
	})
}

// command runs a bedside command against this Bedside and returns what it printed.
func (b *bedside) command(t *testing.T, args ...string) string {
	t.Helper()
	out, errs := new(lines), new(lines)
	code := cli.Run(t.Context(), cli.Environment{Args: args, Environ: []string{"BEDSIDE_DATA=" + b.data}, Stdin: strings.NewReader(""), Stdout: out, Stderr: errs})
	require.Zero(t, code, errs.String())
	return out.String()
}

func TestUp_StoppedAndStarted_GoesOnWhereItWas(t *testing.T) {
	onBothStores(t, func(t *testing.T, store func(*up.Settings)) {
		setup := plan(t)
		data := t.TempDir()
		settings := func(s *up.Settings) { store(s); s.Setup, s.Data = setup, data }
		first := start(t, settings)
		first.importRows(t, "main", "google", []map[string]any{{"external_id": "1", "author": "Jo", "rating": 1, "posted_at": "2026-10-01", "text": "Rude staff."}})
		before := first.all(t, client.ListReviewsParams{})
		first.stop()

		second := start(t, settings)
		require.Equal(t, before, second.all(t, client.ListReviewsParams{}))
		second.importRows(t, "main", "google", []map[string]any{{"external_id": "2", "author": "Al", "rating": 5, "posted_at": "2026-10-02", "text": "Lovely nurses."}})
		require.Len(t, second.all(t, client.ListReviewsParams{}), 2)
		require.Equal(t, before[0].Id, second.all(t, client.ListReviewsParams{Sort: ptr(client.ListReviewsParamsSort("posted_at"))})[0].Id)
	})
}

func TestUp_SecondProcessOnTheSameFolder_IsRefused(t *testing.T) {
	setup := plan(t)
	b := start(t, func(s *up.Settings) { s.Setup = setup })
	settings := up.DefaultSettings()
	settings.Listen, settings.Data, settings.Setup = "127.0.0.1:0", b.data, setup
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := up.Run(ctx, up.Config{Settings: settings, Out: new(lines), Logs: new(lines)})
	require.ErrorContains(t, err, "another Bedside runs")
	require.NoError(t, ctx.Err())
}
