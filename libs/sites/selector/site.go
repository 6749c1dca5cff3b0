// Package selector reads reviews and listing facts from the pages of sites that
// carry no markup for machines, by a definition for each site: CSS selectors,
// forms of dates, the scale of ratings and how the list goes on, in a YAML file
// that the operator writes and tries with "bedside source test".
//
// It promises what package directory does: texts are verbatim, what the page
// does not say is left empty, and no page costs more than bounded time and
// memory. A page on which the definition finds no reviews is an error unless
// it shows what the definition knows as "no reviews": a site whose pages were
// built anew must not look like a practice without reviews.
package selector

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// Adapter is the name listings refer to this package by.
const Adapter = "selector"

// sinceOverlap is how far behind Since a page must lie before reading stops:
// sites release held reviews days later with the original date.
const sinceOverlap = 14 * 24 * time.Hour

// Fetcher is what the adapter needs of package polite.
type Fetcher interface {
	Do(ctx context.Context, req polite.Request) (*polite.Response, error)
}

// Config of a Site.
type Config struct {
	Client Fetcher // required
	// Definitions by their name.
	Definitions map[string]*Definition
	// Now is what relative dates count from. Default time.Now.
	Now func() time.Time
}

// Site reads pages by definitions. A listing's Ref is the definition's name, an
// exclamation mark and the URL of the first page; its credential is not used. It
// keeps to robots.txt.
type Site struct {
	cfg Config
}

var _ sites.Site = (*Site)(nil)

