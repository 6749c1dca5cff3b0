package notify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
)

// tellers say for each type of event who hears of it. What is not here is told to nobody.
var tellers = map[string]func(*telling){
	collections.EventReceived:          (*telling).received,
	collections.EventAssigned:          (*telling).assigned,
	collections.EventRetagged:          (*telling).tagged,
	collections.EventTextEdited:        (*telling).tagged,
	collections.EventTagsCorrected:     (*telling).tagged,
	collections.EventStatusChanged:     (*telling).reopened,
	collections.EventWoken:             func(t *telling) { t.person(t.owner(), Assigned, "Back from snooze") },
	collections.EventDueSoon:           (*telling).dueSoon,
	collections.EventOverdue:           (*telling).overdue,
	collections.EventEscalated:         (*telling).escalated,
	collections.EventNoteAdded:         (*telling).mentioned,
	collections.EventApprovalRequested: (*telling).approvalRequested,
	collections.EventApproved:          func(t *telling) { t.decided("Your reply was approved") },
	collections.EventReturned:          func(t *telling) { t.decided("Your reply was returned with a comment") },
	collections.EventReplySent:         (*telling).replySent,
	collections.EventReplyConfirmed:    (*telling).replySent,
	collections.EventReplyFailed:       (*telling).replyFailed,
	collections.EventReplyRefused:      func(t *telling) { t.trouble("The site refused the reply") },
	collections.EventReplyChanged:      func(t *telling) { t.trouble("The reply was changed or removed on the site") },
	collections.EventReplySeen:         (*telling).replySeen,
	collections.EventPublishRequested:  (*telling).publishRequested,
	collections.EventCommitmentMade:    func(t *telling) { t.commitment("You are to keep a promise", false) },
	collections.EventCommitmentChanged: (*telling).commitmentGiven,
	collections.EventCommitmentDue:     func(t *telling) { t.commitment("A promise is due soon", false) },
	collections.EventCommitmentMissed:  func(t *telling) { t.commitment("A promise is overdue", true) },
}

// received tells of an urgent review beyond its owner, whom the assignment tells, and the
// channels of every review.
func (t *telling) received() {
	if t.doc.Urgent {
		t.managers(Urgent, "Urgent"+t.flags())
		t.channels(Urgent, "Urgent"+t.flags(), t.doc.Case.Notify...)
		return
	}
	t.channels(Assigned, "New", t.doc.Case.Notify...)
}

func (t *telling) assigned() {
	to := text(t.event.After, "owner_id")
	switch {
	case !t.doc.Case.Status.Pending():
	case t.doc.Urgent:
		t.person(to, Urgent, "Urgent"+t.flags()+", assigned to you")
	default:
		t.person(to, Assigned, "Assigned to you")
	}
}

// tagged tells of a review that became urgent after it had arrived.
func (t *telling) tagged() {
	if !t.doc.Urgent || !t.becameUrgent() {
		return
	}
	what := "Now urgent" + t.flags()
	t.person(t.owner(), Urgent, what)
	t.managers(Urgent, what)
	t.channels(Urgent, what, t.doc.Case.Notify...)
}

func (t *telling) becameUrgent() bool {
	had, has := list(t.event.Before, "urgent"), list(t.event.After, "urgent")
	if _, edited := t.event.After["version"]; edited && t.event.Type == collections.EventTextEdited {
		// An edit says nothing of tags: those of the text before are with it.
		has = list(map[string]any{"urgent": t.doc.Analysis.Urgent}, "urgent")
		if n := len(t.doc.Earlier); n > 0 {
			had = list(map[string]any{"urgent": t.doc.Earlier[n-1].Analysis.Urgent}, "urgent")
		}
	}
	return slices.ContainsFunc(has, func(flag string) bool { return !slices.Contains(had, flag) })
}

// reopened tells the owner of a closed case that waits again.
func (t *telling) reopened() {
	from, to := review.Status(text(t.event.Before, "status")), review.Status(text(t.event.After, "status"))
	if from.Valid() && !from.Pending() && to.Pending() {
		t.person(t.owner(), Assigned, "Open again")
	}
	if from == review.OnHold && to == review.Open && t.event.By.Kind != collections.ActorPerson {
		t.person(t.owner(), Assigned, "The hold is over")
	}
}

func (t *telling) dueSoon() {
	t.person(t.owner(), DueSoon, "Due soon"+t.target())
}

func (t *telling) overdue() {
	t.person(t.owner(), Overdue, "Overdue"+t.target())
	t.managers(Overdue, "Overdue"+t.target())
	t.channels(Overdue, "Overdue"+t.target(), t.doc.Case.Notify...)
}

// escalated tells whom the step of the escalation path names: a person, a team or the manager of
// the location; and the channels.
func (t *telling) escalated() {
	kind, name, _ := strings.Cut(text(t.event.After, "to"), ":")
	const what = "Escalated to you"
	switch kind {
	case "person":
		t.person(t.idOf(name), Overdue, what)
	case "team":
		for _, member := range t.audience.Teams[name] {
			t.person(t.idOf(member), Overdue, what)
		}
	case "location_manager":
		t.managers(Overdue, what)
	default:
		t.person(t.owner(), Overdue, "Escalated")
	}
	t.channels(Overdue, "Escalated", t.doc.Case.Notify...)
}

// idOf is the id of a person whom a routing plan names by id or e-mail address.
func (t *telling) idOf(ref string) string {
	for _, p := range t.audience.People {
		if p.ID == ref || (p.Email != "" && strings.EqualFold(p.Email, ref)) {
			return p.ID
		}
	}
	return ""
}

