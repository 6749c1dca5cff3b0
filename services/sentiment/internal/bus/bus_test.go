package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

// scripted answers each text with what a test says.
type scripted map[string]func() review.Analysis

func (s scripted) Version() string { return "v9" }

func (s scripted) Analyze(text string) review.Analysis {
	if f := s[text]; f != nil {
		return f()
	}
	return review.Analysis{Overall: review.Positive}
}

// outbox keeps what is published, or fails.
type outbox struct {
	err  error
	mu   sync.Mutex
	sent []kafkaio.Message
}

func (o *outbox) Publish(_ context.Context, messages ...kafkaio.Message) error {
	if o.err != nil {
		return o.err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, messages...)
	return nil
}

func tagger(t *testing.T, analyzer Analyzer, to *outbox) (*Tagger, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	tagger, err := New(Config{Analyzer: func(context.Context, string) Analyzer { return analyzer }, Publisher: to, Workers: 4, Logger: slog.New(slog.DiscardHandler), Registerer: registry})
	require.NoError(t, err)
	return tagger, registry
}

func input(t *testing.T, external, text string) kafkaio.Message {
	t.Helper()
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	m, err := kafkaio.EventMessage(events.ReviewCollected{
		EventID: "e", OrgID: "o", ReviewID: review.ID("o", "google", external), ListingID: "l", LocationID: "loc", Site: "google",
		ExternalID: external, Change: events.Posted, Version: 1, Text: text, FirstSeenAt: at, ObservedAt: at,
	})
	require.NoError(t, err)
	return m
}

func output(t *testing.T, m kafkaio.Message) events.ReviewTagged {
	t.Helper()
	e, err := events.DecodeReviewTagged(m.Value)
	require.NoError(t, err)
	return e
}

func TestHandle_MixedBatch_OrderIsKeptAndEachFaultIsItsOwn(t *testing.T) {
	to := &outbox{}
	tg, _ := tagger(t, scripted{"panics": func() review.Analysis { panic("secret") }}, to)
	faults := tg.Handle(t.Context(), []kafkaio.Message{
		input(t, "1", "one"), {Value: []byte("{")}, input(t, "2", "panics"), input(t, "3", "three"),
	})
	require.NoError(t, faults[0])
	require.Equal(t, problem.Invalid, problem.KindOf(faults[1]))
	require.Equal(t, problem.Invalid, problem.KindOf(faults[2]))
	require.NotContains(t, faults[2].Error(), "secret")
	require.NoError(t, faults[3])
	require.Len(t, to.sent, 2)
	require.Equal(t, "1", output(t, to.sent[0]).ExternalID)
	require.Equal(t, "3", output(t, to.sent[1]).ExternalID)
	require.Equal(t, "v9", output(t, to.sent[0]).Analysis.Version)
}

func TestHandle_PublishFails_AllThatWasGoodIsAskedForAgain(t *testing.T) {
	to := &outbox{err: problem.New(problem.Unavailable, "kafka", "away")}
	tg, _ := tagger(t, scripted{}, to)
	faults := tg.Handle(t.Context(), []kafkaio.Message{input(t, "1", "one"), {Value: []byte("{")}, input(t, "2", "two")})
	require.Equal(t, problem.Unavailable, problem.KindOf(faults[0]))
	require.Equal(t, problem.Invalid, problem.KindOf(faults[1]))
	require.Equal(t, problem.Unavailable, problem.KindOf(faults[2]))
}

func TestHandle_NothingGood_PublishesNothing(t *testing.T) {
	to := &outbox{err: errors.New("must not be called")}
	tg, _ := tagger(t, scripted{}, to)
	faults := tg.Handle(t.Context(), []kafkaio.Message{{Value: []byte("x")}})
	require.Equal(t, problem.Invalid, problem.KindOf(faults[0]))
}

// crowd counts how many texts are analysed at the same time.
type crowd struct{ now, most atomic.Int32 }

func (c *crowd) Version() string { return "v1" }

func (c *crowd) Analyze(string) review.Analysis {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	time.Sleep(10 * time.Millisecond)
	return review.Analysis{Overall: review.Mixed}
}

