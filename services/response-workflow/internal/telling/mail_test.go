package telling_test

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/response-workflow/internal/telling"
)

func TestSend_TenReviews_AreOneLetterAndEachOnce(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		w.instantly("ana")
		d := w.desk()
		w.assign(d, "ana", 10)
		w.send(d)
		require.Empty(t, w.mail.letters(), "what comes within the minute goes along")
		w.pass(time.Minute)
		w.send(d)
		w.send(d)
		w.send(w.desk())
		letters := w.mail.letters()
		require.Len(t, letters, 1)
		require.Equal(t, []string{"ana@example.org"}, letters[0].to)
		require.Equal(t, "reviews@clinic.example.org", letters[0].from)
		p := letters[0].parse(t)
		require.Equal(t, "10 updates on reviews: 10 assigned", p.subject)
		for i := range 10 {
			link := fmt.Sprintf("https://reviews.example.org/reviews/r%d", i+1)
			require.Regexp(t, regexp.QuoteMeta(link)+`\b`, p.text)
			require.Regexp(t, regexp.QuoteMeta(link)+`\b`, p.html)
		}
		require.NotContains(t, string(letters[0].raw), "Secret")
		for _, n := range w.all("person:ana") {
			require.False(t, n.Pending)
			require.Equal(t, w.clock().UTC(), n.SentAt)
			require.True(t, n.Unread)
			require.NotEmpty(t, n.Batch)
		}
	})
}

func TestSend_TheBytes_AreAGoodLetter(t *testing.T) {
	w := newWorld(t)
	w.instantly("odd")
	odd := w.person("odd", collections.Responder, "l1")
	odd.Name = "Zoë \"Z\" Ñandú\r\nBcc: everybody@example.org\r\n\r\nboo"
	w.put(w.data.People.InsertIfAbsent(t.Context(), docstore.Org(org), &odd))
	_, err := w.data.Locations.Update(t.Context(), docstore.Org(org), "l1", func(l *collections.Location) error {
		l.Name = "Straße ☂\r\nX-Evil: yes\r\n\r\n<script>"
		return nil
	})
	require.NoError(t, err)
	cfg := w.config()
	cfg.MailFrom = "Bedside für alle <reviews@clinic.example.org>"
	d := w.deskOf(cfg)
	w.assign(d, "odd", 1)
	w.pass(time.Minute)
	w.send(d)
	letters := w.mail.letters()
	require.Len(t, letters, 1)
	require.Equal(t, []string{"odd@example.org"}, letters[0].to)
	p := letters[0].parse(t)
	for name := range p.header {
		require.Contains(t, []string{
			"From", "To", "Subject", "Message-Id", "Date", "Mime-Version", "Content-Type", "Auto-Submitted", "X-Auto-Response-Suppress", "List-Unsubscribe",
		}, name, "no header but ours")
		require.Len(t, p.header[name], 1)
	}
	from, err := p.header.AddressList("From")
	require.NoError(t, err)
	require.Equal(t, []*mail.Address{{Name: "Bedside für alle", Address: "reviews@clinic.example.org"}}, from)
	to, err := p.header.AddressList("To")
	require.NoError(t, err)
	require.Equal(t, []*mail.Address{{Name: `Zoë "Z" Ñandú Bcc: everybody@example.org boo`, Address: "odd@example.org"}}, to)
	require.Equal(t, "Assigned to you: 2-star Google review at Straße ☂ X-Evil: yes <script>", p.subject)
	require.Regexp(t, `^<b-[a-z0-9]{26}@clinic\.example\.org>$`, p.header.Get("Message-Id"))
	date, err := p.header.Date()
	require.NoError(t, err)
	require.WithinDuration(t, w.clock(), date, time.Second)
	require.Equal(t, "<https://reviews.example.org/settings/notifications>", p.header.Get("List-Unsubscribe"))
	require.NotContains(t, p.html, "<script")
	for _, b := range letters[0].raw {
		require.Less(t, b, byte(0x80), "seven bits, for servers that take no more")
	}
}

