package sitesim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	facebookDefaultPage = 25
	facebookMostPage    = 100
	// facebookClosedSince is the version of the API that has no recommendations any more.
	facebookClosedSince = 22
)

var facebookFields = []string{"created_time", "has_rating", "has_review", "open_graph_story", "rating", "recommendation_type", "review_text", "reviewer"}

func facebookError(w http.ResponseWriter, status, code, subcode int) {
	body := map[string]any{"message": fmt.Sprintf("(#%d) Words for people.", code), "type": "OAuthException", "code": code, "fbtrace_id": "A1b2C3"}
	if subcode != 0 {
		body["error_subcode"] = subcode
	}
	writeJSON(w, status, map[string]any{"error": body})
}

func (s *Sim) facebookRefusals() refusals {
	return refusals{
		rateLimit: func(w http.ResponseWriter, f Faults) {
			seconds := f.RetryAfterSeconds
			if seconds == 0 {
				seconds = defaultRetryAfter
			}
			w.Header().Set("X-Business-Use-Case-Usage",
				fmt.Sprintf(`{"100000101":[{"type":"pages","call_count":100,"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":%d}]}`, (seconds+59)/60))
			facebookError(w, http.StatusBadRequest, 32, 0)
		},
		forbid: func(w http.ResponseWriter, _ *http.Request) { facebookError(w, http.StatusBadRequest, 190, 463) },
	}
}

// storyOf is Facebook's id of a review's post.
func storyOf(page, id string) string { return page + "_" + strconv.FormatInt(number(id), 10) }

// facebookRatings pages through a Page's recommendations by cursors, the newest first.
func (s *Sim) facebookRatings(w http.ResponseWriter, r *http.Request) {
	major, _, _ := strings.Cut(strings.TrimPrefix(r.PathValue("version"), "v"), ".")
	switch n, err := strconv.Atoi(major); {
	case err != nil || !strings.HasPrefix(r.PathValue("version"), "v"):
		facebookError(w, http.StatusBadRequest, 2635, 0)
		return
	case n >= facebookClosedSince:
		facebookError(w, http.StatusBadRequest, 12, 0)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+s.cfg.Token {
		facebookError(w, http.StatusUnauthorized, 190, 0)
		return
	}
	l, ok := locationOn(Facebook, r.PathValue("page"))
	if !ok {
		facebookError(w, http.StatusBadRequest, 100, 33)
		return
	}
	query := r.URL.Query()
	asked := map[string]bool{}
	for field := range strings.SplitSeq(query.Get("fields"), ",") {
		name, _, _ := strings.Cut(field, "{")
		asked[strings.TrimSpace(name)] = true
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 {
		limit = facebookDefaultPage
	}
	limit = min(limit, facebookMostPage)
	from, ok := openToken(query.Get("after"))
	if !ok {
		facebookError(w, http.StatusBadRequest, 100, 0)
		return
	}
	all := s.world.inOrder(shelf{site: Facebook, location: l.key})
	from = min(from, len(all))
	to := min(from+limit, len(all))
	items := []map[string]any{}
	for _, rev := range all[from:to] {
		items = append(items, facebookItem(l, rev, asked))
	}
	answer := map[string]any{"data": items}
	if len(items) > 0 {
		cursors := map[string]any{"before": pageToken(from), "after": pageToken(to)}
		paging := map[string]any{"cursors": cursors}
		if to < len(all) {
			paging["next"] = s.Endpoint(Facebook) + "/" + r.PathValue("version") + "/" + r.PathValue("page") + "/ratings?access_token=never-use-this&after=" + pageToken(to)
		}
		answer["paging"] = paging
	}
	writeJSON(w, http.StatusOK, answer)
}

// facebookItem has the fields that were asked for, some of which Facebook hides.
func facebookItem(l location, r review, asked map[string]bool) map[string]any {
	kind := "positive"
	if r.Stars < 3 {
		kind = "negative"
	}
	all := map[string]any{
		"created_time": r.Posted.Format("2006-01-02T15:04:05-0700"), "has_rating": false, "has_review": r.Text != "",
		"open_graph_story": map[string]any{"id": storyOf(l.on(Facebook), r.ID)}, "recommendation_type": kind, "review_text": r.Text,
		"reviewer": map[string]any{"id": strconv.FormatInt(number(r.Author), 10), "name": r.Author},
	}
	item := map[string]any{}
	for _, field := range facebookFields {
		if value, has := all[field]; has && asked[field] {
			item[field] = value
		}
	}
	return item
}
