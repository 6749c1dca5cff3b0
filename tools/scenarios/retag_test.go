package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
	"github.com/bedside-health/bedside/tools/cli"
	"github.com/bedside-health/bedside/tools/client"
	"github.com/bedside-health/bedside/tools/up"
)

// documents opens the store of a Bedside beside it, as an operator's tool does.
func documents(t *testing.T, b *bedside, store config.Secret) *collections.Store {
	t.Helper()
	url := store.Reveal()
	if url == "" {
		url = "sqlite:" + b.data + "/bedside.db"
	}
	backend, err := connect.Open(t.Context(), url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	s, err := collections.Bind(t.Context(), backend)
	require.NoError(t, err)
	return s
}

// retag runs the command and returns what it printed.
func (b *bedside) retag(t *testing.T, store config.Secret, args ...string) (string, string, int) {
	t.Helper()
	out, errs := new(lines), new(lines)
	environ := []string{"BEDSIDE_DATA=" + b.data}
	if store != "" {
		environ = append(environ, "BEDSIDE_STORE="+store.Reveal(), "KAFKA_BROKERS="+strings.Join(b.local.Brokers, ","))
	}
	code := cli.Run(t.Context(), cli.Environment{Args: append([]string{"retag"}, args...), Environ: environ, Stdin: strings.NewReader(""), Stdout: out, Stderr: errs})
	return out.String(), errs.String(), code
}

// age makes reviews look as if older rules had tagged them otherwise.
func age(t *testing.T, s *collections.Store, ids ...string) {
	t.Helper()
	for _, id := range ids {
		_, err := s.Reviews.Update(t.Context(), docstore.Org("test"), id, func(r *collections.Review) error {
			old := review.Analysis{Version: "2020.01.01", Overall: review.Positive, Urgent: []review.Urgent{}, Tags: []review.Tag{{Topic: review.Facility, Polarity: review.Positive, Evidence: []review.Evidence{}}}}
			if r.Machine != nil {
				r.Machine = &old
				r.Analysis.Version = old.Version
				return nil
			}
			r.Analysis, r.TopicKeys = old, []string{"facility", "facility:positive"}
			return nil
		})
		require.NoError(t, err)
	}
}

func TestRetag_OlderTags_AreReplacedOnceAndNothingElseChanges(t *testing.T) {
	onBothStores(t, func(t *testing.T, store func(*up.Settings)) {
		setup := plan(t)
		var settings up.Settings
		b := start(t, func(s *up.Settings) { store(s); s.Setup = setup; settings = *s })
		var rows []map[string]any
		for i := range 30 {
			rows = append(rows, map[string]any{"external_id": fmt.Sprint("x", i), "author": "Jo", "rating": 1, "posted_at": "2026-10-01T10:00:00Z", "text": fmt.Sprint("The front desk was rude. Visit ", i)})
		}
		b.importRows(t, "main", "google", rows)
		s := documents(t, b, settings.Store)
		before := b.all(t, client.ListReviewsParams{})
		require.Len(t, before, 30)
		removed, old := before[0].Id, []string{}
		for _, r := range before[:20] {
			old = append(old, r.Id)
		}
		// One of them is gone from its site.
		_, err := s.Reviews.Update(t.Context(), docstore.Org("test"), removed, func(r *collections.Review) error {
			r.Removed, r.RemovedAt = true, time.Now().UTC().Truncate(time.Millisecond)
			r.SourceReply = &events.Reply{Text: "Thank you."}
			return nil
		})
		require.NoError(t, err)
		age(t, s, old...)
		aged := documentsOf(t, s, old)

		out, _, code := b.retag(t, settings.Store, "--dry-run")
		require.Zero(t, code)
		require.Contains(t, out, "20 of 30 reviews are tagged by an older version. 20 of them would change")
		require.Contains(t, out, "2020.01.01 -> "+tagging.Version+": 20")
		require.Contains(t, out, "overall positive -> negative: 20")
		require.Contains(t, out, "“front desk was rude")
		require.Equal(t, 10, strings.Count(out, "staff_attitude: absent -> negative"), "ten examples: %s", out)
		require.Equal(t, aged, documentsOf(t, s, old), "a dry run changes nothing")

		_, errs, code := b.retag(t, settings.Store)
		require.NotZero(t, code)
		require.Contains(t, errs, "--yes")
		require.Equal(t, aged, documentsOf(t, s, old), "nobody said yes")

		out, errs, code = b.retag(t, settings.Store, "--yes", "--limit", "5")
		require.Zero(t, code, errs)
		require.Contains(t, out, "Tagged anew: 5\n")
		out, errs, code = b.retag(t, settings.Store, "--yes", "--org", "test", "--since", "2026-01-01")
		require.Zero(t, code, errs)
		require.Contains(t, out, "Tagged anew: 15\n")
		out, _, code = b.retag(t, settings.Store, "--yes")
		require.Zero(t, code)
		require.Contains(t, out, "All 30 reviews are tagged by this version.")

		for _, r := range documentsOf(t, s, old) {
			require.Equal(t, tagging.Version, r.Analysis.Version)
			require.Equal(t, review.Negative, r.Analysis.Overall)
			require.Contains(t, r.TopicKeys, "staff_attitude:negative")
			require.NotContains(t, r.TopicKeys, "facility")
			require.Equal(t, r.ID == removed, r.Removed)
			require.Equal(t, r.ID == removed, r.SourceReply != nil)
			require.Equal(t, 1, r.Version)
			require.Equal(t, 1, count(b.history(t, r.ID), "retagged"))
			require.Equal(t, 1, count(b.history(t, r.ID), "assigned"))
			require.Zero(t, count(b.history(t, r.ID), "restored")+count(b.history(t, r.ID), "text_edited"))
		}
		for _, r := range before[20:] {
			require.Zero(t, count(b.history(t, r.Id), "retagged"))
		}
	})
}

func TestRetag_PeoplesCorrections_StayOverWhatTheMachineSays(t *testing.T) {
	setup := plan(t)
	b := start(t, func(s *up.Settings) { s.Setup = setup })
	b.importRows(t, "main", "google", []map[string]any{{"external_id": "1", "author": "Jo", "rating": 1, "posted_at": "2026-10-01", "text": "The front desk was rude."}})
	s := documents(t, b, "")
	id := b.all(t, client.ListReviewsParams{})[0].Id
	seen, err := b.GetReviewWithResponse(t.Context(), id)
	require.NoError(t, err)
	require.NotNil(t, seen.JSON200, string(seen.Body))
	answer, err := b.CorrectTagsWithResponse(t.Context(), id, client.TagsChange{Rev: seen.JSON200.Rev, Tags: []client.TagInput{{Topic: "billing", Polarity: "negative"}}})
	require.NoError(t, err)
	require.NotNil(t, answer.JSON200, string(answer.Body))
	age(t, s, id)

	out, errs, code := b.retag(t, "", "--yes")
	require.Zero(t, code, errs)
	require.Contains(t, out, "With corrections by people, which stay: 1\n")
	require.NotContains(t, out, "staff_attitude", "what a person corrected does not change")
	require.Contains(t, out, "Tagged anew: 1\n")
	r := documentsOf(t, s, []string{id})[0]
	require.Equal(t, tagging.Version, r.Analysis.Version)
	require.Equal(t, []string{"billing", "billing:negative"}, r.TopicKeys)
	require.NotNil(t, r.Machine)
	require.Equal(t, review.StaffAttitude, r.Machine.Tags[0].Topic, "the machine's is the new one")
	require.NotNil(t, r.Correction)
}

func TestRetag_ChangedOwnTerms_CountForReviewsThatAreThere(t *testing.T) {
	setup := plan(t)
	b := start(t, func(s *up.Settings) { s.Setup = setup })
	b.importRows(t, "main", "google", []map[string]any{{"external_id": "1", "author": "Jo", "rating": 1, "posted_at": "2026-10-01", "text": "They talked about Glow Whitening all the time."}})
	s := documents(t, b, "")
	id := b.all(t, client.ListReviewsParams{})[0].Id
	_, err := s.Lexicons.InsertIfAbsent(t.Context(), docstore.Org("test"), &collections.Lexicon{
		Base:    docstore.Base{ID: "test"},
		Lexicon: review.Lexicon{Revision: 2, Terms: []review.Term{{Phrase: "glow whitening", Kind: review.TermTopic, Topic: review.Upselling, Polarity: review.Negative}}}, UpdatedAt: time.Now(),
	})
	require.NoError(t, err)
	// The service looks for changes every few seconds; until then nothing comes back.
	require.Eventually(t, func() bool {
		_, _, code := b.retag(t, "", "--yes", "--patience", "1s")
		return code == 0
	}, patience, 100*time.Millisecond)
	r := documentsOf(t, s, []string{id})[0]
	require.Equal(t, tagging.Version+"+000002", r.Analysis.Version)
	require.Contains(t, r.TopicKeys, "upselling:negative")
}

func TestRetag_WrongCommandLine_SaysWhatIsMeant(t *testing.T) {
	b := &bedside{data: t.TempDir()}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--since", "yesterday"}, "2026-01-31"},
		{[]string{"--limit", "-1"}, "--limit"},
		{nil, "BEDSIDE_STORE"},
	} {
		_, errs, code := b.retag(t, "", c.args...)
		require.NotZero(t, code)
		require.Contains(t, errs, c.want)
	}
}

func documentsOf(t *testing.T, s *collections.Store, ids []string) []collections.Review {
	t.Helper()
	docs, err := s.Reviews.GetMany(t.Context(), docstore.Org("test"), ids)
	require.NoError(t, err)
	require.Len(t, docs, len(ids))
	return docs
}
