// Package yelp reads what Yelp's API shows of a business: excerpts of its three
// latest reviews.
//
// It promises: every review is marked as an excerpt, because Yelp cuts the text; times,
// which Yelp writes without a zone, are read as Pacific time with its summer time;
// what Yelp says of the key's daily budget is passed on, also by a refusal; a page is
// never a complete list, so that no review counts as removed because newer ones
// pushed it out. A business that gets more than three reviews between two polls
// loses the others: Yelp shows them to nobody.
//
// Replies are published through Yelp's partner API where the listing's credential has
// access to it; everybody else answers by hand, see Site.Answering.
package yelp

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
	_ "time/tzdata" // machines without time zones must read Pacific time, too

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

const (
	// Adapter is the name listings refer to this package by.
	Adapter = "yelp"
	// DefaultBaseURL and DefaultPartnerURL are Yelp's own services.
	DefaultBaseURL    = "https://api.yelp.com"
	DefaultPartnerURL = "https://partner-api.yelp.com"
	// Excerpts is how many reviews Yelp shows.
	Excerpts = 3

	// callsPerDay is what a key of the starter plan gets, from midnight UTC.
	callsPerDay = 300
	siteZone    = "America/Los_Angeles"
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
	// PartnerURL is where replies go. Default: DefaultPartnerURL, or BaseURL where
	// that is not Yelp's own.
	PartnerURL string
	// Now is the clock by which refusals end; default time.Now.
	Now func() time.Time
}

// Site reads Yelp businesses. A listing's Ref is the business' id or alias. Its Secret
// is the API key; where the practice has partner access, the key, a space and the
// access token of the business owner.
type Site struct {
	client        Fetcher
	base, partner string
	zone          *time.Location
	now           func() time.Time
}

var (
	_ sites.Site       = (*Site)(nil)
	_ sites.Publisher  = (*Site)(nil)
	_ sites.Answerable = (*Site)(nil)
	_ sites.Budgeted   = (*Site)(nil)
)

// New makes a Site.
func New(cfg Config) (*Site, error) {
	if cfg.Client == nil {
		return nil, errors.New("yelp: a client is required")
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	if cfg.PartnerURL == "" {
		cfg.PartnerURL = cfg.BaseURL
		if cfg.BaseURL == DefaultBaseURL {
			cfg.PartnerURL = DefaultPartnerURL
		}
	}
	for _, address := range []string{cfg.BaseURL, cfg.PartnerURL} {
		u, err := url.Parse(address)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return nil, errors.New("yelp: the base URLs must be http or https addresses")
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	zone, err := time.LoadLocation(siteZone)
	if err != nil {
		return nil, fmt.Errorf("yelp: load the zone of its times: %w", err)
	}
	return &Site{
		client: cfg.Client, base: strings.TrimSuffix(cfg.BaseURL, "/"), partner: strings.TrimSuffix(cfg.PartnerURL, "/"),
		zone: zone, now: cfg.Now,
	}, nil
}

// Adapter implements sites.Site.
func (s *Site) Adapter() string { return Adapter }

// Budget implements sites.Budgeted.
func (s *Site) Budget() sites.BudgetRule { return sites.BudgetRule{PerDay: callsPerDay} }

var (
	// Aliases are made of the business' name and may have letters of any language.
	business = regexp.MustCompile(`^[\p{L}\p{N}_-]{1,200}$`)
	reviewID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)
)

// credential splits a listing's secret.
func credential(l sites.Listing) (key, partnerToken string, err error) {
	switch parts := strings.Fields(l.Secret); len(parts) {
	case 0:
		return "", "", problem.New(problem.Forbidden, "no_credential", "the listing has no Yelp API key")
	case 1:
		return parts[0], "", nil
	case 2:
		return parts[0], parts[1], nil
	default:
		return "", "", problem.New(problem.Forbidden, "bad_credential",
			"a Yelp credential is an API key, or an API key, a space and a partner access token")
	}
}

// Fetch implements sites.Site. There is one page. Its Budget is there with an error,
// too, where Yelp refuses because the budget is used up.
func (s *Site) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	if !business.MatchString(req.Listing.Ref) {
		return sites.Page{}, problem.New(problem.Invalid, "bad_ref", "a Yelp listing is the business' id or alias, as in yelp.com/biz/ALIAS")
	}
	if req.Page != "" {
		return sites.Page{}, problem.New(problem.Invalid, "bad_page", "Yelp's excerpts have one page")
	}
	key, _, err := credential(req.Listing)
	if err != nil {
		return sites.Page{}, err
	}
	resp, err := s.client.Do(ctx, polite.Request{
		// Without the order Yelp puts first what it thinks people like to read.
		URL:    s.base + "/v3/businesses/" + url.PathEscape(req.Listing.Ref) + "/reviews?sort_by=newest",
		Header: headers(key), ETag: req.ETag, LastModified: req.LastModified, NoRedirects: true,
	})
	if err != nil {
		budget, err := s.explain(err)
		return sites.Page{Budget: budget}, fmt.Errorf("list yelp reviews: %w", err)
	}
	out := sites.Page{ETag: resp.ETag, LastModified: resp.LastModified, MaxAge: resp.MaxAge, Budget: budget(resp.Header)}
	if resp.NotModified {
		out.NotModified = true
		return out, nil
	}
	list, err := s.decodeList(resp.Body)
	if err != nil {
		return sites.Page{Budget: out.Budget}, err
	}
	// Total stays unsaid: it counts reviews that are never shown here.
	out.Reviews, out.Warnings, out.Facts = list.reviews, list.warnings, list.facts
	return out, nil
}

func headers(token string) http.Header {
	h := http.Header{}
	h.Set("Authorization", "Bearer "+token)
	h.Set("Accept", "application/json")
	return h
}

// budget reads what every answer says of the key's calls; nil if it does not.
// Some keys have a bound for reviews beside that for all calls; the tighter one counts.
func budget(h http.Header) *sites.Budget {
	number := func(name string) int {
		n, err := strconv.Atoi(strings.TrimSpace(h.Get(name)))
		if err != nil || n < 0 {
			return -1
		}
		return n
	}
	left := number("RateLimit-Remaining")
	if left < 0 {
		return nil
	}
	out := &sites.Budget{Remaining: left, Limit: max(number("RateLimit-DailyLimit"), 0)}
	if own := number("RateLimit-ResourceRemaining"); own >= 0 && own < left {
		out.Remaining, out.Limit = own, max(number("RateLimit-ResourceDailyLimit"), 0)
	}
	if at, err := time.Parse(time.RFC3339, strings.TrimSpace(h.Get("RateLimit-ResetTime"))); err == nil {
		out.ResetAt = at.UTC()
	}
	return out
}
