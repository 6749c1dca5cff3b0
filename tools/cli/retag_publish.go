package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
)

// lookEvery is how often the inbox is looked at for reviews that came back.
const lookEvery = 100 * time.Millisecond

// tagAnew sends reviews through the line again, a page at a time: the next page goes
// when the one before has come back. It returns how many did.
func (h *history) tagAnew(ctx context.Context, env Environment, producer *kafkaio.Producer, total int, patience time.Duration) (int, error) {
	bar := newBar(env, int64(total), "Tagging anew", false)
	defer bar.Finish()
	done := 0
	var left []string
	err := h.walk(ctx, func(o pastOrg, page []collections.Review) error {
		messages := make([]kafkaio.Message, 0, len(page))
		awaited := map[string]int{} // versions of the text, by review
		for _, r := range page {
			m, err := kafkaio.EventMessage(seenAgain(r))
			if err != nil {
				left = append(left, r.ID)
				continue
			}
			messages = append(messages, m)
			awaited[r.ID] = r.Version
		}
		if err := producer.Publish(ctx, messages...); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		sent := len(awaited)
		if err := h.await(ctx, o, awaited, patience, func(n int) { done += n; _ = bar.Add(n) }); err != nil {
			return err
		}
		if sent > 0 && len(awaited) == sent {
			return fmt.Errorf("none of %d reviews came back tagged by version %s within %s: sentiment and response-workflow must run, and sentiment must be of that version; then run this again", sent, o.engine.Version(), patience)
		}
		for id := range awaited {
			left = append(left, id)
		}
		return nil
	})
	if ctx.Err() != nil {
		return done, errors.New("interrupted; run it again to go on")
	}
	if err == nil && len(left) > 0 {
		shown := left[:min(len(left), maxExamples)]
		err = fmt.Errorf("%d reviews did not come back tagged anew, such as %s: see `bedside dlq list`", len(left), strings.Join(shown, ", "))
	}
	return done, err
}

// await takes reviews out of awaited as they come back, and returns when none is left
// or none came for the time of patience.
func (h *history) await(ctx context.Context, o pastOrg, awaited map[string]int, patience time.Duration, came func(n int)) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := time.Now()
	for len(awaited) > 0 && time.Since(last) < patience {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		ids := make([]string, 0, len(awaited))
		for id := range awaited {
			ids = append(ids, id)
		}
		reviews, err := h.reviews.GetMany(ctx, docstore.Org(o.id), ids)
		if err != nil {
			return fmt.Errorf("look at the inbox: %w", err)
		}
		n := 0
		for _, r := range reviews {
			// A text that was edited meanwhile has tags of its own.
			if r.Analysis.Version >= o.engine.Version() || r.Version > awaited[r.ID] {
				delete(awaited, r.ID)
				n++
			}
		}
		if n > 0 {
			last = time.Now()
			came(n)
		}
	}
	return nil
}

// seenAgain is the observation that a review's document came from. Its time is that of
// the text shown, so it neither brings back what was removed later nor takes away a reply.
func seenAgain(r collections.Review) events.ReviewCollected {
	e := events.ReviewCollected{
		EventID: events.NewEventID(), OrgID: r.OrgID, ReviewID: r.ID, ListingID: r.ListingID, LocationID: r.LocationID,
		Site: r.Site, ExternalID: r.ExternalID, Change: events.Posted, Version: r.Version, URL: r.URL, Author: r.Author,
		Rating: r.Rating, RawRating: r.RawRating, SubRatings: r.SubRatings, Title: r.Title, Text: r.Text, Excerpt: r.Excerpt,
		SourceUpdatedAt: r.SourceUpdatedAt, FirstSeenAt: r.FirstSeenAt, ObservedAt: r.ObservedAt, Reply: r.SourceReply,
	}
	if r.Version > 1 {
		e.Change = events.Edited
	}
	if r.PostedAtKnown {
		e.PostedAt = r.PostedAt
	}
	return e
}
