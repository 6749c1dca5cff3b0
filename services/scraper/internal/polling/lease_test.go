package polling

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/sites"
)

func TestLease_TwoScrapersOneStore_NeverReadOneListingAtOnce(t *testing.T) {
	d := newDesk(t)
	const listings, rounds = 12, 15
	for i := range listings {
		l := d.listing(fmt.Sprint("l", i))
		d.place.put(l.Ref, writing(fmt.Sprint("x", i), "text"))
	}
	var reading [listings]atomic.Int32
	var doubles, polls atomic.Int32
	d.place.onFetch = func(req sites.Request) {
		var n int
		_, err := fmt.Sscanf(req.Listing.ID, "l%d", &n)
		if err != nil || reading[n].Add(1) > 1 {
			doubles.Add(1)
		}
		polls.Add(1)
		time.Sleep(2 * time.Millisecond)
		reading[n].Add(-1)
	}
	a, b := d.scraper(), d.scraper()
	for range rounds {
		var wg sync.WaitGroup
		for _, s := range []*Scraper{a, b} {
			wg.Go(func() {
				for range 3 {
					if err := round(context.Background(), s); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		d.clock.pass(time.Hour)
	}
	require.Zero(t, doubles.Load())
	require.EqualValues(t, listings*rounds, polls.Load(), "every listing is read once a round by one of them")
	require.Len(t, d.line.published(), listings)
}

func TestLease_HolderDies_PassesOnWhenItRunsOut(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "text"))
	dead := d.scraper()
	require.NoError(t, dead.reconcile(context.Background(), testAdapter))
	claimed, err := d.store.Claim(context.Background(), testAdapter, d.clock.now(), 1, func(s *collections.PollState) bool {
		dead.lease(s)
		return true
	})
	require.NoError(t, err)
	require.Len(t, claimed, 1)

	s := d.scraper()
	d.clock.pass(50 * time.Second)
	d.poll(s)
	require.Empty(t, d.line.published())
	d.clock.pass(15 * time.Second)
	d.poll(s)
	require.Len(t, d.line.published(), 1)
}

func TestLease_SameInstanceRestarts_GoesOnAtOnce(t *testing.T) {
	d := newDesk(t)
	d.cfg.Instance = "pod-0"
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "text"))
	dead := d.scraper()
	require.NoError(t, dead.reconcile(context.Background(), testAdapter))
	_, err := d.store.Claim(context.Background(), testAdapter, d.clock.now(), 1, func(s *collections.PollState) bool {
		dead.lease(s)
		return true
	})
	require.NoError(t, err)

	d.cfg.Instance = "pod-1"
	stranger := d.scraper()
	other := stranger.crews()
	stranger.takeOver(context.Background(), other)
	other.wait()
	require.Empty(t, d.line.published(), "the lease of another instance is respected")

	d.cfg.Instance = "pod-0"
	restarted := d.scraper()
	again := restarted.crews()
	restarted.takeOver(context.Background(), again)
	again.wait()
	require.Len(t, d.line.published(), 1)
}

func TestLease_LostDuringPoll_EndsThePollWithoutConclusions(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	for i := range 9 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), "text"))
	}
	fetches := 0
	d.place.onFetch = func(sites.Request) {
		if fetches++; fetches == 2 {
			_, err := d.docs.PollStates.Update(context.Background(), docstore.Org(testOrg), "a", func(s *collections.PollState) error {
				s.LeaseHolder = "somebody/else"
				s.LeaseUntil = d.clock.at.Add(time.Minute)
				return nil
			})
			require.NoError(t, err)
		}
	}
	d.poll(d.scraper())
	state := d.state("a")
	require.Equal(t, "somebody/else", state.LeaseHolder)
	require.Equal(t, collections.HealthNew, state.Health)
	require.True(t, state.Watermark.IsZero())
	require.Equal(t, 2, fetches, "the third page is not read any more")
}

func TestLease_RenewedWhileAPollTakesLong(t *testing.T) {
	d := newDesk(t)
	d.cfg.Lease = 150 * time.Millisecond
	d.cfg.Now = nil // the ticker renews in real time
	l := d.listing("a", func(l *collections.Listing) { l.CreatedAt = time.Now() })
	d.place.put(l.Ref, writing("x", "text"))
	reads := atomic.Int32{}
	d.place.onFetch = func(sites.Request) {
		reads.Add(1)
		time.Sleep(600 * time.Millisecond)
	}
	a, b := d.scraper(), d.scraper()
	var wg sync.WaitGroup
	wg.Go(func() { d.poll(a) })
	deadline := time.Now().Add(500 * time.Millisecond)
	for time.Now().Before(deadline) {
		d.poll(b)
		time.Sleep(20 * time.Millisecond)
	}
	wg.Wait()
	require.EqualValues(t, 1, reads.Load())
	require.Equal(t, collections.HealthOK, d.state("a").Health)
}

