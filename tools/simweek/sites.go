package simweek

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sites answers as the six kinds of sites do.
type sites struct {
	*world
	gate *gate
}

func (s *sites) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch host, _, _ := strings.Cut(r.Host, "."); {
	case r.URL.Path == "/robots.txt":
		_, _ = io.WriteString(w, "User-agent: *\nDisallow: /closed/\n")
		if r.Host == slowHost {
			_, _ = io.WriteString(w, "Crawl-delay: 5\n")
		}
	case host == "google" && strings.HasSuffix(r.URL.Path, ":batchGetReviews"):
		s.batch(w, r)
	case host == "google":
		s.google(w, r)
	case host == "yelp":
		s.yelp(w, r)
	case host == "facebook":
		s.facebook(w, r)
	case host == "trustpilot":
		s.trustpilot(w, r)
	case host == "careopinion":
		s.careopinion(w, r)
	default:
		s.directory(w, r)
	}
}

// part is what a list shows from a place on: lists shift while they are read, so that
// items repeat, or slip through where there is a count that shows it.
func (s *sites) part(r *http.Request, l *listing, all []*review, from, size int, counted bool) (part []*review, total int) {
	total = len(all)
	if from > 0 && s.gate.chance(r, 20) {
		from, size = from-1, size+1 // one that came moved all others down
	} else if from > 0 && counted && s.gate.chance(r, 40) {
		from++
	}
	if counted && s.gate.chance(r, 50) {
		total += 2
	}
	part = all[min(from, len(all)):min(from+size, len(all))]
	s.gaveOut(part)
	return part, total
}

// find is a listing that may be shown now; it answers where it may not. page is the
// number of the page, from 0.
func (s *sites) find(w http.ResponseWriter, k kind, ref string, page int) (l *listing, empty, ok bool) {
	l = s.byRef[string(k)+" "+ref]
	if l == nil {
		w.WriteHeader(http.StatusNotFound)
		return nil, false, false
	}
	now := time.Now()
	if page > 0 && within(l.broken, now) {
		w.WriteHeader(http.StatusBadGateway)
		return l, false, false
	}
	return l, within(l.empty, now), true
}

