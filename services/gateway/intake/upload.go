package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// Row is one row of a file: a review, or the reason why it cannot be one.
type Row struct {
	Review   collections.ImportReview
	Rejected *collections.Rejection
}

// Rows reads a file row by row; io.EOF is its end, any other error is about the
// file as a whole.
type Rows interface {
	Next() (Row, error)
}

// Options say how a file is written.
type Options struct {
	Format     string // auto, csv, jsonl
	Columns    string // "text=Comment,rating=Stars"
	DateFormat string // auto, mdy, dmy, ymd
}

// Opener begins to read a file. Options that make no sense are problem.Invalid.
type Opener func(file io.Reader, options Options) (Rows, error)

// upload is one file on its way in.
type upload struct {
	service *Service
	req     Request
	doc     collections.Import
	sample  []collections.ImportReview
	chunk   []collections.ImportReview
	size    int
	begun   bool
}

func (u *upload) read(ctx context.Context, rows Rows) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		u.doc.Rows++
		if row.Rejected != nil {
			u.doc.Rejected++
			if len(u.doc.Rejections) < MaxRejections {
				u.doc.Rejections = append(u.doc.Rejections, *row.Rejected)
			}
			continue
		}
		u.doc.Accepted++
		if err := u.take(ctx, row.Review); err != nil {
			return err
		}
	}
	if u.req.DryRun {
		return nil
	}
	return u.finish(ctx)
}

func (u *upload) take(ctx context.Context, r collections.ImportReview) error {
	if u.req.DryRun {
		if len(u.sample) < sampleRows {
			u.sample = append(u.sample, r)
		}
		return nil
	}
	size := len(r.Text) + len(r.Title) + len(r.Author) + len(r.ExternalID) + len(r.URL) + len(r.RawRating) + 100
	if r.Reply != nil {
		size += len(r.Reply.Text) + 100
	}
	if len(u.chunk) == maxChunkRows || len(u.chunk) > 0 && u.size+size > maxChunkBytes {
		if err := u.store(ctx); err != nil {
			return err
		}
	}
	u.chunk = append(u.chunk, r)
	u.size += size
	return nil
}

// store writes the chunk in hand; before the first, the import itself, so that what
// an upload leaves can be found.
func (u *upload) store(ctx context.Context) error {
	if err := u.begin(ctx); err != nil {
		return err
	}
	err := u.service.cfg.Store.AddImportChunk(ctx, u.req.OrgID, &collections.ImportChunk{
		Base:     docstore.Base{OrgID: u.req.OrgID},
		ImportID: u.doc.ID, N: u.doc.Chunks, Reviews: u.chunk,
	})
	if err != nil {
		return fmt.Errorf("store a part of an import: %w", err)
	}
	u.doc.Chunks++
	u.chunk, u.size = nil, 0
	return nil
}

func (u *upload) begin(ctx context.Context) error {
	if u.begun {
		return nil
	}
	u.begun = true
	first := u.doc
	if err := u.service.cfg.Store.AddImport(ctx, u.req.OrgID, &first); err != nil {
		return fmt.Errorf("begin an import: %w", err)
	}
	return nil
}

func (u *upload) finish(ctx context.Context) error {
	if err := u.begin(ctx); err != nil {
		return err
	}
	if len(u.chunk) > 0 {
		if err := u.store(ctx); err != nil {
			return err
		}
	}
	var listing *collections.Listing
	if u.doc.Accepted > 0 {
		listing = &collections.Listing{
			Base:       docstore.Base{ID: u.doc.ListingID, OrgID: u.req.OrgID},
			LocationID: u.req.LocationID, Site: u.req.Site, Adapter: "csv", Ref: u.doc.ID,
			Enabled: true, CreatedAt: u.service.cfg.Now(),
		}
	}
	if err := u.service.cfg.Store.FinishImport(ctx, u.req.OrgID, &u.doc, listing); err != nil {
		return err
	}
	u.doc.Complete = true
	return nil
}

// abandonTime bounds the removal of what an upload left.
const abandonTime = 30 * time.Second

// abandon removes what was stored. The caller may be gone, so that its context is
// not used; what cannot be removed now is removed by the sweep.
func (u *upload) abandon(ctx context.Context) {
	if !u.begun {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	if err := u.service.cfg.Store.DropImport(ctx, u.req.OrgID, u.doc.ID); err != nil {
		u.service.cfg.Logger.WarnContext(ctx, "an import that broke off is left for the sweep", "import_id", u.doc.ID, "error", err)
	}
}
