package google_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites/google"
)

func TestPutReply_Answer_TellsTheModeration(t *testing.T) {
	for body, want := range map[string]events.Reply{
		`{"comment":"Thanks","state":"PENDING","updateTime":"2026-03-01T10:00:00Z"}`: {State: events.ReplyPending},
		`{"comment":"Thanks","state":"REJECTED","policyViolation":"SPAM"}`:           {State: events.ReplyRejected, Problem: "SPAM"},
		`{"comment":"Thanks","state":"NOT_APPROVED"}`:                                {State: events.ReplyRejected},
		`{"comment":"Thanks","reviewReplyState":"DISAPPROVED"}`:                      {State: events.ReplyRejected},
		`{"comment":"Thanks","state":"UNAPPROVED"}`:                                  {State: events.ReplyRejected},
		`{"comment":"Thanks","state":"UNPUBLISHED"}`:                                 {State: events.ReplyRejected},
		`{"comment":"Thanks","state":"PENDING_APPROVAL"}`:                            {State: events.ReplyPending},
		`{"comment":"Thanks","state":"REVIEW_REPLY_STATE_APPROVED"}`:                 {State: events.ReplyPublic},
		`{"comment":"Thanks","state":"TAKEN_DOWN","policyViolation":"SPAM"}`:         {State: events.ReplyRejected, Problem: "SPAM"},
		`{"comment":"Thanks"}`: {},
		`not json`:             {},
	} {
		site, err := google.New(google.Config{Client: &canned{status: 200, body: body}})
		require.NoError(t, err)
		got, err := site.PutReply(t.Context(), listing, "r", "Thanks")
		require.NoError(t, err, "Google has taken the reply")
		require.Equal(t, "Thanks", got.Text)
		require.Equal(t, want.State, got.State, body)
		require.Equal(t, want.Problem, got.Problem, body)
	}
}

func TestDeleteReply_AsksForIt(t *testing.T) {
	c := &canned{status: 200, body: "{}"}
	site, err := google.New(google.Config{Client: c})
	require.NoError(t, err)
	require.NoError(t, site.DeleteReply(t.Context(), listing, "r1"))
	require.Equal(t, http.MethodDelete, c.last.Method)
	require.Equal(t, "https://mybusiness.googleapis.com/v4/accounts/1/locations/2/reviews/r1/reply", c.last.URL)
	require.Equal(t, problem.Invalid, problem.KindOf(site.DeleteReply(t.Context(), listing, "../r1")))
	c.status = 404
	require.Equal(t, problem.NotFound, problem.KindOf(site.DeleteReply(t.Context(), listing, "r1")))
}
