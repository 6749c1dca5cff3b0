package yelp

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// maxReviews bounds what is taken of one answer; Yelp gives three, other plans more.
const maxReviews = 200

type wireList struct {
	Total   int                `json:"total"`
	Reviews *[]json.RawMessage `json:"reviews"`
}

type wireReview struct {
	ID          string   `json:"id"`
	URL         string   `json:"url"`
	Text        string   `json:"text"`
	Rating      *float64 `json:"rating"`
	TimeCreated string   `json:"time_created"`
	User        struct {
		Name string `json:"name"`
	} `json:"user"`
	// Reply is the owner's public comment, which some plans show.
	Reply *wireReply `json:"public_response"`
}

type wireReply struct {
	Text        string `json:"text"`
	TimeCreated string `json:"time_created"`
}

type list struct {
	reviews  []sites.Review
	warnings []string
	facts    *events.ListingFacts
}

func (l *list) warn(fault string) {
	if !slices.Contains(l.warnings, fault) {
		l.warnings = append(l.warnings, fault)
	}
}

// decodeList reads an answer. It must have a list of reviews, be it empty; anything
// else is an error. A single review that cannot be read is left out with a warning.
func (s *Site) decodeList(body []byte) (list, error) {
	var wire wireList
	if err := json.Unmarshal(body, &wire); err != nil {
		return list{}, problem.New(problem.Invalid, "yelp_answer", "Yelp's answer is not the JSON it promises")
	}
	if wire.Reviews == nil || wire.Total < 0 {
		return list{}, problem.New(problem.Invalid, "yelp_answer", "Yelp's answer is not a list of reviews")
	}
	if len(*wire.Reviews) > maxReviews {
		return list{}, problem.New(problem.Invalid, "yelp_answer", "Yelp's answer is larger than was asked for")
	}
	var out list
	seen := map[string]bool{}
	for _, raw := range *wire.Reviews {
		r, fault := s.decodeReview(raw)
		switch {
		case fault != "":
			out.warn(fault)
		case !seen[r.ExternalID]:
			seen[r.ExternalID] = true
			out.reviews = append(out.reviews, r)
		}
	}
	if wire.Total > 0 {
		out.facts = &events.ListingFacts{Aggregate: &events.Aggregate{ReviewCount: wire.Total}}
	}
	return out, nil
}

func (s *Site) decodeReview(raw json.RawMessage) (sites.Review, string) {
	var wire wireReview
	if err := json.Unmarshal(raw, &wire); err != nil {
		return sites.Review{}, "a review that does not have the promised shape"
	}
	if !reviewID.MatchString(wire.ID) {
		return sites.Review{}, "a review without an id"
	}
	r := sites.Review{ExternalID: wire.ID, URL: link(wire.URL), Author: strings.TrimSpace(wire.User.Name), Text: wire.Text, Excerpt: true}
	if len(r.Text) > events.MaxTextBytes || len(r.Author) > events.MaxAuthorBytes {
		return sites.Review{}, "a review larger than a review can be"
	}
	if stars := wire.Rating; stars != nil && *stars >= 1 && *stars <= 5 {
		r.Rating, r.RawRating = stars, strconv.FormatFloat(*stars, 'f', -1, 64)+"/5"
	}
	var ok bool
	if r.PostedAt, ok = s.parseTime(wire.TimeCreated); !ok {
		return sites.Review{}, "a review with an unreadable time"
	}
	if wire.Reply != nil && wire.Reply.Text != "" && len(wire.Reply.Text) <= events.MaxTextBytes {
		at, _ := s.parseTime(wire.Reply.TimeCreated)
		r.Reply = &events.Reply{Text: wire.Reply.Text, UpdatedAt: at}
	}
	return r, ""
}

// parseTime reads Yelp's "2026-04-18 19:32:11", which is Pacific time. The hour that
// comes twice when summer time ends is read the same way each time. An absent time
// is the zero time.
func (s *Site) parseTime(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.ParseInLocation(time.DateTime, text, s.zone)
	if err != nil {
		// A zone that Yelp may write some day is believed.
		t, err = time.Parse(time.RFC3339Nano, text)
	}
	if err != nil || t.Year() < 1995 || t.Year() > 2199 {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// link is a review's address without the parameters that name the key's owner and
// count visits; hrid is which review the page shows.
func link(text string) string {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	query := url.Values{}
	if hrid := u.Query().Get("hrid"); hrid != "" {
		query.Set("hrid", hrid)
	}
	u.RawQuery, u.Fragment, u.RawFragment = query.Encode(), "", ""
	return u.String()
}
