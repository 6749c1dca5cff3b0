package sitesim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	careOpinionDefaultTake = 20
	careOpinionMostTake    = 100
	// careOpinionModeration is how long a story waits for a moderator to read it.
	careOpinionModeration = 48 * time.Hour
)

func (s *Sim) careOpinionRefusals() refusals {
	return refusals{
		rateLimit: func(w http.ResponseWriter, f Faults) {
			s.setRetryAfter(w, f)
			http.Error(w, "Too many requests", http.StatusTooManyRequests)
		},
		forbid: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+CareOpinion+"/account/login?returnUrl=%2Fapi%2Fv2%2Fopinions", http.StatusFound)
		},
	}
}

func careOpinionLogin(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(`<!doctype html><title>Log in</title><form method="post"><input name="email"><input type="password" name="password"></form>`))
}

// careOpinionShelfs are the lists that a request may read. A key that is not accepted
// is sent to the page for people, as on the site.
func (s *Sim) careOpinionShelfs(w http.ResponseWriter, r *http.Request) ([]location, bool) {
	if r.Header.Get("Authorization") != "SUBSCRIPTION_KEY "+s.cfg.Token {
		s.careOpinionRefusals().forbid(w, r)
		return nil, false
	}
	code := r.URL.Query().Get("healthservice")
	if code == "" {
		return locations, true
	}
	l, ok := locationOn(CareOpinion, code)
	if !ok {
		return nil, true // the site finds no stories for a service it does not know
	}
	return []location{l}, true
}

// careOpinionStories skips and takes, oldest first.
func (s *Sim) careOpinionStories(w http.ResponseWriter, r *http.Request) {
	of, ok := s.careOpinionShelfs(w, r)
	if !ok {
		return
	}
	query := r.URL.Query()
	skip, take, bad := 0, careOpinionDefaultTake, false
	for name, field := range map[string]*int{"skip": &skip, "take": &take} {
		if text := query.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			*field, bad = n, bad || err != nil || n < 0
		}
	}
	if bad {
		http.Error(w, "Bad request", http.StatusBadRequest)
		return
	}
	var all []review
	for _, l := range of {
		all = append(all, s.world.inOrder(shelf{site: CareOpinion, location: l.key})...)
	}
	slices.SortFunc(all, func(a, b review) int { return cmp.Or(a.Posted.Compare(b.Posted), cmp.Compare(a.ID, b.ID)) })
	if after := query.Get("submittedonafter"); after != "" {
		all = slices.DeleteFunc(all, func(rev review) bool { return submitted(rev).Format(time.DateOnly) < after })
	}
	items := []map[string]any{}
	for _, rev := range all[min(skip, len(all)):min(skip+min(take, careOpinionMostTake), len(all))] {
		items = append(items, s.careOpinionItem(rev))
	}
	writeJSON(w, http.StatusOK, items)
}

func submitted(r review) time.Time { return r.Posted.Add(-careOpinionModeration) }

func (s *Sim) careOpinionItem(r review) map[string]any {
	id := number(r.ID)
	base := s.Endpoint(CareOpinion) + "/api/v2/opinions/" + strconv.FormatInt(id, 10)
	return map[string]any{
		"id": id, "title": titleOf(r.Text), "body": markdown(r.Text), "authorRole": roleOf(r), "criticality": "not critical",
		"dateOfSubmission": submitted(r).Format(time.RFC3339Nano), "dateOfPublication": r.Posted.Format(time.RFC3339Nano),
		"links": []map[string]any{
			{"rel": "tags", "id": id, "href": base + "/tags"}, {"rel": "responses", "id": id, "href": base + "/responses"},
		},
	}
}

// roleOf is what the site shows in the place of a name.
func roleOf(r review) string {
	return []string{"the patient", "a relative", "a carer"}[number(r.Author)%3]
}

func (s *Sim) careOpinionResponses(w http.ResponseWriter, r *http.Request) {
	of, ok := s.careOpinionShelfs(w, r)
	if !ok {
		return
	}
	for _, l := range of {
		for _, rev := range s.world.inOrder(shelf{site: CareOpinion, location: l.key}) {
			if strconv.FormatInt(number(rev.ID), 10) != r.PathValue("id") {
				continue
			}
			items := []map[string]any{}
			if rev.Reply != nil {
				items = append(items, map[string]any{"id": number(rev.ID + "/reply"), "body": markdown(rev.Reply.Text), "dateOfPublication": rev.Reply.At.Format(time.RFC3339Nano)})
			}
			writeJSON(w, http.StatusOK, items)
			return
		}
	}
	http.NotFound(w, r)
}

// markdown writes a text as the site stores it: what would be a mark is escaped, and
// the first word is set off if it is one.
func markdown(text string) string {
	first, _, _ := strings.Cut(text, " ")
	begin := ""
	if first != "" && !strings.ContainsFunc(first, func(r rune) bool { return !unicode.IsLetter(r) }) {
		begin, text = "**"+first+"**", strings.TrimPrefix(text, first)
	}
	var b strings.Builder
	b.WriteString(begin)
	for _, r := range text {
		if strings.ContainsRune("\\`*_{}[]<>()#+-.!&|~", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return strings.ReplaceAll(b.String(), "  \n", "&#32;&#32;\n")
}
