package telling_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/response-workflow/internal/telling"
)

// hook is a web server that keeps what is posted to it.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	header http.Header
	posts  []post
}

type post struct {
	header http.Header
	body   []byte
}

func newHook(t *testing.T) *hook {
	h := &hook{status: http.StatusOK, header: http.Header{}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		if err == nil {
			h.posts = append(h.posts, post{r.Header.Clone(), body})
		}
		for k, v := range h.header {
			rw.Header()[k] = v
		}
		rw.WriteHeader(h.status)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) answer(status int, header ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status, h.header = status, http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.header.Set(header[i], header[i+1])
	}
}

func (h *hook) all() []post {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.posts)
}

func TestSend_Webhook_SignedAndOneForAll(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		h := newHook(t)
		w.channel(collections.Channel{Base: docstore.Base{ID: "front-desk"}, Kind: "webhook", Target: h.URL + "/in", Secret: "s3cret"})
		d := w.desk()
		docs := []collections.Review{w.review(collections.EventReceived, nil), w.review(collections.EventOverdue, nil)}
		require.NoError(t, d.Tell(t.Context(), org, docs))
		w.pass(time.Minute)
		w.send(d)
		w.send(d)
		posts := h.all()
		require.Len(t, posts, 1)
		p := posts[0]
		stamp := p.header.Get(telling.HeaderTimestamp)
		require.Equal(t, strconv.FormatInt(w.clock().Unix(), 10), stamp)
		mac := hmac.New(sha256.New, []byte("s3cret"))
		mac.Write([]byte(stamp + "." + string(p.body)))
		require.Equal(t, "v1="+hex.EncodeToString(mac.Sum(nil)), p.header.Get(telling.HeaderSignature))
		require.Equal(t, "application/json", p.header.Get("Content-Type"))
		var body struct {
			Delivery, Type, Channel string
			Items                   []struct{ Kind, Title, URL string }
		}
		require.NoError(t, json.Unmarshal(p.body, &body))
		require.Equal(t, p.header.Get(telling.HeaderDelivery), body.Delivery)
		require.NotEmpty(t, body.Delivery)
		require.Equal(t, "front-desk", body.Channel)
		require.Equal(t, "notifications", body.Type)
		require.Len(t, body.Items, 2)
		require.Equal(t, "overdue", body.Items[0].Kind)
		require.Equal(t, "https://reviews.example.org/reviews/r2", body.Items[0].URL)
		require.NotContains(t, string(p.body), "Secret")
	})
}

func TestSend_WebhookFails_TriedAgainAsTheServerAsksOrGivenUp(t *testing.T) {
	w := newWorld(t)
	h := newHook(t)
	w.channel(collections.Channel{Base: docstore.Base{ID: "front-desk"}, Kind: "webhook", Target: h.URL, Secret: "s"})
	tell := func() {
		require.NoError(t, w.desk().Tell(t.Context(), org, []collections.Review{w.review(collections.EventReceived, nil)}))
		w.pass(time.Minute)
	}
	last := func() collections.Notification { return w.all("channel:front-desk")[0] }
	tell()
	h.answer(http.StatusInternalServerError)
	w.send(w.desk())
	require.True(t, last().Pending)
	require.Contains(t, last().Problem, "500")
	require.Equal(t, w.clock().Add(time.Minute).UTC(), last().SendAt)
	w.pass(time.Minute)
	h.answer(http.StatusTooManyRequests, "Retry-After", "7200")
	w.send(w.desk())
	require.WithinDuration(t, w.clock().Add(2*time.Hour), last().SendAt, time.Second)
	w.pass(2*time.Hour + time.Second)
	h.answer(http.StatusOK)
	w.send(w.desk())
	require.False(t, last().Pending)
	require.False(t, last().SentAt.IsZero())

	tell()
	h.answer(http.StatusFound, "Location", "https://elsewhere.example.org/")
	w.send(w.desk())
	require.False(t, last().Pending)
	require.Contains(t, last().Problem, "302")
	tell()
	h.answer(http.StatusGone)
	w.send(w.desk())
	require.False(t, last().Pending)
	require.Contains(t, last().Problem, "410")
}