func (s *sites) json(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func (s *sites) google(w http.ResponseWriter, r *http.Request) {
	ref := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v4/"), "/reviews")
	from, _ := strconv.Atoi(r.URL.Query().Get("pageToken"))
	s.mu.Lock()
	defer s.mu.Unlock()
	l, empty, ok := s.find(w, google, ref, from)
	switch {
	case !ok:
		return
	case empty:
		s.json(w, map[string]any{})
		return
	case r.Header.Get("Authorization") != "Bearer "+l.credential:
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	all := l.shown()
	newest(all, func(r *review) time.Time { return r.updated })
	const size = 50
	l.walk(from, size, len(all), time.Now())
	part, total := s.part(r, l, all, from, size, true)
	body := map[string]any{"averageRating": 4.1, "totalReviewCount": total}
	items := []any{}
	for _, r := range part {
		items = append(items, googleReview(l, r))
	}
	if len(items) > 0 {
		body["reviews"] = items
	}
	if from+size < len(all) {
		body["nextPageToken"] = strconv.Itoa(from + size)
	}
	s.json(w, body)
}

func googleReview(l *listing, r *review) map[string]any {
	out := map[string]any{
		"name": l.ref + "/reviews/" + r.id, "reviewId": r.id, "reviewer": map[string]any{"displayName": r.author},
		"starRating": []string{"", "ONE", "TWO", "THREE", "FOUR", "FIVE"}[r.stars], "comment": r.text,
		"createTime": r.posted.UTC().Format(time.RFC3339), "updateTime": r.updated.UTC().Format(time.RFC3339),
	}
	if r.reply != "" {
		reply := map[string]any{"comment": r.reply, "updateTime": r.updated.UTC().Format(time.RFC3339)}
		if r.state != "" {
			reply["reviewReplyState"] = r.state
		}
		out["reviewReply"] = reply
	}
	return out
}

func (s *sites) batch(w http.ResponseWriter, r *http.Request) {
	var in struct {
		LocationNames []string `json:"locationNames"`
		PageToken     string   `json:"pageToken"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.LocationNames) > 50 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	from, _ := strconv.Atoi(in.PageToken)
	s.mu.Lock()
	defer s.mu.Unlock()
	type item struct {
		l *listing
		r *review
	}
	var all []item
	for _, name := range in.LocationNames {
		l := s.byRef[string(google)+" "+name]
		if l == nil || r.Header.Get("Authorization") != "Bearer "+l.credential || !strings.HasPrefix(r.URL.Path, "/v4/"+strings.Split(name, "/locations")[0]+"/") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		for _, r := range l.shown() {
			all = append(all, item{l, r})
		}
	}
	slices.SortStableFunc(all, func(a, b item) int { return b.r.updated.Compare(a.r.updated) })
	const size = 50
	items := []any{}
	for _, i := range all[min(from, len(all)):min(from+size, len(all))] {
		items = append(items, map[string]any{"name": i.l.ref, "review": googleReview(i.l, i.r)})
	}
	// What is old among these may be left unread, so nothing counts as given out.
	body := map[string]any{"locationReviews": items}
	if from+size < len(all) {
		body["nextPageToken"] = strconv.Itoa(from + size)
	}
	s.json(w, body)
}

func (s *sites) yelp(w http.ResponseWriter, r *http.Request) {
	ref := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v3/businesses/"), "/reviews")
	s.mu.Lock()
	defer s.mu.Unlock()
	l, empty, ok := s.find(w, yelp, ref, 0)
	if !ok {
		return
	}
	now := time.Now().UTC()
	s.gate.mu.Lock()
	spent := s.gate.calls[r.Header.Get("Authorization")+now.Format(" 2006-01-02")]
	s.gate.mu.Unlock()
	w.Header().Set("RateLimit-DailyLimit", strconv.Itoa(yelpBudget))
	w.Header().Set("RateLimit-Remaining", strconv.Itoa(max(yelpBudget-spent, 0)))
	w.Header().Set("RateLimit-ResetTime", now.Truncate(24*time.Hour).Add(24*time.Hour).Format(time.RFC3339))
	if spent > yelpBudget {
		w.WriteHeader(http.StatusTooManyRequests)
		s.json(w, map[string]any{"error": map[string]any{"code": "ACCESS_LIMIT_REACHED"}})
		return
	}
	all := l.shown()
	newest(all, func(r *review) time.Time { return r.posted })
	pacific, _ := time.LoadLocation("America/Los_Angeles")
	items := []any{}
	if empty {
		all = nil
	}
	all = all[:min(3, len(all))]
	s.gaveOut(all)
	for _, r := range all {
		items = append(items, map[string]any{
			"id": r.id, "url": "https://yelp.sim/biz/" + l.ref, "text": r.text, "rating": r.stars,
			"time_created": r.posted.In(pacific).Format("2006-01-02 15:04:05"), "user": map[string]any{"id": "u", "name": r.author},
		})
	}
	s.json(w, map[string]any{"total": len(all), "possible_languages": []string{"en"}, "reviews": items})
}

func (s *sites) facebook(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	ref := parts[max(len(parts)-2, 0)]
	from, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Query().Get("after"), "c"))
	s.mu.Lock()
	defer s.mu.Unlock()
	l, empty, ok := s.find(w, facebook, ref, from)
	if !ok {
		return
	}
	all := l.shown()
	newest(all, func(r *review) time.Time { return r.posted })
	if empty {
		all = nil
	}
	const size = 20
	l.walk(from, size, len(all), time.Now())
	part, _ := s.part(r, l, all, from, size, false)
	items := []any{}
	for _, r := range part {
		items = append(items, map[string]any{
			"created_time": r.posted.UTC().Format("2006-01-02T15:04:05-0700"), "recommendation_type": "positive", "review_text": r.text,
			"open_graph_story": map[string]any{"id": r.id}, "reviewer": map[string]any{"id": "1", "name": r.author},
		})
	}
	paging := map[string]any{}
	if from+size < len(all) {
		paging = map[string]any{"cursors": map[string]any{"after": "c" + strconv.Itoa(from+size)}, "next": "https://elsewhere.sim"}
	}
	s.json(w, map[string]any{"data": items, "paging": paging})
}

func (s *sites) trustpilot(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	ref := parts[max(len(parts)-2, 0)]
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	size, _ := strconv.Atoi(r.URL.Query().Get("perPage"))
	since, _ := time.Parse("2006-01-02T15:04:05", r.URL.Query().Get("startDateTime"))
	s.mu.Lock()
	defer s.mu.Unlock()
	l, empty, ok := s.find(w, trustpilot, ref, page-1)
	if !ok {
		return
	}
	all := slices.DeleteFunc(l.shown(), func(r *review) bool { return empty || r.posted.Before(since) })
	newest(all, func(r *review) time.Time { return r.posted })
	if since.IsZero() {
		l.walk((max(page, 1)-1)*size, size, len(all), time.Now())
	}
	part, _ := s.part(r, l, all, (max(page, 1)-1)*size, size, false)
	if (page-1)*size >= len(all) {
		part = nil
	}
	items := []any{}
	for _, r := range part {
		item := map[string]any{
			"id": r.id, "stars": r.stars, "title": r.title, "text": r.text, "language": "en",
			"createdAt": r.posted.UTC().Format(time.RFC3339), "consumer": map[string]any{"id": "1", "displayName": r.author},
		}
		if r.updated.After(r.posted) {
			item["updatedAt"] = r.updated.UTC().Format(time.RFC3339)
		}
		if r.reply != "" {
			item["companyReply"] = map[string]any{"text": r.reply, "createdAt": r.updated.UTC().Format(time.RFC3339)}
		}
		items = append(items, item)
	}
	s.json(w, map[string]any{"reviews": items})
}

func (s *sites) careopinion(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/api/v2/opinions/"), "/responses"); ok {
		s.responses(w, id)
		return
	}
	query := r.URL.Query()
	skip, _ := strconv.Atoi(query.Get("skip"))
	take, _ := strconv.Atoi(query.Get("take"))
	since, _ := time.Parse(time.DateOnly, query.Get("submittedonafter"))
	l, empty, ok := s.find(w, careopinion, query.Get("healthservice"), skip)
	if !ok {
		return
	}
	if empty {
		http.Redirect(w, r, "/account/login", http.StatusFound) // as with a key that it does not know
		return
	}
	all := slices.DeleteFunc(l.shown(), func(r *review) bool { return r.posted.Before(since) })
	slices.SortStableFunc(all, func(a, b *review) int { return a.arrived.Compare(b.arrived) })
	if since.IsZero() {
		l.walk(skip, take, len(all), time.Now())
	}
	part := all[min(skip, len(all)):min(skip+take, len(all))]
	s.gaveOut(part)
	items := []any{}
	for _, r := range part {
		count := 0
		if r.reply != "" {
			count = 1
		}
		at := r.posted.UTC().Format(time.RFC3339)
		items = append(items, map[string]any{
			"id": json.Number(r.id), "title": r.title, "body": r.text, "authorName": r.author, "dateOfSubmission": at, "dateOfPublication": at, "responseCount": count,
		})
	}
	s.json(w, items)
}

func (s *sites) responses(w http.ResponseWriter, id string) {
	for _, l := range s.listings {
		if r := s.byReview[l.id+" "+id]; l.kind == careopinion && r != nil {
			s.json(w, []any{map[string]any{"body": r.reply, "dateOfPublication": r.posted.UTC().Format(time.RFC3339)}})
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

func (s *sites) directory(w http.ResponseWriter, r *http.Request) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = max(page, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	l, empty, ok := s.find(w, directory, "http://"+r.Host+r.URL.Path, page-1)
	if !ok {
		return
	}
	all := l.shown()
	newest(all, func(r *review) time.Time { return r.posted })
	const size = 10
	more := page*size < len(all)
	if empty {
		all = nil
	}
	l.walk((page-1)*size, size, len(all), time.Now())
	part, total := s.part(r, l, all, (page-1)*size, size, true)
	items := []any{}
	for _, r := range part {
		items = append(items, map[string]any{
			"@type": "Review", "@id": "#" + r.id, "author": map[string]any{"@type": "Person", "name": r.author},
			"datePublished": r.posted.UTC().Format(time.RFC3339), "reviewBody": r.text, "reviewRating": map[string]any{"@type": "Rating", "ratingValue": r.stars, "bestRating": 5},
		})
	}
	markup, _ := json.Marshal(map[string]any{
		"@context": "https://schema.org", "@type": "Dentist", "name": "Practice " + l.id, "telephone": "+1 555 0100",
		"aggregateRating": map[string]any{"@type": "AggregateRating", "ratingValue": 4.2, "reviewCount": total}, "review": items,
	})
	var body strings.Builder
	body.WriteString("<!doctype html><html><head><title>" + html.EscapeString(l.id) + "</title>")
	if more {
		fmt.Fprintf(&body, `<link rel="next" href="%s?page=%d">`, r.URL.Path, page+1)
	}
	if !empty {
		fmt.Fprintf(&body, `<script type="application/ld+json">%s</script>`, markup)
	}
	body.WriteString("</head><body></body></html>")
	etag := fmt.Sprintf(`"%x"`, hash(body.String()))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, body.String())
}

func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

func newest(all []*review, by func(*review) time.Time) {
	slices.SortStableFunc(all, func(a, b *review) int { return by(b).Compare(by(a)) })
}
