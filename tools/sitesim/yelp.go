package sitesim

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	yelpExcerpts      = 3
	yelpExcerptRunes  = 160
	yelpReplyRunes    = 5000
	yelpRepliesPerDay = 20
	yelpPartnerPrefix = "partner-"
	yelpZone          = "America/Los_Angeles"
	yelpNewest        = "newest"
)

// PartnerSecret is the secret of Yelp listings with partner access where the simulator's
// token is token: the API key and the token by which replies are published.
func PartnerSecret(token string) string { return token + " " + yelpPartnerPrefix + token }

func yelpError(w http.ResponseWriter, status int, code string) {
	writeJSON(w, status, map[string]any{"error": map[string]any{"code": code, "description": "Words for people."}})
}

func (s *Sim) yelpRefusals() refusals {
	return refusals{
		rateLimit: func(w http.ResponseWriter, f Faults) {
			s.setRetryAfter(w, f)
			yelpError(w, http.StatusTooManyRequests, "TOO_MANY_REQUESTS_PER_SECOND")
		},
		forbid: func(w http.ResponseWriter, _ *http.Request) { yelpError(w, http.StatusUnauthorized, "TOKEN_INVALID") },
	}
}

// yelpReviews gives the three latest reviews, or three of Yelp's own choice where they
// are not asked for by their age.
func (s *Sim) yelpReviews(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+s.cfg.Token {
		s.yelpRefusals().forbid(w, r)
		return
	}
	l, ok := locationOn(Yelp, r.PathValue("business"))
	if !ok {
		yelpError(w, http.StatusNotFound, "BUSINESS_NOT_FOUND")
		return
	}
	zone, err := time.LoadLocation(yelpZone)
	if err != nil {
		yelpError(w, http.StatusInternalServerError, "INTERNAL_ERROR")
		return
	}
	all := s.world.inOrder(shelf{site: Yelp, location: l.key})
	if r.URL.Query().Get("sort_by") != yelpNewest {
		slices.SortStableFunc(all, func(a, b review) int { return b.Stars - a.Stars })
	}
	items := []map[string]any{}
	for _, rev := range all[:min(len(all), yelpExcerpts)] {
		item := map[string]any{
			"id": rev.ID, "text": excerpt(rev.Text), "rating": rev.Stars, "time_created": rev.Posted.In(zone).Format(time.DateTime),
			"url":  "https://www.yelp.com/biz/" + l.key + "?adjust_creative=sitesim&hrid=" + rev.ID + "&utm_source=sitesim",
			"user": map[string]any{"id": "u" + rev.ID, "profile_url": "https://www.yelp.com/user_details?userid=u", "image_url": nil, "name": rev.Author},
		}
		if rev.Reply != nil {
			item["public_response"] = map[string]any{"text": rev.Reply.Text, "time_created": rev.Reply.At.In(zone).Format(time.DateTime)}
		}
		items = append(items, item)
	}
	writeJSON(w, http.StatusOK, map[string]any{"total": len(all), "possible_languages": []string{"en"}, "reviews": items})
}

// excerpt cuts a text as Yelp does.
func excerpt(text string) string {
	if utf8.RuneCountInString(text) <= yelpExcerptRunes {
		return text
	}
	return strings.TrimRightFunc(string([]rune(text)[:yelpExcerptRunes-3]), unicode.IsSpace) + "..."
}

func yelpReplyError(w http.ResponseWriter, status int, id string) {
	writeJSON(w, status, map[string]any{"error": map[string]any{"id": id, "description": "Words for people.", "http_code": status}})
}

func (s *Sim) yelpReplyRefusals() refusals {
	words := s.yelpRefusals()
	words.forbid = func(w http.ResponseWriter, _ *http.Request) {
		yelpReplyError(w, http.StatusUnauthorized, "INVALID_TOKEN")
	}
	return words
}

// yelpReply takes a reply as the partner API does: nothing that is nearly the same as
// an earlier one, no emoji, twenty a day for a location.
func (s *Sim) yelpReply(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+yelpPartnerPrefix+s.cfg.Token {
		yelpReplyError(w, http.StatusUnauthorized, "INVALID_TOKEN")
		return
	}
	var body struct {
		Text string `json:"response_text"`
		Type string `json:"response_type"`
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || json.Unmarshal(data, &body) != nil {
		yelpReplyError(w, http.StatusBadRequest, "INVALID_REQUEST")
		return
	}
	if body.Type != "public_comment" {
		yelpReplyError(w, http.StatusBadRequest, "R2R_INVALID_RESPONSE_TYPE")
		return
	}
	for _, l := range locations {
		all := s.world.inOrder(shelf{site: Yelp, location: l.key})
		i := slices.IndexFunc(all, func(rev review) bool { return rev.ID == r.PathValue("review") })
		if i < 0 {
			continue
		}
		if yelpDislikes(all, body.Text) {
			yelpReplyError(w, http.StatusBadRequest, "R2R_INVALID_RESPONSE_TEXT")
			return
		}
		if s.meter.take("yelp replies", l.key, yelpRepliesPerDay, 24*time.Hour, s.cfg.Now()) < 0 {
			yelpReplyError(w, http.StatusBadRequest, "R2R_COMMENT_QUOTA_EXCEEDED")
			return
		}
		if _, err := s.world.answer(all[i].shelf, all[i].ID, body.Text); err != nil {
			yelpReplyError(w, http.StatusInternalServerError, "INTERNAL_ERROR")
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{})
		return
	}
	yelpReplyError(w, http.StatusBadRequest, "R2R_REVIEW_DOES_NOT_EXIST")
}

func yelpDislikes(all []review, text string) bool {
	if strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > yelpReplyRunes {
		return true
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.So, r) && r >= 0x2600 }) {
		return true
	}
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	return slices.ContainsFunc(all, func(rev review) bool { return rev.Reply != nil && letters(rev.Reply.Text) == letters(text) })
}
