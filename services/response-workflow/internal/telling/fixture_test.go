package telling_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/testkit/mongotest"
	"github.com/bedside-health/bedside/services/response-workflow/internal/telling"
)

const org = "o1"

// start is a Monday morning in New York.
var start = time.Date(2026, 11, 16, 15, 0, 0, 0, time.UTC)

// mailServer is a real SMTP server that keeps what it takes.
type mailServer struct {
	port  int
	roots *x509.CertPool
	// answer is what it says to a recipient, or to the content where that is asked first.
	rcpt, data atomic.Pointer[smtp.SMTPError]
	// cut breaks the connection after the content instead of answering; the message is kept.
	cut atomic.Bool
	// hold blocks the answer until it is closed.
	hold atomic.Pointer[chan struct{}]

	mu      sync.Mutex
	taken   []letter
	signIns []string
	tls     int
}

// letter is one message as its bytes came.
type letter struct {
	from string
	to   []string
	raw  []byte
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	m := &mailServer{}
	// The certificate of httptest is good for 127.0.0.1.
	web := httptest.NewTLSServer(nil)
	m.roots = x509.NewCertPool()
	m.roots.AddCert(web.Certificate())
	certificate := web.TLS.Certificates[0]
	web.Close()
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: m, conn: c}, nil }))
	server.Domain, server.AllowInsecureAuth = "mail.example.org", true
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.ErrorLog = quiet{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	m.port = l.Addr().(*net.TCPAddr).Port
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return m
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type session struct {
	server *mailServer
	conn   *smtp.Conn
	letter letter
}

func (s *session) Reset()        { s.letter = letter{} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "right" {
			return smtp.ErrAuthFailed
		}
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.signIns = append(s.server.signIns, user)
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.letter.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.to = append(s.letter.to, to)
	if err := s.server.rcpt.Load(); err != nil {
		return err
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if hold := s.server.hold.Load(); hold != nil {
		<-*hold
	}
	if err := s.server.data.Load(); err != nil {
		return err
	}
	s.letter.raw = raw
	s.server.mu.Lock()
	s.server.taken = append(s.server.taken, s.letter)
	if _, ok := s.conn.TLSConnectionState(); ok {
		s.server.tls++
	}
	s.server.mu.Unlock()
	if s.server.cut.Load() {
		_ = s.conn.Conn().Close()
	}
	return nil
}

// letters are what it took so far.
func (m *mailServer) letters() []letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.taken)
}

// parsed is a letter as a mail program reads it.
type parsed struct {
	header     mail.Header
	subject    string
	text, html string
}

func (l letter) parse(t *testing.T) parsed {
	t.Helper()
	for line := range bytes.SplitSeq(l.raw, []byte("\r\n")) {
		require.LessOrEqual(t, len(line), 998, "RFC 5322 bounds lines")
		require.NotContains(t, string(line), "\n", "lines end with CRLF")
	}
	msg, err := mail.ReadMessage(bytes.NewReader(l.raw))
	require.NoError(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	require.NoError(t, err)
	p := parsed{header: msg.Header, subject: subject}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/alternative", kind)
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.Equal(t, "quoted-printable", part.Header.Get("Content-Transfer-Encoding"))
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		require.NoError(t, err)
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		require.NoError(t, err)
		require.Equal(t, "utf-8", strings.ToLower(params["charset"]))
		switch kind {
		case "text/plain":
			require.Empty(t, p.html, "the last alternative is the best one")
			p.text = strings.ReplaceAll(string(body), "\r\n", "\n")
		case "text/html":
			p.html = string(body)
		default:
			t.Fatal("a part nobody asked for", kind)
		}
	}
	require.NotEmpty(t, p.text)
	require.NotEmpty(t, p.html)
	return p
}

// world is a store with an organization in it, and a clock that stands.
type world struct {
	t    *testing.T
	url  string
	data *collections.Store
	mail *mailServer
	now  atomic.Int64
	seq  int
}

// onBothStores runs a test on SQLite and on MongoDB.
func onBothStores(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t)) })
	t.Run("mongo", func(t *testing.T) { test(t, newWorldOn(t, mongotest.Start(t))) })
}

func newWorld(t *testing.T) *world {
	return newWorldOn(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db"))
}

func newWorldOn(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, url: url, mail: newMailServer(t)}
	w.now.Store(start.UnixMilli())
	w.data = w.open()
	w.put(w.data.Organizations.InsertIfAbsent(t.Context(), docstore.Org(org), &collections.Organization{Base: docstore.Base{ID: org}, Name: "Bright Smiles"}))
	for _, id := range []string{"l1", "l2"} {
		w.put(w.data.Locations.InsertIfAbsent(t.Context(), docstore.Org(org), &collections.Location{
			Base: docstore.Base{ID: id}, Name: map[string]string{"l1": "Mill Street", "l2": "Harbour"}[id], TimeZone: "America/New_York", ManagerID: "mia",
		}))
	}
	for _, p := range []collections.Person{w.person("ana", collections.Responder, "l1"), w.person("ben", collections.Responder, "l1"), w.person("mia", collections.Manager, "l1", "l2")} {
		w.put(w.data.People.InsertIfAbsent(t.Context(), docstore.Org(org), &p))
	}
	return w
}

