package store

import (
	"context"
	"errors"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/gateway/inbox"
)

// editing says that a person writes a reply; its id is "<review>.<person>".
type editing struct {
	docstore.Base
	ReviewID string    `json:"review_id"`
	PersonID string    `json:"person_id"`
	Name     string    `json:"name"`
	Since    time.Time `json:"since"`
	SeenAt   time.Time `json:"seen_at"`
}

func draftEditors() docstore.Definition[editing] {
	return docstore.Definition[editing]{
		Name: "draft_editors", Base: func(d *editing) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{{Path: "review_id", Type: docstore.String}, {Path: "seen_at", Type: docstore.Time}},
		Indexes: []docstore.Index{
			{Name: "by_review", Equal: []string{"review_id"}, Sort: []docstore.Order{{Field: "seen_at"}}},
			{Name: "by_time", Sort: []docstore.Order{{Field: "seen_at"}}, Global: true},
		},
	}
}

// editorsMost bounds who is told of as writing one reply.
const editorsMost = 100

// Editing notes that a person writes the reply to a review, or stopped, and says who else does. Who
// was not heard of for EditorGone is gone.
func (s *Store) Editing(ctx context.Context, org, reviewID string, who inbox.Editor, writes bool) ([]inbox.Editor, error) {
	scope, id, now := docstore.Org(org), reviewID+"."+who.PersonID, s.now().UTC()
	if writes {
		_, err := s.editors.Upsert(ctx, scope, id, func(doc *editing, exists bool) error {
			if !exists || now.Sub(doc.SeenAt) > inbox.EditorGone {
				doc.Since = now
			}
			doc.ReviewID, doc.PersonID, doc.Name, doc.SeenAt = reviewID, who.PersonID, who.Name, now
			return nil
		})
		if err != nil {
			return nil, err
		}
	} else if err := s.editors.Delete(ctx, scope, id); err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return nil, err
	}
	page, err := s.editors.Page(ctx, scope, docstore.Query{
		Index: "by_review", Where: []docstore.Cond{docstore.Is("review_id", reviewID), docstore.From("seen_at", now.Add(-inbox.EditorGone))},
		Limit: editorsMost,
	})
	if err != nil {
		return nil, err
	}
	others := []inbox.Editor{}
	for _, doc := range page.Items {
		if doc.PersonID != who.PersonID {
			others = append(others, inbox.Editor{PersonID: doc.PersonID, Name: doc.Name, Since: doc.Since})
		}
	}
	return others, nil
}

// purge is how many documents a sweep removes at a time.
const purge = 500

// PurgeEditors removes who has gone long ago.
func (s *Store) PurgeEditors(ctx context.Context) error {
	page, err := s.editors.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "by_time", Where: []docstore.Cond{docstore.Below("seen_at", s.now().Add(-time.Hour))}, Limit: purge,
	})
	for _, doc := range page.Items {
		if err = s.editors.Delete(ctx, docstore.Org(doc.OrgID), doc.ID); err != nil {
			break
		}
	}
	return err
}
