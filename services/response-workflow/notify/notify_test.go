package notify_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

// now is a Monday noon in New York.
var now = time.Date(2026, 11, 16, 17, 0, 0, 0, time.UTC)

func person(id string, role collections.Role, locations ...string) collections.Person {
	return collections.Person{Base: docstore.Base{ID: id, OrgID: "o1"}, Name: "Name " + id, Email: id + "@example.org", Role: role, Locations: locations, Active: true}
}

func audience() *notify.Audience {
	gone := person("gone", collections.Manager, "l1")
	gone.Active = false
	return &notify.Audience{
		People: []collections.Person{
			person("ana", collections.Responder, "l1"), person("ben", collections.Responder, "l1"), person("mia", collections.Manager, "l1"),
			person("max", collections.Manager, "l2"), person("dir", collections.Director), person("adm", collections.Administrator),
			person("vic", collections.Viewer, "l1"), person("boss", collections.Manager), gone,
		},
		Settings: map[string]collections.NotificationSettings{},
		Channels: []collections.Channel{
			{Base: docstore.Base{ID: "front-desk"}, Name: "front-desk", Kind: "slack", Every: "instant", Enabled: true},
			{Base: docstore.Base{ID: "off"}, Name: "off", Kind: "slack", Every: "instant"},
			{Base: docstore.Base{ID: "list"}, Name: "list", Kind: "email", Every: "daily", Enabled: true},
		},
		Locations: map[string]collections.Location{"l1": {Base: docstore.Base{ID: "l1"}, Name: "Mill Street", TimeZone: "America/New_York", ManagerID: "boss"}},
		Teams:     map[string][]string{"front": {"ben", "Vic@example.org", "gone", "nobody"}},
		Mail:      true,
	}
}

func doc() collections.Review {
	stars := 2.0
	return collections.Review{
		Base: docstore.Base{ID: "r1", OrgID: "o1"}, LocationID: "l1", Site: "google", Author: "Wanda Writer", Rating: &stars,
		Text: "They lost my insulin papers.", PostedAt: now.Add(-time.Hour), ReceivedAt: now,
		Analysis: review.Analysis{Tags: []review.Tag{{Topic: review.WaitTimes}, {Topic: "own.parking_garage"}}},
		Case:     collections.Case{Status: review.Open, OwnerID: "ana", Notify: []string{"front-desk", "off", "list"}},
	}
}

func event(kind string, by collections.Actor, before, after map[string]any) collections.CaseEvent {
	return collections.CaseEvent{Base: docstore.Base{ID: "r1.0000000007", OrgID: "o1"}, ReviewID: "r1", Seq: 7, Type: kind, At: now, By: by, Before: before, After: after}
}

func by(id string) collections.Actor {
	return collections.Actor{Kind: collections.ActorPerson, ID: id, Name: id}
}

var system = collections.Actor{Kind: collections.ActorSystem, ID: "routing.tree"}