func TestSend_PrivateAddresses_NeverReached(t *testing.T) {
	w := newWorld(t)
	h := newHook(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(h.URL, "http://"), ":")
	cfg := w.config()
	cfg.HooksToLoopback = false
	d := w.deskOf(cfg)
	for i, target := range []string{h.URL, "https://127.0.0.1:" + port, "https://localhost:" + port, "https://[::1]:" + port, "https://169.254.169.254/", "ftp://example.org/", "https://user:pass@example.org/", "", "\x00"} {
		id := "c" + strconv.Itoa(i)
		w.channel(collections.Channel{Base: docstore.Base{ID: id}, Kind: []string{"webhook", "slack"}[i%2], Target: target, Secret: "s"})
		err := d.Test(t.Context(), org, id)
		require.Error(t, err, target)
		require.Equal(t, problem.Invalid, problem.KindOf(err), target)
	}
	require.Empty(t, h.all())
}

func TestSend_Slack_NamesStayTextAndUrgentShows(t *testing.T) {
	w := newWorld(t)
	h := newHook(t)
	w.channel(collections.Channel{Base: docstore.Base{ID: "front-desk"}, Kind: "slack", Target: h.URL})
	_, err := w.data.Locations.Update(t.Context(), docstore.Org(org), "l1", func(l *collections.Location) error {
		l.Name = "<!channel> A & B | <https://evil.example.org|x>"
		return nil
	})
	require.NoError(t, err)
	d := w.desk()
	urgent := w.review(collections.EventOverdue, nil)
	urgent.Urgent = true
	docs := []collections.Review{urgent}
	for range 120 {
		docs = append(docs, w.review(collections.EventReceived, nil))
	}
	require.NoError(t, d.Tell(t.Context(), org, docs))
	w.pass(time.Minute)
	w.send(d)
	posts := h.all()
	require.Len(t, posts, 1)
	var body struct{ Text string }
	require.NoError(t, json.Unmarshal(posts[0].body, &body))
	require.NotContains(t, body.Text, "<!channel>")
	require.NotContains(t, body.Text, "<https://evil")
	require.Contains(t, body.Text, ":rotating_light: <https://reviews.example.org/reviews/r1|Overdue: 2-star Google review at &lt;!channel&gt; A &amp; B / &lt;https")
	require.Contains(t, body.Text, "and 71 more")
	require.Less(t, len(body.Text), 40_000)
}

func TestTest_Channels_SentNowOrSaidWhyNot(t *testing.T) {
	w := newWorld(t)
	h := newHook(t)
	w.channel(collections.Channel{Base: docstore.Base{ID: "hook"}, Kind: "webhook", Target: h.URL, Secret: "s"})
	w.channel(collections.Channel{Base: docstore.Base{ID: "list"}, Kind: "email", Target: "all@example.org"})
	w.channel(collections.Channel{Base: docstore.Base{ID: "bad"}, Kind: "email", Target: "all@example.org, more@example.org"})
	d := w.desk()
	require.NoError(t, d.Test(t.Context(), org, "hook"))
	require.Contains(t, string(h.all()[0].body), `"type":"test"`)
	require.NoError(t, d.Test(t.Context(), org, "list"))
	require.Equal(t, "Test message from Bedside", w.mail.letters()[0].parse(t).subject)
	require.Equal(t, problem.Invalid, problem.KindOf(d.Test(t.Context(), org, "bad")))
	require.Equal(t, problem.NotFound, problem.KindOf(d.Test(t.Context(), org, "nothing")))
	require.Equal(t, problem.NotFound, problem.KindOf(d.Test(t.Context(), "o2", "hook")))
	h.answer(http.StatusBadGateway)
	require.Equal(t, problem.Unavailable, problem.KindOf(d.Test(t.Context(), org, "hook")))
	cfg := w.config()
	cfg.SMTPHost = ""
	require.ErrorContains(t, w.deskOf(cfg).Test(t.Context(), org, "list"), "BEDSIDE_SMTP_HOST")
	h.Close()
	require.Equal(t, problem.Unavailable, problem.KindOf(d.Test(t.Context(), org, "hook")))
	require.Empty(t, w.all("channel:hook"), "a test is no notification")
}
