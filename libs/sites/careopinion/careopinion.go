// Package careopinion reads the stories that patients tell on Care Opinion, and the
// responses of services to them.
//
// It promises: an invalid key, which the site answers with its sign-in page, is "not
// authorised" and never "no stories"; texts are the words without Markdown's marks
// (see Plain); all responses to a story are its reply, oldest first; a list that
// moved while it was read is noticed and never counts as complete, because every page
// begins with the last story of the page before; an error on any of a page's requests
// fails the page. Stories have no rating, and none is invented.
//
// The responses of a story are a request of their own. A poll for news therefore looks
// at the stories of the last month only; responses to older ones are seen when the
// complete list is read.
//
// Responses are written by hand on Care Opinion; the next poll shows them.
package careopinion

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
	_ "time/tzdata" // machines without time zones must read British time, too

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

const (
	// Adapter is the name listings refer to this package by.
	Adapter = "careopinion"
	// DefaultBaseURL is the British site; other countries have their own.
	DefaultBaseURL = "https://www.careopinion.org.uk"
	// Everything is the Ref of a listing that has all stories of its key's subscription.
	Everything = "all"

	// siteSpacing keeps to the 5 requests a second that the site allows.
	siteSpacing     = 200 * time.Millisecond
	defaultPageSize = 20
	maxPageSize     = 100
	maxSkip         = 10_000_000
	// lookBack is how far before Since stories are asked for again. They are asked for
	// by the day they were told and appear when a moderator has read them.
	lookBack = 30 * 24 * time.Hour
	siteZone = "Europe/London"
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
	// PageSize is how many stories to ask for at once, 1 to 100; default 20, which
	// bounds the requests of one page, because each story may need its own.
	PageSize int
	// Spacing is the least time between two requests; default 200 ms, as the site
	// demands. Negative is none, for simulators.
	Spacing time.Duration
}

// Site reads Care Opinion. A listing's Ref is the code of a health service (its NACS or
// ODS code), or Everything. Its Secret is the HTTP header key of a subscription.
type Site struct {
	client  Fetcher
	base    string
	zone    *time.Location
	size    int
	spacing time.Duration
}

var (
	_ sites.Site       = (*Site)(nil)
	_ sites.Answerable = (*Site)(nil)
)

