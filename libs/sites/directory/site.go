package directory

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// Adapter is the name listings refer to this package by.
const Adapter = "directory"

const (
	// maxPages ends a list that leads in circles.
	maxPages = 500
	// sinceOverlap is how far behind Since a page must lie before reading
	// stops: sites release held reviews days later with the original date.
	sinceOverlap = 14 * 24 * time.Hour
)

// Fetcher is what the adapter needs of package polite.
type Fetcher interface {
	Do(ctx context.Context, req polite.Request) (*polite.Response, error)
}

// Config of a Site.
type Config struct {
	Client Fetcher // required
}

// Site reads directory pages. A listing's Ref is the URL of its first page; its
// credential is not used. It keeps to robots.txt.
type Site struct{ client Fetcher }

var _ sites.Site = (*Site)(nil)

// New makes a Site.
func New(cfg Config) (*Site, error) {
	if cfg.Client == nil {
		return nil, errors.New("directory: a client is required")
	}
	return &Site{client: cfg.Client}, nil
}

// Adapter implements sites.Site.
func (s *Site) Adapter() string { return Adapter }

// cursor is a page token: the number of the page, how many reviews came before
// it, and its URL.
type cursor struct {
	number int
	before int
	url    string
}

func (c cursor) String() string { return fmt.Sprintf("%d|%d|%s", c.number, c.before, c.url) }

func parseCursor(req sites.Request) (cursor, error) {
	first := cursor{number: 1, url: req.Listing.Ref}
	if req.Page == "" {
		return first, nil
	}
	parts := strings.SplitN(req.Page, "|", 3)
	if len(parts) != 3 {
		return cursor{}, problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
	}
	number, err1 := strconv.Atoi(parts[0])
	before, err2 := strconv.Atoi(parts[1])
	// The host may be another one than the listing's, where its first page led there by a
	// redirect; a page itself can name only pages of its own host as the next.
	u, err3 := url.Parse(parts[2])
	if errors.Join(err1, err2, err3) != nil || number < 2 || before < 0 || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return cursor{}, problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
	}
	if number > maxPages {
		return cursor{}, problem.New(problem.Invalid, "too_many_pages", "the listing has more than %d pages or leads in circles", maxPages)
	}
	return cursor{number: number, before: before, url: parts[2]}, nil
}

// Fetch implements sites.Site. A list is Complete only where every page was
// read without faults and as many reviews came out as the site says it has:
// many directories show the latest only, and what they no longer show is not
// gone.
func (s *Site) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	at, err := parseCursor(req)
	if err != nil {
		return sites.Page{}, err
	}
	resp, err := s.client.Do(ctx, polite.Request{
		URL:          at.url,
		Header:       map[string][]string{"Accept": {"text/html,application/xhtml+xml"}},
		ETag:         req.ETag,
		LastModified: req.LastModified,
		Robots:       true,
	})
	if err != nil {
		return sites.Page{}, fmt.Errorf("directory page %d: %w", at.number, err)
	}
	out := sites.Page{ETag: resp.ETag, LastModified: resp.LastModified, MaxAge: resp.MaxAge}
	if resp.NotModified {
		out.NotModified = true
		return out, nil
	}
	extract, err := read(resp.Body, resp.Header.Get("Content-Type"), resp.URL, scopeOf(req.Listing.Ref))
	if err != nil {
		return sites.Page{}, fmt.Errorf("directory page %d: %w", at.number, err)
	}
	if err := lostMarkup(extract, at); err != nil {
		return sites.Page{}, err
	}
	out.Reviews, out.Total, out.Facts = extract.Reviews, extract.Total, extract.Facts
	out.Warnings = extract.Faults
	if stopsAt(req.Since, extract.Reviews) {
		return out, nil
	}
	seen := at.before + len(extract.Reviews)
	if extract.Next != "" {
		out.Next = cursor{number: at.number + 1, before: seen, url: extract.Next}.String()
		return out, nil
	}
	out.Complete = len(extract.Faults) == 0 && seen >= extract.Total
	return out, nil
}

// lostMarkup reports a first page that speaks of many reviews and shows none:
// its shape changed, and "no new reviews" would be a lie.
func lostMarkup(extract Extract, at cursor) error {
	const many = 3
	if at.number > 1 || len(extract.Reviews) > 0 || extract.Facts.Aggregate == nil || extract.Facts.Aggregate.ReviewCount < many {
		return nil
	}
	return problem.New(problem.Invalid, "reviews_missing",
		"the page says it has %d reviews, but its markup holds none: its shape changed", extract.Facts.Aggregate.ReviewCount)
}

// stopsAt reports whether everything further down the list is known already.
// That can only be told of a list that is sorted with the newest first.
func stopsAt(since time.Time, reviews []sites.Review) bool {
	if since.IsZero() || len(reviews) < 2 {
		return false
	}
	for i, r := range reviews {
		if r.PostedAt.IsZero() || (i > 0 && r.PostedAt.After(reviews[i-1].PostedAt)) {
			return false
		}
	}
	return reviews[len(reviews)-1].PostedAt.Before(since.Add(-sinceOverlap))
}
