package casework

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
)

// Bounds of a draft.
const (
	// MaxDraft is the longest draft in characters.
	MaxDraft = 10_000
	// MaxEarlierDrafts is how many earlier versions a draft keeps; the history keeps all.
	MaxEarlierDrafts = 50
	// stretch is how long the saves of one person are one version in the history.
	stretch = 5 * time.Minute
)

// DraftSave is a text as a person wrote it.
type DraftSave struct {
	// Version is of the draft it is based on; 0 if there was none.
	Version int
	Text    string
	// Origin says where the text began: template:ID, suggestion, assistant; empty leaves it.
	Origin string
}

// SaveDraft stores the draft of the reply. It takes a draft that waits for approval, was
// approved or returned back to editing. The same text, and the same save again, change nothing.
// The errors are *DraftConflict with the draft that is there, and *DraftTextError.
func (d Desk) SaveDraft(doc collections.Review, in DraftSave, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	was := doc.Draft
	if n := utf8.RuneCountInString(in.Text); n > MaxDraft {
		return doc, false, &DraftTextError{Detail: fmt.Sprintf("the reply has %d characters; at most %d are kept", n, MaxDraft)}
	}
	switch {
	case was == nil && in.Version != 0:
		return doc, false, &DraftConflict{}
	case was == nil && in.Text == "":
		return doc, false, nil
	case was != nil && in.Text == was.Text && (in.Version == was.Version || in.Version == was.Version-1 && was.By.ID == by.ID):
		return doc, false, nil
	case was != nil && in.Version != was.Version:
		return doc, false, &DraftConflict{Current: copied(was)}
	}
	c := d.begin(doc, now)
	next := &collections.Draft{Text: in.Text, State: collections.DraftEditing, By: by, At: c.now, Since: c.now, Origin: in.Origin}
	c.doc.DraftVersions++
	next.Version = c.doc.DraftVersions
	after := fields{"version": next.Version}
	if in.Origin != "" {
		after["origin"] = in.Origin
	}
	if was == nil {
		c.doc.Draft = next
		c.step(by)
		c.record(collections.EventDraftSaved, by, nil, after, "")
		return c.finished()
	}
	next.Earlier, next.Comment, next.DecidedBy = was.Earlier, was.Comment, was.DecidedBy
	if next.Origin == "" {
		next.Origin = was.Origin
	}
	if was.State == collections.DraftEditing && was.By.ID == by.ID && !was.Since.IsZero() && c.now.Sub(was.Since) < stretch {
		// It goes on: the version before is part of this one. Nobody needs to be told.
		next.Since = was.Since
		c.doc.Draft = next
		c.changed = true
		return c.finished()
	}
	next.Earlier = earlierDrafts(was)
	before := fields{"version": was.Version, "text": was.Text}
	if was.State != collections.DraftEditing {
		before["draft_state"], after["draft_state"] = string(was.State), string(collections.DraftEditing)
	}
	c.doc.Draft = next
	c.step(by)
	c.record(collections.EventDraftSaved, by, before, after, "")
	if c.doc.Case.Status == review.WaitingApproval {
		c.transition(move{to: review.Open, reason: "the draft was changed", by: by})
	}
	return c.finished()
}

// DiscardDraft throws the draft away; its event keeps the text. Without a draft it changes
// nothing. The error is *DraftConflict.
func (d Desk) DiscardDraft(doc collections.Review, version int, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	if doc.Draft == nil {
		return doc, false, nil
	}
	if doc.Draft.Version != version {
		return doc, false, &DraftConflict{Current: copied(doc.Draft)}
	}
	c := d.begin(doc, now)
	before := fields{"version": version, "text": doc.Draft.Text, "draft_state": string(doc.Draft.State)}
	c.doc.Draft = nil
	c.record(collections.EventDraftDiscarded, by, before, nil, "")
	if c.doc.Case.Status == review.WaitingApproval {
		c.transition(move{to: review.Open, reason: "the draft was thrown away", by: by})
	}
	return c.finished()
}

// earlierDrafts are the earlier versions with one more, within their budget.
func earlierDrafts(was *collections.Draft) []collections.DraftVersion {
	all := append(slices.Clip(was.Earlier), collections.DraftVersion{Version: was.Version, Text: was.Text, By: was.By, At: was.At})
	size, first := 0, len(all)
	for first > 0 && len(all)-first < MaxEarlierDrafts {
		v := all[first-1]
		if size += jsonBytes(v.Text) + jsonBytes(v.By.Name) + 256; size > draftsBudget && first < len(all) {
			break
		}
		first--
	}
	return slices.Clone(all[first:])
}

// draft is the draft for writing: a copy in the place of the caller's.
func (c *change) draft() *collections.Draft {
	c.doc.Draft = copied(c.doc.Draft)
	return c.doc.Draft
}

// wanted is the draft that a person saw, or why it is not there.
func (c *change) wanted(version int) (*collections.Draft, error) {
	if c.doc.Draft == nil {
		return nil, &DraftConflict{}
	}
	if c.doc.Draft.Version != version {
		return nil, &DraftConflict{Current: copied(c.doc.Draft)}
	}
	if isBlank(c.doc.Draft.Text) {
		return nil, &DraftTextError{Detail: "the reply is empty"}
	}
	return c.draft(), nil
}

// unapprove takes an approved draft back to editing, because it answers another text now.
func (c *change) unapprove(before, after fields) {
	if c.doc.Draft == nil || c.doc.Draft.State != collections.DraftApproved {
		return
	}
	draft := c.draft()
	draft.State, draft.Since = collections.DraftEditing, time.Time{}
	before["draft_state"], after["draft_state"] = string(collections.DraftApproved), string(collections.DraftEditing)
}

// withdrawRequest takes a draft that waits for approval back to editing.
func (c *change) withdrawRequest(before, after fields) {
	if c.doc.Draft == nil || c.doc.Draft.State != collections.DraftWaitingApproval {
		return
	}
	draft := c.draft()
	draft.State, draft.Since = collections.DraftEditing, time.Time{}
	before["draft_state"], after["draft_state"] = string(collections.DraftWaitingApproval), string(collections.DraftEditing)
}

func copied(d *collections.Draft) *collections.Draft {
	next := *d
	return &next
}
