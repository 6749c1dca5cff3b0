package polling

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// group is a place that can be read several listings at once.
type group struct {
	*place
	most int

	mu    sync.Mutex
	calls []sites.BatchRequest
	fail  error
	warn  string // a listing whose page may lack reviews
	size  int    // reviews a page, 0 all
}

func (g *group) BatchKey(l sites.Listing) string {
	if strings.HasPrefix(l.Ref, "ref-alone") {
		return ""
	}
	return "account"
}

func (g *group) MaxBatch() int { return g.most }

func (g *group) FetchBatch(_ context.Context, req sites.BatchRequest) (sites.BatchPage, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, req)
	if g.fail != nil {
		return sites.BatchPage{}, g.fail
	}
	g.place.mu.Lock()
	defer g.place.mu.Unlock()
	out := sites.BatchPage{ByListing: map[string]sites.Page{"stranger": {Reviews: []sites.Review{writing("foreign", "text")}}}}
	n, from := 0, 0
	if req.Page != "" {
		from, _ = strconv.Atoi(req.Page)
	}
	for _, l := range req.Listings {
		var page sites.Page
		for _, r := range g.listings[l.Ref] {
			if r.UpdatedAt.Before(req.Since) {
				continue
			}
			if n >= from && (g.size == 0 || n < from+g.size) {
				page.Reviews = append(page.Reviews, r)
			}
			n++
		}
		if l.ID == g.warn {
			page.Warnings = []string{"a review that cannot be read"}
		}
		out.ByListing[l.ID] = page
	}
	if g.size > 0 && from+g.size < n {
		out.Next = strconv.Itoa(from + g.size)
	}
	return out, nil
}

// grouped is a desk with listings that were read once and are due together.
func grouped(t *testing.T, listings int, change ...func(*collections.Listing)) (*desk, *group, *Scraper) {
	t.Helper()
	d := newDesk(t)
	g := &group{place: d.place, most: 50}
	d.cfg.Sites = map[string]sites.Site{testAdapter: g}
	for i := range listings {
		l := d.listing(fmt.Sprint("l", i), change...)
		d.place.put(l.Ref, writing(fmt.Sprint("old", i), "text"))
	}
	s := d.scraper()
	for range listings {
		d.poll(s)
	}
	require.Empty(t, g.calls, "complete lists are read one by one")
	require.Len(t, d.place.asked(), listings)
	d.clock.pass(20 * time.Minute)
	return d, g, s
}

func TestBatch_DueTogether_AreReadByOneCall(t *testing.T) {
	d, g, s := grouped(t, 30)
	d.place.put("ref-l7", writing("new", "hello"))
	d.poll(s)
	require.Len(t, g.calls, 1)
	require.Len(t, g.calls[0].Listings, 30, "four hands, and all that are due fill one call")
	require.Len(t, d.place.asked(), 30, "no list of its own was read")
	require.Equal(t, "hello", d.inbox("l7")["new"].Text)
	require.Len(t, d.line.published(), 31, "and nothing else is news")
	for i := range 30 {
		state := d.state(fmt.Sprint("l", i))
		require.Equal(t, collections.HealthOK, state.Health)
		require.Empty(t, state.LeaseHolder)
		require.True(t, state.DueAt.After(d.clock.at))
	}
}

func TestBatch_SeveralPages_AreAllRead(t *testing.T) {
	d, g, s := grouped(t, 6)
	g.size = 2
	for i := range 6 {
		d.place.put(fmt.Sprint("ref-l", i), writing(fmt.Sprint("new", i), "hello"))
	}
	d.poll(s)
	require.Greater(t, len(g.calls), 2)
	for i := range 6 {
		require.Contains(t, d.inbox(fmt.Sprint("l", i)), fmt.Sprint("new", i))
	}
}

func TestBatch_Fails_EachIsReadByItsOwnList(t *testing.T) {
	d, g, s := grouped(t, 5)
	g.fail = problem.New(problem.Forbidden, "one_is_foreign", "one of the listings is not ours")
	d.place.put("ref-l2", writing("new", "hello"))
	d.poll(s)
	require.Len(t, g.calls, 1)
	require.Len(t, d.place.asked(), 10)
	require.Contains(t, d.inbox("l2"), "new")
	require.Equal(t, collections.HealthOK, d.state("l4").Health)
}

func TestBatch_RateLimited_NobodyAsksOnAlone(t *testing.T) {
	d, g, s := grouped(t, 5)
	g.fail = &problem.Error{Kind: problem.RateLimited, RetryAfter: time.Hour}
	d.poll(s)
	require.Len(t, d.place.asked(), 5)
	for i := range 5 {
		require.Equal(t, collections.HealthRateLimited, d.state(fmt.Sprint("l", i)).Health)
		require.False(t, d.state(fmt.Sprint("l", i)).DueAt.Before(d.clock.at.Add(time.Hour-time.Second)))
	}
}

func TestBatch_PageWithWarnings_IsReadByItsOwnList(t *testing.T) {
	d, g, s := grouped(t, 5)
	g.warn = "l3"
	d.poll(s)
	asked := d.place.asked()
	require.Len(t, asked, 6)
	require.Equal(t, "l3", asked[5].Listing.ID)
}

func TestBatch_OtherOrganizationsAndKeys_StayApart(t *testing.T) {
	i := 0
	d, g, s := grouped(t, 8, func(l *collections.Listing) {
		if i++; i%2 == 0 {
			l.OrgID = "org_2"
		}
	})
	d.poll(s)
	require.Len(t, g.calls, 2)
	for _, call := range g.calls {
		for _, l := range call.Listings {
			require.Equal(t, call.Listings[0].OrgID, l.OrgID)
		}
	}
}

func TestBatch_OwnListIsReadSeveralTimesADay(t *testing.T) {
	d, _, s := grouped(t, 4)
	for range 24 {
		d.poll(s)
		d.clock.pass(20 * time.Minute)
	}
	require.Len(t, d.place.asked(), 8, "once in six hours, for the count that only it has")
}
