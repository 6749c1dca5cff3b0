package httpapi

import (
	"cmp"
	"net/url"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/gateway/intake"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

// each turns every element of a list into what travels; an empty list is never null.
func each[From, To any](in []From, turn func(From) To) []To {
	out := make([]To, len(in))
	for i, v := range in {
		out[i] = turn(v)
	}
	return out
}

// optional is nil for the zero value.
func optional[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// never is when the scraper says that something is not due any more.
const neverYear = 8000

// at is nil for a time that is not known or never comes.
func at(t time.Time) *time.Time {
	if t.IsZero() || t.Year() >= neverYear {
		return nil
	}
	return new(t.UTC())
}

func person(doc collections.Person, now time.Time) api.Person {
	locations := doc.Locations
	if locations == nil {
		locations = []string{}
	}
	return api.Person{
		Id: doc.ID, Name: doc.Name, Email: doc.Email, Role: api.Role(doc.Role),
		LocationIds: locations, Active: doc.Active, Away: routing.Away(doc, now),
		AwayFrom: at(doc.AwayFrom), AwayUntil: at(doc.AwayUntil), DeputyId: optional(doc.DeputyID),
	}
}

func organization(doc collections.Organization) api.Organization {
	return api.Organization{Id: doc.ID, Name: doc.Name}
}

func location(doc collections.Location) api.Location {
	return api.Location{
		Id: doc.ID, Name: doc.Name, Kind: optional(doc.Kind), Region: optional(doc.Region), TimeZone: doc.TimeZone,
		Telephone: optional(doc.Telephone), Address: address(doc.Address), ManagerId: doc.ManagerID,
		Website: webURL(doc.Website), Hours: append([]string{}, doc.Hours...), AcceptsNewPatients: doc.AcceptsNewPatients,
		Categories: append([]string{}, doc.Categories...), Rev: doc.Rev,
	}
}

func address(a events.Address) *api.Address {
	if a == (events.Address{}) {
		return nil
	}
	return &api.Address{
		Street: optional(a.Street), Locality: optional(a.Locality), Region: optional(a.Region),
		PostalCode: optional(a.PostalCode), Country: optional(a.Country),
	}
}

func tag(t review.Tag) api.Tag {
	return api.Tag{
		Topic: string(t.Topic), Polarity: api.Polarity(t.Polarity),
		Evidence: each(t.Evidence, func(e review.Evidence) api.Evidence {
			return api.Evidence{Start: e.Start, End: e.End, Quote: e.Quote, Rule: e.Rule}
		}),
	}
}

// overall is the verdict of an analysis; one that has none (nothing was said) is mixed.
func overall(p review.Polarity) api.Polarity {
	if p == "" {
		p = review.Mixed
	}
	return api.Polarity(p)
}

func reviewOf(doc collections.Review, now time.Time) api.Review {
	out := api.Review{
		Id: doc.ID, Site: doc.Site, LocationId: doc.LocationID, ListingId: optional(doc.ListingID),
		ExternalId: optional(doc.ExternalID), Url: webURL(doc.URL), Author: doc.Author, Rating: doc.Rating,
		RawRating: optional(doc.RawRating), Title: optional(doc.Title), Text: doc.Text, Excerpt: optional(doc.Excerpt),
		PostedAt: doc.PostedAt.UTC(), PostedAtKnown: new(doc.PostedAtKnown), FirstSeenAt: doc.FirstSeenAt.UTC(),
		SourceUpdatedAt: at(doc.SourceUpdatedAt), Version: doc.Version, Language: optional(doc.Analysis.Language),
		Tags: each(doc.Analysis.Tags, tag), Overall: overall(doc.Analysis.Overall),
		Urgent: flags(doc.Analysis.Urgent), Corrected: optional(doc.Corrected),
		AnalysisVersion: optional(doc.Analysis.Version), Removed: doc.Removed, Rev: doc.Rev,
		Case: caseOf(doc, now),
	}
	if len(doc.SubRatings) > 0 {
		out.SubRatings = &doc.SubRatings
	}
	if len(doc.Analysis.Mentions) > 0 {
		out.Mentions = new(each(doc.Analysis.Mentions, func(m review.Mention) api.Mention {
			return api.Mention{
				Name: m.Name, Role: optional(m.Role), Polarity: optional(api.Polarity(m.Polarity)), Start: m.Start, End: m.End,
			}
		}))
	}
	return out
}

// webURL lets only addresses through that a browser opens as a page.
func webURL(s string) *string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil
	}
	return &s
}

