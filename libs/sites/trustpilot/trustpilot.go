// Package trustpilot reads the reviews of a business unit through Trustpilot's API.
//
// It promises: titles are kept apart from texts; a list is only complete when
// Trustpilot itself showed its end, which is an empty page, not a short one; a poll for
// news looks back over a month, so that edits and replies of recent reviews are
// seen without reading everything; an answer that cannot be understood is an error,
// never "no reviews".
//
// Replies are written by hand on Trustpilot; the next poll shows them.
package trustpilot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

const (
	// Adapter is the name listings refer to this package by.
	Adapter = "trustpilot"
	// DefaultBaseURL is Trustpilot's own service.
	DefaultBaseURL = "https://api.trustpilot.com"

	maxPerPage = 100 // the most the API gives
	maxPages   = 100_000
	// lookBack is how far before Since reviews are asked for again. They are sorted
	// by when they were posted; their edits and replies mostly come within days.
	lookBack = 30 * 24 * time.Hour
	// keyMark begins a secret that is an API key instead of an access token.
	keyMark = "apikey:"
	siteURL = "https://www.trustpilot.com/reviews/"
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
	// PerPage is how many reviews to ask for at once, 1 to 100; default 100.
	PerPage int
}

// Site reads Trustpilot business units. A listing's Ref is the business unit's id.
// Its Secret is an OAuth access token, or "apikey:" and an API key; with a key the
// public list is read, which has the same reviews without what only the owner sees.
type Site struct {
	client  Fetcher
	base    string
	perPage int
}

var (
	_ sites.Site       = (*Site)(nil)
	_ sites.Answerable = (*Site)(nil)
)

var (
	unitID   = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
	reviewID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)
)

// New makes a Site.
func New(cfg Config) (*Site, error) {
	if cfg.Client == nil {
		return nil, errors.New("trustpilot: a client is required")
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("trustpilot: the base URL must be an http or https address")
	}
	if cfg.PerPage == 0 {
		cfg.PerPage = maxPerPage
	}
	if cfg.PerPage < 1 || cfg.PerPage > maxPerPage {
		return nil, errors.New("trustpilot: reviews per page must be between 1 and 100")
	}
	return &Site{client: cfg.Client, base: strings.TrimSuffix(cfg.BaseURL, "/"), perPage: cfg.PerPage}, nil
}

// Adapter implements sites.Site.
func (s *Site) Adapter() string { return Adapter }

// Answering implements sites.Answerable: reviews are answered on Trustpilot.
func (s *Site) Answering(_ sites.Listing, reviewURL string) sites.Answering {
	out := sites.Answering{ByHand: true, Seen: true, URL: reviewURL}
	if u, err := url.Parse(reviewURL); err != nil || u.Scheme != "https" || u.Host == "" {
		out.URL = "https://businessapp.b2b.trustpilot.com/"
	}
	return out
}

// Fetch implements sites.Site.
func (s *Site) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	at, err := openPlace(req.Page)
	if err != nil {
		return sites.Page{}, err
	}
	address, h, err := s.request(req.Listing, at.page, req.Since)
	if err != nil {
		return sites.Page{}, err
	}
	resp, err := s.client.Do(ctx, polite.Request{
		URL: address, Header: h, ETag: req.ETag, LastModified: req.LastModified, NoRedirects: true,
	})
	if err != nil {
		return sites.Page{}, fmt.Errorf("list trustpilot reviews: %w", explain(err))
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
	out.Reviews, out.Warnings = list.reviews, list.warnings
	at.flawed = at.flawed || len(list.warnings) > 0
	switch {
	case list.items == 0:
		out.Complete = req.Since.IsZero() && !at.flawed
	case !req.Since.IsZero() && (list.items < s.perPage || list.endsBefore(req.Since.Add(-lookBack))):
		// News end here. That a short page is the last one need not be proved, because
		// nothing is concluded from what is missing.
	case at.page == maxPages:
		return sites.Page{}, problem.New(problem.Invalid, "endless_list", "Trustpilot's list does not end")
	default:
		out.Next = place{page: at.page + 1, flawed: at.flawed}.String()
	}
	return out, nil
}

func (s *Site) request(l sites.Listing, page int, since time.Time) (string, http.Header, error) {
	if !unitID.MatchString(l.Ref) {
		return "", nil, problem.New(problem.Invalid, "bad_ref", "a Trustpilot listing is the id of the business unit")
	}
	secret := strings.TrimSpace(l.Secret)
	if secret == "" {
		return "", nil, problem.New(problem.Forbidden, "no_credential", "the listing has no Trustpilot credential")
	}
	h := http.Header{}
	h.Set("Accept", "application/json")
	path := "/v1/private/business-units/"
	if key, isKey := strings.CutPrefix(secret, keyMark); isKey {
		path = "/v1/business-units/"
		h.Set("Apikey", strings.TrimSpace(key))
	} else {
		h.Set("Authorization", "Bearer "+secret)
	}
	query := url.Values{"page": {strconv.Itoa(page)}, "perPage": {strconv.Itoa(s.perPage)}, "orderBy": {"createdat.desc"}}
	if !since.IsZero() {
		// By the day, so that the address of polls stays the same and can be answered
		// by "not modified".
		query.Set("startDateTime", since.Add(-lookBack).UTC().Truncate(24*time.Hour).Format("2006-01-02T15:04:05"))
	}
	return s.base + path + l.Ref + "/reviews?" + query.Encode(), h, nil
}

