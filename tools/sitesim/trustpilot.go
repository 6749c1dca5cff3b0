package sitesim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	trustpilotDefaultPage = 20
	trustpilotMostPage    = 100
)

func trustpilotError(w http.ResponseWriter, status int, words string) {
	writeJSON(w, status, map[string]any{"message": words, "errorCode": status})
}

func (s *Sim) trustpilotRefusals() refusals {
	return refusals{
		rateLimit: func(w http.ResponseWriter, f Faults) {
			s.setRetryAfter(w, f)
			trustpilotError(w, http.StatusTooManyRequests, "Too many requests")
		},
		forbid: func(w http.ResponseWriter, _ *http.Request) {
			trustpilotError(w, http.StatusForbidden, "Insufficient permissions")
		},
	}
}

// trustpilotReviews pages by number; past the end is an empty page.
func (s *Sim) trustpilotReviews(w http.ResponseWriter, r *http.Request) {
	private := strings.Contains(r.URL.Path, "/private/")
	if private && r.Header.Get("Authorization") != "Bearer "+s.cfg.Token || !private && r.Header.Get("Apikey") != s.cfg.Token {
		trustpilotError(w, http.StatusUnauthorized, "Invalid Access Token or ApiKey")
		return
	}
	l, ok := locationOn(Trustpilot, r.PathValue("unit"))
	if !ok {
		trustpilotError(w, http.StatusNotFound, "Business unit not found")
		return
	}
	query := r.URL.Query()
	page, size, bad := 1, trustpilotDefaultPage, false
	for name, field := range map[string]*int{"page": &page, "perPage": &size} {
		if text := query.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			*field, bad = n, bad || err != nil || n < 1
		}
	}
	if bad || size > trustpilotMostPage || page > 1_000_000 {
		trustpilotError(w, http.StatusBadRequest, "Invalid parameter")
		return
	}
	all := s.world.inOrder(shelf{site: Trustpilot, location: l.key})
	if query.Get("orderBy") == "createdat.asc" {
		slices.Reverse(all)
	}
	if text := query.Get("startDateTime"); text != "" {
		start, err := time.Parse("2006-01-02T15:04:05", text)
		if err != nil {
			trustpilotError(w, http.StatusBadRequest, "Invalid startDateTime")
			return
		}
		all = slices.DeleteFunc(all, func(rev review) bool { return rev.Posted.Before(start) })
	}
	if text := query.Get("responded"); text != "" {
		all = slices.DeleteFunc(all, func(rev review) bool { return (rev.Reply != nil) != (text == "true") })
	}
	items := []map[string]any{}
	for i := (page - 1) * size; i < min(page*size, len(all)); i++ {
		items = append(items, trustpilotItem(all[i]))
	}
	writeJSON(w, http.StatusOK, map[string]any{"links": []any{}, "reviews": items})
}

func trustpilotItem(r review) map[string]any {
	item := map[string]any{
		"id": r.ID, "stars": r.Stars, "title": titleOf(r.Text), "text": r.Text, "language": "en",
		"createdAt": r.Posted.Format(time.RFC3339Nano), "updatedAt": nil, "companyReply": nil,
		"consumer": map[string]any{"id": "c" + r.ID, "displayName": r.Author},
	}
	if r.Updated.After(r.Posted) {
		item["updatedAt"] = r.Updated.Format(time.RFC3339Nano)
	}
	if r.Reply != nil {
		item["companyReply"] = map[string]any{"text": r.Reply.Text, "createdAt": r.Reply.At.Format(time.RFC3339Nano), "updatedAt": nil}
	}
	return item
}
