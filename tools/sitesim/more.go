package sitesim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Further sites that Config.Sites can name. Their APIs are below a path of their own
// on the simulator's address, see Endpoint.
const (
	Yelp        = "yelp"
	Facebook    = "facebook"
	Trustpilot  = "trustpilot"
	CareOpinion = "careopinion"
)

// MoreSites are all sites that Config.Sites can name.
func MoreSites() []string { return []string{Yelp, Facebook, Trustpilot, CareOpinion} }

// Endpoint is the base URL of a site's API, for the scraper's setting of that name
// (BEDSIDE_SCRAPER_YELP_URL). Google's is the simulator's own address.
func (s *Sim) Endpoint(site string) string {
	if slices.Contains(MoreSites(), site) {
		return s.URL() + "/" + site
	}
	return s.URL()
}

// moreRoutes serves the further sites. What a request costs is counted before
// anything else, because sites count refused and failed requests, too.
func (s *Sim) moreRoutes(mux *http.ServeMux) {
	serve := func(site, pattern string, words refusals, handler http.HandlerFunc) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" /"+site+path, s.metered(site, words, s.withFaultsOf(words, handler)))
	}
	for _, site := range s.cfg.Sites {
		switch site {
		case Yelp:
			serve(site, "GET /v3/businesses/{business}/reviews", s.yelpRefusals(), s.yelpReviews)
			serve(site, "POST /reviews/v1/{review}", s.yelpReplyRefusals(), s.yelpReply)
		case Facebook:
			serve(site, "GET /{version}/{page}/ratings", s.facebookRefusals(), s.facebookRatings)
		case Trustpilot:
			serve(site, "GET /v1/private/business-units/{unit}/reviews", s.trustpilotRefusals(), s.trustpilotReviews)
			serve(site, "GET /v1/business-units/{unit}/reviews", s.trustpilotRefusals(), s.trustpilotReviews)
		case CareOpinion:
			serve(site, "GET /api/v2/opinions", s.careOpinionRefusals(), s.careOpinionStories)
			serve(site, "GET /api/v2/opinions/{id}/responses", s.careOpinionRefusals(), s.careOpinionResponses)
			mux.HandleFunc("GET /"+CareOpinion+"/account/login", careOpinionLogin)
		}
	}
}

// moreListings are the listings of the further sites.
func (s *Sim) moreListings() []ListingRef {
	var out []ListingRef
	for _, site := range s.cfg.Sites {
		for _, l := range locations {
			out = append(out, ListingRef{Site: site, Adapter: site, Ref: l.on(site), LocationKey: l.key})
		}
	}
	return out
}

// on is how a further site names a location.
func (l location) on(site string) string {
	switch site {
	case Facebook:
		return fmt.Sprint(100_000_000 + l.number)
	case Trustpilot:
		return fmt.Sprintf("46d6a89000006400%08d", l.number)
	case CareOpinion:
		return fmt.Sprintf("LKS%d", l.number)
	default:
		return l.key
	}
}

func locationOn(site, ref string) (location, bool) {
	for _, l := range locations {
		if l.on(site) == ref {
			return l, true
		}
	}
	return location{}, false
}

// inOrder is everything on a shelf by the time it was posted, the newest first.
func (w *world) inOrder(s shelf) []review {
	all, _, _ := w.list(s, 0, 1<<30)
	slices.SortFunc(all, func(a, b review) int { return cmp.Or(b.Posted.Compare(a.Posted), cmp.Compare(b.ID, a.ID)) })
	return all
}

// number is an id of digits for sites that have no others. It fits a float64.
func number(id string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	return int64(h.Sum64() >> 12)
}

// siteStream is the stream of random choices for what a further site has from the
// beginning; each site adds its place in MoreSites.
const siteStream = 16

// present are the reviews that the listings of the further sites have from the beginning.
func (w *world) present() []*review {
	var out []*review
	for _, site := range w.cfg.Sites {
		stream := siteStream + slices.Index(MoreSites(), site)
		for at, l := range locations {
			for i := range w.cfg.PerListing {
				r := synthetic(w.cfg.Seed, stream, i*len(locations)+at)
				r.ID = fmt.Sprintf("%s-%d-%07d", site, l.number, 1_000_000+i)
				r.shelf = shelf{site: site, location: l.key}
				r.Posted = w.state.Epoch.Add(-24*time.Hour - time.Duration(i)*37*time.Hour - time.Duration(at)*11*time.Minute)
				r.Updated = r.Posted
				out = append(out, &r)
			}
		}
	}
	return out
}

// arrivalShelf spreads the arriving synthetic reviews over Google and the further sites.
func (w *world) arrivalShelf(n int, s shelf) shelf {
	if which := (n / len(locations)) % (1 + len(w.cfg.Sites)); which > 0 {
		s.site = w.cfg.Sites[which-1]
	}
	return s
}

// reply lets the practice, or somebody else, answer a review on its site by hand;
// an empty text takes the answer back.
func (w *world) reply(id, text string) error {
	w.mu.RLock()
	r, ok := w.byID[id]
	w.mu.RUnlock()
	if !ok {
		return errNoReview
	}
	_, err := w.answer(r.shelf, id, text)
	return err
}

// Reply answers a review on its site by hand, as somebody does who is not Bedside; an
// empty text takes the answer back.
func (s *Sim) Reply(id, text string) error { return s.world.reply(id, text) }

// Shown is a review as its site shows it to whoever reads it with the scraper's adapter.
type Shown struct {
	ExternalID string
	Author     string
	Title      string
	Rating     *float64 // nil where the site has none
	RawRating  string   // empty where it says no more than Rating
	Text       string
	Excerpt    bool
	PostedAt   time.Time
	Reply      string // empty where there is none, or the site does not show it
}

// Shown is what the listing shows now, the newest first. Of Yelp's it is the latest
// three. It is for listings of Config.Sites.
func (s *Sim) Shown(ref ListingRef) []Shown {
	var out []Shown
	for i, r := range s.world.inOrder(shelf{site: ref.Site, location: ref.LocationKey}) {
		stars := float64(r.Stars)
		one := Shown{ExternalID: r.ID, Author: r.Author, Rating: &stars, Text: r.Text, PostedAt: r.Posted}
		if r.Reply != nil {
			one.Reply = r.Reply.Text
		}
		switch ref.Site {
		case Yelp:
			if i == yelpExcerpts {
				return out
			}
			one.Text, one.Excerpt, one.PostedAt = excerpt(r.Text), true, r.Posted.Truncate(time.Second)
		case Facebook:
			one.ExternalID, one.Rating, one.PostedAt, one.Reply = storyOf(ref.Ref, r.ID), nil, r.Posted.Truncate(time.Second), ""
			one.RawRating = map[bool]string{true: "recommends", false: "does not recommend"}[r.Stars >= 3]
		case Trustpilot:
			one.Title = titleOf(r.Text)
		case CareOpinion:
			one.ExternalID, one.Rating, one.Author, one.Title = fmt.Sprint(number(r.ID)), nil, roleOf(r), titleOf(r.Text)
		}
		out = append(out, one)
	}
	return out
}

// titleOf is a title for sites that have one.
func titleOf(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(len(words), 5)], " ")
}

// writeJSON answers with a status.
func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