// place is a page number. flawed remembers that a page before had a review that
// could not be read: the list is then never complete.
type place struct {
	page   int
	flawed bool
}

const flawedMark = "!"

func (p place) String() string {
	if p.flawed {
		return strconv.Itoa(p.page) + flawedMark
	}
	return strconv.Itoa(p.page)
}

func openPlace(token string) (place, error) {
	if token == "" {
		return place{page: 1}, nil
	}
	digits, flawed := strings.CutSuffix(token, flawedMark)
	n, err := strconv.Atoi(digits)
	if err != nil || n < 2 || n > maxPages || strconv.Itoa(n) != digits {
		return place{}, problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
	}
	return place{page: n, flawed: flawed}, nil
}

type wireReview struct {
	ID        string   `json:"id"`
	Stars     *float64 `json:"stars"`
	Title     string   `json:"title"`
	Text      string   `json:"text"`
	CreatedAt string   `json:"createdAt"`
	UpdatedAt string   `json:"updatedAt"`
	Consumer  struct {
		DisplayName string `json:"displayName"`
	} `json:"consumer"`
	Reply *struct {
		Text      string `json:"text"`
		CreatedAt string `json:"createdAt"`
		UpdatedAt string `json:"updatedAt"`
	} `json:"companyReply"`
}

type list struct {
	reviews  []sites.Review
	warnings []string
	items    int // of the answer, readable or not
}

func (l *list) warn(fault string) {
	if !slices.Contains(l.warnings, fault) {
		l.warnings = append(l.warnings, fault)
	}
}

// endsBefore reports whether the page reaches back beyond a time.
func (l *list) endsBefore(at time.Time) bool {
	if len(l.reviews) == 0 {
		return false
	}
	last := l.reviews[len(l.reviews)-1].PostedAt
	return !last.IsZero() && last.Before(at)
}

// decodeList reads an answer. It must have a list of reviews, be it empty. A single
// review that cannot be read is left out with a warning.
func decodeList(body []byte) (list, error) {
	var wire struct {
		Reviews *[]json.RawMessage `json:"reviews"`
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return list{}, problem.New(problem.Invalid, "trustpilot_answer", "Trustpilot's answer is not the JSON it promises")
	}
	if wire.Reviews == nil {
		return list{}, problem.New(problem.Invalid, "trustpilot_answer", "Trustpilot's answer is not a list of reviews")
	}
	if len(*wire.Reviews) > 10*maxPerPage {
		return list{}, problem.New(problem.Invalid, "trustpilot_answer", "Trustpilot's answer is larger than was asked for")
	}
	out := list{items: len(*wire.Reviews)}
	seen := map[string]bool{}
	for _, raw := range *wire.Reviews {
		r, fault := decodeReview(raw)
		switch {
		case fault != "":
			out.warn(fault)
		case !seen[r.ExternalID]:
			seen[r.ExternalID] = true
			out.reviews = append(out.reviews, r)
		}
	}
	return out, nil
}

func decodeReview(raw json.RawMessage) (sites.Review, string) {
	var wire wireReview
	if err := json.Unmarshal(raw, &wire); err != nil {
		return sites.Review{}, "a review that does not have the promised shape"
	}
	if !reviewID.MatchString(wire.ID) {
		return sites.Review{}, "a review without an id"
	}
	r := sites.Review{
		ExternalID: wire.ID, URL: siteURL + wire.ID, Author: strings.TrimSpace(wire.Consumer.DisplayName), Title: wire.Title, Text: wire.Text,
	}
	if len(r.Text) > events.MaxTextBytes || len(r.Title) > events.MaxTitleBytes || len(r.Author) > events.MaxAuthorBytes {
		return sites.Review{}, "a review larger than a review can be"
	}
	if stars := wire.Stars; stars != nil && *stars >= 1 && *stars <= 5 {
		r.Rating, r.RawRating = stars, strconv.FormatFloat(*stars, 'f', -1, 64)+"/5"
	}
	var created, updated bool
	r.PostedAt, created = parseTime(wire.CreatedAt)
	r.UpdatedAt, updated = parseTime(wire.UpdatedAt)
	if !created || !updated {
		return sites.Review{}, "a review with an unreadable time"
	}
	if wire.Reply != nil && wire.Reply.Text != "" && len(wire.Reply.Text) <= events.MaxTextBytes {
		at, ok := parseTime(wire.Reply.UpdatedAt)
		if !ok || at.IsZero() {
			at, _ = parseTime(wire.Reply.CreatedAt)
		}
		r.Reply = &events.Reply{Text: wire.Reply.Text, UpdatedAt: at}
	}
	return r, ""
}

// parseTime reads RFC 3339, also without a zone, which is then UTC. An absent time is
// the zero time.
func parseTime(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", text)
	}
	if err != nil || t.Year() < 1995 || t.Year() > 2199 {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// explain says what to do about the refusals that somebody can do something about.
func explain(err error) error {
	var status *polite.StatusError
	var own *problem.Error
	if !errors.As(err, &status) || !errors.As(err, &own) {
		return err
	}
	refined := *own
	switch status.Status {
	case http.StatusUnauthorized:
		refined.Code, refined.Detail = "trustpilot_credential", "Trustpilot does not accept the access token or API key: it ended or was revoked"
	case http.StatusForbidden:
		refined.Code, refined.Detail = "trustpilot_permission", "the Trustpilot account may not read this business unit"
	case http.StatusNotFound:
		refined.Code, refined.Detail = "trustpilot_not_found", "Trustpilot knows no business unit with this id"
	default:
		return err
	}
	return &refined
}