// open binds the collections to a connection of its own, as another replica does.
func (w *world) open() *collections.Store {
	backend, err := connect.Open(w.t.Context(), w.url, slog.New(slog.DiscardHandler))
	require.NoError(w.t, err)
	w.t.Cleanup(func() { require.NoError(w.t, backend.Close()) })
	data, err := collections.Bind(w.t.Context(), backend)
	require.NoError(w.t, err)
	return data
}

func (w *world) put(ok bool, err error) {
	w.t.Helper()
	require.NoError(w.t, err)
	require.True(w.t, ok)
}

func (w *world) person(id string, role collections.Role, locations ...string) collections.Person {
	return collections.Person{Base: docstore.Base{ID: id}, Name: "Name of " + id, Email: id + "@example.org", Role: role, Locations: locations, Active: true}
}

func (w *world) set(s collections.NotificationSettings) {
	_, err := w.data.NotificationSettings.Upsert(w.t.Context(), docstore.Org(org), s.ID, func(doc *collections.NotificationSettings, _ bool) error {
		base := doc.Base
		*doc = s
		doc.Base = base
		return nil
	})
	require.NoError(w.t, err)
}

// instantly makes people hear of everything at once, at any hour.
func (w *world) instantly(ids ...string) {
	for _, id := range ids {
		w.set(collections.NotificationSettings{Base: docstore.Base{ID: id}, Email: "instant", Kinds: collections.NotificationKinds(), TimeZone: "America/New_York", DailyAt: "07:30", Digest: true})
	}
}

func (w *world) channel(c collections.Channel) {
	c.Name, c.Enabled = c.ID, true
	if c.Every == "" {
		c.Every = "instant"
	}
	w.put(w.data.Channels.InsertIfAbsent(w.t.Context(), docstore.Org(org), &c))
}

func (w *world) clock() time.Time { return time.UnixMilli(w.now.Load()) }

func (w *world) pass(d time.Duration) { w.now.Add(d.Milliseconds()) }

func (w *world) config() telling.Config {
	s := telling.DefaultSettings()
	s.SMTPHost, s.SMTPPort, s.SMTPTLS = "127.0.0.1", w.mail.port, telling.TLSNone
	s.MailFrom, s.PublicURL, s.HooksToLoopback = "Bedside <reviews@clinic.example.org>", "https://reviews.example.org/", true
	return telling.Config{
		Settings: s, Store: w.data, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(), Clock: w.clock,
		MailRoots: w.mail.roots, Every: 20 * time.Millisecond,
	}
}

func (w *world) desk() *telling.Desk { return w.deskOf(w.config()) }

func (w *world) deskOf(cfg telling.Config) *telling.Desk {
	w.t.Helper()
	d, err := telling.New(cfg)
	require.NoError(w.t, err)
	return d
}

// review is a review with an event in its outbox.
func (w *world) review(kind string, after map[string]any) collections.Review {
	w.seq++
	stars := 2.0
	doc := collections.Review{
		Base: docstore.Base{ID: fmt.Sprintf("r%d", w.seq), OrgID: org}, LocationID: "l1", Site: "google", Rating: &stars, Author: "Secret Author", Text: "Secret text.",
		PostedAt: w.clock(), ReceivedAt: w.clock(), Case: collections.Case{Status: review.Open, OwnerID: "ana", Notify: []string{"front-desk"}},
	}
	doc.Outbox = []collections.CaseEvent{{
		Base: docstore.Base{ID: doc.ID + ".0000000001", OrgID: org}, ReviewID: doc.ID, Seq: 1, Type: kind, At: w.clock(),
		By: collections.Actor{Kind: collections.ActorSystem, ID: "routing"}, After: after,
	}}
	return doc
}

// assign tells a person of so many reviews.
func (w *world) assign(d *telling.Desk, person string, n int) {
	w.t.Helper()
	docs := make([]collections.Review, n)
	for i := range docs {
		docs[i] = w.review(collections.EventAssigned, map[string]any{"owner_id": person})
	}
	require.NoError(w.t, d.Tell(w.t.Context(), org, docs))
}

// all are the notifications of a recipient, newest first.
func (w *world) all(recipient string) []collections.Notification {
	w.t.Helper()
	page, err := w.data.Notifications.Page(w.t.Context(), docstore.Org(org), docstore.Query{
		Index: "newest", Limit: docstore.MaxLimit, Where: []docstore.Cond{docstore.Is("recipient", recipient)},
	})
	require.NoError(w.t, err)
	return page.Items
}

func (w *world) send(d *telling.Desk) {
	w.t.Helper()
	require.NoError(w.t, d.Send(w.t.Context()))
}
