package store

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/bulk"
)

// bulkAct is what was done to many reviews at once, for undoing it.
type bulkAct struct {
	docstore.Base
	PersonID string      `json:"person_id"`
	At       time.Time   `json:"at"`
	Undone   bool        `json:"undone"`
	Changes  []bulk.Step `json:"changes"`
}

func bulkActs() docstore.Definition[bulkAct] {
	return docstore.Definition[bulkAct]{
		Name: "bulk_acts", Base: func(d *bulkAct) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{{Path: "at", Type: docstore.Time}},
		Indexes: []docstore.Index{{Name: "by_time", Sort: []docstore.Order{{Field: "at"}}, Global: true}},
	}
}

// AddBulk keeps what was done.
func (s *Store) AddBulk(ctx context.Context, org string, in bulk.Record) error {
	_, err := s.bulk.InsertIfAbsent(ctx, docstore.Org(org), &bulkAct{
		Base: docstore.Base{ID: in.ID, OrgID: org}, PersonID: in.PersonID, At: in.At.UTC(), Changes: in.Steps,
	})
	return err
}

// TakeBulk hands out what was done, to one caller only: who gets it undoes it. refuse may refuse
// what is there.
func (s *Store) TakeBulk(ctx context.Context, org, id string, refuse func(bulk.Record) error) (bulk.Record, error) {
	doc, err := s.bulk.Update(ctx, docstore.Org(org), id, func(doc *bulkAct) error {
		if err := refuse(recordOf(*doc)); err != nil {
			return err
		}
		doc.Undone = true
		return nil
	})
	if problem.KindOf(err) == problem.NotFound || problem.KindOf(err) == problem.Invalid && err != nil {
		return bulk.Record{}, problem.New(problem.NotFound, "bulk_not_found", "There is nothing like this to undo.")
	}
	return recordOf(doc), err
}

func recordOf(doc bulkAct) bulk.Record {
	return bulk.Record{ID: doc.ID, PersonID: doc.PersonID, At: doc.At, Undone: doc.Undone, Steps: doc.Changes}
}

// PurgeBulk removes what can be undone no more.
func (s *Store) PurgeBulk(ctx context.Context) error {
	page, err := s.bulk.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "by_time", Where: []docstore.Cond{docstore.Below("at", s.now().Add(-24*time.Hour))}, Limit: purge,
	})
	for _, doc := range page.Items {
		if err = s.bulk.Delete(ctx, docstore.Org(doc.OrgID), doc.ID); err != nil {
			break
		}
	}
	return err
}
