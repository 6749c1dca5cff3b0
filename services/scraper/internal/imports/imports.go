// Package imports serves uploaded files of reviews as a site: the gateway cuts a file
// into chunks in the store, and polling reads them like the pages of any other site.
//
// It promises that nothing is read of an upload before it is complete, and that an
// import is read only by a listing of its own organization.
package imports

import (
	"context"
	"errors"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/csv"
)

// CodeUnfinished is the code of the conflict that an upload is not complete yet.
const CodeUnfinished = "upload_unfinished"

// abandonedAfter is how long an upload may take.
const abandonedAfter = 24 * time.Hour

// Store is where uploads are kept.
type Store interface {
	Import(ctx context.Context, org, id string) (collections.Import, bool, error)
	ImportChunk(ctx context.Context, org, importID string, n int) (collections.ImportChunk, bool, error)
}

// Site reads imports. It is safe for concurrent use.
type Site struct{ store Store }

var _ sites.Site = (*Site)(nil)

// New makes a Site.
func New(store Store) (*Site, error) {
	if store == nil {
		return nil, errors.New("imports: a store is required")
	}
	return &Site{store: store}, nil
}

// Adapter implements sites.Site.
func (s *Site) Adapter() string { return csv.Adapter }

// Fetch implements sites.Site. Beyond its kinds, Conflict says that the upload is not
// complete yet.
func (s *Site) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	site, err := csv.NewSite(csv.SiteConfig{Chunks: chunks{store: s.store, org: req.Listing.OrgID}})
	if err != nil {
		return sites.Page{}, err
	}
	return site.Fetch(ctx, req)
}

// chunks are the uploads of one organization.
type chunks struct {
	store Store
	org   string
}

// Chunk implements csv.Chunks.
func (c chunks) Chunk(ctx context.Context, importID string, n int) ([]sites.Review, bool, error) {
	upload, found, err := c.store.Import(ctx, c.org, importID)
	switch {
	case err != nil:
		return nil, false, problem.Wrap(problem.Unavailable, "import_unread", err, "the import cannot be read now")
	case !found:
		return nil, false, problem.New(problem.NotFound, "import_gone", "there is no such import")
	case !upload.Complete && time.Since(upload.CreatedAt) > abandonedAfter:
		return nil, false, problem.New(problem.NotFound, "upload_abandoned", "the upload was never finished: import the file again")
	case !upload.Complete:
		return nil, false, &problem.Error{Kind: problem.Conflict, Code: CodeUnfinished, Detail: "the upload is not finished yet", RetryAfter: 2 * time.Second}
	case upload.Chunks == 0:
		return nil, false, nil
	case n >= upload.Chunks:
		return nil, false, problem.New(problem.Invalid, "no_such_chunk", "the import has only %d parts", upload.Chunks)
	}
	chunk, found, err := c.store.ImportChunk(ctx, c.org, importID, n)
	switch {
	case err != nil:
		return nil, false, problem.Wrap(problem.Unavailable, "import_unread", err, "the import cannot be read now")
	case !found:
		return nil, false, problem.New(problem.Invalid, "chunk_missing", "part %d of %d of the import is missing: import the file again", n+1, upload.Chunks)
	}
	out := make([]sites.Review, len(chunk.Reviews))
	for i, r := range chunk.Reviews {
		out[i] = sites.Review{
			ExternalID: r.ExternalID, URL: r.URL, Author: r.Author, Rating: r.Rating,
			RawRating: r.RawRating, Title: r.Title, Text: r.Text, PostedAt: r.PostedAt, UpdatedAt: r.UpdatedAt,
			Reply: r.Reply,
		}
	}
	return out, n+1 < upload.Chunks, nil
}
