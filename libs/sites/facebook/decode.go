package facebook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

const (
	// What a reviewer chose who gave no stars.
	recommends    = "recommends"
	notRecommends = "does not recommend"
)

type wireList struct {
	Data   *[]json.RawMessage `json:"data"`
	Paging struct {
		Cursors struct {
			After string `json:"after"`
		} `json:"cursors"`
		Next string `json:"next"`
	} `json:"paging"`
	Error *wireError `json:"error"`
}

type wireReview struct {
	CreatedTime string   `json:"created_time"`
	Rating      *float64 `json:"rating"`
	Type        string   `json:"recommendation_type"`
	Text        string   `json:"review_text"`
	Reviewer    struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"reviewer"`
	Story struct {
		ID string `json:"id"`
	} `json:"open_graph_story"`
}

type list struct {
	reviews  []sites.Review
	warnings []string
	next     string // the cursor, empty on the last page
}

func (l *list) warn(fault string) {
	if !slices.Contains(l.warnings, fault) {
		l.warnings = append(l.warnings, fault)
	}
}

// decodeList reads an answer. It must have a list of data, be it empty. A single
// recommendation that cannot be read is left out with a warning.
func decodeList(page string, body []byte, h http.Header) (list, error) {
	var wire wireList
	if err := json.Unmarshal(body, &wire); err != nil {
		return list{}, problem.New(problem.Invalid, "facebook_answer", "Facebook's answer is not the JSON it promises")
	}
	if wire.Error != nil {
		refined := problem.Error{Kind: problem.Invalid, Code: "facebook_answer", Detail: "Facebook answers with an error it does not explain"}
		wire.Error.refine(&refined, h)
		return list{}, &refined
	}
	if wire.Data == nil {
		return list{}, problem.New(problem.Invalid, "facebook_answer", "Facebook's answer is not a list of recommendations")
	}
	if len(*wire.Data) > 10*pageSize {
		return list{}, problem.New(problem.Invalid, "facebook_answer", "Facebook's answer is larger than was asked for")
	}
	var out list
	// The address of the next page carries the token in its query and could lead
	// anywhere; only that there is one is believed, and the cursor is what is used.
	if wire.Paging.Next != "" {
		if out.next = wire.Paging.Cursors.After; !cursor.MatchString(out.next) || len(out.next) > maxCursor {
			return list{}, problem.New(problem.Invalid, "facebook_answer", "Facebook's answer says that there is more and not where")
		}
	}
	seen := map[string]bool{}
	for _, raw := range *wire.Data {
		r, fault := decodeReview(page, raw)
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

// stopsAt reports whether the rest of the list is known. Facebook does not promise
// an order, so that a page must show by itself that it is sorted, newest first.
func (l *list) stopsAt(since time.Time) bool {
	if since.IsZero() || len(l.reviews) == 0 {
		return false
	}
	for i, r := range l.reviews {
		if r.PostedAt.IsZero() || i > 0 && r.PostedAt.After(l.reviews[i-1].PostedAt) {
			return false
		}
	}
	return l.reviews[len(l.reviews)-1].PostedAt.Before(since.Add(-sinceOverlap))
}

// storyID is the form of Facebook's own ids of posts.
var storyID = regexp.MustCompile(`^[0-9]{1,40}(_[0-9]{1,40})?$`)

func decodeReview(page string, raw json.RawMessage) (sites.Review, string) {
	var wire wireReview
	if err := json.Unmarshal(raw, &wire); err != nil {
		return sites.Review{}, "a recommendation that does not have the promised shape"
	}
	if len(wire.Text) > events.MaxTextBytes || len(wire.Reviewer.Name) > events.MaxAuthorBytes {
		return sites.Review{}, "a recommendation larger than one can be"
	}
	at, ok := parseTime(wire.CreatedTime)
	if !ok {
		return sites.Review{}, "a recommendation with an unreadable time"
	}
	r := sites.Review{Author: strings.TrimSpace(wire.Reviewer.Name), Text: wire.Text, PostedAt: at}
	switch {
	case storyID.MatchString(wire.Story.ID):
		r.ExternalID, r.URL = wire.Story.ID, "https://www.facebook.com/"+wire.Story.ID
	case at.IsZero():
		return sites.Review{}, "a recommendation without an id or a time"
	default:
		r.ExternalID = identity(page, wire, at)
	}
	switch {
	case wire.Rating != nil && *wire.Rating >= 1 && *wire.Rating <= 5:
		r.Rating, r.RawRating = wire.Rating, strconv.FormatFloat(*wire.Rating, 'f', -1, 64)+"/5"
	case strings.EqualFold(wire.Type, "positive"):
		r.RawRating = recommends
	case strings.EqualFold(wire.Type, "negative"):
		r.RawRating = notRecommends
	}
	return r, ""
}

// identity is the id of a recommendation that Facebook gives none: a person can
// recommend a Page once, so that person and time name it through all edits of its
// text. Where Facebook hides the person, the text has to help.
func identity(page string, wire wireReview, at time.Time) string {
	who := wire.Reviewer.ID
	if who == "" {
		who = wire.Reviewer.Name
	}
	parts := []string{page, who, at.Format(time.RFC3339)}
	if who == "" {
		parts = append(parts, wire.Text)
	}
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "h" + hex.EncodeToString(h.Sum(nil)[:16])
}

// parseTime reads Facebook's "2026-04-18T19:32:11+0000". An absent time is the zero time.
func parseTime(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.Parse("2006-01-02T15:04:05-0700", text)
	if err != nil {
		t, err = time.Parse(time.RFC3339Nano, text)
	}
	if err != nil || t.Year() < 1995 || t.Year() > 2199 {
		return time.Time{}, false
	}
	return t.UTC(), true
}