func TestSend_ProtectedConnections_SignInOnlyUnderTLS(t *testing.T) {
	w := newWorld(t)
	w.instantly("ana")
	cfg := w.config()
	cfg.SMTPTLS, cfg.SMTPUser, cfg.SMTPPassword = telling.TLSRequired, "bedside", config.Secret("right")
	d := w.deskOf(cfg)
	w.assign(d, "ana", 1)
	w.pass(time.Minute)
	w.send(d)
	require.Len(t, w.mail.letters(), 1)
	require.Equal(t, []string{"bedside"}, w.mail.signIns)
	require.Equal(t, 1, w.mail.tls)

	cfg.SMTPPassword, cfg.Registerer = "wrong", nil
	wrong := w.deskOf(cfg)
	w.assign(wrong, "ana", 1)
	w.pass(time.Minute)
	w.send(wrong)
	cfg.MailRoots = nil // nobody vouches for the server
	w.send(w.deskOf(cfg))
	require.Len(t, w.mail.letters(), 1)
	n := w.all("person:ana")[0]
	require.True(t, n.Pending, "an operator puts it right")
	require.Contains(t, n.Problem, "sign in")
	require.NotContains(t, n.Problem, "wrong")
	w.pass(2 * time.Minute)
	w.send(d)
	require.Len(t, w.mail.letters(), 2)
}

