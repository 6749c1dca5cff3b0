package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

func told(n int, recipient, kind string, urgent bool) collections.Notification {
	return collections.Notification{
		Base: docstore.Base{ID: fmt.Sprintf("e%03d.%s", n, recipient)}, Recipient: recipient, Kind: kind, Urgent: urgent,
		ReviewID: fmt.Sprintf("r%d", n), Title: fmt.Sprintf("%s %d", kind, n), At: now.Add(time.Duration(n) * time.Second),
	}
}

func TestGroup_TenReviews_AreOneMessageTheUrgentFirst(t *testing.T) {
	var ns []collections.Notification
	for i := range 8 {
		ns = append(ns, told(i, "person:a", notify.Assigned, false))
	}
	ns = append(ns, told(8, "person:a", notify.Overdue, false), told(9, "person:a", notify.Urgent, true), told(10, "channel:x", notify.Overdue, true))
	got := notify.Group(ns, "https://reviews.example.org")
	require.Len(t, got, 2)
	require.Equal(t, "channel:x", got[0].Recipient)
	require.Equal(t, "overdue 10", got[0].Subject)
	m := got[1]
	require.Equal(t, "10 updates on reviews: 1 urgent, 1 overdue, 8 assigned", m.Subject)
	require.True(t, m.Urgent)
	require.Len(t, m.IDs, 10)
	require.Equal(t, "urgent 9", m.Items[0].Title)
	require.Equal(t, "overdue 8", m.Items[1].Title)
	require.Equal(t, "assigned 0", m.Items[2].Title)
	require.Equal(t, "https://reviews.example.org/reviews/r9", m.Items[0].URL)
	for _, item := range m.Items {
		require.Contains(t, m.Text, item.Title+"\n"+item.URL+"\n")
		require.Contains(t, m.HTML, item.URL)
	}
	require.Equal(t, got, notify.Group(ns, "https://reviews.example.org"), "the same message again")
}

func TestGroup_VeryMany_ListsTheFirstAndCountsTheRest(t *testing.T) {
	var ns []collections.Notification
	for i := range 480 {
		ns = append(ns, told(i, "person:a", notify.Assigned, false))
	}
	m := notify.Group(ns, "https://reviews.example.org")[0]
	require.Len(t, m.Items, notify.MaxListed)
	require.Equal(t, 430, m.More)
	require.Len(t, m.IDs, 480)
	require.Contains(t, m.Text, "And 430 more")
	require.Contains(t, m.HTML, "And 430 more")
	require.Less(t, len(m.HTML), 100_000)
}

func TestGroup_HostileNames_StayText(t *testing.T) {
	n := told(1, "person:a", notify.Assigned, false)
	n.Title = "x <script>alert(1)</script>\r\nBcc: all@example.org"
	n.ReviewID = `"><img src=x>`
	m := notify.Group([]collections.Notification{n}, "https://reviews.example.org")[0]
	require.NotContains(t, m.Subject, "\n")
	require.NotContains(t, m.HTML, "<script")
	require.NotContains(t, m.HTML, "<img")
	loadsNothing(t, m.HTML)
}

// loadsNothing proves that a page is well formed enough to be read and asks for nothing.
func loadsNothing(t *testing.T, page string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			require.NotContains(t, []string{"script", "img", "link", "iframe", "style", "object", "svg", "form"}, token.Data)
			for _, a := range token.Attr {
				require.NotEqual(t, "src", a.Key)
				require.NotContains(t, a.Val, "url(")
				require.False(t, strings.HasPrefix(a.Key, "on"), a.Key)
			}
		}
	}
}
