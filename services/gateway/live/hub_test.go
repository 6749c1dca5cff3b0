package live_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/live"
)

func hub(t *testing.T) *live.Hub {
	t.Helper()
	h, err := live.New(live.Config{Buffer: 4, PerPerson: 2, Most: 5})
	require.NoError(t, err)
	return h
}

func TestHub_SlowWatcher_IsLetGoAndDelaysNobody(t *testing.T) {
	h := hub(t)
	slow, err := h.Watch("lakeside", "rita")
	require.NoError(t, err)
	quick, err := h.Watch("lakeside", "max")
	require.NoError(t, err)
	for range 10 {
		h.Publish(events.ReviewChanged{OrgID: "lakeside", ReviewID: "r_1"})
		<-quick.Changes
	}
	got := 0
	for range slow.Changes {
		got++
	}
	require.Equal(t, 4, got, "what it had is still read, then the stream ends")
	require.Equal(t, 1, h.Watchers())
	slow.Close() // once more is no fault
	quick.Close()
	require.Zero(t, h.Watchers())
	h.Publish(events.ReviewChanged{OrgID: "lakeside"}) // nobody is there
}

func TestHub_OtherOrganization_SeesNothing(t *testing.T) {
	h := hub(t)
	w, err := h.Watch("harbor", "rita")
	require.NoError(t, err)
	h.Publish(events.ReviewChanged{OrgID: "lakeside"})
	h.Publish(events.ReviewChanged{})
	require.Empty(t, w.Changes)
}

func TestHub_Bounds_ArePerPersonAndForAll(t *testing.T) {
	h := hub(t)
	var watches []*live.Watch
	for _, person := range []string{"a", "a", "b", "b"} {
		w, err := h.Watch("lakeside", person)
		require.NoError(t, err)
		watches = append(watches, w)
	}
	_, err := h.Watch("lakeside", "a")
	require.Equal(t, problem.RateLimited, problem.KindOf(err))
	_, err = h.Watch("harbor", "a")
	require.NoError(t, err, "another person of the same key")
	_, err = h.Watch("harbor", "c")
	require.Equal(t, problem.RateLimited, problem.KindOf(err))
	watches[0].Close()
	_, err = h.Watch("lakeside", "a")
	require.NoError(t, err)
}

func TestHub_ManyAtOnce_NeitherBlocksNorLeaks(t *testing.T) {
	h, err := live.New(live.Config{Buffer: 2, PerPerson: 100, Most: 100})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			w, err := h.Watch("lakeside", "rita")
			require.NoError(t, err)
			h.Publish(events.ReviewChanged{OrgID: "lakeside"})
			w.Close()
		})
	}
	wg.Wait()
	require.Zero(t, h.Watchers())
}
