package httpapi

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

func caseOf(doc collections.Review, now time.Time) api.Case {
	c := doc.Case
	out := api.Case{
		Status: api.Status(c.Status), OwnerId: optional(c.OwnerID), DueAt: at(c.DueAt),
		Overdue:    new(c.Status.Pending() && !c.DueAt.IsZero() && c.DueAt.Before(now)),
		AssignedAt: at(c.AssignedAt), OpenedAt: at(c.OpenedAt), ClosedAt: at(c.ClosedAt),
		Priority: optional(api.Priority(c.Priority)), Sla: optional(c.Policy), ApprovalRequired: optional(c.Approval),
		Queued: optional(c.Queued), FirstReply: clock(c.FirstReply, now), NextStep: clock(c.NextStep, now),
		Resolution: clock(c.Resolution, now), HoldReason: optional(c.HoldReason), HeldUntil: at(c.HeldUntil),
		SnoozedUntil: at(c.SnoozedUntil), ClosedReason: optional(c.ClosedReason), RootCause: optional(c.RootCause),
		MergedInto: optional(c.MergedInto),
	}
	if doc.Draft != nil {
		out.DraftState = optional(api.CaseDraftState(doc.Draft.State))
	}
	if doc.Publication != nil {
		out.PublicationState = optional(api.CasePublicationState(doc.Publication.State))
	}
	return out
}

// clock is one target of the SLA policy; nil where there is none.
func clock(c collections.Clock, now time.Time) *api.Clock {
	if c.StartedAt.IsZero() {
		return nil
	}
	return &api.Clock{
		TargetSeconds: c.TargetSeconds, State: clockState(c, now), StartedAt: at(c.StartedAt), DueAt: at(c.DueAt),
		SoonAt: at(c.SoonAt), PausedAt: at(c.PausedAt), MetAt: at(c.MetAt), MissedAt: at(c.MissedAt),
	}
}

// clockState says where a clock stands now, also before its miss is recorded.
func clockState(c collections.Clock, now time.Time) api.ClockState {
	missed := !c.MissedAt.IsZero()
	switch {
	case !c.MetAt.IsZero() && missed:
		return api.ClockStateMetLate
	case !c.MetAt.IsZero():
		return api.ClockStateMet
	case !c.PausedAt.IsZero():
		return api.ClockStatePaused
	case missed, !c.DueAt.IsZero() && !now.Before(c.DueAt):
		return api.ClockStateMissed
	}
	return api.ClockStateRunning
}

func draftOf(d collections.Draft) api.Draft {
	out := api.Draft{
		Version: d.Version, Text: d.Text, State: api.DraftState(d.State), By: actor(d.By), At: d.At.UTC(),
		Origin: optional(d.Origin), Comment: optional(d.Comment), RequestedBy: actorOrNone(d.RequestedBy), DecidedBy: actorOrNone(d.DecidedBy),
		Earlier: each(d.Earlier, func(v collections.DraftVersion) api.DraftVersion {
			return api.DraftVersion{Version: v.Version, Text: v.Text, By: actor(v.By), At: v.At.UTC()}
		}),
	}
	if o := d.Override; o != nil {
		out.Overridden = &api.Override{By: actor(o.By), At: o.At.UTC(), Reason: o.Reason, Rules: append([]string{}, o.Rules...)}
	}
	return out
}

func actorOrNone(a *collections.Actor) *api.Actor {
	if a == nil {
		return nil
	}
	return new(actor(*a))
}

func publication(p collections.Publication, now time.Time) api.Publication {
	out := api.Publication{
		Id: p.ID, State: api.PublicationState(p.State), Text: p.Text, By: actor(p.By), RequestedAt: p.RequestedAt.UTC(),
		Attempts: optional(p.Attempts), NextAt: at(p.NextAt), SentAt: at(p.SentAt), PublishedAt: at(p.PublishedAt),
		Url: webURL(p.URL), Problem: optional(p.Problem),
	}
	if p.State == collections.PublicationScheduled && now.Before(p.NotBefore) {
		out.UndoUntil = at(p.NotBefore)
	}
	return out
}

func commitment(c collections.Commitment, now time.Time) api.Commitment {
	return api.Commitment{
		Id: c.ID, Text: c.Text, OwnerId: c.OwnerID, DueAt: c.DueAt.UTC(), By: actor(c.By), At: c.At.UTC(),
		State: commitmentState(c, now), DoneAt: at(c.DoneAt), DoneBy: actorOrNone(c.DoneBy), Reason: optional(c.Reason),
	}
}

func commitmentState(c collections.Commitment, now time.Time) api.CommitmentState {
	switch {
	case c.Dropped:
		return api.CommitmentStateDropped
	case !c.DoneAt.IsZero():
		return api.CommitmentStateKept
	case !c.MissedAt.IsZero(), c.DueAt.Before(now):
		return api.CommitmentStateMissed
	}
	return api.CommitmentStateOpen
}

// followUp adds to a review its draft, its publication, its commitments and its route.
func followUp(out *api.ReviewDetail, doc collections.Review, now time.Time) {
	if doc.Draft != nil {
		out.Draft = new(draftOf(*doc.Draft))
	}
	if doc.Publication != nil {
		out.Publication = new(publication(*doc.Publication, now))
	}
	out.Commitments = new(each(doc.Commitments, func(c collections.Commitment) api.Commitment { return commitment(c, now) }))
	out.Route = new(append([]string{}, doc.Case.Route...))
}
