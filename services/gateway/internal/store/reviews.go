package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/inbox"
)

// conditions translates a filter. none is true if nothing can match.
func conditions(f inbox.Filter) (where []docstore.Cond, none bool) {
	add := func(c docstore.Cond) { where = append(where, c) }
	if len(f.Locations) > 0 {
		add(docstore.OneOf("location_id", f.Locations))
	}
	if len(f.Sites) > 0 {
		add(docstore.OneOf("site", f.Sites))
	}
	if keys := f.TopicKeys(); len(keys) > 0 {
		add(docstore.OneOf("topic_keys", keys))
	}
	if len(f.Overall) > 0 {
		add(docstore.OneOf("analysis.overall", f.Overall))
	}
	statuses := f.Statuses
	if f.Overdue {
		if statuses = pendingOf(f.Statuses); len(statuses) == 0 {
			return nil, true
		}
		add(docstore.Below("case.due_at", f.Now))
	}
	if len(statuses) > 0 {
		add(docstore.OneOf("case.status", statuses))
	}
	if len(f.Owners) > 0 {
		add(docstore.OneOf("case.owner_id", f.Owners))
	}
	if f.Urgent != nil {
		add(docstore.Is("urgent", *f.Urgent))
	}
	if f.Removed != nil {
		add(docstore.Is("removed", *f.Removed))
	}
	if f.Snoozed != nil {
		// Who keeps the cases clears the time when it comes.
		add(docstore.Cond{Field: "case.snoozed_until", Op: docstore.Exists, Value: *f.Snoozed})
	}
	where, none = ratings(where, f)
	if !f.From.IsZero() {
		add(docstore.From("posted_at", f.From))
	}
	if !f.To.IsZero() {
		add(docstore.Below("posted_at", f.To))
	}
	return where, none
}

// ratings restricts the rating. Both bounds are inclusive, and ratings are
// fractions, so that the upper one is the next number a float64 can hold.
func ratings(where []docstore.Cond, f inbox.Filter) ([]docstore.Cond, bool) {
	if f.RatingMin != nil && f.RatingMax != nil && *f.RatingMin > *f.RatingMax {
		return where, true
	}
	if f.RatingMin != nil {
		where = append(where, docstore.From("rating", *f.RatingMin))
	}
	if f.RatingMax != nil {
		where = append(where, docstore.Below("rating", nextUp(*f.RatingMax)))
	}
	return where, false
}

// pendingOf keeps the pending ones of some statuses; of none it means all.
func pendingOf(statuses []review.Status) []review.Status {
	if len(statuses) == 0 {
		statuses = review.Statuses()
	}
	pending := []review.Status{}
	for _, status := range statuses {
		if status.Pending() {
			pending = append(pending, status)
		}
	}
	return pending
}

// walk is one part of a list: an index read in one direction, with the reviews that
// have no value of the sort key kept apart.
type walk struct {
	index   string
	reverse bool
	where   []docstore.Cond
}

// walks returns the parts of a list in an order. Indexes sort missing values first;
// people want them last, so that they are a second part.
func walks(sort inbox.Sort) []walk {
	parts := func(index, field string) []walk {
		return []walk{
			{index: index, where: []docstore.Cond{{Field: field, Op: docstore.Exists, Value: true}}},
			{index: index, where: []docstore.Cond{{Field: field, Op: docstore.Exists, Value: false}}},
		}
	}
	switch sort {
	case inbox.OldestFirst:
		return []walk{{index: "newest", reverse: true}}
	case inbox.BestFirst:
		return []walk{{index: "by_rating", reverse: true}}
	case inbox.WorstFirst:
		return parts("by_rating", "rating")
	case inbox.DueSoonFirst:
		return parts("by_due", "case.due_at")
	case inbox.DueLateFirst:
		return []walk{{index: "by_due", reverse: true}}
	default:
		return []walk{{index: "newest"}}
	}
}

// position is what a cursor of the inbox holds: the part of the list, the clock of
// its first page (so that what is overdue does not change between pages) and the
// place within the part.
type position struct {
	Part  int    `json:"p,omitempty"`
	Clock int64  `json:"t,omitempty"`
	Inner string `json:"c,omitempty"`
}

func (p position) encode() string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodePosition(cursor string, parts int) (position, error) {
	var p position
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.Part < 0 || p.Part >= parts {
		return position{}, badCursor(docstore.ErrCursor)
	}
	return p, nil
}

// ListReviews reads one page of the inbox. next is empty on the last page.
func (s *Store) ListReviews(
	ctx context.Context, org string, f inbox.Filter, sort inbox.Sort, limit int, cursor string,
) (items []collections.Review, next string, err error) {
	parts := walks(sort)
	at := position{}
	if cursor != "" {
		if at, err = decodePosition(cursor, len(parts)); err != nil {
			return nil, "", err
		}
	}
	if f.Overdue {
		if at.Clock == 0 {
			at.Clock = f.Now.UnixMilli()
		}
		f.Now = time.UnixMilli(at.Clock).UTC()
	}
	where, none := conditions(f)
	if none {
		return []collections.Review{}, "", nil
	}
	items = make([]collections.Review, 0, limit)
	for {
		part := parts[at.Part]
		page, err := s.shared.Reviews.Page(ctx, docstore.Org(org), docstore.Query{
			Index: part.index, Reverse: part.reverse, Terms: f.Terms, Limit: limit - len(items), Cursor: at.Inner,
			Where: append(part.where, where...),
		})
		if err != nil {
			return nil, "", badCursor(err)
		}
		items = append(items, page.Items...)
		switch at.Inner = page.Next; {
		case at.Inner != "":
			return items, at.encode(), nil
		case at.Part+1 == len(parts):
			return items, "", nil
		}
		at.Part++
		if len(items) == limit {
			return items, at.encode(), nil
		}
	}
}

// Review reads a review of an organization.
func (s *Store) Review(ctx context.Context, org, id string) (collections.Review, error) {
	doc, err := s.shared.Reviews.Get(ctx, docstore.Org(org), id)
	return doc, missing(err, "review_not_found", "There is no such review.")
}

// ReviewEvents reads one page of a review's history, oldest first.
func (s *Store) ReviewEvents(ctx context.Context, org, id string, limit int, cursor string) ([]collections.CaseEvent, string, error) {
	page, err := s.shared.CaseEvents.Page(ctx, docstore.Org(org), docstore.Query{
		Index: "by_review", Where: []docstore.Cond{docstore.Is("review_id", id)}, Limit: limit, Cursor: cursor,
	})
	if err != nil {
		return nil, "", badCursor(err)
	}
	return page.Items, page.Next, nil
}

// PresentReviews says how many of some reviews are in the inbox.
func (s *Store) PresentReviews(ctx context.Context, org string, ids []string) (int, error) {
	found, err := s.shared.Reviews.GetMany(ctx, docstore.Org(org), ids)
	return len(found), err
}

// ReviewsOfListing counts the reviews that came by a listing.
func (s *Store) ReviewsOfListing(ctx context.Context, org, listing string) (int64, error) {
	return s.shared.Reviews.Count(ctx, docstore.Org(org), docstore.Query{
		Index: "by_listing", Where: []docstore.Cond{docstore.Is("listing_id", listing)},
	})
}
