package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

// AddImport stores an import that has only begun.
func (s *Store) AddImport(ctx context.Context, org string, doc *collections.Import) error {
	_, err := s.shared.Imports.InsertIfAbsent(ctx, docstore.Org(org), doc)
	return err
}

// AddImportChunk stores a part of an import.
func (s *Store) AddImportChunk(ctx context.Context, org string, doc *collections.ImportChunk) error {
	doc.ID = chunkID(doc.ImportID, doc.N)
	_, err := s.shared.ImportChunks.InsertIfAbsent(ctx, docstore.Org(org), doc)
	return err
}

// ImportChunk reads a part of an import.
func (s *Store) ImportChunk(ctx context.Context, org, id string, n int) (collections.ImportChunk, error) {
	doc, err := s.shared.ImportChunks.Get(ctx, docstore.Org(org), chunkID(id, n))
	return doc, missing(err, "import_not_found", "There is no such import.")
}

// FinishImport stores the import's listing, if it has one, and then marks the import as
// complete with what became of its rows. A scraper reads nothing of an import that is
// not complete, so that it never sees half of one.
func (s *Store) FinishImport(ctx context.Context, org string, done *collections.Import, listing *collections.Listing) error {
	if listing != nil {
		if err := s.AddListing(ctx, org, listing); err != nil {
			return fmt.Errorf("store the listing of an import: %w", err)
		}
	}
	_, err := s.shared.Imports.Update(ctx, docstore.Org(org), done.ID, func(doc *collections.Import) error {
		doc.Rows, doc.Accepted, doc.Rejected = done.Rows, done.Accepted, done.Rejected
		doc.Rejections, doc.Chunks, doc.Complete = done.Rejections, done.Chunks, true
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark an import as complete: %w", err)
	}
	return nil
}

// Import reads an import of an organization.
func (s *Store) Import(ctx context.Context, org, id string) (collections.Import, error) {
	doc, err := s.shared.Imports.Get(ctx, docstore.Org(org), id)
	if err == nil && !doc.Complete {
		err = docstore.ErrNotFound // still being uploaded
	}
	return doc, missing(err, "import_not_found", "There is no such import.")
}

// Imports reads one page of an organization's imports, newest first.
func (s *Store) Imports(ctx context.Context, org string, limit int, cursor string) ([]collections.Import, string, error) {
	page, err := s.shared.Imports.Page(ctx, docstore.Org(org), docstore.Query{Index: "newest", Limit: limit, Cursor: cursor})
	return page.Items, page.Next, badCursor(err)
}

// DropImport removes an import that was never completed, with its chunks and listing.
func (s *Store) DropImport(ctx context.Context, org, id string) error {
	doc, err := s.shared.Imports.Get(ctx, docstore.Org(org), id)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read an unfinished import: %w", err)
	}
	if doc.Complete {
		return problem.New(problem.Conflict, "import_complete", "A complete import is kept.")
	}
	chunks, err := all(ctx, s.shared.ImportChunks, docstore.Org(org), docstore.Query{
		Index: "by_import", Where: []docstore.Cond{docstore.Is("import_id", id)},
	})
	if err != nil {
		return fmt.Errorf("read the chunks of an unfinished import: %w", err)
	}
	for _, chunk := range chunks {
		if err := s.shared.ImportChunks.Delete(ctx, docstore.Org(org), chunk.ID); err != nil {
			return fmt.Errorf("remove a chunk of an unfinished import: %w", err)
		}
	}
	if err := s.DropListing(ctx, org, doc.ListingID); err != nil {
		return fmt.Errorf("remove the listing of an unfinished import: %w", err)
	}
	return s.shared.Imports.Delete(ctx, docstore.Org(org), id)
}

// abandonedAfter is when an import that is not complete has no uploader any more;
// the longest upload ends well before.
const abandonedAfter = 6 * time.Hour

// PurgeImports removes what uploads left that never came to their end.
func (s *Store) PurgeImports(ctx context.Context) error {
	q := docstore.Query{Index: "unfinished", Limit: 100, Where: []docstore.Cond{
		docstore.Is("complete", false), docstore.Below("created_at", s.now().Add(-abandonedAfter)),
	}}
	for {
		page, err := s.shared.Imports.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			return fmt.Errorf("list unfinished imports: %w", err)
		}
		for _, doc := range page.Items {
			if err := s.DropImport(ctx, doc.OrgID, doc.ID); err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

func chunkID(id string, n int) string { return fmt.Sprintf("%s.%d", id, n) }
