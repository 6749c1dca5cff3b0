package sitesim

import (
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

// TownHealth is a site without markup for machines. It shows the reviews that the
// location's directory has, with dates in words and stars as the width of a bar.
const TownHealth = "townhealth"

// PlainListings are the listings on TownHealth, for the scraper's adapter selector
// with Definition.
func (s *Sim) PlainListings() []ListingRef {
	var out []ListingRef
	for _, l := range locations {
		out = append(out, ListingRef{
			Site: TownHealth, Adapter: "selector", LocationKey: l.key,
			Ref: TownHealth + "!" + s.URL() + "/" + TownHealth + "/" + l.key,
		})
	}
	return out
}

// Definition is the file that describes TownHealth to the adapter selector.
func (s *Sim) Definition() string {
	_, host, _ := strings.Cut(s.URL(), "://")
	return fmt.Sprintf(`name: %s
version: 1
hosts: [%q]
item: .opinion
empty: .nobody-yet
newest_first: true
fields:
  id: {attribute: data-key}
  author: {select: .who}
  date: {select: .when}
  text: {select: .words}
  rating: {select: .bar i}
unique_ids: true
dates: {formats: ["MMMM D, YYYY HH:mm"]}
rating: {from: width}
paging: {next: a.older}
facts:
  name: {select: h1}
  telephone: {select: .phone}
  street: {select: .street}
  locality: {select: .town}
  review_count: {select: .count}
`, TownHealth, host)
}

func (s *Sim) servePlain(w http.ResponseWriter, r *http.Request) {
	l, ok := locationByKey(r.PathValue("location"))
	if !ok {
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
	all := s.world.inOrder(shelfOf(l, l.directory))
	from := (number - 1) * reviewsPerPage
	if number > 1 && from >= len(all) {
		http.NotFound(w, r)
		return
	}
	data := plainPage{Name: l.name, Phone: l.phone, Street: l.street, Town: l.town, Total: len(all)}
	for _, rev := range all[from:min(from+reviewsPerPage, len(all))] {
		data.Reviews = append(data.Reviews, plainReview{
			Key: rev.ID, Author: rev.Author, Width: strconv.Itoa(rev.Stars*20) + "%",
			When: rev.Posted.UTC().Format("January 2, 2006 15:04"), Lines: strings.Split(rev.Text, "\n"),
		})
	}
	if from+reviewsPerPage < len(all) {
		data.Older = fmt.Sprintf("/%s/%s?page=%d", TownHealth, l.key, number+1)
	}
	var body strings.Builder
	if err := plainTemplate.Execute(&body, data); err != nil {
		http.Error(w, "cannot write the page", http.StatusInternalServerError)
		return
	}
	serveConditional(w, r, "text/html; charset=utf-8", []byte(body.String()))
}

type plainPage struct {
	Name, Phone, Street, Town, Older string
	Total                            int
	Reviews                          []plainReview
}

type plainReview struct {
	Key, Author, Width, When string
	Lines                    []string
}

var plainTemplate = template.Must(template.New("townhealth").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Name}} - TownHealth</title></head><body>
<h1>{{.Name}}</h1><p><span class="street">{{.Street}}</span>, <span class="town">{{.Town}}</span> <span class="phone">{{.Phone}}</span></p>
<p class="count">{{.Total}} opinions</p>{{if not .Reviews}}<p class="nobody-yet">Nobody has written yet.</p>{{end}}
{{range .Reviews}}<section class="opinion" data-key="{{.Key}}"><h2 class="who">{{.Author}}</h2><span class="when">{{.When}}</span>
<div class="bar"><i style="width:{{.Width}}"></i></div><p class="words">{{range $i, $l := .Lines}}{{if $i}}<br>{{end}}{{$l}}{{end}}</p></section>
{{end}}{{if .Older}}<a class="older" href="{{.Older}}">Older opinions</a>{{end}}
</body></html>
`))
