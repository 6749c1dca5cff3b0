// Package notify decides who is told what of a case, when that leaves, and how it reads.
// It is pure: a store may run it as often as it must.
//
// It promises:
//   - the same event told again gives notifications of the same ids, one for each event and
//     person or channel;
//   - nobody is told of what they did themselves, and nobody who cannot sign in is told at all;
//   - titles and messages name site, location, stars and topics of a review, and never its text
//     or its author;
//   - what arrives as history (posted long before it was first seen) is told to nobody, unless a
//     person did something with it;
//   - quiet hours hold on the clock of the person's wall, across midnight and the two changes
//     of the year, and only urgent flags break through them.
package notify

import (
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// The kinds of notifications, as collections.NotificationKinds lists them.
const (
	Assigned   = "assigned"
	Urgent     = "urgent"
	DueSoon    = "due_soon"
	Overdue    = "overdue"
	Approval   = "approval"
	Reply      = "reply"
	Commitment = "commitment"
	Mention    = "mention"
)

// History is how long before its arrival a review has to be posted to be history: nobody wants
// mail about each row of an import.
const History = 30 * 24 * time.Hour

// Audience is who there is to tell in one organization.
type Audience struct {
	People []collections.Person
	// Settings are by person id; who has none has the default of the location's time zone.
	Settings  map[string]collections.NotificationSettings
	Channels  []collections.Channel
	Locations map[string]collections.Location
	// Teams are the members of the routing plan's teams, by id or e-mail address.
	Teams map[string][]string
	// Mail says that e-mail can be sent at all. Without it people are told in the app, and nothing
	// waits to leave by mail.
	Mail bool
}

// PersonRecipient and ChannelRecipient are the recipients of notifications.
func PersonRecipient(id string) string { return "person:" + id }

// ChannelRecipient is the recipient that a channel is.
func ChannelRecipient(id string) string { return "channel:" + id }

// ID is the id of what one recipient is told of one event.
func ID(eventID, recipient string) string { return eventID + "." + recipient }

// Interesting reports whether events of a type are told to anybody, so that a caller need not
// read the audience for the others.
func Interesting(eventType string) bool {
	_, ok := tellers[eventType]
	return ok
}

// From says who is told what of an event. The review is as it stands after the event, or later.
func From(e collections.CaseEvent, doc collections.Review, a *Audience, now time.Time) []collections.Notification {
	teller, ok := tellers[e.Type]
	if !ok || (history(&doc) && e.By.Kind != collections.ActorPerson) {
		return nil
	}
	t := &telling{event: e, doc: &doc, audience: a, now: now}
	teller(t)
	return t.out
}

// history reports whether a review was old when it arrived.
func history(doc *collections.Review) bool {
	return !doc.PostedAt.IsZero() && doc.ReceivedAt.Sub(doc.PostedAt) > History
}

// telling is one event on its way to those who hear of it.
type telling struct {
	event    collections.CaseEvent
	doc      *collections.Review
	audience *Audience
	now      time.Time
	out      []collections.Notification
}

// person tells one person, once an event, unless they did it themselves.
func (t *telling) person(id, kind, what string) {
	if id == "" || (t.event.By.Kind == collections.ActorPerson && t.event.By.ID == id) {
		return
	}
	i := slices.IndexFunc(t.audience.People, func(p collections.Person) bool { return p.ID == id })
	if i < 0 || !t.audience.People[i].Active {
		return
	}
	settings, ok := t.audience.Settings[id]
	if !ok {
		settings = collections.DefaultNotificationSettings(t.audience.Locations[t.doc.LocationID].TimeZone)
	}
	n := t.notification(PersonRecipient(id), kind, what)
	n.Unread = true
	if t.audience.Mail && t.audience.People[i].Email != "" {
		n.SendAt, n.Pending = SendAt(settings, kind, n.Urgent, t.now)
	}
	t.add(n)
}

// channels tells the channels that routing named for the case.
func (t *telling) channels(kind, what string, names ...string) {
	zone := Zone(t.audience.Locations[t.doc.LocationID].TimeZone)
	for _, c := range t.audience.Channels {
		if !c.Enabled || !slices.Contains(names, c.Name) || (c.Kind == "email" && !t.audience.Mail) {
			continue
		}
		n := t.notification(ChannelRecipient(c.ID), kind, what)
		n.SendAt, n.Pending = departure(c.Every, channelDailyAt, zone, n.Urgent, t.now), true
		t.add(n)
	}
}

func (t *telling) notification(recipient, kind, what string) collections.Notification {
	return collections.Notification{
		Base:      docstore.Base{ID: ID(t.event.ID, recipient), OrgID: t.doc.OrgID},
		Recipient: recipient, Kind: kind, ReviewID: t.doc.ID, LocationID: t.doc.LocationID, EventID: t.event.ID,
		Urgent: t.doc.Urgent && presses(kind), Title: Title(what, t.doc, t.audience.Locations[t.doc.LocationID].Name),
		At: t.event.At,
		// Also what never leaves has a time, so that it can be found when it is old.
		SendAt: instant(t.now),
	}
}

// presses reports whether a kind is of those that an urgent flag lets break through.
func presses(kind string) bool {
	return kind == Urgent || kind == DueSoon || kind == Overdue
}

// add keeps the first of what one recipient is told of the event.
func (t *telling) add(n collections.Notification) {
	if !slices.ContainsFunc(t.out, func(o collections.Notification) bool { return o.ID == n.ID }) {
		t.out = append(t.out, n)
	}
}

func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
