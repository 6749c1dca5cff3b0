package httpapi

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/review/terms"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// The words that stand for people in the owner filter.
const (
	ownerMe   = "me"
	ownerNone = "none"
)

// filter reads the filters of the inbox. The list and the counts have the same.
func (s *server) filter(c *gin.Context, p api.GetReviewFacetsParams) (inbox.Filter, error) {
	f := inbox.Filter{
		Locations: value(p.LocationId), Sites: value(p.Site),
		Topics:     words[review.Topic](value(p.Topic)),
		Polarities: words[review.Polarity](value(p.Polarity)),
		Overall:    words[review.Polarity](value(p.Overall)),
		Statuses:   words[review.Status](value(p.Status)),
		Urgent:     p.Urgent, Removed: p.Removed, Snoozed: p.Snoozed, RatingMin: p.RatingMin, RatingMax: p.RatingMax,
		Now: s.cfg.Now(),
	}
	for _, owner := range value(p.OwnerId) {
		switch owner {
		case ownerMe:
			owner = identity(c).Person.ID
		case ownerNone:
			owner = ""
		}
		f.Owners = append(f.Owners, owner)
	}
	if p.Overdue != nil {
		if !*p.Overdue {
			return f, problem.New(problem.Invalid, "invalid_request", "overdue: only true can be asked for; leave it out for all.")
		}
		f.Overdue = true
	}
	if len(f.Polarities) > 0 && len(f.Topics) == 0 {
		// A polarity of any topic is one of the organization's own, too.
		lexicon, err := s.cfg.Store.Lexicon(c.Request.Context(), org(c))
		if err != nil {
			return f, err
		}
		for _, t := range lexicon.Topics {
			f.Own = append(f.Own, t.Key)
		}
	}
	if p.Q != nil {
		f.Terms = terms.Query(*p.Q)
	}
	var err error
	if p.From != nil {
		if f.From, _, err = moment("from", *p.From); err != nil {
			return f, err
		}
	}
	if p.To != nil {
		to, day, err := moment("to", *p.To)
		if err != nil {
			return f, err
		}
		if day {
			to = to.AddDate(0, 0, 1)
		}
		f.To = to
	}
	return f, nil
}

// moment reads a time or a day, which begins at midnight UTC.
func moment(name, s string) (at time.Time, day bool, err error) {
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return at.UTC(), false, nil
	}
	if at, err := time.Parse(time.DateOnly, s); err == nil {
		return at, true, nil
	}
	return time.Time{}, false, problem.New(problem.Invalid, "invalid_request",
		"%s: write a day as 2026-01-31 or a time as 2026-01-31T09:30:00Z.", name)
}

// value is what an optional parameter holds, or its zero value.
func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// words turns words of the API into words of the domain.
func words[To, From ~string](in []From) []To {
	if in == nil {
		return nil
	}
	out := make([]To, len(in))
	for i, w := range in {
		out[i] = To(w)
	}
	return out
}