var (
	service = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`)
	key     = regexp.MustCompile(`^[!-~]{1,500}$`)
)

// New makes a Site.
func New(cfg Config) (*Site, error) {
	if cfg.Client == nil {
		return nil, errors.New("careopinion: a client is required")
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("careopinion: the base URL must be an http or https address")
	}
	if cfg.PageSize == 0 {
		cfg.PageSize = defaultPageSize
	}
	if cfg.PageSize < 1 || cfg.PageSize > maxPageSize {
		return nil, errors.New("careopinion: stories per page must be between 1 and 100")
	}
	if cfg.Spacing == 0 {
		cfg.Spacing = siteSpacing
	}
	zone, err := time.LoadLocation(siteZone)
	if err != nil {
		return nil, fmt.Errorf("careopinion: load the zone of its times: %w", err)
	}
	return &Site{client: cfg.Client, base: strings.TrimSuffix(cfg.BaseURL, "/"), zone: zone, size: cfg.PageSize, spacing: max(cfg.Spacing, 0)}, nil
}

// Adapter implements sites.Site.
func (s *Site) Adapter() string { return Adapter }

// Answering implements sites.Answerable: stories are answered on Care Opinion.
func (s *Site) Answering(_ sites.Listing, reviewURL string) sites.Answering {
	out := sites.Answering{ByHand: true, Seen: true, URL: reviewURL}
	if !strings.HasPrefix(reviewURL, s.base+"/") {
		out.URL = s.base + "/"
	}
	return out
}

// Fetch implements sites.Site. One page is one request for stories and one for the
// responses to each story that may have some.
func (s *Site) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	at, err := openPlace(req.Page)
	if err != nil {
		return sites.Page{}, err
	}
	h, err := headers(req.Listing)
	if err != nil {
		return sites.Page{}, err
	}
	take := s.size
	if at.skip > 0 {
		take++ // a later page begins with the last story of the page before
	}
	query := url.Values{"skip": {strconv.Itoa(max(at.skip-1, 0))}, "take": {strconv.Itoa(take)}}
	if req.Listing.Ref != Everything {
		query.Set("healthservice", req.Listing.Ref)
	}
	if !req.Since.IsZero() {
		query.Set("submittedonafter", req.Since.Add(-lookBack).UTC().Format(time.DateOnly))
	}
	// No validators are sent: that the stories are the same says nothing of their responses.
	resp, err := s.client.Do(ctx, polite.Request{URL: s.base + "/api/v2/opinions?" + query.Encode(), Header: h, NoRedirects: true, Spacing: s.spacing})
	if err != nil {
		return sites.Page{}, fmt.Errorf("list care opinion stories: %w", explain(err))
	}
	list, err := s.decodeStories(resp.Body)
	if err != nil {
		return sites.Page{}, err
	}
	if list.items > 0 && len(list.stories) == 0 {
		return sites.Page{}, problem.New(problem.Invalid, "careopinion_answer", "none of Care Opinion's stories can be read")
	}
	out := sites.Page{MaxAge: resp.MaxAge}
	for _, story := range list.stories {
		if story.id == at.last {
			continue // it was on the page before
		}
		if story.ask {
			switch err := s.readResponses(ctx, h, &story); {
			case errors.Is(err, errResponses):
				// Without its responses the story would look as if they had been taken back.
				list.warn("a story with responses that cannot be read")
				continue
			case err != nil:
				return sites.Page{}, err
			}
		}
		out.Reviews = append(out.Reviews, story.review)
	}
	out.Warnings = list.warnings
	next := at.after(list)
	switch {
	case next.skip == at.skip:
		out.Complete = req.Since.IsZero() && !next.flawed
	case !req.Since.IsZero() && at.skip == 0 && list.items < take:
		// News end here; nothing is concluded from what is missing. A later page asks for one
		// more than the site may give, so that it being short says nothing.
	case next.skip > maxSkip:
		return sites.Page{}, problem.New(problem.Invalid, "endless_list", "Care Opinion's list does not end")
	default:
		out.Next = next.String()
	}
	return out, nil
}

// readResponses completes a story. One that was taken back meanwhile has none.
func (s *Site) readResponses(ctx context.Context, h http.Header, story *story) error {
	resp, err := s.client.Do(ctx, polite.Request{URL: s.base + "/api/v2/opinions/" + story.id + "/responses", Header: h, NoRedirects: true, Spacing: s.spacing})
	if problem.KindOf(err) == problem.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the responses to a care opinion story: %w", explain(err))
	}
	story.review.Reply, err = s.decodeResponses(resp.Body)
	return err
}

func headers(l sites.Listing) (http.Header, error) {
	if !service.MatchString(l.Ref) {
		return nil, problem.New(problem.Invalid, "bad_ref",
			"a Care Opinion listing is the code of a health service, or %q for all stories of the subscription", Everything)
	}
	secret := strings.TrimSpace(l.Secret)
	if secret == "" {
		return nil, problem.New(problem.Forbidden, "no_credential", "the listing has no Care Opinion subscription key")
	}
	if !key.MatchString(secret) {
		return nil, problem.New(problem.Forbidden, "bad_credential", "this is no Care Opinion subscription key")
	}
	h := http.Header{}
	h.Set("Authorization", "SUBSCRIPTION_KEY "+secret)
	h.Set("Accept", "application/json")
	return h, nil
}

// place is where a page begins: behind skip stories, of which last is the last one.
// flawed remembers that the list moved or a story could not be read: the list is
// then never complete.
type place struct {
	skip   int
	last   string
	flawed bool
}

// after is the place behind a page that was read from p. It has the same skip where
// there was nothing new.
func (p place) after(l list) place {
	next := p
	next.flawed = p.flawed || len(l.warnings) > 0
	if p.skip > 0 {
		next.skip = p.skip - 1
		if l.first != p.last {
			next.flawed = true // stories were taken out, or put in, before this place
		}
	}
	next.skip += l.items
	if l.lastID != "" {
		next.last = l.lastID
	}
	if p.skip > 0 && l.items == 0 {
		next.skip = p.skip // the end, though not where it was expected
	}
	return next
}

const flawedMark = "!"

func (p place) String() string {
	out := strconv.Itoa(p.skip) + "." + p.last
	if p.flawed {
		return out + flawedMark
	}
	return out
}

func openPlace(token string) (place, error) {
	if token == "" {
		return place{}, nil
	}
	rest, flawed := strings.CutSuffix(token, flawedMark)
	digits, last, found := strings.Cut(rest, ".")
	skip, err := strconv.Atoi(digits)
	if !found || err != nil || skip < 1 || skip > maxSkip || strconv.Itoa(skip) != digits || !storyID.MatchString(last) {
		return place{}, problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
	}
	return place{skip: skip, last: last, flawed: flawed}, nil
}

// explain says what to do about the refusals that somebody can do something about.
func explain(err error) error {
	var status *polite.StatusError
	var own *problem.Error
	if !errors.As(err, &status) || !errors.As(err, &own) {
		return err
	}
	refined := *own
	switch {
	case status.Status >= 300 && status.Status < 400, status.Status == http.StatusUnauthorized, status.Status == http.StatusForbidden:
		return notAuthorised(err)
	case status.Status == http.StatusNotFound:
		refined.Code, refined.Detail = "careopinion_not_found", "Care Opinion has nothing at this address"
	default:
		return err
	}
	return &refined
}

func notAuthorised(err error) error {
	return problem.Wrap(problem.Forbidden, "careopinion_key", err,
		"Care Opinion asks to sign in, as it does when it does not accept the subscription key: it was renewed, or the subscription ended")
}
