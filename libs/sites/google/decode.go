package google

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

type wireList struct {
	Reviews          []json.RawMessage `json:"reviews"`
	AverageRating    *float64          `json:"averageRating"`
	TotalReviewCount int               `json:"totalReviewCount"`
	NextPageToken    string            `json:"nextPageToken"`
}

type wireReview struct {
	Name     string `json:"name"`
	ReviewID string `json:"reviewId"`
	Reviewer struct {
		DisplayName string `json:"displayName"`
		IsAnonymous bool   `json:"isAnonymous"`
	} `json:"reviewer"`
	StarRating string     `json:"starRating"`
	Comment    string     `json:"comment"`
	CreateTime string     `json:"createTime"`
	UpdateTime string     `json:"updateTime"`
	Reply      *wireReply `json:"reviewReply"`
}

type list struct {
	reviews  []sites.Review
	warnings []string
	facts    *events.ListingFacts
	total    int
	next     string
}

// decodeList reads an answer of the list method. An answer must be a JSON
// object that has at least one of the method's fields or is empty, which is how
// Google says that there are no reviews; a sign-in page or a proxy's answer is
// an error. A single review that cannot be read is left out with a warning.
func decodeList(body []byte) (list, error) {
	var wire wireList
	var probe map[string]json.RawMessage
	if err := json.Unmarshal(body, &probe); err != nil {
		return list{}, problem.New(problem.Invalid, "google_answer", "Google's answer is not the JSON it promises")
	}
	if _, failed := probe["error"]; failed || !knownAnswer(probe) {
		return list{}, problem.New(problem.Invalid, "google_answer", "Google's answer is not a list of reviews")
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return list{}, problem.New(problem.Invalid, "google_answer", "Google's answer does not have the shape it promises")
	}
	if len(wire.Reviews) > 10*pageSize || len(wire.NextPageToken) > maxTokenSize || wire.TotalReviewCount < 0 {
		return list{}, problem.New(problem.Invalid, "google_answer", "Google's answer is larger than was asked for")
	}
	out := list{total: wire.TotalReviewCount, next: wire.NextPageToken}
	seen := map[string]bool{}
	for _, raw := range wire.Reviews {
		r, fault := decodeReview(raw)
		switch {
		case fault != "":
			out.warn(fault)
		case !seen[r.ExternalID]:
			seen[r.ExternalID] = true
			out.reviews = append(out.reviews, r)
		}
	}
	if wire.AverageRating != nil || wire.TotalReviewCount > 0 {
		out.facts = &events.ListingFacts{Aggregate: aggregate(wire)}
	}
	return out, nil
}

func knownAnswer(probe map[string]json.RawMessage) bool {
	for _, key := range []string{"reviews", "averageRating", "totalReviewCount", "nextPageToken"} {
		if _, ok := probe[key]; ok {
			return true
		}
	}
	return len(probe) == 0 && probe != nil
}

func aggregate(wire wireList) *events.Aggregate {
	a := &events.Aggregate{ReviewCount: wire.TotalReviewCount}
	if avg := wire.AverageRating; avg != nil && *avg >= 1 && *avg <= 5 {
		a.Rating, a.RawRating = avg, strconv.FormatFloat(*avg, 'f', -1, 64)+"/5"
	}
	return a
}

func (l *list) warn(fault string) {
	for _, w := range l.warnings {
		if w == fault {
			return
		}
	}
	l.warnings = append(l.warnings, fault)
}

// stopsAt reports whether the rest of the list is known: it is sorted by the
// time of the last change, newest first.
func (l *list) stopsAt(since time.Time) bool {
	if since.IsZero() || len(l.reviews) == 0 {
		return false
	}
	last := l.reviews[len(l.reviews)-1]
	at := last.UpdatedAt
	if at.IsZero() {
		at = last.PostedAt
	}
	return !at.IsZero() && at.Before(since.Add(-sinceOverlap))
}

var starRatings = map[string]float64{"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}

func decodeReview(raw json.RawMessage) (sites.Review, string) {
	var wire wireReview
	if err := json.Unmarshal(raw, &wire); err != nil {
		return sites.Review{}, "a review that does not have the promised shape"
	}
	id := wire.ReviewID
	if id == "" {
		id = wire.Name[strings.LastIndexByte(wire.Name, '/')+1:]
	}
	if !reviewID.MatchString(id) || len(id) > 512 {
		return sites.Review{}, "a review without an id"
	}
	r := sites.Review{ExternalID: id, Author: strings.TrimSpace(wire.Reviewer.DisplayName), Text: original(wire.Comment)}
	if wire.Reviewer.IsAnonymous && r.Author == "" {
		r.Author = "Anonymous"
	}
	if len(r.Text) > events.MaxTextBytes || len(r.Author) > events.MaxAuthorBytes {
		return sites.Review{}, "a review larger than a review can be"
	}
	if stars, ok := starRatings[wire.StarRating]; ok {
		r.Rating = &stars
		r.RawRating = strconv.Itoa(int(stars)) + "/5"
	}
	var ok bool
	if r.PostedAt, ok = parseTime(wire.CreateTime); !ok {
		return sites.Review{}, "a review with an unreadable time"
	}
	if r.UpdatedAt, ok = parseTime(wire.UpdateTime); !ok {
		return sites.Review{}, "a review with an unreadable time"
	}
	r.Reply = decodeReply(wire.Reply)
	return r, ""
}

// parseTime reads RFC 3339 with any number of fraction digits and any offset.
// An absent time is the zero time.
func parseTime(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return time.Time{}, false
	}
	return t.UTC(), true
}

const (
	translatedMark = "(Translated by Google)"
	originalMark   = "(Original)"
)

// original drops Google's translation, which stands before or behind the words
// of the reviewer:
//
//	(Translated by Google) Very kind.\n\n(Original)\nMuy amables.
//	Muy amables.\n\n(Translated by Google)\nVery kind.
//
// A text without both a mark in its place and something left over is taken
// whole, so that a reviewer who writes about translations loses nothing.
func original(text string) string {
	if rest, ok := strings.CutPrefix(text, translatedMark); ok {
		for _, lead := range []string{"\n", " "} {
			if _, own, found := strings.Cut(rest, lead+originalMark); found && trimBreak(own) != "" {
				return trimBreak(own)
			}
		}
		return text
	}
	if i := strings.LastIndex(text, "\n\n"+translatedMark); i > 0 {
		return text[:i]
	}
	return text
}

// trimBreak removes the one line break or space that Google puts behind a mark.
func trimBreak(s string) string {
	if rest, ok := strings.CutPrefix(s, "\n"); ok {
		return rest
	}
	return strings.TrimPrefix(s, " ")
}
