package careopinion

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// errResponses is what is wrong with responses that came and cannot be read.
var errResponses = errors.New("the responses to a story do not have the promised shape")

// maxResponses bounds what is taken of one answer.
const maxResponses = 200

// storyID is the form of the site's ids, which are numbers.
var storyID = regexp.MustCompile(`^[A-Za-z0-9-]{1,40}$`)

type wireStory struct {
	ID          identifier `json:"id"`
	Title       string     `json:"title"`
	Body        string     `json:"body"`
	AuthorName  string     `json:"authorName"`
	AuthorRole  string     `json:"authorRole"`
	Submitted   string     `json:"dateOfSubmission"`
	Published   string     `json:"dateOfPublication"`
	Links       []wireLink `json:"links"`
	ResponseNum *int       `json:"responseCount"`
}

// wireLink names a part of a story. Where it leads is not followed: the address is
// made of the story's id.
type wireLink struct {
	Rel      string `json:"rel"`
	Relation string `json:"relation"`
}

type wireResponse struct {
	Body      string `json:"body"`
	Published string `json:"dateOfPublication"`
	Submitted string `json:"dateOfSubmission"`
}

// identifier is a number or a text.
type identifier string

// UnmarshalJSON takes both.
func (i *identifier) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*i = identifier(text)
		return nil
	}
	var number int64
	if err := json.Unmarshal(b, &number); err != nil || number < 0 {
		return errors.New("an id is a number or a text")
	}
	*i = identifier(strconv.FormatInt(number, 10))
	return nil
}

// story is a review before its responses are read.
type story struct {
	id     string
	review sites.Review
	// ask: there may be responses to read.
	ask bool
}

type list struct {
	stories  []story
	warnings []string
	items    int    // of the answer, readable or not
	first    string // id of the first item, empty where it cannot be read
	lastID   string // id of the last item that can be read
}

func (l *list) warn(fault string) {
	if !slices.Contains(l.warnings, fault) {
		l.warnings = append(l.warnings, fault)
	}
}

// decodeStories reads an answer, which must be a list, be it empty. A single story
// that cannot be read is left out with a warning: the site itself puts an apology in
// the place of a story it failed to show.
func (s *Site) decodeStories(body []byte) (list, error) {
	items, err := decodeArray(body)
	if err != nil {
		return list{}, err
	}
	if len(items) > 10*maxPageSize {
		return list{}, problem.New(problem.Invalid, "careopinion_answer", "Care Opinion's answer is larger than was asked for")
	}
	out := list{items: len(items)}
	seen := map[string]bool{}
	for i, raw := range items {
		st, fault := s.decodeStory(raw)
		if fault != "" {
			out.warn(fault)
			continue
		}
		if i == 0 {
			out.first = st.id
		}
		out.lastID = st.id
		if !seen[st.id] {
			seen[st.id] = true
			out.stories = append(out.stories, st)
		}
	}
	return out, nil
}

// decodeArray reads the list that every answer is. A page for people to sign in is
// told apart from other things that are no list.
func decodeArray(body []byte) ([]json.RawMessage, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(body, &items); err == nil && items != nil {
		return items, nil
	}
	if signIn(body) {
		return nil, notAuthorised(nil)
	}
	return nil, problem.New(problem.Invalid, "careopinion_answer", "Care Opinion's answer is not the list it promises")
}

// signIn recognises a page with a form that asks who one is.
func signIn(body []byte) bool {
	start := bytes.ToLower(bytes.TrimLeft(body[:min(len(body), 256<<10)], "\ufeff \t\r\n"))
	if !bytes.HasPrefix(start, []byte("<")) || !bytes.Contains(start, []byte("<form")) {
		return false
	}
	for _, words := range []string{"password", "sign in", "log in", "login"} {
		if bytes.Contains(start, []byte(words)) {
			return true
		}
	}
	return false
}

func (s *Site) decodeStory(raw json.RawMessage) (story, string) {
	var wire wireStory
	if err := json.Unmarshal(raw, &wire); err != nil {
		return story{}, "a story that does not have the promised shape"
	}
	id := string(wire.ID)
	if !storyID.MatchString(id) {
		return story{}, "a story without an id"
	}
	if len(wire.Body) > events.MaxTextBytes || len(wire.Title) > events.MaxTitleBytes || len(wire.AuthorName)+len(wire.AuthorRole) > events.MaxAuthorBytes {
		return story{}, "a story larger than a review can be"
	}
	published, ok := s.parseTime(wire.Published)
	told, okToo := s.parseTime(wire.Submitted)
	if !ok || !okToo {
		return story{}, "a story with an unreadable time"
	}
	if published.IsZero() {
		published = told
	}
	// People tell their stories without their names; who they are to the patient is
	// what the site shows in their place.
	author := strings.TrimSpace(wire.AuthorName)
	if author == "" {
		author = strings.TrimSpace(wire.AuthorRole)
	}
	r := sites.Review{
		ExternalID: id, URL: s.base + "/" + id, Author: author, Title: wire.Title, Text: Plain(wire.Body), PostedAt: published,
	}
	return story{id: id, review: r, ask: mayHaveResponses(wire)}, ""
}

// mayHaveResponses is false where the story says that it has none, by its count or by
// links to its other parts alone.
func mayHaveResponses(wire wireStory) bool {
	if wire.ResponseNum != nil {
		return *wire.ResponseNum != 0
	}
	for _, link := range wire.Links {
		if strings.EqualFold(link.Rel, "responses") || strings.EqualFold(link.Relation, "responses") {
			return true
		}
	}
	return len(wire.Links) == 0
}

// decodeResponses makes one reply of all responses: oldest first, an empty line
// between them, with the time of the latest. It is nil where there are none.
func (s *Site) decodeResponses(body []byte) (*events.Reply, error) {
	items, err := decodeArray(body)
	if err != nil {
		return nil, err
	}
	if len(items) > maxResponses {
		return nil, errResponses
	}
	type response struct {
		text string
		at   time.Time
	}
	var all []response
	for _, raw := range items {
		var wire wireResponse
		if err := json.Unmarshal(raw, &wire); err != nil {
			return nil, errResponses
		}
		at, ok := s.parseTime(wire.Published)
		if at.IsZero() && ok {
			at, ok = s.parseTime(wire.Submitted)
		}
		if !ok {
			return nil, errResponses
		}
		if text := Plain(wire.Body); strings.TrimSpace(text) != "" {
			all = append(all, response{text, at})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(all, func(a, b response) int { return a.at.Compare(b.at) })
	texts := make([]string, len(all))
	for i, r := range all {
		texts[i] = r.text
	}
	reply := &events.Reply{Text: strings.Join(texts, "\n\n"), UpdatedAt: all[len(all)-1].at}
	if len(reply.Text) > events.MaxTextBytes {
		return nil, errResponses
	}
	return reply, nil
}

// parseTime reads a date, or a date and time with or without a zone; without one it is
// British time. An absent time is the zero time.
func (s *Site) parseTime(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	for _, layout := range []string{"2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if err != nil {
			t, err = time.ParseInLocation(layout, text, s.zone)
		}
	}
	if err != nil || t.Year() < 1995 || t.Year() > 2199 {
		return time.Time{}, false
	}
	return t.UTC(), true
}
