package sitesim

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// googleMaxBatch is the most locations that batchGetReviews takes.
const googleMaxBatch = 50

type wireLocationReview struct {
	Name   string     `json:"name"`
	Review wireReview `json:"review"`
}

// serveBatch is accounts.locations.batchGetReviews: the reviews of several
// locations of one account in one list, the latest change first.
func (s *Sim) serveBatch(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("method") != "locations:batchGetReviews" {
		googleError(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+s.cfg.Token {
		googleError(w, http.StatusUnauthorized, "UNAUTHENTICATED")
		return
	}
	var in struct {
		LocationNames []string `json:"locationNames"`
		PageSize      int      `json:"pageSize"`
		PageToken     string   `json:"pageToken"`
		OrderBy       string   `json:"orderBy"`
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	from, tokenOK := 0, false
	if err == nil && json.Unmarshal(data, &in) == nil {
		from, tokenOK = openToken(in.PageToken)
	}
	if !tokenOK || len(in.LocationNames) == 0 || len(in.LocationNames) > googleMaxBatch || (in.OrderBy != "" && in.OrderBy != "updateTime desc") {
		googleError(w, http.StatusBadRequest, "INVALID_ARGUMENT")
		return
	}
	if in.PageSize < 1 || in.PageSize > googleMaxPage {
		in.PageSize = googleMaxPage
	}
	all, ok := s.reviewsOf(r.PathValue("account"), in.LocationNames)
	if !ok {
		googleError(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	answer := map[string]any{}
	if part := all[min(from, len(all)):min(from+in.PageSize, len(all))]; len(part) > 0 {
		answer["locationReviews"] = part
	}
	if from+in.PageSize < len(all) {
		answer["nextPageToken"] = pageToken(from + in.PageSize)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(answer)
}

// reviewsOf are the reviews of the named locations in one order; false where a
// name is not one of the account's.
func (s *Sim) reviewsOf(ofAccount string, names []string) ([]wireLocationReview, bool) {
	type dated struct {
		wireLocationReview
		review
	}
	var all []dated
	for _, name := range names {
		i := slices.IndexFunc(locations, func(l location) bool { return l.resource() == name })
		if i < 0 || !strings.HasPrefix(name, "accounts/"+ofAccount+"/") {
			return nil, false
		}
		l := locations[i]
		part, _, _ := s.world.list(shelf{site: Google, location: l.key}, 0, 1<<30)
		for _, rev := range part {
			all = append(all, dated{wireLocationReview{Name: name, Review: s.wire(l, rev)}, rev})
		}
	}
	slices.SortStableFunc(all, func(a, b dated) int {
		return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(b.ID, a.ID))
	})
	out := make([]wireLocationReview, len(all))
	for i, d := range all {
		out[i] = d.wireLocationReview
	}
	return out, true
}
