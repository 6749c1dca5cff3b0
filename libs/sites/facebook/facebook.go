// Package facebook reads the recommendations of a Facebook Page through the Graph API.
//
// It promises: a recommendation has no rating, because nobody gave one; what the
// reviewer chose is kept as its raw rating ("recommends", "does not recommend"),
// and only old reviews have the stars they were given. An error code of Facebook's
// is told as what it means: rate limits, a missing permission, a token that ended,
// and code 12, by which Facebook says that this way of reading recommendations is
// closed for good (problem code sites.CodeEnded).
//
// Facebook closed it for version 22.0 and later of its API. Older versions serve it
// until they are retired, so the version is part of the base URL.
//
// Facebook shows no replies here and takes none: they are written by hand, and a
// person has to say that it is done.
package facebook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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
	Adapter = "facebook"
	// DefaultBaseURL is Facebook's own service without a version.
	DefaultBaseURL = "https://graph.facebook.com"
	// DefaultVersion is the last one that serves recommendations.
	DefaultVersion = "v21.0"

	pageSize = 100
	fields   = "created_time,has_rating,has_review,open_graph_story{id},rating,recommendation_type,review_text,reviewer{id,name}"
	// sinceOverlap is how far behind Since a review must lie before reading stops:
	// clocks differ, and held reviews are released late.
	sinceOverlap = 48 * time.Hour
	maxCursor    = 2 << 10
)

// Fetcher is what the adapter needs of package polite.
type Fetcher interface {
	Do(ctx context.Context, req polite.Request) (*polite.Response, error)
}

// Config of a Site.
type Config struct {
	Client Fetcher // required
	// BaseURL is the service's address; default DefaultBaseURL. It may end in a
	// version ("/v20.0"); without one DefaultVersion is asked for.
	BaseURL string
}

// Site reads Facebook Pages. A listing's Ref is the Page's id or name. Its Secret is a
// Page access token with pages_read_user_content; for apps that demand proof of the
// app's secret, the token, a space and the app's secret.
type Site struct {
	client Fetcher
	base   string
}

var (
	_ sites.Site       = (*Site)(nil)
	_ sites.Answerable = (*Site)(nil)
)

var (
	version  = regexp.MustCompile(`/v[0-9]{1,3}\.[0-9]{1,2}$`)
	pageName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)
	cursor   = regexp.MustCompile(`^[A-Za-z0-9_=+/.~-]+$`)
)

// New makes a Site.
func New(cfg Config) (*Site, error) {
	if cfg.Client == nil {
		return nil, errors.New("facebook: a client is required")
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("facebook: the base URL must be an http or https address")
	}
	base := strings.TrimSuffix(cfg.BaseURL, "/")
	if !version.MatchString(base) {
		base += "/" + DefaultVersion
	}
	return &Site{client: cfg.Client, base: base}, nil
}

// Adapter implements sites.Site.
func (s *Site) Adapter() string { return Adapter }

// Answering implements sites.Answerable: recommendations are answered on Facebook.
func (s *Site) Answering(listing sites.Listing, reviewURL string) sites.Answering {
	out := sites.Answering{ByHand: true, URL: reviewURL}
	if u, err := url.Parse(reviewURL); err != nil || u.Scheme != "https" || u.Host == "" {
		out.URL = "https://www.facebook.com/" + url.PathEscape(listing.Ref) + "/reviews"
	}
	return out
}

// Fetch implements sites.Site.
func (s *Site) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	at, err := openPlace(req.Page)
	if err != nil {
		return sites.Page{}, err
	}
	address, h, err := s.request(req.Listing, at.cursor)
	if err != nil {
		return sites.Page{}, err
	}
	resp, err := s.client.Do(ctx, polite.Request{
		URL: address, Header: h, ETag: req.ETag, LastModified: req.LastModified, NoRedirects: true,
	})
	if err != nil {
		return sites.Page{}, fmt.Errorf("list facebook recommendations: %w", explain(err))
	}
	out := sites.Page{ETag: resp.ETag, LastModified: resp.LastModified, MaxAge: resp.MaxAge}
	if resp.NotModified {
		out.NotModified = true
		return out, nil
	}
	list, err := decodeList(req.Listing.Ref, resp.Body, resp.Header)
	if err != nil {
		return sites.Page{}, err
	}
	if list.next == at.cursor && at.cursor != "" {
		return sites.Page{}, problem.New(problem.Unavailable, "page_loop", "Facebook answered with the same cursor again")
	}
	out.Reviews, out.Warnings = list.reviews, list.warnings
	if list.stopsAt(req.Since) {
		return out, nil
	}
	at.flawed = at.flawed || len(list.warnings) > 0
	if list.next != "" {
		out.Next = place{cursor: list.next, flawed: at.flawed}.String()
		return out, nil
	}
	out.Complete = !at.flawed
	return out, nil
}

// request gives the address of a page and what goes with it. The token is in a header,
// because addresses are logged along the way.
func (s *Site) request(l sites.Listing, after string) (string, http.Header, error) {
	if !pageName.MatchString(l.Ref) {
		return "", nil, problem.New(problem.Invalid, "bad_ref", "a Facebook listing is the Page's id or name, as in facebook.com/NAME")
	}
	parts := strings.Fields(l.Secret)
	if len(parts) == 0 {
		return "", nil, problem.New(problem.Forbidden, "no_credential", "the listing has no Facebook Page access token")
	}
	if len(parts) > 2 {
		return "", nil, problem.New(problem.Forbidden, "bad_credential",
			"a Facebook credential is a Page access token, or a token, a space and the app's secret")
	}
	query := url.Values{"fields": {fields}, "limit": {strconv.Itoa(pageSize)}}
	if after != "" {
		query.Set("after", after)
	}
	if len(parts) == 2 {
		mac := hmac.New(sha256.New, []byte(parts[1]))
		_, _ = mac.Write([]byte(parts[0])) // a hash never fails
		query.Set("appsecret_proof", hex.EncodeToString(mac.Sum(nil)))
	}
	h := http.Header{}
	h.Set("Authorization", "Bearer "+parts[0])
	h.Set("Accept", "application/json")
	return s.base + "/" + l.Ref + "/ratings?" + query.Encode(), h, nil
}

// place is where a page begins. flawed remembers that a page before had a review
// that could not be read: the list is then never complete.
type place struct {
	cursor string
	flawed bool
}

const (
	soundMark  = "after:"
	flawedMark = "flawed:"
)

func (p place) String() string {
	if p.flawed {
		return flawedMark + p.cursor
	}
	return soundMark + p.cursor
}

func openPlace(page string) (place, error) {
	if page == "" {
		return place{}, nil
	}
	text, sound := strings.CutPrefix(page, soundMark)
	if !sound {
		var flawed bool
		if text, flawed = strings.CutPrefix(page, flawedMark); !flawed {
			text = ""
		}
	}
	if !cursor.MatchString(text) || len(text) > maxCursor {
		return place{}, problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
	}
	return place{cursor: text, flawed: !sound}, nil
}
