package polling

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/detect"
)

// TestPolling_RandomHistoriesWithCrashes_InboxEqualsTheSite runs random histories of a
// site (new, edited, answered, removed and restored reviews, failing pages) against
// scrapers that crash between any two steps, a broker that fails before or after
// storing and that loses what it had. In the end the inbox shows what the site shows.
// Half of the histories have a broker that loses nothing and nobody who looks after
// confirmations: there the order of the steps alone must do. BEDSIDE_TEST_HISTORIES
// asks for more of them.
func TestPolling_RandomHistoriesWithCrashes_InboxEqualsTheSite(t *testing.T) {
	histories := 12
	if text := os.Getenv("BEDSIDE_TEST_HISTORIES"); text != "" {
		var err error
		histories, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	for seed := range histories {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			history(t, rand.New(rand.NewPCG(uint64(seed), 17)), seed%2 == 0)
		})
	}
}

func history(t *testing.T, r *rand.Rand, lossy bool) {
	d := newDesk(t)
	d.place.etags = r.IntN(2) == 0
	d.place.total = r.IntN(2) == 0
	d.place.pageSize = 1 + r.IntN(6)
	shown := map[string]map[string]sites.Review{} // by listing, by external id
	texts := map[string]map[string]bool{}         // texts ever shown
	var listings []string
	for i := range 1 + r.IntN(3) {
		l := d.listing(fmt.Sprint("l", i))
		listings, shown[l.ID] = append(listings, l.ID), map[string]sites.Review{}
	}
	s := d.scraper()
	c := newConfirmer(s)
	restart := func() {
		d.cfg.Store = d.store
		s = d.scraper()
		c = newConfirmer(s)
		d.clock.pass(2 * time.Minute) // leases of the dead run out
	}
	for range 60 {
		id := listings[r.IntN(len(listings))]
		ref := "ref-" + id
		switch r.IntN(10) {
		case 0, 1, 2:
			change(d, r, id, ref, shown[id], texts)
		case 3:
			d.place.fail(ref, strconv.Itoa(d.place.pageSize*r.IntN(4)), problem.New(problem.Unavailable, "site_unavailable", "not now"))
		case 4:
			before, after := error(nil), error(nil)
			if r.IntN(2) == 0 {
				before = errors.New("broker away")
			} else {
				after = errors.New("answer lost")
			}
			d.line.fail = func() (error, error) { return before, after }
			_ = round(context.Background(), s)
			d.line.fail = nil
		case 5:
			// The process dies at some call, before or after its effect.
			m := &mortal{Store: d.store, left: 1 + r.IntN(25), late: r.IntN(2) == 0}
			d.cfg.Store = m
			victim := d.scraper()
			_ = round(context.Background(), victim)
			restart()
		case 6:
			d.line.cut = lossy
			_ = round(context.Background(), s)
			d.line.cut = false
		case 7:
			if !lossy {
				continue
			}
			require.NoError(t, c.look(context.Background()))
		default:
			require.NoError(t, round(context.Background(), s))
		}
		d.clock.pass(time.Duration(r.IntN(int(2 * time.Hour))))
	}
	restart()
	for range 4 {
		d.clock.pass(8 * 24 * time.Hour)
		require.NoError(t, round(context.Background(), s))
		for range 20 {
			d.clock.pass(15 * time.Minute)
			require.NoError(t, round(context.Background(), s))
			if lossy {
				require.NoError(t, c.look(context.Background()))
			}
		}
	}
	compare(t, d, listings, shown, texts)
}

// change makes something happen on the site.
func change(d *desk, r *rand.Rand, id, ref string, shown map[string]sites.Review, texts map[string]map[string]bool) {
	note := func(review sites.Review) {
		d.place.put(ref, review)
		shown[review.ExternalID] = review
		if texts[review.ExternalID] == nil {
			texts[review.ExternalID] = map[string]bool{}
		}
		texts[review.ExternalID][review.Text] = true
	}
	name := fmt.Sprint(id, "-", r.IntN(12))
	known, there := shown[name]
	switch {
	case !there:
		note(writing(name, words(r)))
	case r.IntN(3) == 0 && len(shown) > 1: // an empty list is an alarm, not a removal
		d.place.drop(ref, name)
		delete(shown, name)
	case r.IntN(2) == 0:
		known.Text = words(r)
		note(known)
	default:
		known.Reply = &events.Reply{Text: words(r)}
		if r.IntN(3) == 0 {
			known.Reply = nil
		}
		note(known)
	}
}

func compare(t *testing.T, d *desk, listings []string, shown map[string]map[string]sites.Review, texts map[string]map[string]bool) {
	for _, id := range listings {
		inbox := d.inbox(id)
		for name, want := range shown[id] {
			got, ok := inbox[name]
			require.True(t, ok, "%s is missing", name)
			require.Equal(t, want.Text, got.Text, name)
			require.False(t, got.Removed, name)
			require.Equal(t, detect.ReplyHash(want.Reply), detect.ReplyHash(got.SourceReply), "reply of %s", name)
		}
		for name, got := range inbox {
			_, there := shown[id][name]
			require.Equal(t, !there, got.Removed, "%s removed", name)
			require.LessOrEqual(t, got.Version, len(d.versions(name)), name)
		}
	}
	for _, e := range d.line.published() {
		require.True(t, texts[e.ExternalID][e.Text], "a text that the site never showed")
	}
}

// versions gives the texts published of a review by version.
func (d *desk) versions(externalID string) map[int]string {
	out := map[int]string{}
	for _, e := range d.line.published() {
		if e.ExternalID == externalID {
			out[e.Version] = e.Text
		}
	}
	return out
}