func TestFrom_EachEvent_TellsWhomItConcernsAndNobodyElse(t *testing.T) {
	urgent := func(d *collections.Review) {
		d.Urgent, d.Analysis.Urgent = true, []review.Urgent{review.SafetyHarm}
	}
	draft := func(d *collections.Review) {
		asked := by("ben")
		d.Draft = &collections.Draft{By: by("ana"), RequestedBy: &asked}
	}
	published := func(d *collections.Review) { d.Publication = &collections.Publication{By: by("ben")} }
	promise := func(d *collections.Review) {
		d.Commitments = []collections.Commitment{{ID: "c1", OwnerID: "ben"}}
	}
	noted := func(text string) func(*collections.Review) {
		return func(d *collections.Review) { d.Notes = []collections.Note{{ID: "n1", Text: text}} }
	}
	type fields = map[string]any
	for name, c := range map[string]struct {
		event  collections.CaseEvent
		change func(*collections.Review)
		want   []string // recipient kind, in the order of the text
	}{
		"assigned":                 {event(collections.EventAssigned, by("mia"), nil, fields{"owner_id": "ana"}), nil, []string{"person:ana assigned"}},
		"assigned to oneself":      {event(collections.EventAssigned, by("ana"), nil, fields{"owner_id": "ana"}), nil, nil},
		"assigned, urgent":         {event(collections.EventAssigned, system, nil, fields{"owner_id": "ana"}), urgent, []string{"person:ana urgent"}},
		"assigned to nobody":       {event(collections.EventAssigned, system, nil, fields{"owner_id": ""}), nil, nil},
		"assigned to one who left": {event(collections.EventAssigned, system, nil, fields{"owner_id": "gone"}), nil, nil},
		"assigned, closed since":   {event(collections.EventAssigned, system, nil, fields{"owner_id": "ana"}), func(d *collections.Review) { d.Case.Status = review.Resolved }, nil},
		"received":                 {event(collections.EventReceived, system, nil, nil), nil, []string{"channel:front-desk assigned", "channel:list assigned"}},
		"received, urgent":         {event(collections.EventReceived, system, nil, nil), urgent, []string{"channel:front-desk urgent", "channel:list urgent", "person:boss urgent"}},
		"retagged, newly urgent":   {event(collections.EventRetagged, system, fields{"urgent": []any{}}, fields{"urgent": []any{"safety_harm"}}), urgent, []string{"channel:front-desk urgent", "channel:list urgent", "person:ana urgent", "person:boss urgent"}},
		"retagged, urgent before":  {event(collections.EventRetagged, system, fields{"urgent": []review.Urgent{review.SafetyHarm}}, fields{"urgent": []review.Urgent{review.SafetyHarm}}), urgent, nil},
		"edited, newly urgent": {event(collections.EventTextEdited, system, fields{"version": 1.0}, fields{"version": 2.0}), func(d *collections.Review) {
			urgent(d)
			d.Earlier = []collections.TextVersion{{Version: 1}}
		}, []string{"channel:front-desk urgent", "channel:list urgent", "person:ana urgent", "person:boss urgent"}},
		"edited, urgent before": {event(collections.EventTextEdited, system, fields{"version": 1.0}, fields{"version": 2.0}), func(d *collections.Review) {
			urgent(d)
			d.Earlier = []collections.TextVersion{{Version: 1, Analysis: d.Analysis}}
		}, nil},
		"retitled, urgent":            {event(collections.EventTextEdited, system, fields{"title": "a"}, fields{"title": "b"}), urgent, nil},
		"due soon":                    {event(collections.EventDueSoon, system, nil, fields{"clock": "first_reply"}), nil, []string{"person:ana due_soon"}},
		"overdue":                     {event(collections.EventOverdue, system, nil, nil), nil, []string{"channel:front-desk overdue", "channel:list overdue", "person:ana overdue", "person:boss overdue"}},
		"reopened":                    {event(collections.EventStatusChanged, system, fields{"status": "resolved"}, fields{"status": "open"}), nil, []string{"person:ana assigned"}},
		"opened":                      {event(collections.EventStatusChanged, by("ben"), fields{"status": "new"}, fields{"status": "open"}), nil, nil},
		"approval requested":          {event(collections.EventApprovalRequested, by("mia"), nil, nil), draft, []string{"person:adm approval", "person:boss approval", "person:dir approval"}},
		"approval requested by ana":   {event(collections.EventApprovalRequested, by("ana"), nil, nil), draft, []string{"person:adm approval", "person:boss approval", "person:dir approval", "person:mia approval"}},
		"approved":                    {event(collections.EventApproved, by("mia"), nil, nil), draft, []string{"person:ana approval", "person:ben approval"}},
		"returned":                    {event(collections.EventReturned, by("mia"), nil, nil), draft, []string{"person:ana approval", "person:ben approval"}},
		"published":                   {event(collections.EventReplyConfirmed, system, nil, nil), published, []string{"person:ana reply", "person:ben reply"}},
		"failed":                      {event(collections.EventReplyFailed, system, nil, nil), published, []string{"channel:front-desk reply", "channel:list reply", "person:ana reply", "person:ben reply"}},
		"refused by the site":         {event(collections.EventReplyRefused, system, nil, nil), published, []string{"channel:front-desk reply", "channel:list reply", "person:ana reply", "person:ben reply"}},
		"by hand, asked by the owner": {event(collections.EventPublishRequested, by("ana"), nil, fields{"publication_state": "by_hand"}), published, nil},
		"by hand, asked by ben":       {event(collections.EventPublishRequested, by("ben"), nil, fields{"publication_state": "by_hand"}), published, []string{"person:ana reply"}},
		"refused, replied elsewhere":  {event(collections.EventReplySeen, system, nil, fields{"reply_state": string(events.ReplyRejected)}), nil, []string{"channel:front-desk reply", "channel:list reply", "person:ana reply"}},
		"promise made for another":    {event(collections.EventCommitmentMade, by("ana"), nil, fields{"commitment_id": "c1"}), promise, []string{"person:ben commitment"}},
		"promise missed":              {event(collections.EventCommitmentMissed, system, nil, fields{"commitment_id": "c1"}), promise, []string{"person:ana commitment", "person:ben commitment"}},
		"mentioned":                   {event(collections.EventNoteAdded, by("ana"), nil, fields{"note_id": "n1"}), noted("@Name ben, see @vic@example.org and @Nobody"), []string{"person:ben mention", "person:vic mention"}},
		"mentioned oneself":           {event(collections.EventNoteAdded, by("ana"), nil, fields{"note_id": "n1"}), noted("@Name ana"), nil},
		"a note that is not there":    {event(collections.EventNoteAdded, by("ana"), nil, fields{"note_id": "n2"}), noted("@Name ben"), nil},
		"draft saved":                 {event(collections.EventDraftSaved, by("ben"), nil, nil), draft, nil},
		"history of an import":        {event(collections.EventAssigned, system, nil, fields{"owner_id": "ana"}), func(d *collections.Review) { d.PostedAt = now.Add(-31 * 24 * time.Hour) }, nil},
		"history given by a person":   {event(collections.EventAssigned, by("mia"), nil, fields{"owner_id": "ana"}), func(d *collections.Review) { d.PostedAt = now.Add(-31 * 24 * time.Hour) }, []string{"person:ana assigned"}},
		"a location nobody knows":     {event(collections.EventApprovalRequested, by("ana"), nil, nil), func(d *collections.Review) { d.LocationID = "l9" }, []string{"person:adm approval", "person:dir approval"}},
		"escalated to a person":       {event(collections.EventEscalated, system, nil, fields{"to": "person:DIR@example.org"}), nil, []string{"channel:front-desk overdue", "channel:list overdue", "person:dir overdue"}},
		"escalated to a team":         {event(collections.EventEscalated, system, nil, fields{"to": "team:front"}), nil, []string{"channel:front-desk overdue", "channel:list overdue", "person:ben overdue", "person:vic overdue"}},
		"escalated to the manager":    {event(collections.EventEscalated, system, nil, fields{"to": "location_manager"}), nil, []string{"channel:front-desk overdue", "channel:list overdue", "person:boss overdue"}},
		"escalated to nobody":         {event(collections.EventEscalated, system, nil, fields{"step": 1, "priority": "high"}), nil, []string{"channel:front-desk overdue", "channel:list overdue", "person:ana overdue"}},
		"escalated to a stranger":     {event(collections.EventEscalated, system, nil, fields{"to": "person:nobody"}), nil, []string{"channel:front-desk overdue", "channel:list overdue"}},
		"promise given to another":    {event(collections.EventCommitmentChanged, by("ana"), nil, fields{"commitment_id": "c1", "owner_id": "vic"}), promise, []string{"person:vic commitment"}},
		"promise kept":                {event(collections.EventCommitmentKept, by("ben"), nil, fields{"commitment_id": "c1"}), promise, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := doc()
			if c.change != nil {
				c.change(&d)
			}
			var got []string
			for _, n := range notify.From(c.event, d, audience(), now) {
				got = append(got, n.Recipient+" "+n.Kind)
				require.Equal(t, "r1.0000000007."+n.Recipient, n.ID)
				require.NotContains(t, n.Title, "Wanda")
				require.NotContains(t, n.Title, "insulin")
				require.Contains(t, collections.NotificationKinds(), n.Kind)
				require.False(t, n.SendAt.IsZero())
			}
			slices.Sort(got)
			require.Equal(t, c.want, got)
			require.Equal(t, len(got) > 0 || notify.Interesting(c.event.Type), notify.Interesting(c.event.Type))
		})
	}
}

