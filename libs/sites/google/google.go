// Package google reads and answers reviews through Google's Business Profile
// API (My Business v4).
//
// It promises: reviews come newest change first, so that a poll stops at what
// is known; texts are what the reviewer wrote, not Google's translation; a time
// with any number of fraction digits is read exactly; an answer that cannot be
// understood is an error, never "no reviews". Publishing a reply is idempotent,
// but success means that Google took the reply, not that it is public yet:
// Google moderates replies, and the next Fetch shows what became of it, a
// refused or held one too.
//
// Listings of one account are polled for news together, up to MaxBatch a call;
// ParsePush reads Google's notifications, which say where something is new.
package google

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

const (
	// Adapter is the name listings refer to this package by.
	Adapter = "google"
	// DefaultBaseURL is Google's own service.
	DefaultBaseURL = "https://mybusiness.googleapis.com"

	pageSize      = 50 // the most the API gives
	maxReplyBytes = 4096
	// sinceOverlap is how far behind Since a review must lie before reading
	// stops: clocks differ, and held reviews are released late.
	sinceOverlap = 48 * time.Hour
	maxTokenSize = 4 << 10
)

// Fetcher is what the adapter needs of package polite.
type Fetcher interface {
	Do(ctx context.Context, req polite.Request) (*polite.Response, error)
}

// Config of a Site.
type Config struct {
	Client Fetcher // required
	// BaseURL is the service's address without a path; default DefaultBaseURL.
	BaseURL string
}

// Site reads and answers Google reviews. A listing's Ref is its resource name,
// "accounts/123/locations/456"; its Secret is an OAuth access token of scope
// business.manage.
type Site struct {
	client Fetcher
	base   string
}

var (
	_ sites.Site      = (*Site)(nil)
	_ sites.Publisher = (*Site)(nil)
	_ sites.Batcher   = (*Site)(nil)
)

// New makes a Site.
func New(cfg Config) (*Site, error) {
	if cfg.Client == nil {
		return nil, errors.New("google: a client is required")
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("google: the base URL must be an http or https address")
	}
	return &Site{client: cfg.Client, base: strings.TrimSuffix(cfg.BaseURL, "/")}, nil
}

// Adapter implements sites.Site.
func (s *Site) Adapter() string { return Adapter }

// MaxReplyBytes implements sites.Publisher: Google counts bytes, not characters.
func (s *Site) MaxReplyBytes() int { return maxReplyBytes }

var (
	resourceName = regexp.MustCompile(`^accounts/[A-Za-z0-9_-]+/locations/[A-Za-z0-9_-]+$`)
	reviewID     = regexp.MustCompile(`^[A-Za-z0-9_=-]+$`)
)

func (s *Site) listingURL(l sites.Listing) (string, error) {
	if !resourceName.MatchString(l.Ref) {
		return "", problem.New(problem.Invalid, "bad_ref",
			"a Google listing is named accounts/ACCOUNT/locations/LOCATION")
	}
	if l.Secret == "" {
		return "", problem.New(problem.Forbidden, "no_credential", "the listing has no Google credential")
	}
	return s.base + "/v4/" + l.Ref + "/reviews", nil
}

func headers(l sites.Listing) http.Header {
	h := http.Header{}
	h.Set("Authorization", "Bearer "+l.Secret)
	h.Set("Accept", "application/json")
	return h
}

// Fetch implements sites.Site. Page tokens are Google's own, behind the number
// of reviews of the pages before.
func (s *Site) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	address, err := s.listingURL(req.Listing)
	if err != nil {
		return sites.Page{}, err
	}
	before, token, err := splitToken(req.Page)
	if err != nil {
		return sites.Page{}, err
	}
	query := url.Values{"pageSize": {strconv.Itoa(pageSize)}, "orderBy": {"updateTime desc"}}
	if token != "" {
		query.Set("pageToken", token)
	}
	resp, err := s.client.Do(ctx, polite.Request{
		URL: address + "?" + query.Encode(), Header: headers(req.Listing),
		ETag: req.ETag, LastModified: req.LastModified, NoRedirects: true,
	})
	if err != nil {
		return sites.Page{}, fmt.Errorf("list google reviews: %w", explain(err))
	}
	out := sites.Page{ETag: resp.ETag, LastModified: resp.LastModified, MaxAge: resp.MaxAge}
	if resp.NotModified {
		out.NotModified = true
		return out, nil
	}
	list, err := decodeList(resp.Body)
	if err != nil {
		return sites.Page{}, err
	}
	if list.next == token && token != "" {
		return sites.Page{}, problem.New(problem.Unavailable, "page_loop", "Google answered with the same page token again")
	}
	out.Reviews, out.Warnings, out.Facts, out.Total = list.reviews, list.warnings, list.facts, list.total
	if list.stopsAt(req.Since) {
		return out, nil
	}
	seen := before + len(list.reviews)
	if list.next != "" {
		out.Next = strconv.Itoa(seen) + "|" + list.next
		return out, nil
	}
	// While the list changes, items slip between pages; a list that is shorter
	// than Google's own count may lack what is still there.
	out.Complete = len(list.warnings) == 0 && seen >= list.total
	return out, nil
}

func splitToken(page string) (before int, token string, err error) {
	if page == "" {
		return 0, "", nil
	}
	count, token, found := strings.Cut(page, "|")
	before, convErr := strconv.Atoi(count)
	if !found || convErr != nil || before < 0 || token == "" || len(token) > maxTokenSize {
		return 0, "", problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
	}
	return before, token, nil
}
