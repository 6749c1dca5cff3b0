package workflow_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	workflow "github.com/bedside-health/bedside/services/response-workflow"
)

// answerAt lets an instance publish replies at a site at once.
func answerAt(cfg *workflow.Config, site string) {
	cfg.Replies.Contact, cfg.Replies.AllowLoopback, cfg.Replies.GoogleURL = "mailto:ops@example.org", true, site
	cfg.Replies.Credentials = `{"ours": {"secret": "token", "organizations": ["o1"]}}`
	cfg.UndoFor, cfg.Tick = time.Millisecond, 20*time.Millisecond
}

// replySite is a site that takes replies, slowly, and keeps every one.
type replySite struct {
	mu    sync.Mutex
	round int
	// puts are the replies to each review: the text, and after how many kills it came.
	puts map[string][]put
}

type put struct {
	text  string
	round int
}

func newReplySite(t *testing.T) (*replySite, string) {
	t.Helper()
	s := &replySite{puts: map[string][]put{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Comment string `json:"comment"`
		}
		data, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPut || json.Unmarshal(data, &body) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		round := s.round
		s.mu.Unlock()
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		s.mu.Lock()
		s.puts[r.URL.Path] = append(s.puts[r.URL.Path], put{body.Comment, round})
		s.mu.Unlock()
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"comment": body.Comment, "reviewReplyState": "APPROVED"})
	}))
	t.Cleanup(server.Close)
	return s, server.URL
}

func (s *replySite) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, puts := range s.puts {
		n += len(puts)
	}
	return n
}

// killed begins the next round.
func (s *replySite) killed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.round++
}

// TestRun_KilledWhilePublishing_EachReplyPublishedOnce kills the service at random moments while
// replies leave. BEDSIDE_KILL_REPLIES and BEDSIDE_KILLS make it longer.
func TestRun_KilledWhilePublishing_EachReplyPublishedOnce(t *testing.T) {
	n, kills := number(t, "BEDSIDE_KILL_REPLIES", 12), number(t, "BEDSIDE_KILLS", 3)
	conn, p := kafkatest.Start(t), newPractice(t)
	site, address := newReplySite(t)
	listing := collections.Listing{Base: docstore.Base{ID: "li1"}, LocationID: "l1", Site: "google", Adapter: "google", Ref: "accounts/1/locations/2", Credential: "ours", Enabled: true}
	_, err := p.data.Listings.InsertIfAbsent(t.Context(), docstore.Org(org), &listing)
	require.NoError(t, err)
	_, err = p.data.Organizations.InsertIfAbsent(t.Context(), docstore.Org(org), &collections.Organization{Base: docstore.Base{ID: org}, Name: "Lakeside Practice"})
	require.NoError(t, err)

	ids := p.ask(conn.Brokers, address, n, func(url string) []string {
		var ids []string
		var batch []events.ReviewTagged
		for i := range n {
			in := tagged(i)
			now := time.Now()
			in.PostedAt, in.FirstSeenAt, in.ObservedAt = now.Add(-time.Hour), now, now
			ids, batch = append(ids, in.ReviewID), append(batch, in)
		}
		publish(t, conn, batch...)
		require.Eventually(t, func() bool { return p.count() == n && p.untold() == 0 }, 30*time.Second, 20*time.Millisecond)
		for i, id := range ids {
			path := url + "/internal/v1/reviews/" + id
			status, answer := do(t, "PUT", path+"/draft", map[string]any{"version": 0, "text": fmt.Sprintf("Thank you for your feedback. Our office aims to be on time for everyone, and we read each of the %d letters.", i+2)})
			require.Equal(t, http.StatusOK, status, answer)
			status, answer = do(t, "POST", path+"/publication", map[string]any{"version": 1})
			require.Equal(t, http.StatusOK, status, answer)
		}
		return ids
	})
	require.Zero(t, site.count())

	for range kills {
		cmd := exec.Command(os.Args[0], "-test.run=NONE")
		cmd.Env = append(os.Environ(), "WORKFLOW_TEST_BROKERS="+conn.Brokers[0], "WORKFLOW_TEST_STORE="+p.url, "WORKFLOW_TEST_SITE="+address)
		cmd.Stderr = os.Stderr
		before := site.count()
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool { return site.count() > before || p.published() == n }, 30*time.Second, time.Millisecond)
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		time.Sleep(150 * time.Millisecond) // what it had sent arrives
		site.killed()
		p.outliveLeases(ids)
	}
	t.Logf("after %d kills: %d of %d replies published, %d sent", kills, p.published(), n, site.count())
	cfg := settings(conn, p.url)
	answerAt(&cfg, address)
	start(t, cfg)
	require.Eventually(t, func() bool { return p.published() == n && p.untold() == 0 }, 60*time.Second, 20*time.Millisecond)
	time.Sleep(200 * time.Millisecond) // anything that would be sent again is due by now
	p.requirePublishedOnce(ids, site)
}