func TestFrom_EventAsTheStoreGivesItBack_TellsTheSame(t *testing.T) {
	d := doc()
	d.Urgent, d.Analysis.Urgent = true, []review.Urgent{review.Privacy}
	e := event(collections.EventTagsCorrected, by("mia"), map[string]any{"urgent": []review.Urgent(nil)}, map[string]any{"urgent": []review.Urgent{review.Privacy}})
	raw, err := json.Marshal(e)
	require.NoError(t, err)
	var back collections.CaseEvent
	require.NoError(t, json.Unmarshal(raw, &back))
	want := notify.From(e, d, audience(), now)
	require.Len(t, want, 4)
	require.Equal(t, want, notify.From(back, d, audience(), now))
}

func TestFrom_ApproversAway_ToldOnlyWhereNobodyElseIsThere(t *testing.T) {
	a := audience()
	for i := range a.People {
		if p := &a.People[i]; p.ID == "dir" || p.ID == "adm" || p.ID == "boss" {
			p.Away = true
		}
	}
	got := notify.From(event(collections.EventApprovalRequested, by("ana"), nil, nil), doc(), a, now)
	require.Len(t, got, 1)
	require.Equal(t, "person:mia", got[0].Recipient)
	got = notify.From(event(collections.EventApprovalRequested, by("mia"), nil, nil), doc(), a, now)
	require.Len(t, got, 3)
	a.People[4].AwayUntil = now // dir is back
	got = notify.From(event(collections.EventApprovalRequested, by("mia"), nil, nil), doc(), a, now)
	require.Len(t, got, 1)
	require.Equal(t, "person:dir", got[0].Recipient)
}

