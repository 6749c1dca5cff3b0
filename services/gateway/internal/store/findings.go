package store

import (
	"context"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

func findingConditions(f sources.FindingFilter) []docstore.Cond {
	var where []docstore.Cond
	if f.Open != nil {
		where = append(where, docstore.Is("open", *f.Open))
	}
	if len(f.Locations) > 0 {
		where = append(where, docstore.OneOf("location_id", f.Locations))
	}
	if len(f.Sites) > 0 {
		where = append(where, docstore.OneOf("site", f.Sites))
	}
	if len(f.Fields) > 0 {
		where = append(where, docstore.OneOf("field", f.Fields))
	}
	return where
}

// Findings reads one page of findings, newest first, whether dismissed or not.
func (s *Store) Findings(ctx context.Context, org string, f sources.FindingFilter, limit int, cursor string) ([]collections.Finding, string, error) {
	page, err := s.shared.Findings.Page(ctx, docstore.Org(org), docstore.Query{
		Index: "newest", Where: findingConditions(f), Limit: limit, Cursor: cursor,
	})
	return page.Items, page.Next, badCursor(err)
}

// CountFindings counts findings by the values of a field, whether dismissed or not.
func (s *Store) CountFindings(ctx context.Context, org string, f sources.FindingFilter, by string) (map[string]int64, error) {
	buckets, err := s.shared.Findings.Group(ctx, docstore.Org(org), docstore.GroupQuery{
		Index: "newest", Where: findingConditions(f), By: []string{by},
	})
	if err != nil {
		return nil, err
	}
	tally := make(map[string]int64, len(buckets))
	for _, b := range buckets {
		if value, isText := b.Key[0].(string); isText {
			tally[value] += b.Count
		}
	}
	return tally, nil
}

// Finding reads a finding of an organization.
func (s *Store) Finding(ctx context.Context, org, id string) (collections.Finding, error) {
	doc, err := s.shared.Findings.Get(ctx, docstore.Org(org), id)
	return doc, missing(err, "finding_not_found", "There is no such finding.")
}

// FindingsByID reads those of some findings that exist.
func (s *Store) FindingsByID(ctx context.Context, org string, ids []string) ([]collections.Finding, error) {
	return s.shared.Findings.GetMany(ctx, docstore.Org(org), ids)
}

// Dismissals reads the dismissals of some findings, by finding.
func (s *Store) Dismissals(ctx context.Context, org string, findings []string) (map[string]collections.Dismissal, error) {
	found, err := s.shared.Dismissals.GetMany(ctx, docstore.Org(org), findings)
	if err != nil {
		return nil, err
	}
	out := make(map[string]collections.Dismissal, len(found))
	for _, doc := range found {
		out[doc.ID] = doc
	}
	return out, nil
}

// AllDismissals reads one page of an organization's dismissals.
func (s *Store) AllDismissals(ctx context.Context, org, cursor string) ([]collections.Dismissal, string, error) {
	page, err := s.shared.Dismissals.Page(ctx, docstore.Org(org), docstore.Query{Index: "newest", Limit: 500, Cursor: cursor})
	return page.Items, page.Next, err
}

// PutDismissal stores a dismissal in the place of an earlier one of the same finding.
func (s *Store) PutDismissal(ctx context.Context, org string, in collections.Dismissal) error {
	_, err := s.shared.Dismissals.Upsert(ctx, docstore.Org(org), in.ID, func(doc *collections.Dismissal, _ bool) error {
		in.Base = doc.Base
		*doc = in
		return nil
	})
	return err
}

// DropDismissal removes a dismissal; one that is not there is no error.
func (s *Store) DropDismissal(ctx context.Context, org, finding string) error {
	return s.shared.Dismissals.Delete(ctx, docstore.Org(org), finding)
}