// ask has an instance that sends nothing do something.
func (p *practice) ask(brokers []string, site string, n int, do func(url string) []string) []string {
	p.t.Helper()
	cfg := settings(kafkaio.Connection{Brokers: brokers}, p.url)
	answerAt(&cfg, site)
	cfg.UndoFor = time.Hour
	url, stop := start(p.t, cfg)
	ids := do(url)
	stop()
	require.Len(p.t, ids, n)
	for _, id := range ids {
		p.update(id, func(doc *collections.Review) {
			doc.Publication.NotBefore = time.Now().UTC().Truncate(time.Millisecond)
			doc.SendAt = doc.Publication.NotBefore
		})
	}
	return ids
}

// outliveLeases lets the time pass for which a killed instance holds replies.
func (p *practice) outliveLeases(ids []string) {
	p.t.Helper()
	for _, id := range ids {
		p.update(id, func(doc *collections.Review) {
			if doc.Publication.State == collections.PublicationSending {
				past := time.Now().Add(-time.Second).UTC().Truncate(time.Millisecond)
				doc.Publication.LeaseUntil, doc.Publication.NextAt, doc.SendAt = past, past, past
			}
		})
	}
}

func (p *practice) update(id string, change func(*collections.Review)) {
	p.t.Helper()
	_, err := p.data.Reviews.Update(p.t.Context(), docstore.Org(org), id, func(doc *collections.Review) error {
		change(doc)
		return nil
	})
	require.NoError(p.t, err)
}

func (p *practice) published() int {
	n := 0
	for _, doc := range p.reviews() {
		if doc.Publication != nil && doc.Publication.State == collections.PublicationPublished {
			n++
		}
	}
	return n
}

func (p *practice) requirePublishedOnce(ids []string, site *replySite) {
	p.t.Helper()
	asked, sent := p.eventsOf(collections.EventPublishRequested), p.eventsOf(collections.EventReplySent)
	told := map[string]int{}
	for _, n := range all(p.t, p.data.Notifications, docstore.Query{Index: "newest", Where: []docstore.Cond{docstore.Is("recipient", "person:p0")}}) {
		if n.Kind == "reply" {
			told[n.ReviewID]++
		}
	}
	site.mu.Lock()
	defer site.mu.Unlock()
	require.Len(p.t, site.puts, len(ids))
	repeated := 0
	for _, doc := range p.reviews() {
		require.Equal(p.t, 1, doc.Publications)
		require.Equal(p.t, 1, doc.Publication.N)
		require.Equal(p.t, review.Replied, doc.Case.Status)
		require.Nil(p.t, doc.Draft)
		require.Equal(p.t, 1, asked[doc.ID])
		require.Equal(p.t, 1, sent[doc.ID])
		require.Equal(p.t, 1, told[doc.ID], "told once")
		puts := site.puts["/v4/accounts/1/locations/2/reviews/"+doc.ExternalID+"/reply"]
		require.NotEmpty(p.t, puts, doc.ExternalID)
		for i, put := range puts {
			require.Equal(p.t, doc.Publication.Text, put.text)
			if i > 0 {
				require.Greater(p.t, put.round, puts[i-1].round, "sent again only after a kill")
				repeated++
			}
		}
		require.LessOrEqual(p.t, doc.Publication.Attempts, site.round+1)
	}
	p.t.Logf("%d replies were sent again after a kill", repeated)
}
