package casework_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

func TestSent_SiteAwayForLong_TriedWithGrowingPausesForHours(t *testing.T) {
	d, now := desk(), at(6)
	doc := publishing(t)
	var pauses []time.Duration
	for {
		sending, mine := d.LeaseSend(doc, "a", time.Minute, now)
		require.True(t, mine)
		doc, _ = d.Sent(sending, "a", casework.Outcome{Kind: casework.SendRetry, Problem: "down"}, now)
		if doc.Publication.State != collections.PublicationSending {
			break
		}
		pauses = append(pauses, doc.Publication.NextAt.Sub(now))
		now = doc.Publication.NextAt
	}
	require.Equal(t, collections.PublicationFailed, doc.Publication.State)
	require.Len(t, pauses, casework.MaxAttempts-1)
	for i, p := range pauses {
		require.GreaterOrEqual(t, p, 5*time.Second)
		require.LessOrEqual(t, p, time.Hour)
		if i > 0 {
			require.GreaterOrEqual(t, p, pauses[i-1])
		}
	}
	require.Greater(t, now.Sub(at(6)), 6*time.Hour, "an outage of a morning is waited out")
}

func TestSent_SiteAsksToWait_ItsWordCountsWithinADay(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		10 * time.Minute: 10 * time.Minute, time.Millisecond: 5 * time.Second, 9000 * time.Hour: 24 * time.Hour, -time.Hour: 5 * time.Second,
	} {
		doc := came(t, publishing(t), casework.Outcome{Kind: casework.SendRetry, After: asked}, 6)
		require.Equal(t, want, doc.Publication.NextAt.Sub(at(6)), asked)
	}
}

func TestObserve_StarsChangeInTheTimeToUndo_ReplyIsTakenBack(t *testing.T) {
	d := desk()
	doc := publishing(t)
	in := observed(doc, events.Edited, doc.Version+1, 5)
	one := 1.0
	in.Rating = &one
	doc, changed := d.Observe(doc, in, at(5))
	require.True(t, changed)
	require.Nil(t, doc.Publication, "thanks for praise do not answer one star")
	require.True(t, doc.SendAt.IsZero())
	require.NotNil(t, doc.Draft)
}

func TestObserve_StarsChangeAfterApproval_DraftIsToBeApprovedAnew(t *testing.T) {
	d := desk()
	doc := save(t, with(t, review.Open), "Thank you", "p1", 3)
	doc, _, err := d.RequestApproval(doc, 1, fine, person("p1"), at(4))
	require.NoError(t, err)
	doc, _, err = d.DecideApproval(doc, casework.Decision{Version: 1, Approve: true}, person("p2"), at(4))
	require.NoError(t, err)
	require.Equal(t, collections.DraftApproved, doc.Draft.State)
	in := observed(doc, events.Edited, doc.Version+1, 5)
	one := 1.0
	in.Rating = &one
	doc, _ = d.Observe(doc, in, at(5))
	require.Equal(t, collections.DraftEditing, doc.Draft.State)
}

func TestOutdated_ReviewEditedBetweenAttempts_SaysSo(t *testing.T) {
	d := desk()
	doc := came(t, publishing(t), casework.Outcome{Kind: casework.SendRetry}, 6)
	require.Empty(t, casework.Outdated(doc))
	in := observed(doc, events.Edited, doc.Version+1, 7)
	in.Text += " And they were rude."
	edited, _ := d.Observe(doc, in, at(7))
	require.Contains(t, casework.Outdated(edited), "edited")
	removed, _ := d.Observe(doc, observed(doc, events.Removed, doc.Version, 7), at(7))
	require.Contains(t, casework.Outdated(removed), "removed")
	renamed := observed(doc, events.Edited, doc.Version+1, 7)
	renamed.Author += " II"
	same, _ := d.Observe(doc, renamed, at(7))
	require.Empty(t, casework.Outdated(same), "another name of the reviewer is no other review")
}

// observed is a later observation of a review as it stands.
func observed(doc collections.Review, change events.Change, version, minute int) events.ReviewTagged {
	return events.ReviewTagged{ReviewCollected: events.ReviewCollected{
		OrgID: doc.OrgID, ReviewID: doc.ID, ListingID: doc.ListingID, LocationID: doc.LocationID, Site: doc.Site, ExternalID: doc.ExternalID,
		Change: change, Version: version, Author: doc.Author, Rating: doc.Rating, Text: doc.Text, Title: doc.Title,
		FirstSeenAt: doc.FirstSeenAt, ObservedAt: at(minute),
	}, Analysis: doc.Analysis}
}
