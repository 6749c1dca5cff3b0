package sitesim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	googleMaxPage  = 50
	googleMaxReply = 4096
)

type wireReview struct {
	Name       string       `json:"name"`
	ReviewID   string       `json:"reviewId"`
	Reviewer   wireReviewer `json:"reviewer"`
	StarRating string       `json:"starRating"`
	Comment    string       `json:"comment,omitempty"`
	CreateTime string       `json:"createTime"`
	UpdateTime string       `json:"updateTime"`
	Reply      *wireReply   `json:"reviewReply,omitempty"`
}

type wireReviewer struct {
	DisplayName string `json:"displayName"`
}

var starWords = []string{"STAR_RATING_UNSPECIFIED", "ONE", "TWO", "THREE", "FOUR", "FIVE"}

// googleListing finds the listing of a request and checks its token.
func (s *Sim) googleListing(w http.ResponseWriter, r *http.Request) (location, bool) {
	if r.Header.Get("Authorization") != "Bearer "+s.cfg.Token {
		googleError(w, http.StatusUnauthorized, "UNAUTHENTICATED")
		return location{}, false
	}
	for _, l := range locations {
		if r.PathValue("account") == account && r.PathValue("location") == strconv.Itoa(l.number) {
			return l, true
		}
	}
	googleError(w, http.StatusNotFound, "NOT_FOUND")
	return location{}, false
}

func googleError(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": status, "status": word}})
}

func (s *Sim) serveReviews(w http.ResponseWriter, r *http.Request) {
	l, ok := s.googleListing(w, r)
	if !ok {
		return
	}
	query := r.URL.Query()
	size, err := strconv.Atoi(query.Get("pageSize"))
	if err != nil || size < 1 || size > googleMaxPage {
		size = googleMaxPage
	}
	if order := query.Get("orderBy"); order != "" && order != "updateTime desc" {
		googleError(w, http.StatusBadRequest, "INVALID_ARGUMENT")
		return
	}
	from, ok := openToken(query.Get("pageToken"))
	if !ok {
		googleError(w, http.StatusBadRequest, "INVALID_ARGUMENT")
		return
	}
	part, total, mean := s.world.list(shelf{site: Google, location: l.key}, from, size)
	answer := map[string]any{}
	if total > 0 {
		answer["averageRating"], answer["totalReviewCount"] = mean, total
	}
	var items []wireReview
	for _, rev := range part {
		items = append(items, s.wire(l, rev))
	}
	if len(items) > 0 {
		answer["reviews"] = items
	}
	if from+len(part) < total {
		answer["nextPageToken"] = pageToken(from + len(part))
	}
	body, err := json.Marshal(answer)
	if err != nil {
		googleError(w, http.StatusInternalServerError, "INTERNAL")
		return
	}
	serveConditional(w, r, "application/json; charset=UTF-8", body)
}

func (s *Sim) wire(l location, r review) wireReview {
	out := wireReview{
		Name: l.resource() + "/reviews/" + r.ID, ReviewID: r.ID, Reviewer: wireReviewer{DisplayName: r.Author},
		StarRating: starWords[r.Stars], Comment: r.Text,
		CreateTime: r.Posted.Format(time.RFC3339Nano), UpdateTime: r.Updated.Format(time.RFC3339Nano),
	}
	if r.Reply != nil {
		out.Reply = s.wireReply(*r.Reply)
	}
	return out
}

func (s *Sim) putReply(w http.ResponseWriter, r *http.Request) {
	l, ok := s.googleListing(w, r)
	if !ok {
		return
	}
	var body struct {
		Comment string `json:"comment"`
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || json.Unmarshal(data, &body) != nil || strings.TrimSpace(body.Comment) == "" || len(body.Comment) > googleMaxReply {
		googleError(w, http.StatusBadRequest, "INVALID_ARGUMENT")
		return
	}
	rep, err := s.world.answer(shelf{site: Google, location: l.key}, r.PathValue("review"), body.Comment)
	if err != nil {
		googleError(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.wireReply(*rep))
}

func (s *Sim) deleteReply(w http.ResponseWriter, r *http.Request) {
	l, ok := s.googleListing(w, r)
	if !ok {
		return
	}
	if _, err := s.world.answer(shelf{site: Google, location: l.key}, r.PathValue("review"), ""); err != nil {
		googleError(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	_, _ = w.Write([]byte("{}"))
}

// Page tokens are offsets, as on sites whose lists shift while they are read.
func pageToken(offset int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "offset:%d", offset))
}

func openToken(token string) (int, bool) {
	if token == "" {
		return 0, true
	}
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	digits, found := strings.CutPrefix(string(data), "offset:")
	offset, err := strconv.Atoi(digits)
	return offset, found && err == nil && offset >= 0
}
