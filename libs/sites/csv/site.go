package csv

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// Adapter is the name listings refer to this package by.
const Adapter = "csv"

// Chunks is where the reviews of an import wait to be fetched. Chunk n counts
// from 0; more says that chunk n+1 exists. Errors are of package problem's
// kinds, NotFound for an import that does not exist.
type Chunks interface {
	Chunk(ctx context.Context, importID string, n int) (reviews []sites.Review, more bool, err error)
}

// SiteConfig of a Site.
type SiteConfig struct {
	Chunks Chunks // required
}

// Site serves imports. A listing's Ref is the import's id.
type Site struct{ chunks Chunks }

var _ sites.Site = (*Site)(nil)

// NewSite makes a Site.
func NewSite(cfg SiteConfig) (*Site, error) {
	if cfg.Chunks == nil {
		return nil, errors.New("csv: chunks are required")
	}
	return &Site{chunks: cfg.Chunks}, nil
}

// Adapter implements sites.Site.
func (s *Site) Adapter() string { return Adapter }

// Fetch implements sites.Site. Page tokens are the numbers of chunks. An import
// adds and changes; it is never Complete, because what a file lacks is not gone
// from its site.
func (s *Site) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	if err := ctx.Err(); err != nil {
		return sites.Page{}, fmt.Errorf("read an import: %w", err)
	}
	n := 0
	if req.Page != "" {
		var err error
		if n, err = strconv.Atoi(req.Page); err != nil || n < 1 {
			return sites.Page{}, problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
		}
	}
	if req.Listing.Ref == "" {
		return sites.Page{}, problem.New(problem.Invalid, "bad_ref", "the listing names no import")
	}
	reviews, more, err := s.chunks.Chunk(ctx, req.Listing.Ref, n)
	if err != nil {
		return sites.Page{}, fmt.Errorf("read chunk %d of an import: %w", n, err)
	}
	out := sites.Page{Reviews: make([]sites.Review, len(reviews))}
	for i, r := range reviews {
		r.ExternalID = ScopedID(req.Listing.LocationID, r.ExternalID)
		out.Reviews[i] = r
	}
	if more {
		out.Next = strconv.Itoa(n + 1)
	}
	return out, nil
}

// maxRowNumber is the longest id that is taken for a number of rows.
const maxRowNumber = 9

// ScopedID keeps ids that are unique on a site and adds the location to ids that are
// only a number: exports number their rows, and review 17 of one location must not
// become review 17 of another.
func ScopedID(locationID, externalID string) string {
	if len(externalID) > maxRowNumber || locationID == "" || strings.Trim(externalID, "0123456789") != "" {
		return externalID
	}
	return externalID + "@" + locationID
}