func TestRun_Cancelled_LetsGoOfWhatItReads(t *testing.T) {
	d := newDesk(t)
	d.cfg.Now = nil
	l := d.listing("a", func(l *collections.Listing) { l.CreatedAt = time.Now() })
	for i := range 9 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), "text"))
	}
	ctx, cancel := context.WithCancel(context.Background())
	fetches := 0
	d.place.onFetch = func(sites.Request) {
		if fetches++; fetches == 3 {
			cancel()
		}
	}
	require.NoError(t, d.scraper().Run(ctx))
	state := d.state("a")
	require.Empty(t, state.LeaseHolder)
	require.Equal(t, "6", state.NextPage)
	require.False(t, state.DueAt.After(time.Now()))
	d.place.onFetch = nil
	d.poll(d.scraper())
	require.Len(t, d.inbox("a"), 9)
	require.Len(t, d.line.published(), 9)
}

func TestListing_DisabledDeletedChanged_IsFollowed(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "text"))
	s := d.scraper()
	d.poll(s)
	set := func(change func(*collections.Listing)) {
		_, err := d.docs.Listings.Update(ctx, docstore.Org(testOrg), "a", func(l *collections.Listing) error {
			change(l)
			return nil
		})
		require.NoError(t, err)
		d.clock.pass(d.cfg.Tick)
	}
	asked := func() int { return len(d.place.asked()) }

	set(func(l *collections.Listing) { l.Enabled = false })
	before := asked()
	for range 3 {
		d.clock.pass(24 * time.Hour)
		d.poll(s)
	}
	require.Equal(t, before, asked(), "a disabled listing is not read")
	set(func(l *collections.Listing) { l.Enabled = true })
	d.poll(s)
	require.Equal(t, before+1, asked(), "an enabled one is read with the next tick")

	d.place.put("elsewhere", writing("new", "at the new place"))
	set(func(l *collections.Listing) { l.Ref = "elsewhere" })
	d.poll(s)
	require.Contains(t, d.inbox("a"), "new")
	require.True(t, d.place.asked()[asked()-1].Since.IsZero(), "another page is read from the beginning")

	set(func(l *collections.Listing) { l.Interval = 60 })
	d.poll(s)
	require.WithinDuration(t, d.clock.at.Add(time.Minute), d.state("a").DueAt, 5*time.Second)

	require.NoError(t, d.docs.Listings.Delete(ctx, docstore.Org(testOrg), "a"))
	before = asked()
	d.clock.pass(24 * time.Hour)
	d.poll(s)
	d.clock.pass(24 * time.Hour)
	d.poll(s)
	require.Equal(t, before, asked(), "a deleted listing is not read")
	require.Len(t, d.inbox("a"), 2, "its reviews stay")
	back := l
	back.Rev = 0
	_, err := d.docs.Listings.InsertIfAbsent(ctx, docstore.Org(testOrg), &back)
	require.NoError(t, err)
	d.clock.pass(d.cfg.Tick)
	d.poll(s)
	require.Greater(t, asked(), before, "one that comes back is read again")
}

// counting counts the listings that are read.
type counting struct {
	Store
	listings int
}

func (c *counting) Listings(ctx context.Context, adapter string, since time.Time, cursor string) ([]collections.Listing, string, error) {
	items, next, err := c.Store.Listings(ctx, adapter, since, cursor)
	c.listings += len(items)
	return items, next, err
}

func TestReconcile_ManyListingsMadeAtOnce_AreNotReadAtEveryLook(t *testing.T) {
	d := newDesk(t)
	for i := range 20 {
		d.listing(fmt.Sprint("l", i))
	}
	count := &counting{Store: d.store}
	d.cfg.Store = count
	s := d.scraper()
	d.clock.pass(5 * time.Minute)
	require.NoError(t, s.reconcile(context.Background(), testAdapter))
	require.Equal(t, 20, count.listings)
	require.NoError(t, s.reconcile(context.Background(), testAdapter))
	require.Equal(t, 20, count.listings, "they are no newcomers any more")

	d.listing("new", func(l *collections.Listing) { l.CreatedAt = l.CreatedAt.Add(-time.Minute) })
	require.NoError(t, s.reconcile(context.Background(), testAdapter))
	require.Equal(t, 21, count.listings, "one of a gateway whose clock is behind is found at once")
}

// forgetful does not answer the first time that it is to change a state.
type forgetful struct {
	Store
	before func()
	failed bool
}

func (f *forgetful) ListingsOf(context.Context, []docstore.Key) ([]collections.Listing, error) {
	f.before()
	return nil, errCrash
}

func (f *forgetful) UpdateState(ctx context.Context, org, id string, change func(*collections.PollState) error) (collections.PollState, error) {
	if !f.failed {
		f.failed = true
		return collections.PollState{}, errCrash
	}
	return f.Store.UpdateState(ctx, org, id, change)
}

func TestPoll_ListingChangesAndTheStoreFails_LeaseIsGivenBack(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "text"))
	f := &forgetful{Store: d.store, before: func() {
		_, err := d.docs.Listings.Update(context.Background(), docstore.Org(testOrg), "a", func(l *collections.Listing) error {
			l.Interval += 60
			return nil
		})
		require.NoError(t, err)
	}}
	d.cfg.Store = f
	d.poll(d.scraper())
	require.True(t, f.failed)
	state := d.state("a")
	require.Empty(t, state.LeaseHolder)
	require.Less(t, state.DueAt.Sub(d.clock.at), 10*time.Second)
}
