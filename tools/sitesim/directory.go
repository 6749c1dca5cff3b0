package sitesim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

const reviewsPerPage = 10

// pageData is what the templates of the two directories show.
type pageData struct {
	Location             location
	Name, Kind, Phone    string
	Street, Town, Zip    string
	Mean                 float64
	Total, Number        int
	Reviews              []pageReview
	Next, Previous, Self string
	JSON                 template.JS
}

type pageReview struct {
	review
	Lines []string
}

// Date is the day a review was posted, as RFC 3339 with its time.
func (r pageReview) Date() string { return r.Posted.Format(time.RFC3339Nano) }

// ten is a rating of CareFinder, which rates from 1 to 10.
func ten(stars int) string {
	return strconv.FormatFloat(1+float64(stars-1)*9/4, 'f', -1, 64)
}

func (s *Sim) servePage(w http.ResponseWriter, r *http.Request) {
	l, ok := locationByKey(r.PathValue("location"))
	site := r.PathValue("site")
	if !ok || l.directory != site {
		http.NotFound(w, r)
		return
	}
	number := 1
	if p := r.URL.Query().Get("page"); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 100_000 {
			http.NotFound(w, r)
			return
		}
		number = n
	}
	part, total, mean := s.world.list(shelf{site: site, location: l.key}, (number-1)*reviewsPerPage, reviewsPerPage)
	if number > 1 && len(part) == 0 {
		http.NotFound(w, r)
		return
	}
	self := "/d/" + site + "/" + l.key
	data := pageData{
		Location: l, Name: l.name, Kind: l.kind, Phone: l.phone, Street: l.street, Town: l.town, Zip: l.zip,
		Mean: mean, Total: total, Number: number, Self: self,
	}
	for _, rev := range part {
		data.Reviews = append(data.Reviews, pageReview{review: rev, Lines: strings.Split(rev.Text, "\n")})
	}
	if number*reviewsPerPage < total {
		data.Next = fmt.Sprintf("%s?page=%d", self, number+1)
	}
	if number > 1 {
		data.Previous = fmt.Sprintf("%s?page=%d", self, number-1)
	}
	tmpl := docPagesTemplate
	if site == CareFinder {
		tmpl = careFinderTemplate
		doc, err := json.Marshal(s.jsonLD(data))
		if err != nil {
			http.Error(w, "cannot write the page", http.StatusInternalServerError)
			return
		}
		data.JSON = template.JS(doc) // json.Marshal escapes <, > and &
	}
	var body strings.Builder
	if err := tmpl.Execute(&body, data); err != nil {
		http.Error(w, "cannot write the page", http.StatusInternalServerError)
		return
	}
	serveConditional(w, r, "text/html; charset=utf-8", []byte(body.String()))
}

// jsonLD describes the page as real directories do: a graph with references.
func (s *Sim) jsonLD(d pageData) map[string]any {
	base := s.URL() + d.Self
	place := map[string]any{
		"@type": []string{d.Kind, "MedicalBusiness"}, "@id": base + "#place", "name": d.Name, "url": base,
		"telephone": d.Phone, "openingHours": d.Location.hours,
		"address": map[string]any{"@type": "PostalAddress", "streetAddress": d.Street, "addressLocality": d.Town, "postalCode": d.Zip, "addressCountry": "US"},
	}
	var reviews []map[string]any
	for _, r := range d.Reviews {
		reviews = append(reviews, map[string]any{
			"@type": "Review", "@id": base + "#" + r.ID, "author": map[string]any{"@type": "Person", "name": r.Author},
			"datePublished": r.Date(), "reviewBody": r.Text, "itemReviewed": map[string]any{"@id": base + "#place"},
			"reviewRating": map[string]any{"@type": "Rating", "ratingValue": ten(r.Stars), "bestRating": "10", "worstRating": "1"},
		})
	}
	if d.Total > 0 {
		place["aggregateRating"] = map[string]any{
			"@type": "AggregateRating", "ratingValue": 1 + (d.Mean-1)*9/4, "bestRating": 10, "worstRating": 1, "reviewCount": strconv.Itoa(d.Total),
		}
		place["review"] = reviews
	}
	return map[string]any{"@context": "https://schema.org", "@graph": []any{
		map[string]any{"@type": "WebPage", "@id": base, "about": map[string]any{"@id": base + "#place"}},
		map[string]any{"@type": "WebSite", "name": "CareFinder"},
		place,
	}}
}

// serveConditional answers with an entity tag of the body's content.
func serveConditional(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", "no-cache")
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func (s *Sim) serveSaved(w http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	if path.Ext(file) != ".html" || strings.ContainsAny(file, `/\`) {
		http.NotFound(w, r)
		return
	}
	root, err := os.OpenRoot(s.cfg.Pages)
	if err != nil {
		http.Error(w, "the folder of pages is gone", http.StatusInternalServerError)
		return
	}
	defer func() { _ = root.Close() }()
	body, err := root.ReadFile(file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	serveConditional(w, r, "text/html; charset=utf-8", body)
}

func (s *Sim) serveIndex(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	var body strings.Builder
	if err := indexTemplate.Execute(&body, s.Listings()); err != nil {
		http.Error(w, "cannot write the page", http.StatusInternalServerError)
		return
	}
	_, _ = w.Write([]byte(body.String()))
}