// TestHandle_LongTexts_AreAnalysedOneAtATime bounds the memory of a replica: a long text takes
// megabytes while it is analysed, in every partition and worker.
func TestHandle_LongTexts_AreAnalysedOneAtATime(t *testing.T) {
	for _, c := range []struct {
		bytes int
		most  int32
	}{{longMessage, 1}, {100, 4}} {
		seen := &crowd{}
		tg, _ := tagger(t, seen, &outbox{})
		var wg sync.WaitGroup
		for range 3 { // partitions
			var batch []kafkaio.Message
			for i := range 6 {
				batch = append(batch, input(t, fmt.Sprint(i), strings.Repeat("a", c.bytes)))
			}
			wg.Go(func() { tg.Handle(t.Context(), batch) })
		}
		wg.Wait()
		if c.most == 1 {
			require.EqualValues(t, 1, seen.most.Load())
		} else {
			require.GreaterOrEqual(t, seen.most.Load(), c.most)
		}
	}
}

// TestHandle_ShutdownWhileALongTextIsInHand_AsksForTheOthersAgain: a batch that waits for its turn
// does not hold up the end of the process, and is not lost.
func TestHandle_ShutdownWhileALongTextIsInHand_AsksForTheOthersAgain(t *testing.T) {
	to := &outbox{}
	tg, _ := tagger(t, scripted{}, to)
	tg.long <- struct{}{} // another batch is in hand
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	faults := tg.Handle(ctx, []kafkaio.Message{input(t, "1", strings.Repeat("a", longMessage)), input(t, "2", "short")})
	require.Equal(t, problem.Unavailable, problem.KindOf(faults[0]))
	require.Equal(t, problem.Unavailable, problem.KindOf(faults[1]))
	require.Empty(t, to.sent)
}

func TestHandle_UnsoundAnalysis_ReviewGoesOnWithWhatIsSound(t *testing.T) {
	text := "Rude desk 😡"
	to := &outbox{}
	tg, registry := tagger(t, scripted{text: func() review.Analysis {
		return review.Analysis{
			Version: "v1", Overall: "terrible",
			Tags: []review.Tag{
				{Topic: review.StaffAttitude, Polarity: review.Negative, Evidence: []review.Evidence{
					{Start: 0, End: 4, Quote: "Rude", Rule: "r"}, {Start: 0, End: 4, Quote: "rude", Rule: "r"}, {Start: 5, End: 400, Quote: "x", Rule: "r"}, {Start: 4, End: 2},
				}},
				{Topic: review.StaffAttitude, Polarity: review.Positive},
				{Topic: "parking", Polarity: review.Negative},
				{Topic: review.Billing, Polarity: "awful"},
			},
			Urgent:   []review.Urgent{review.Privacy, "fire"},
			Mentions: []review.Mention{{Name: "x", Start: -1, End: 3}, {Name: "Rude", Start: 0, End: 4}},
		}
	}}, to)
	require.NoError(t, tg.Handle(t.Context(), []kafkaio.Message{input(t, "1", text)})[0])
	a := output(t, to.sent[0]).Analysis
	require.Equal(t, []review.Tag{{Topic: review.StaffAttitude, Polarity: review.Negative, Evidence: []review.Evidence{{Start: 0, End: 4, Quote: "Rude", Rule: "r"}}}}, a.Tags)
	require.Equal(t, review.Mixed, a.Overall)
	require.Equal(t, []review.Urgent{review.Privacy}, a.Urgent)
	require.Len(t, a.Mentions, 1)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP bedside_sentiment_unsound_total Parts of analyses left out because they did not fit their text.
# TYPE bedside_sentiment_unsound_total counter
bedside_sentiment_unsound_total 9
`), "bedside_sentiment_unsound_total"))
}

func TestHandle_EachMessagesTrace_StaysItsOwn(t *testing.T) {
	to := &outbox{}
	tg, _ := tagger(t, scripted{}, to)
	one, two := input(t, "1", "one"), input(t, "2", "two")
	one.Headers = map[string]string{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "own": "kept"}
	two.Headers = map[string]string{"traceparent": "00-1bf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	for _, err := range tg.Handle(t.Context(), []kafkaio.Message{one, two, input(t, "3", "three")}) {
		require.NoError(t, err)
	}
	require.Contains(t, to.sent[0].Headers["traceparent"], "0af7651916cd43dd8448eb211c80319c")
	require.Equal(t, "kept", to.sent[0].Headers["own"])
	require.Contains(t, to.sent[1].Headers["traceparent"], "1bf7651916cd43dd8448eb211c80319c")
	require.Empty(t, to.sent[2].Headers["traceparent"])
}
