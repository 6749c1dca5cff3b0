package store

import (
	"context"
	"errors"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

const noTemplate = "There is no such template."

// Templates reads all reply templates of an organization by name.
func (s *Store) Templates(ctx context.Context, org string) ([]collections.Template, error) {
	return all(ctx, s.shared.Templates, docstore.Org(org), docstore.Query{Index: "by_name"})
}

// Template reads a reply template of an organization.
func (s *Store) Template(ctx context.Context, org, id string) (collections.Template, error) {
	doc, err := s.shared.Templates.Get(ctx, docstore.Org(org), id)
	return doc, missing(err, "template_not_found", noTemplate)
}

// AddTemplate stores a new reply template. One of the same name is problem.Conflict.
func (s *Store) AddTemplate(ctx context.Context, org string, doc *collections.Template) error {
	_, err := s.shared.Templates.InsertIfAbsent(ctx, docstore.Org(org), doc)
	return oneTemplate(err)
}

// ChangeTemplate changes a reply template. One of the same name is problem.Conflict.
func (s *Store) ChangeTemplate(
	ctx context.Context, org, id string, change func(*collections.Template) error,
) (collections.Template, error) {
	doc, err := s.shared.Templates.Update(ctx, docstore.Org(org), id, change)
	if errors.Is(err, docstore.ErrNotFound) {
		return doc, missing(err, "template_not_found", noTemplate)
	}
	return doc, oneTemplate(err)
}

func oneTemplate(err error) error {
	if errors.Is(err, docstore.ErrDup) {
		return problem.Wrap(problem.Conflict, "template_exists", err, "There is a template of this name already. Choose another name.")
	}
	return err
}

// DropTemplate removes a reply template.
func (s *Store) DropTemplate(ctx context.Context, org, id string) error {
	return s.shared.Templates.Delete(ctx, docstore.Org(org), id)
}
