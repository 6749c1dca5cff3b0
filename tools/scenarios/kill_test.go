package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/testkit/mongotest"
	"github.com/bedside-health/bedside/tools/client"
	"github.com/bedside-health/bedside/tools/sitesim"
)

// fromEnvironment is a number that a longer run of a test is asked for with.
func fromEnvironment(t *testing.T, key string, otherwise int) int {
	t.Helper()
	text := os.Getenv(key)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, key)
	require.Positive(t, n, key)
	return n
}

// TestUp_KilledAtRandomMoments_LosesAndDoublesNothing kills the whole process (kill -9)
// again and again while reviews flow in from Google's API, directory pages and imported files. At the
// end each is in the inbox once, tagged, and was assigned exactly once.
// BEDSIDE_KILL_REVIEWS, BEDSIDE_KILL_ROUNDS and BEDSIDE_KILL_SEED change its size.
func TestUp_KilledAtRandomMoments_LosesAndDoublesNothing(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		killAgainAndAgain(t, fromEnvironment(t, "BEDSIDE_KILL_REVIEWS", 600), fromEnvironment(t, "BEDSIDE_KILL_ROUNDS", 4))
	})
	// The store of this run outlives the kills, as a MongoDB elsewhere does; FerretDB is slow, so little flows.
	t.Run("mongodb", func(t *testing.T) {
		if raced {
			t.Skip("SKIPPED: FerretDB is too slow under the race detector; run without -race")
		}
		killAgainAndAgain(t, 60, 2, "BEDSIDE_STORE="+mongotest.Start(t))
	})
}

func killAgainAndAgain(t *testing.T, total, rounds int, environ ...string) {
	seed := fromEnvironment(t, "BEDSIDE_KILL_SEED", int(time.Now().UnixNano()%1_000_000)+1)
	t.Logf("seed %d (BEDSIDE_KILL_SEED)", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))

	sim, err := sitesim.New(sitesim.Config{Seed: uint64(seed)})
	require.NoError(t, err)
	ctx, stopSim := context.WithCancel(context.Background())
	require.NoError(t, sim.Start(ctx, "127.0.0.1:0"))
	t.Cleanup(func() { stopSim(); require.NoError(t, sim.Wait()) })
	simulator, err := url.Parse(sim.URL())
	require.NoError(t, err)
	var listings []string
	for _, l := range sim.Listings() {
		credential := ""
		if l.Adapter == "google" {
			credential = "credential: sim, "
		}
		listings = append(listings, fmt.Sprintf("  - {location: main, site: %s, adapter: %s, ref: %q, %sinterval_seconds: 1}", l.Site, l.Adapter, l.Ref, credential))
	}
	credentials, err := json.Marshal(map[string]string{"sim": sim.Token()})
	require.NoError(t, err)
	data := t.TempDir()
	p := newProcess(t, data, []string{"--setup", plan(t, listings...)}, append(environ,
		"BEDSIDE_ALLOW_ADDRESSES="+simulator.Host, "BEDSIDE_SCRAPER_GOOGLE_URL="+sim.URL(),
		"BEDSIDE_SCRAPER_CREDENTIALS="+string(credentials), "BEDSIDE_SCRAPER_CONTACT=mailto:test@bedside.example",
		"BEDSIDE_SCRAPER_REQUESTS_PER_SECOND=100")...)

	rows := generated(total / 2)
	p.start(t)
	c := p.waitReady(t)
	for round := range rounds {
		// A part of the reviews comes in each round, half by each way.
		share := (total - total/2) / rounds
		if round == rounds-1 {
			share = total - total/2 - (rounds-1)*share
		}
		require.NoError(t, sim.Arrive(share))
		from, to := len(rows)*round/rounds, len(rows)*(round+1)/rounds
		upload(t, c, "main", "zocdoc", rows[from:to])
		// Some of the moments fall into the start of the next process, most into the flow.
		time.Sleep(time.Duration(random.Int64N(int64(1500 * time.Millisecond))))
		p.kill(t)
		p.start(t)
		if random.IntN(3) == 0 {
			time.Sleep(time.Duration(random.Int64N(int64(700 * time.Millisecond))))
			p.kill(t)
			p.start(t)
		}
		c = p.waitReady(t)
	}
	expected := simulated(t, sim) + len(rows)
	require.GreaterOrEqual(t, expected, total)

	b := &bedside{ClientWithResponses: c, data: data}
	require.Eventually(t, func() bool { return len(b.all(t, client.ListReviewsParams{})) >= expected }, 5*time.Minute, 500*time.Millisecond)
	// Whatever would come twice has time to come.
	time.Sleep(3 * time.Second)
	reviews := b.all(t, client.ListReviewsParams{})
	require.Len(t, reviews, expected)
	seen := map[string]bool{}
	for _, r := range reviews {
		key := r.Site + " " + *r.ExternalId
		require.False(t, seen[key], "%s is there twice", key)
		seen[key] = true
		require.NotEmpty(t, *r.AnalysisVersion)
		require.NotEmpty(t, r.Overall)
		require.NotNil(t, r.Case.OwnerId, key)
		require.Equal(t, 1, r.Version, key)
		history := b.history(t, r.Id)
		require.Equal(t, 1, count(history, "assigned"), "%s: %v", key, history)
		require.Equal(t, 1, count(history, "received"), "%s: %v", key, history)
		require.Len(t, history, 2, "%s: %v", key, history)
	}
	for _, row := range rows {
		require.True(t, seen["zocdoc "+row["external_id"].(string)], "%v is missing", row["external_id"])
	}
	p.stop(t)
}

// simulated is how many reviews the simulator's sites have.
func simulated(t *testing.T, sim *sitesim.Sim) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, sim.URL()+"/_sim/state", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	var state struct{ Reviews map[string]int }
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&state))
	n := 0
	for _, count := range state.Reviews {
		n += count
	}
	require.Positive(t, n)
	return n
}