func (t *telling) mentioned() {
	id := text(t.event.After, "note_id")
	i := slices.IndexFunc(t.doc.Notes, func(n collections.Note) bool { return n.ID == id })
	if i < 0 {
		return
	}
	for _, person := range Mentions(t.doc.Notes[i].Text, t.audience.People) {
		t.person(person, Mention, "You are mentioned in a note")
	}
}

// approvalRequested tells all who may approve at the location. Those who are away are told only
// where nobody else is there.
func (t *telling) approvalRequested() {
	var here, away []string
	for _, p := range t.audience.People {
		switch {
		case !p.Active || !mayApprove(&p, t.audience.Locations[t.doc.LocationID]) || p.ID == t.event.By.ID:
		case isAway(&p, t):
			away = append(away, p.ID)
		default:
			here = append(here, p.ID)
		}
	}
	if len(here) == 0 {
		here = away
	}
	for _, id := range here {
		t.person(id, Approval, "A reply waits for approval")
	}
}

func mayApprove(p *collections.Person, location collections.Location) bool {
	switch p.Role {
	case collections.Administrator, collections.Director:
		return true
	case collections.Manager:
		return covers(p, location)
	}
	return false
}

func covers(p *collections.Person, location collections.Location) bool {
	return location.ID != "" && (location.ManagerID == p.ID || slices.Contains(p.Locations, location.ID))
}

// isAway reports whether a person is out of office at the time of the telling.
func isAway(p *collections.Person, t *telling) bool {
	if !p.Away {
		return false
	}
	return (p.AwayFrom.IsZero() || !t.now.Before(p.AwayFrom)) && (p.AwayUntil.IsZero() || t.now.Before(p.AwayUntil))
}

// decided tells who wrote the draft and who asked for approval.
func (t *telling) decided(what string) {
	if d := t.doc.Draft; d != nil {
		if d.RequestedBy != nil {
			t.actor(d.RequestedBy, Approval, what)
		}
		t.actor(&d.By, Approval, what)
	}
	t.person(t.owner(), Approval, what)
}

func (t *telling) replySent() {
	switch collections.PublicationState(text(t.event.After, "publication_state")) {
	case collections.PublicationPending:
		t.published("The site looks at the reply before it shows it")
	case collections.PublicationByHand:
		t.trouble("The reply is to be copied to the site by hand")
	default:
		t.published("The reply is public")
	}
}

func (t *telling) replyFailed() {
	if collections.PublicationState(text(t.event.After, "publication_state")) == collections.PublicationByHand {
		t.trouble("The reply is to be copied to the site by hand")
		return
	}
	t.trouble("The reply could not be sent")
}

// publishRequested tells the owner of a reply that somebody else has to copy to the site.
func (t *telling) publishRequested() {
	if collections.PublicationState(text(t.event.After, "publication_state")) == collections.PublicationByHand {
		t.person(t.owner(), Reply, "The reply is to be copied to the site by hand")
	}
}

// replySeen tells of a reply that the site's moderation refused although nothing was sent from
// here; the others tell of replies that were.
func (t *telling) replySeen() {
	if text(t.event.After, "reply_state") == string(events.ReplyRejected) && t.doc.Publication == nil {
		t.trouble("The site refused the reply")
	}
}

func (t *telling) published(what string) {
	if p := t.doc.Publication; p != nil {
		t.actor(&p.By, Reply, what)
	}
	t.person(t.owner(), Reply, what)
}

// trouble is what somebody has to do something about: channels hear of it too.
func (t *telling) trouble(what string) {
	t.published(what)
	t.channels(Reply, what, t.doc.Case.Notify...)
}

// commitment tells who keeps it, and the owner of the case too where that is wanted.
func (t *telling) commitment(what string, caseOwner bool) {
	id := text(t.event.After, "commitment_id")
	keeper := text(t.event.After, "owner_id")
	if i := slices.IndexFunc(t.doc.Commitments, func(c collections.Commitment) bool { return c.ID == id }); i >= 0 {
		keeper = t.doc.Commitments[i].OwnerID
	}
	t.person(keeper, Commitment, what)
	if caseOwner {
		t.person(t.owner(), Commitment, what)
	}
}

// commitmentGiven tells who keeps a promise from now on.
func (t *telling) commitmentGiven() {
	t.person(text(t.event.After, "owner_id"), Commitment, "You are to keep a promise")
}

func (t *telling) owner() string { return t.doc.Case.OwnerID }

func (t *telling) actor(a *collections.Actor, kind, what string) {
	if a.Kind == collections.ActorPerson {
		t.person(a.ID, kind, what)
	}
}

// managers tells the location's manager.
func (t *telling) managers(kind, what string) {
	t.person(t.audience.Locations[t.doc.LocationID].ManagerID, kind, what)
}

// target names the clock that an event is about.
func (t *telling) target() string {
	switch text(t.event.After, "clock") {
	case "first_reply":
		return " (first reply)"
	case "next_step":
		return " (next step)"
	case "resolution":
		return " (resolution)"
	}
	return ""
}

// text and list read what an event says of a field, whether it comes from the store or not.
func text(fields map[string]any, key string) string {
	switch v := fields[key].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

func list(fields map[string]any, key string) []string {
	switch v := fields[key].(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []string:
		return v
	case []review.Urgent:
		out := make([]string, len(v))
		for i, flag := range v {
			out[i] = string(flag)
		}
		return out
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
