package detect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/detect"
)

func TestCompare_ReplyRefusedByTheSite_IsToldAsAChangedReply(t *testing.T) {
	at := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	about := detect.Listing{OrgID: "o", ID: "l", LocationID: "loc", Site: "google"}
	r := sites.Review{ExternalID: "x", Author: "A", Text: "words", Reply: &events.Reply{Text: "Thank you.", State: events.ReplyPending}}
	c, ok := detect.Compare(about, nil, r, at)
	require.True(t, ok)
	require.Equal(t, events.ReplyPending, c.Event.Reply.State)

	known := c.Next
	_, ok = detect.Compare(about, &known, r, at.Add(time.Hour))
	require.False(t, ok, "nothing changed")

	r.Reply = &events.Reply{Text: "Thank you.", State: events.ReplyRejected, Problem: "a phone number"}
	c, ok = detect.Compare(about, &known, r, at.Add(2*time.Hour))
	require.True(t, ok)
	require.Equal(t, events.SourceReply, c.Event.Change)
	require.Equal(t, "a phone number", c.Event.Reply.Problem)

	known = c.Next
	r.Reply = &events.Reply{Text: "Thank you."}
	c, ok = detect.Compare(about, &known, r, at.Add(3*time.Hour))
	require.True(t, ok)
	known = c.Next
	r.Reply = &events.Reply{Text: "Thank you.", State: events.ReplyPublic}
	_, ok = detect.Compare(about, &known, r, at.Add(4*time.Hour))
	require.False(t, ok, "public and unsaid are the same")
}

func TestMissing_InboxWithoutStates_IsNotToldForEver(t *testing.T) {
	known := collections.Fingerprint{Version: 1, Hash: detect.ContentHash("A", nil, "", "words"),
		Payload: &events.ReviewCollected{Version: 1, Author: "A", Text: "words", Reply: &events.Reply{Text: "Thanks.", State: events.ReplyPending}}}
	shown := collections.Review{Version: 1, Author: "A", Text: "words", SourceReply: &events.Reply{Text: "Thanks."}}
	require.Nil(t, detect.Missing(known, &shown))
	shown.SourceReply.State = events.ReplyRejected
	require.NotNil(t, detect.Missing(known, &shown))
	shown.SourceReply = nil
	require.NotNil(t, detect.Missing(known, &shown))
}

func TestCompare_TitleEdited_IsANewVersionWithIt(t *testing.T) {
	at := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	about := detect.Listing{OrgID: "o", ID: "l", Site: "trustpilot"}
	r := sites.Review{ExternalID: "x", Title: "Long wait", Text: "words"}
	c, _ := detect.Compare(about, nil, r, at)
	require.Equal(t, "Long wait", c.Event.Title)
	known := c.Next
	r.Title = "Short wait"
	c, ok := detect.Compare(about, &known, r, at.Add(time.Hour))
	require.True(t, ok)
	require.Equal(t, events.Edited, c.Event.Change)
	require.Equal(t, "Short wait", c.Event.Title)
	require.NotEqual(t, detect.ContentHash("A", nil, "t", "b"), detect.ContentHash("A", nil, "", "b"))
}

func TestClean_TitleAndReply_AreBounded(t *testing.T) {
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	_, fault := detect.Clean(sites.Review{ExternalID: "x", Title: strings.Repeat("t", events.MaxTitleBytes+1)}, now)
	require.Equal(t, detect.TitleTooLong, fault)
	r, fault := detect.Clean(sites.Review{ExternalID: "x", Title: "a\x00b", Reply: &events.Reply{
		State: events.ReplyRejected, Problem: strings.Repeat("é", 2000)}}, now)
	require.Equal(t, detect.Sound, fault)
	require.Equal(t, "a\uFFFDb", r.Title)
	require.NotNil(t, r.Reply, "a refused reply counts even where the site no longer shows its text")
	require.LessOrEqual(t, len(r.Reply.Problem), 1<<10)
	r, _ = detect.Clean(sites.Review{ExternalID: "x", Reply: &events.Reply{Text: "t", State: "odd"}}, now)
	require.Empty(t, r.Reply.State)
}
