package sitesim

import "html/template"

// CareFinder carries its reviews in JSON-LD and shows them without markup.
var careFinderTemplate = template.Must(template.New("carefinder").Funcs(template.FuncMap{"ten": ten}).Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Name}} - CareFinder</title>
<link rel="canonical" href="{{.Self}}">
{{if .Next}}<link rel="next" href="{{.Next}}">{{end}}{{if .Previous}}<link rel="prev" href="{{.Previous}}">{{end}}
<script type="application/ld+json">{{.JSON}}</script>
</head><body>
<header><a href="/">CareFinder (simulated)</a></header>
<main><h1>{{.Name}}</h1><p>{{.Street}}, {{.Town}} {{.Zip}} - {{.Phone}}</p><p>{{.Total}} reviews</p>
{{range .Reviews}}<article id="{{.ID}}"><h2>{{ten .Stars}} of 10</h2><p>{{range $i, $l := .Lines}}{{if $i}}<br>{{end}}{{$l}}{{end}}</p><p>{{.Author}}, {{.Posted.Format "January 2, 2006"}}</p></article>
{{end}}{{if .Next}}<a href="{{.Next}}">Older reviews</a>{{end}}</main>
</body></html>
`))

// DocPages marks its reviews up with microdata, with ratings of single aspects
// beside them that have no markup of their own.
var docPagesTemplate = template.Must(template.New("docpages").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Name}} | DocPages</title>
<link rel="canonical" href="{{.Self}}">
</head><body>
<div itemscope itemtype="http://schema.org/{{.Kind}}">
<link itemprop="url" href="{{.Self}}">
<h1 itemprop="name">{{.Name}}</h1>
<div itemprop="address" itemscope itemtype="http://schema.org/PostalAddress">
  <span itemprop="streetAddress">{{.Street}}</span>, <span itemprop="addressLocality">{{.Town}}</span> <span itemprop="postalCode">{{.Zip}}</span>
</div>
<a itemprop="telephone" href="tel:{{.Phone}}">{{.Phone}}</a>
{{range .Location.OpeningHours}}<meta itemprop="openingHours" content="{{.}}">
{{end}}{{if .Total}}<p itemprop="aggregateRating" itemscope itemtype="http://schema.org/AggregateRating">
  <span itemprop="ratingValue">{{.Mean}}</span> of <span itemprop="bestRating">5</span> from <span itemprop="reviewCount">{{.Total}}</span> reviews
</p>{{end}}
<ol>
{{range .Reviews}}<li class="review" itemprop="review" itemscope itemtype="http://schema.org/Review" data-review-id="{{.ID}}">
  <div itemprop="reviewRating" itemscope itemtype="http://schema.org/Rating"><meta itemprop="ratingValue" content="{{.Stars}}">{{.Stars}} stars</div>
  <div class="aspects"><div class="aspect-box"><span class="value">{{.Stars}}</span><span class="label">Overall care</span></div></div>
  <p itemprop="reviewBody">{{range $i, $l := .Lines}}{{if $i}}<br>{{end}}{{$l}}{{end}}</p>
  <footer>by <span itemprop="author" itemscope itemtype="http://schema.org/Person"><b itemprop="name">{{.Author}}</b></span>
  on <time itemprop="datePublished" datetime="{{.Date}}">{{.Posted.Format "Jan 2, 2006"}}</time></footer>
</li>
{{end}}</ol>
</div>
<nav>{{if .Previous}}<a rel="prev" href="{{.Previous}}">Newer</a> {{end}}{{if .Next}}<a rel="next" href="{{.Next}}">Older</a>{{end}}</nav>
</body></html>
`))

var indexTemplate = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Simulated review sites</title></head><body>
<h1>Simulated review sites</h1><p>Nothing here is real. Control: <code>/_sim/</code></p>
<ul>{{range .}}<li>{{.Site}} {{.LocationKey}}: {{if eq .Adapter "directory"}}<a href="{{.Ref}}">{{.Ref}}</a>{{else}}{{.Ref}}{{end}}</li>
{{end}}</ul></body></html>
`))

// OpeningHours is for the templates.
func (l location) OpeningHours() []string { return l.hours }
