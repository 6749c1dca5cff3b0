package bus

import (
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/services/sentiment/wire"
)

// readCollected decodes and checks an event of reviews.collected exactly as
// events.DecodeReviewCollected does. plain reports that its JSON is an object of known fields
// that come once each: what is appended to it then means the same to every reader.
// Events as we write them are plain and are read several times faster.
func readCollected(data []byte) (e events.ReviewCollected, plain bool, err error) {
	if len(data) <= events.MaxEventBytes && utf8.Valid(data) {
		// One copy that all fields are cut from.
		r := wire.NewReader(string(data))
		if collected(r, &e) {
			if err := e.Validate(); err != nil {
				return events.ReviewCollected{}, false, err
			}
			return e, true, nil
		}
	}
	e, err = events.DecodeReviewCollected(data)
	return e, false, err
}

func collected(r *wire.Reader, e *events.ReviewCollected) bool {
	seen := uint32(0)
	ok := r.Object(func(key string) bool {
		bit, ok := uint32(0), false
		switch key {
		case "event_id":
			bit, ok = 1<<0, r.Into(&e.EventID)
		case "org_id":
			bit, ok = 1<<1, r.Into(&e.OrgID)
		case "review_id":
			bit, ok = 1<<2, r.Into(&e.ReviewID)
		case "listing_id":
			bit, ok = 1<<3, r.Into(&e.ListingID)
		case "location_id":
			bit, ok = 1<<4, r.Into(&e.LocationID)
		case "site":
			bit, ok = 1<<5, r.Into(&e.Site)
		case "external_id":
			bit, ok = 1<<6, r.Into(&e.ExternalID)
		case "change":
			bit, ok = 1<<7, r.Into((*string)(&e.Change))
		case "version":
			bit, ok = 1<<8, r.Whole(&e.Version)
		case "url":
			bit, ok = 1<<9, r.Into(&e.URL)
		case "author":
			bit, ok = 1<<10, r.Into(&e.Author)
		case "rating":
			e.Rating = new(float64)
			bit, ok = 1<<11, r.Number(e.Rating)
		case "raw_rating":
			bit, ok = 1<<12, r.Into(&e.RawRating)
		case "sub_ratings":
			bit, ok = 1<<13, ratings(r, &e.SubRatings)
		case "title":
			bit, ok = 1<<14, r.Into(&e.Title)
		case "text":
			bit, ok = 1<<15, r.Into(&e.Text)
		case "excerpt":
			bit, ok = 1<<16, r.Truth(&e.Excerpt)
		case "posted_at":
			bit, ok = 1<<17, r.Time(&e.PostedAt)
		case "source_updated_at":
			bit, ok = 1<<18, r.Time(&e.SourceUpdatedAt)
		case "first_seen_at":
			bit, ok = 1<<19, r.Time(&e.FirstSeenAt)
		case "observed_at":
			bit, ok = 1<<20, r.Time(&e.ObservedAt)
		case "reply":
			e.Reply = new(events.Reply)
			bit, ok = 1<<21, reply(r, e.Reply)
		}
		if seen&bit != 0 {
			return false
		}
		seen |= bit
		return ok
	})
	return ok && r.End()
}

func reply(r *wire.Reader, p *events.Reply) bool {
	seen := 0
	return r.Object(func(key string) bool {
		bit, ok := 0, false
		switch key {
		case "text":
			bit, ok = 1, r.Into(&p.Text)
		case "updated_at":
			bit, ok = 2, r.Time(&p.UpdatedAt)
		case "state":
			bit, ok = 4, r.Into((*string)(&p.State))
		case "problem":
			bit, ok = 8, r.Into(&p.Problem)
		}
		if seen&bit != 0 {
			return false
		}
		seen |= bit
		return ok
	})
}

func ratings(r *wire.Reader, m *map[string]float64) bool {
	*m = map[string]float64{}
	return r.Object(func(key string) bool {
		var value float64
		ok := r.Number(&value)
		(*m)[key] = value
		return ok
	})
}
