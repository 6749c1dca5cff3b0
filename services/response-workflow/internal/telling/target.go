package telling

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

// target is how a recipient is reached: a person by mail, or a channel.
type target struct {
	person  *collections.Person
	channel *collections.Channel
	// settings are the person's.
	settings *collections.NotificationSettings
}

// via is the way of messages to the target.
func (t target) via() string {
	if t.channel != nil {
		return t.channel.Kind
	}
	return "email"
}

// targetOf finds a recipient, or says why nothing is sent there any more.
func (d *Desk) targetOf(recipient string, a *notify.Audience) (t target, why string) {
	if id, ok := strings.CutPrefix(recipient, "person:"); ok {
		i := slices.IndexFunc(a.People, func(p collections.Person) bool { return p.ID == id })
		if i < 0 || !a.People[i].Active {
			return t, "the person is not active any more"
		}
		settings, ok := a.Settings[id]
		if !ok {
			// Zones of default settings differ by location; those of one practice hardly do.
			settings = collections.DefaultNotificationSettings(zoneOf(a, &a.People[i]))
		}
		switch {
		case !d.cfg.mailed():
			return t, "e-mail is not set up"
		case settings.Email == "off":
			return t, "e-mail was switched off"
		}
		return target{person: &a.People[i], settings: &settings}, ""
	}
	id := strings.TrimPrefix(recipient, "channel:")
	i := slices.IndexFunc(a.Channels, func(c collections.Channel) bool { return c.ID == id })
	switch {
	case i < 0:
		return t, "the channel was removed"
	case !a.Channels[i].Enabled:
		return t, "the channel is switched off"
	case a.Channels[i].Kind == "email" && !d.cfg.mailed():
		return t, "e-mail is not set up"
	}
	return target{channel: &a.Channels[i]}, ""
}

// zoneOf is the time zone of a person's first location, or of any if there is none.
func zoneOf(a *notify.Audience, p *collections.Person) string {
	for _, id := range p.Locations {
		if zone := a.Locations[id].TimeZone; zone != "" {
			return zone
		}
	}
	best := ""
	for id, l := range a.Locations {
		if l.TimeZone != "" && (best == "" || l.ManagerID == p.ID && a.Locations[best].ManagerID != p.ID || (l.ManagerID == p.ID) == (a.Locations[best].ManagerID == p.ID) && id < best) {
			best = id
		}
	}
	return a.Locations[best].TimeZone
}

// resting reports whether the mail server is left alone for now.
func (d *Desk) resting(t target) bool {
	return t.via() == "email" && d.cfg.Clock().UnixMilli() < d.mailRests.Load()
}

// dispatch sends a message its way.
func (d *Desk) dispatch(ctx context.Context, t target, kind, id string, m notify.Message) outcome {
	l := letter{subject: m.Subject, text: m.Text, html: m.HTML, id: id, urgent: m.Urgent}
	switch {
	case t.person != nil:
		l.name, l.address = t.person.Name, t.person.Email
		return d.sendMail(ctx, l)
	case t.channel.Kind == "email":
		l.name, l.address = t.channel.Name, t.channel.Target
		return d.sendMail(ctx, l)
	case t.channel.Kind == "slack":
		return d.sendSlack(ctx, *t.channel, m)
	case t.channel.Kind == "webhook":
		return d.sendHook(ctx, *t.channel, kind, id, m)
	}
	return outcome{reason: forbidden, why: "the channel is of a kind that is not known"}
}

// newBatch names a message; nobody can guess the next.
func newBatch() string { return "b-" + strings.ToLower(rand.Text()) }

// Test sends a test message to a channel now. Errors: NotFound for the channel, Invalid where it
// cannot work as it is, Unavailable where the other side does not take it.
func (d *Desk) Test(ctx context.Context, org, channelID string) error {
	c, err := d.store.Channels.Get(ctx, docstore.Org(org), channelID)
	if problem.KindOf(err) == problem.NotFound {
		return problem.New(problem.NotFound, "channel_not_found", "there is no such channel")
	} else if err != nil {
		return err
	}
	if c.Kind == "email" && !d.cfg.mailed() {
		return problem.New(problem.Invalid, "mail_not_set_up", "e-mail is not set up: BEDSIDE_SMTP_HOST is empty")
	}
	const subject = "Test message from Bedside"
	m := notify.Message{
		Subject: subject,
		Text:    "This channel works: messages about reviews will come here.\n",
		HTML:    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + subject + "</title></head><body><p>This channel works: messages about reviews will come here.</p></body></html>",
	}
	t := target{channel: &c}
	sending, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	o := d.dispatch(sending, t, "test", newBatch(), m)
	d.metrics.messages.WithLabelValues(t.via(), o.reason).Inc()
	switch {
	case o.reason == sent:
		return nil
	case o.lasting():
		return problem.New(problem.Invalid, "channel_refused", "the test message was not taken: %s", o.why)
	}
	return problem.New(problem.Unavailable, "channel_unavailable", "the test message was not taken: %s", o.why)
}
