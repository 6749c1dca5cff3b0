package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/gateway/inbox"
)

// promisePlace is where a commitment is in the list of all: by due time, then by its review and id.
type promisePlace struct {
	Due    int64  `json:"t"` // in milliseconds
	Review string `json:"r"`
	ID     string `json:"c"`
}

func placeOf(p inbox.Promised) promisePlace {
	return promisePlace{Due: p.Commitment.DueAt.UnixMilli(), Review: p.ReviewID, ID: p.Commitment.ID}
}

func (p promisePlace) compare(other promisePlace) int {
	return cmp.Or(cmp.Compare(p.Due, other.Due), cmp.Compare(p.Review, other.Review), cmp.Compare(p.ID, other.ID))
}

func (p promisePlace) encode() string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodePlace(cursor string) (promisePlace, error) {
	var p promisePlace
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.ID == "" || p.Review == "" {
		return promisePlace{}, badCursor(docstore.ErrCursor)
	}
	return p, nil
}

const commitmentPage = 200

// Commitments reads one page of the open commitments of an organization by due time. Reviews come by
// the due time of their next commitment, and none of their others is due before it, so that
// reading may end once what was found is due before the next review's.
func (s *Store) Commitments(
	ctx context.Context, org string, f inbox.PromiseFilter, limit int, cursor string,
) (items []inbox.Promised, next string, err error) {
	var after promisePlace
	if cursor != "" {
		if after, err = decodePlace(cursor); err != nil {
			return nil, "", err
		}
	}
	where := []docstore.Cond{{Field: "commitment_due_at", Op: docstore.Exists, Value: true}}
	if len(f.Locations) > 0 {
		where = append(where, docstore.OneOf("location_id", f.Locations))
	}
	query := docstore.Query{Index: "by_commitment", Where: where, Limit: commitmentPage}
	found := []inbox.Promised{}
	for {
		page, err := s.shared.Reviews.Page(ctx, docstore.Org(org), query)
		if err != nil {
			return nil, "", err
		}
		var reached time.Time
		for _, doc := range page.Items {
			reached = doc.CommitmentDueAt
			found = append(found, openOf(doc, f.OwnerID, after)...)
		}
		slices.SortFunc(found, func(a, b inbox.Promised) int { return placeOf(a).compare(placeOf(b)) })
		more := len(found) > limit
		if more {
			found = found[:limit+1]
		}
		if page.Next == "" || more && found[limit].Commitment.DueAt.Before(reached) {
			if more {
				found = found[:limit]
				return found, placeOf(found[limit-1]).encode(), nil
			}
			return found, "", nil
		}
		query.Cursor = page.Next
	}
}

// openOf are the open commitments of a review behind a place in the list.
func openOf(doc collections.Review, owner string, after promisePlace) []inbox.Promised {
	var out []inbox.Promised
	for _, c := range doc.Commitments {
		p := inbox.Promised{Commitment: c, ReviewID: doc.ID, LocationID: doc.LocationID}
		if c.DoneAt.IsZero() && (owner == "" || c.OwnerID == owner) && placeOf(p).compare(after) > 0 {
			out = append(out, p)
		}
	}
	return out
}