func TestSend_ServerSaysNo_TriedAgainOrGivenUpWithTheReason(t *testing.T) {
	w := newWorld(t)
	w.instantly("ana", "ben")
	d := w.desk()
	w.assign(d, "ana", 2)
	w.pass(time.Minute)
	w.mail.data.Store(&smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"})
	w.send(d)
	n := w.all("person:ana")[0]
	require.True(t, n.Pending)
	require.Equal(t, 1, n.Attempts)
	require.Empty(t, n.Batch, "it was surely not taken")
	require.Contains(t, n.Problem, "451")
	require.Equal(t, w.clock().Add(time.Minute).UTC(), n.SendAt)
	w.mail.data.Store(nil)
	w.assign(d, "ana", 1)
	w.send(d)
	require.Empty(t, w.mail.letters())
	w.pass(time.Minute)
	w.send(d)
	require.Len(t, w.mail.letters(), 1)
	require.Equal(t, "3 updates on reviews: 3 assigned", w.mail.letters()[0].parse(t).subject, "with what came since")
	require.Empty(t, w.all("person:ana")[0].Problem)

	w.mail.rcpt.Store(&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"})
	w.assign(d, "ben", 1)
	w.pass(time.Minute)
	w.send(d)
	n = w.all("person:ben")[0]
	require.False(t, n.Pending)
	require.True(t, n.SentAt.IsZero())
	require.True(t, n.Unread, "in the app it is there")
	require.Contains(t, n.Problem, "550")
	w.mail.rcpt.Store(nil)
	w.pass(100 * time.Hour)
	w.send(d)
	require.Len(t, w.mail.letters(), 1)
}

func TestSend_ServerAway_NothingLostAndAskedOnceForAll(t *testing.T) {
	w := newWorld(t)
	cfg := w.config()
	cfg.SMTPPort = 1 // nobody listens
	away := w.deskOf(cfg)
	for i := range 20 {
		id := fmt.Sprintf("p%02d", i)
		p := w.person(id, collections.Responder)
		w.put(w.data.People.InsertIfAbsent(t.Context(), docstore.Org(org), &p))
		w.instantly(id)
	}
	for i := range 20 {
		w.assign(away, fmt.Sprintf("p%02d", i), 1)
	}
	w.pass(time.Minute)
	w.send(away)
	tried := 0
	for i := range 20 {
		n := w.all(fmt.Sprintf("person:p%02d", i))[0]
		require.True(t, n.Pending)
		tried += n.Attempts
	}
	require.Positive(t, tried)
	require.LessOrEqual(t, tried, 8, "the others wait without an attempt of their own")
	w.pass(2 * time.Minute)
	w.send(w.desk())
	require.Len(t, w.mail.letters(), 20)

	w.assign(away, "p00", 1)
	for range 90 {
		w.pass(time.Hour)
		w.send(away)
	}
	n := w.all("person:p00")[0]
	require.False(t, n.Pending, "after days nobody wants it any more")
	require.Contains(t, n.Problem, "cannot be reached")
}

func TestSend_AnswerLost_SentAgainAsTheSameLetter(t *testing.T) {
	w := newWorld(t)
	w.instantly("ana")
	d := w.desk()
	w.assign(d, "ana", 3)
	w.pass(time.Minute)
	w.mail.cut.Store(true)
	w.send(d)
	require.Len(t, w.mail.letters(), 1)
	n := w.all("person:ana")[0]
	require.True(t, n.Pending)
	require.NotEmpty(t, n.Batch, "it may have been taken")
	w.mail.cut.Store(false)
	w.assign(d, "ana", 1)
	w.pass(time.Minute)
	w.send(d)
	w.send(d)
	letters := w.mail.letters()
	require.Len(t, letters, 3)
	var ids []string
	for _, l := range letters {
		ids = append(ids, l.parse(t).header.Get("Message-Id")+" "+l.parse(t).subject)
	}
	require.Equal(t, ids[0], ids[1])
	require.Equal(t, letters[0].parse(t).text, letters[1].parse(t).text)
	require.NotEqual(t, ids[0], ids[2])
}

func TestSend_PeopleChanged_NotMailedWhatTheyReadOrSwitchedOffOrInTheNight(t *testing.T) {
	w := newWorld(t)
	w.instantly("ana", "ben", "mia")
	d := w.desk()
	w.assign(d, "ana", 3)
	read := w.all("person:ana")[1]
	require.NoError(t, d.MarkRead(t.Context(), org, "ana", []string{read.ID, read.ID, "nothing"}, time.Time{}))
	w.assign(d, "ben", 1)
	w.set(collections.NotificationSettings{Base: docstore.Base{ID: "ben"}, Email: "off", TimeZone: "UTC"})
	w.assign(d, "mia", 1)
	w.set(collections.NotificationSettings{Base: docstore.Base{ID: "mia"}, Email: "instant", TimeZone: "UTC", QuietFrom: "15:00", QuietUntil: "18:00"})
	w.pass(time.Minute)
	w.send(d)
	letters := w.mail.letters()
	require.Len(t, letters, 1)
	p := letters[0].parse(t)
	require.Equal(t, "2 updates on reviews: 2 assigned", p.subject)
	require.NotContains(t, p.text, "/reviews/"+read.ReviewID+"\n")
	require.False(t, w.all("person:ben")[0].Pending)
	held := w.all("person:mia")[0]
	require.True(t, held.Pending)
	require.Equal(t, time.Date(2026, 11, 16, 18, 0, 0, 0, time.UTC), held.SendAt)

	w.assign(d, "mia", 1)
	urgent := w.review(collections.EventOverdue, nil)
	urgent.Urgent, urgent.Case.OwnerID = true, "mia"
	require.NoError(t, d.Tell(t.Context(), org, []collections.Review{urgent}))
	w.set(collections.NotificationSettings{Base: docstore.Base{ID: "mia"}, Email: "daily", Kinds: collections.NotificationKinds(), TimeZone: "UTC", QuietFrom: "15:00", QuietUntil: "18:00"})
	w.pass(time.Minute)
	w.send(d)
	letters = w.mail.letters()
	require.Len(t, letters, 1, "the kinds of the old settings did not have it")
	urgent.Outbox[0].ID = "r99.0000000002"
	w.pass(time.Minute)
	require.NoError(t, w.desk().Tell(t.Context(), org, []collections.Review{urgent}))
	w.pass(15 * time.Second)
	w.send(d)
	letters = w.mail.letters()
	require.Len(t, letters, 2)
	require.True(t, strings.HasPrefix(letters[1].parse(t).subject, "Overdue"))
	require.Equal(t, "high", letters[1].parse(t).header.Get("Importance"))
	w.pass(4 * time.Hour)
	w.send(d)
	require.Len(t, w.mail.letters(), 3, "what was held leaves when the night is over")
}

func TestSettings_Faults_AllNamed(t *testing.T) {
	require.NoError(t, telling.DefaultSettings().Validate())
	s := telling.DefaultSettings()
	s.SMTPHost, s.SMTPPort, s.SMTPTLS, s.SMTPUser = "mail.example.org:25 ", 0, "maybe", "u"
	err := s.Validate()
	for _, name := range []string{"BEDSIDE_SMTP_PORT", "BEDSIDE_SMTP_TLS", "BEDSIDE_MAIL_FROM", "BEDSIDE_PUBLIC_URL", "BEDSIDE_SMTP_HOST"} {
		require.ErrorContains(t, err, name)
	}
	s = telling.Settings{SMTPHost: "mail.example.org", SMTPPort: 25, SMTPTLS: telling.TLSNone, SMTPUser: "u", MailFrom: "a@example.org", PublicURL: "https://x.example.org"}
	require.ErrorContains(t, s.Validate(), "in the clear")
	s.SMTPUser, s.PublicURL = "", "javascript:alert(1)"
	require.ErrorContains(t, s.Validate(), "BEDSIDE_PUBLIC_URL")
}