func detailOf(doc collections.Review, now time.Time) api.ReviewDetail {
	r := reviewOf(doc, now)
	out := api.ReviewDetail{
		Id: r.Id, Site: r.Site, LocationId: r.LocationId, ListingId: r.ListingId, ExternalId: r.ExternalId, Url: r.Url,
		Author: r.Author, Rating: r.Rating, RawRating: r.RawRating, SubRatings: r.SubRatings, Title: r.Title, Text: r.Text,
		Excerpt: r.Excerpt, PostedAt: r.PostedAt, PostedAtKnown: r.PostedAtKnown, FirstSeenAt: r.FirstSeenAt,
		SourceUpdatedAt: r.SourceUpdatedAt, Version: r.Version, Language: r.Language, Tags: r.Tags, Overall: r.Overall,
		Urgent: r.Urgent, Mentions: r.Mentions, AnalysisVersion: r.AnalysisVersion, Removed: r.Removed, Case: r.Case,
		Rev: r.Rev, RemovedAt: at(doc.RemovedAt), Corrected: r.Corrected, Correction: correction(doc.Correction), Machine: machineTags(doc.Machine),
		Earlier: each(doc.Earlier, func(v collections.TextVersion) api.ReviewVersion {
			return api.ReviewVersion{
				Version: v.Version, Author: v.Author, Rating: v.Rating, Text: v.Text, ObservedAt: v.ObservedAt.UTC(),
				Tags: each(v.Analysis.Tags, tag), Overall: overall(v.Analysis.Overall), Correction: correction(v.Correction),
			}
		}),
		Notes: each(doc.Notes, func(n collections.Note) api.Note {
			return api.Note{Id: n.ID, At: n.At.UTC(), By: actor(n.By), Text: n.Text}
		}),
		AllowedStatuses: words[api.Status](append([]review.Status{}, doc.Case.Status.Next()...)),
	}
	followUp(&out, doc, now)
	if doc.SourceReply != nil {
		out.SiteReply = &api.SiteReply{
			Text: doc.SourceReply.Text, UpdatedAt: at(doc.SourceReply.UpdatedAt),
			State:   new(api.SiteReplyState(cmp.Or(doc.SourceReply.State, events.ReplyPublic))),
			Problem: optional(doc.SourceReply.Problem),
		}
	}
	return out
}

func actor(a collections.Actor) api.Actor {
	return api.Actor{Kind: api.ActorKind(a.Kind), Id: a.ID, Name: optional(a.Name)}
}

func caseEvent(e collections.CaseEvent) api.CaseEvent {
	changed := func(m map[string]any) *map[string]any {
		if m == nil {
			return nil
		}
		return &m
	}
	return api.CaseEvent{
		Id: e.ID, Seq: e.Seq, Type: e.Type, At: e.At.UTC(), By: actor(e.By),
		Before: changed(e.Before), After: changed(e.After), Reason: optional(e.Reason),
	}
}

func listing(l sources.Listing) api.Listing {
	out := api.Listing{
		Id: l.ID, LocationId: l.LocationID, Site: l.Site, Adapter: l.Adapter, Ref: l.Ref,
		Credential: optional(l.Credential), IntervalSeconds: optional(l.Interval), Enabled: l.Enabled,
		CreatedAt: l.CreatedAt.UTC(), Health: api.Health(healthOf(l)), Reviews: new(l.Reviews),
		Problem: optional(l.State.Problem), LastPollAt: at(l.State.LastPollAt), LastOkAt: at(l.State.LastOKAt),
		LastHeardAt: at(l.State.LastNewAt), PollRequestedAt: at(l.AskedAt),
	}
	if l.Enabled {
		out.DueAt = at(l.State.DueAt)
		if l.State.Alarm {
			out.Alarm, out.AlarmSince = new(true), at(l.State.AlarmSince)
		}
	}
	if l.State.Gaps > 0 {
		out.RhythmSeconds = optional(int(l.State.GapSeconds))
	}
	if l.Facts == nil {
		return out
	}
	facts := l.Facts.Facts
	out.Facts = &api.ListingFacts{
		Name: optional(facts.Name), Telephone: optional(facts.Telephone), Address: address(facts.Address),
		ObservedAt: at(l.Facts.ObservedAt),
	}
	if facts.Aggregate != nil {
		out.Facts.Rating = facts.Aggregate.Rating
		out.Facts.ReviewCount = optional(facts.Aggregate.ReviewCount)
	}
	return out
}

// healthOf is how polling a listing goes; new before the first poll.
func healthOf(l sources.Listing) collections.Health {
	return cmp.Or(l.State.Health, collections.HealthNew)
}

func importOf(i intake.Import) api.Import {
	out := api.Import{
		LocationId: i.LocationID, Site: i.Site, FileName: optional(i.FileName), DryRun: i.DryRun,
		Rows: i.Rows, Accepted: i.Accepted, Rejected: i.Rejected,
		Rejections: each(i.Rejections, func(r collections.Rejection) api.Rejection {
			return api.Rejection{Line: r.Line, Column: optional(r.Column), Reason: r.Reason}
		}),
		State: api.ImportState(i.State), Published: i.Published, InInbox: i.InInbox,
	}
	if i.DryRun {
		out.Sample = new(each(i.Sample, importRow))
		return out
	}
	out.Id, out.CreatedAt = optional(i.ID), at(i.CreatedAt)
	return out
}

func importRow(r collections.ImportReview) api.ImportRow {
	return api.ImportRow{
		ExternalId: r.ExternalID, Author: r.Author, Rating: r.Rating, Text: r.Text, PostedAt: at(r.PostedAt),
	}
}