func TestFrom_NoMail_ToldInTheAppAndNothingWaits(t *testing.T) {
	a := audience()
	a.Mail = false
	for _, n := range notify.From(event(collections.EventOverdue, system, nil, nil), doc(), a, now) {
		switch n.Recipient {
		case "channel:front-desk":
			require.True(t, n.Pending)
			require.False(t, n.Unread)
		default:
			require.False(t, n.Pending, n.Recipient)
			require.True(t, n.Unread, n.Recipient)
			require.NotEqual(t, "channel:list", n.Recipient)
		}
	}
}

func TestTitle_SaysSiteLocationStarsAndTopics(t *testing.T) {
	d := doc()
	require.Equal(t, "Assigned to you: 2-star Google review at Mill Street (wait times, parking garage)", notify.Title("Assigned to you", &d, "Mill Street"))
	d.Rating, d.Analysis.Tags, d.Site = nil, nil, "care-finder"
	require.Equal(t, "New: Care Finder review at Evil Bcc: all@example.org", notify.Title("New", &d, "Evil\r\nBcc: all@example.org\u202e"))
}

func TestMentions_Texts_NameOnlyPeopleOfTheOrganization(t *testing.T) {
	people := []collections.Person{
		person("1", collections.Responder), person("2", collections.Responder), person("3", collections.Responder), person("4", collections.Responder), person("5", collections.Responder),
	}
	for i, name := range []string{"Ana Lee", "Ana Lee Smith", "José Núñez", "Ana Lee", "Left Long"} {
		people[i].Name = name
	}
	people[1].Email, people[4].Active = "ana.smith@clinic.example.org", false
	for text, want := range map[string][]string{
		"@Ana Lee please call":                  {"1", "4"},
		"@ana  LEE's turn":                      {"1", "4"},
		"(@Ana Lee Smith)":                      {"2"},
		"@Ana Lee Smithers":                     {"1", "4"},
		"@Ana Leeson":                           nil,
		"@Ana Lee.":                             {"1", "4"},
		"@Ana Lee-Jones":                        nil,
		"thanks @josé núñez!":                   {"3"},
		"@ana.smith@clinic.example.org knows":   {"2"},
		"@ana.smith@clinic.example.org.":        {"2"},
		"@ana.smith@clinic.example.org.uk":      nil,
		"mail ana.smith@clinic.example.org":     nil,
		"x@Ana Lee":                             nil,
		"@Left Long":                            nil,
		"@":                                     nil,
		"@@Ana Lee":                             {"1", "4"},
		"@José Núñez @Ana Lee Smith @Jose Nune": {"3", "2"},
		"no\nname @Ana\nLee":                    {"1", "4"},
	} {
		require.Equal(t, want, notify.Mentions(text, people), text)
	}
}

func FuzzMentions_AnyText_NamesKnownPeopleOnce(f *testing.F) {
	people := []collections.Person{person("1", collections.Responder), person("2", collections.Responder)}
	people[0].Name, people[1].Name = "Ana Lee", "İbrahim K"
	for _, s := range []string{"@Ana Lee", "@İBRAHIM K", "@1@example.org\x00", "@\xff@Ana Lee", "@@@@", "@ana\u200blee"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := notify.Mentions(text, people)
		require.LessOrEqual(t, len(got), len(people))
		for i, id := range got {
			require.Contains(t, []string{"1", "2"}, id)
			require.NotContains(t, got[:i], id)
		}
		require.NotContains(t, notify.Line(text, 50), "\n")
	})
}