// New makes a Site.
func New(cfg Config) (*Site, error) {
	if cfg.Client == nil {
		return nil, errors.New("selector: a client is required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Site{cfg: cfg}, nil
}

// Adapter implements sites.Site.
func (s *Site) Adapter() string { return Adapter }

// ParseRef splits a listing's Ref, "townhealth!https://townhealth.example/x".
// The error is of kind Invalid.
func ParseRef(ref string) (name string, page *url.URL, err error) {
	name, address, found := strings.Cut(ref, "!")
	page, parseErr := url.Parse(address)
	if !found || !siteName.MatchString(name) || parseErr != nil || page.Host == "" || page.User != nil ||
		(page.Scheme != "https" && page.Scheme != "http") {
		return "", nil, problem.New(problem.Invalid, "bad_ref",
			"a listing of this kind is the name of a definition, an exclamation mark and the address of the first page, as in townhealth!https://townhealth.example/harbor-eye")
	}
	return name, page, nil
}

// Covers reports whether the definition is for a host.
func (d *Definition) Covers(host string) bool {
	return slices.ContainsFunc(d.Hosts, func(h string) bool { return sameHost(h, host) })
}

// cursor is a page token: the number of the page, how many reviews came before
// it, what the page before showed, and its address.
type cursor struct {
	number int
	before int
	shown  string
	url    string
}

func (c cursor) String() string {
	return fmt.Sprintf("%d|%d|%s|%s", c.number, c.before, c.shown, c.url)
}

func (d *Definition) parseCursor(token string, first *url.URL) (cursor, error) {
	if token == "" {
		return cursor{number: 1, url: first.String()}, nil
	}
	if parts := strings.SplitN(token, "|", 4); len(parts) == 4 {
		number, err1 := strconv.Atoi(parts[0])
		before, err2 := strconv.Atoi(parts[1])
		u, err3 := url.Parse(parts[3])
		if errors.Join(err1, err2, err3) == nil && number > 1 && before >= 0 && d.Covers(u.Host) {
			return cursor{number: number, before: before, shown: parts[2], url: parts[3]}, nil
		}
	}
	return cursor{}, problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
}

// Fetch implements sites.Site.
func (s *Site) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	name, first, err := ParseRef(req.Listing.Ref)
	if err != nil {
		return sites.Page{}, err
	}
	d := s.cfg.Definitions[name]
	if d == nil {
		return sites.Page{}, problem.New(problem.Invalid, "no_definition", "there is no definition of the name %q in the scraper's folder of definitions", name)
	}
	if !d.Covers(first.Host) {
		return sites.Page{}, problem.New(problem.Invalid, "wrong_host", "the definition %q is not for this host; its hosts are %s", name, strings.Join(d.Hosts, ", "))
	}
	at, err := d.parseCursor(req.Page, first)
	if err != nil {
		return sites.Page{}, err
	}
	resp, err := s.cfg.Client.Do(ctx, polite.Request{
		URL:  at.url,
		ETag: req.ETag, LastModified: req.LastModified, Robots: true,
		Header: map[string][]string{"Accept": {"text/html,application/xhtml+xml"}},
	})
	if err != nil {
		if at.number > 1 && d.Paging.Parameter != "" && problem.KindOf(err) == problem.NotFound {
			return sites.Page{}, nil // sites answer so behind their last page
		}
		return sites.Page{}, fmt.Errorf("page %d by the definition %s: %w", at.number, name, err)
	}
	if resp.NotModified {
		return sites.Page{NotModified: true, ETag: resp.ETag, LastModified: resp.LastModified, MaxAge: resp.MaxAge}, nil
	}
	if final, err := url.Parse(resp.URL); err != nil || !d.Covers(final.Host) {
		return sites.Page{}, problem.New(problem.Invalid, "moved", "the page moved to a host that the definition %q is not for", name)
	}
	found, err := d.read(resp.Body, resp.Header.Get("Content-Type"), resp.URL, scopeOf(first), s.cfg.Now())
	if err != nil {
		return sites.Page{}, fmt.Errorf("page %d by the definition %s: %w", at.number, name, err)
	}
	if err := d.check(found, at); err != nil {
		return sites.Page{}, err
	}
	out := d.page(found, at, req.Since)
	out.ETag, out.LastModified, out.MaxAge = resp.ETag, resp.LastModified, resp.MaxAge
	return out, nil
}

// CheckFirst says what is wrong with a first page that shows no reviews; nil
// where the page says itself that there are none. The error is of kind Invalid.
func (d *Definition) CheckFirst(found Extract) error {
	switch {
	case found.Items > 0 && len(found.Reviews) > 0, found.Empty:
		return nil
	case found.Items > 0:
		return problem.New(problem.Invalid, "reviews_missing", "the page has items, but none could be read as a review: its shape changed")
	case found.Total > 0:
		return problem.New(problem.Invalid, "reviews_missing", "the page says it has %d reviews, but none was found: its shape changed", found.Total)
	case found.Matched["facts.review_count"] > 0:
		return nil // the page counts none
	}
	return problem.New(problem.Invalid, "no_listing",
		"no review was found, and nothing that says that there are none: it is not a listing, or its shape changed")
}

// check refuses a page that may hold reviews which were not found.
func (d *Definition) check(found Extract, at cursor) error {
	if at.number == 1 {
		return d.CheckFirst(found)
	}
	if len(found.Reviews) > 0 || found.Empty {
		return nil
	}
	// Behind the last page a site that counts its pages shows a page of its own
	// without reviews; something else, such as a failure, shows nothing known.
	if d.Paging.Parameter != "" && found.Items == 0 && len(found.Matched) > 0 {
		return nil
	}
	return problem.New(problem.Invalid, "reviews_missing", "page %d of the list shows no reviews: its shape changed, or the site failed", at.number)
}

// page decides what follows. A list is Complete only where every page was read
// without warnings and as many reviews came out as the site says it has.
func (d *Definition) page(found Extract, at cursor, since time.Time) sites.Page {
	out := sites.Page{Reviews: found.Reviews, Facts: found.Facts, Total: found.Total, Warnings: found.Warnings}
	if d.NewestFirst && stopsAt(since, found.Reviews) {
		return out
	}
	// Repeated items are counted twice here, so that seen may be too large; what
	// ends the list is a page without new items, never this number.
	seen, shown := at.before+len(found.Reviews), idsOf(found)
	// Sites that are asked for a page behind their last one show a page again.
	again := d.Paging.Parameter != "" && shown == at.shown
	if next := d.nextOf(found, at); next != "" && !again {
		if at.number >= d.Paging.MaxPages {
			return out // the rest is not read, so nothing is known to be gone
		}
		out.Next = cursor{number: at.number + 1, before: seen, shown: shown, url: next}.String()
		return out
	}
	out.Complete = len(found.Warnings) == 0 && seen >= found.Total
	return out
}

// idsOf tells pages apart by the reviews on them.
func idsOf(found Extract) string {
	ids := make([]string, len(found.Reviews))
	for i, r := range found.Reviews {
		ids[i] = r.ExternalID
	}
	return hash(ids...)
}

// nextOf is the address of the next page, empty on the last.
func (d *Definition) nextOf(found Extract, at cursor) string {
	if d.Paging.Parameter == "" {
		return found.Next
	}
	if found.Items == 0 {
		return ""
	}
	u, err := url.Parse(at.url)
	if err != nil {
		return ""
	}
	query := u.Query()
	query.Set(d.Paging.Parameter, strconv.Itoa(*d.Paging.First+at.number*d.Paging.Step))
	u.RawQuery = query.Encode()
	return u.String()
}

// stopsAt reports whether everything further down the list is known already.
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
