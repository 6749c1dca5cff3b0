package polling

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

func (d *desk) hint(id, reason string) {
	d.t.Helper()
	_, err := d.docs.PollHints.Upsert(context.Background(), docstore.Org(testOrg), id, func(h *collections.PollHint, _ bool) error {
		h.Adapter, h.At, h.Reason = testAdapter, d.clock.now(), reason
		return nil
	})
	require.NoError(d.t, err)
}

func TestHint_Push_PollsNowAndAgainUntilTheSiteShowsIt(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("old", "text"))
	s := d.scraper()
	d.poll(s)
	d.clock.pass(5 * time.Minute)
	d.poll(s)
	require.Len(t, d.place.asked(), 1, "not due yet")

	d.hint("a", "push")
	d.poll(s)
	require.Len(t, d.place.asked(), 2)
	require.Len(t, d.inbox("a"), 1, "the site does not show it yet")
	d.poll(s)
	require.Len(t, d.place.asked(), 2, "a hint is followed once")

	d.place.put(l.Ref, writing("new", "hello"))
	d.clock.pass(70 * time.Second)
	d.poll(s)
	require.Len(t, d.inbox("a"), 2, "a minute later it does")
}

func TestHint_AfterRestart_OldOnesAreNotFollowedAgain(t *testing.T) {
	d := newDesk(t)
	d.listing("a")
	s := d.scraper()
	d.poll(s)
	d.clock.pass(5 * time.Minute)
	d.hint("a", schedule.HintPerson)
	d.poll(s)
	require.Len(t, d.place.asked(), 2)
	d.poll(d.scraper())
	require.Len(t, d.place.asked(), 2)

	d.clock.pass(time.Minute)
	d.hint("a", schedule.HintPerson)
	d.poll(d.scraper())
	require.Len(t, d.place.asked(), 3, "one that was given while no scraper ran is")
}

func TestHint_ForListingNobodyKnows_ChangesNothing(t *testing.T) {
	d := newDesk(t)
	d.hint("ghost", "push")
	d.poll(d.scraper())
	_, err := d.docs.PollStates.Get(context.Background(), docstore.Org(testOrg), "ghost")
	require.ErrorIs(t, err, docstore.ErrNotFound)
}

func TestHint_OfAnotherOrganization_IsFollowedThereOnly(t *testing.T) {
	d := newDesk(t)
	d.listing("a")
	d.listing("a", func(l *collections.Listing) { l.OrgID, l.Ref = "org_2", "ref-2" })
	s := d.scraper()
	d.poll(s)
	d.clock.pass(5 * time.Minute)
	d.hint("a", "push")
	d.poll(s)
	asked := d.place.asked()
	require.Len(t, asked, 3)
	require.Equal(t, testOrg, asked[2].Listing.OrgID)
}
