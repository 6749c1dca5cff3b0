package directory

import (
	"math"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/dom"
	"github.com/bedside-health/bedside/libs/sites/rating"
)

// found is one review while descriptions of it are brought together.
type found struct {
	sites.Review
	rating rating.Rating
	clock  bool // PostedAt has a time of day
	source source
	ids    []candidateID

	foldedText string
}

// finish turns the entities of reviews into reviews: each once, rated on one
// scale, with an id. What breaks the limits of events is refused with a fault.
func (p *page) finish(entities []*entity) []sites.Review {
	var all []*found
	for _, e := range entities {
		f := p.reviewOf(e)
		if len(f.Text) > events.MaxTextBytes || len(f.Author) > events.MaxAuthorBytes {
			p.fault("a review larger than a review can be")
			continue
		}
		if f.Text == "" && !f.rating.Known && f.Author == "" && f.PostedAt.IsZero() {
			continue
		}
		all = append(all, f)
	}
	p.dropPositional(all)
	all = p.merge(all)
	p.rate(all)
	p.identify(all)
	out := make([]sites.Review, len(all))
	for i, f := range all {
		out[i] = f.Review
	}
	return out
}

func (p *page) reviewOf(e *entity) *found {
	f := &found{source: e.source}
	f.Author = authorOf(e)
	f.Text = p.reviewText(e, "reviewBody", "description", "text", "articleBody")
	f.Title = line(plain(e.text1("headline", "name")))
	if len(f.Title) > maxFactBytes {
		f.Title = ""
	}
	for _, v := range e.all("datePublished", "dateCreated", "uploadDate") {
		at, clock := parseDate(v.text)
		if !at.IsZero() && (f.PostedAt.IsZero() || (clock && !f.clock)) {
			f.PostedAt, f.clock = at, clock
		}
	}
	if at, _ := parseDate(e.text1("dateModified")); at.After(f.PostedAt) {
		f.UpdatedAt = at
	}
	p.readRatings(f, e)
	if u := p.absolute(e.text1("url")); u != "" && samePage(u) != "" {
		f.URL = u
	}
	f.Reply = p.replyOf(e)
	f.ids = p.candidates(e)
	return f
}

func (p *page) reviewText(e *entity, props ...string) string {
	text := e.text1(props...)
	// Pages show a text cut short and, folded away, in full.
	for _, prop := range props {
		if values := e.props[prop]; len(values) > 1 && values[0].text == text {
			for _, v := range values[1:min(len(values), 4)] {
				if v.ent == nil && len(v.text) > len(text) && cutOf(fold(text), fold(v.text)) {
					text = v.text
				}
			}
		}
	}
	if e.source == fromJSONLD {
		return plain(text)
	}
	return text
}

// authorOf takes a Person, an Organization or a text.
func authorOf(e *entity) string {
	for _, v := range e.all("author", "creator") {
		name := v.text
		if v.ent != nil {
			name = v.ent.text1("name", "alternateName")
			if name == "" {
				name = v.ent.text1("givenName") + " " + v.ent.text1("familyName")
			}
		}
		if name = line(plain(name)); name != "" {
			return name
		}
	}
	return ""
}

// readRatings separates the overall rating from ratings of one aspect.
func (p *page) readRatings(f *found, e *entity) {
	for _, v := range e.all("reviewRating", "rating", "ratingValue") {
		if v.ent == nil {
			if !f.rating.Known {
				f.rating = rating.Parse(v.text)
			}
			continue
		}
		r, aspect := ratingOf(v.ent), fold(plain(v.ent.text("reviewAspect")))
		if aspect == "" || aspect == "overall" {
			if !f.rating.Known {
				f.rating = r
			}
			continue
		}
		f.addSub(aspect, r)
	}
	if e.node != nil {
		p.readAspects(f, e.node, 0)
	}
}

// maxSubRatings and maxAspectBytes bound what a page can call an aspect.
const (
	maxSubRatings  = 20
	maxAspectBytes = 40
)

func (f *found) addSub(aspect string, r rating.Rating) {
	value := r.OnFive()
	if value == nil || aspect == "" || len(aspect) > maxAspectBytes || len(f.SubRatings) >= maxSubRatings {
		return
	}
	if f.SubRatings == nil {
		f.SubRatings = map[string]float64{}
	}
	key := strings.ReplaceAll(aspect, " ", "_")
	if _, known := f.SubRatings[key]; !known {
		f.SubRatings[key] = *value
	}
}

// readAspects finds the small tables of ratings that directories put beside a
// review without markup: an element that has a number in a child of class
// "value" (or "score") and a word in one of class "type" (or "label", "aspect",
// "category").
func (p *page) readAspects(f *found, n *html.Node, depth int) {
	if depth > 40 || len(f.SubRatings) >= maxSubRatings {
		return
	}
	var value, label string
	for c := range n.ChildNodes() {
		if c.Type != html.ElementNode {
			continue
		}
		switch {
		case dom.HasToken(c, "class", "value") || dom.HasToken(c, "class", "score"):
			value = line(p.textOf(c))
		case dom.HasToken(c, "class", "type") || dom.HasToken(c, "class", "label") || dom.HasToken(c, "class", "aspect") || dom.HasToken(c, "class", "category"):
			label = line(p.textOf(c))
		default:
			if prop := dom.Attr(c, "itemprop"); prop == "" || prop == "reviewRating" {
				p.readAspects(f, c, depth+1)
			}
		}
	}
	if value != "" && label != "" {
		f.addSub(fold(label), rating.Parse(value))
	}
}

// replyOf is the practice's answer where the page marks it up as a comment by
// an organization.
func (p *page) replyOf(e *entity) *events.Reply {
	for _, v := range e.all("comment") {
		if v.ent == nil {
			continue
		}
		author := v.ent.entity("author", "creator")
		if author == nil || (!author.hasType(listingTypes) && !author.hasType(organizationTypes)) {
			continue
		}
		text := p.reviewText(v.ent, "text", "description")
		if text == "" || len(text) > events.MaxTextBytes {
			continue
		}
		at, _ := parseDate(v.ent.text1("dateCreated", "datePublished"))
		return &events.Reply{Text: text, UpdatedAt: at}
	}
	if e.node != nil {
		return p.unmarkedReply(e.node, 0)
	}
	return nil
}

// unmarkedReply finds the answer that a directory shows inside of a review without
// markup: in an element whose class says that it is the text of a response
// ("owner-response-body", "reply-text").
func (p *page) unmarkedReply(n *html.Node, depth int) *events.Reply {
	if depth > 40 {
		return nil
	}
	for c := range n.ChildNodes() {
		if c.Type != html.ElementNode {
			continue
		}
		if _, marked := dom.Lookup(c, "itemprop"); !marked && isReplyText(dom.Attr(c, "class")) {
			if text := p.textOf(c); strings.TrimSpace(text) != "" && len(text) <= events.MaxTextBytes {
				return &events.Reply{Text: text}
			}
		}
		if reply := p.unmarkedReply(c, depth+1); reply != nil {
			return reply
		}
	}
	return nil
}

var replyClass = regexp.MustCompile(`(?i)^(?:[a-z0-9]+[-_]+){0,4}(?:response|reply)[-_]+(?:body|text|content|message)$`)

func isReplyText(classes string) bool {
	for class := range strings.FieldsSeq(classes) {
		if len(class) <= 60 && replyClass.MatchString(class) {
			return true
		}
	}
	return false
}

var organizationTypes = set("Organization Corporation MedicalOrganization")

// rate brings ratings to 1..5. A page whose ratings go beyond 5 without naming
// a scale is read by the scale of its aggregate; where that names none either,
// no rating without a scale is normalised, as a 4 may be one of ten.
func (p *page) rate(all []*found) {
	beyond := false
	for _, f := range all {
		beyond = beyond || (f.rating.Known && math.IsNaN(f.rating.Best) && f.rating.Value > 5)
	}
	best, worst := math.NaN(), math.NaN()
	if beyond {
		best, worst = p.aggregateScale()
	}
	for _, f := range all {
		r := f.rating
		f.RawRating = r.Raw()
		if math.IsNaN(r.Best) && beyond {
			if math.IsNaN(best) {
				continue
			}
			r.Best = best
			if math.IsNaN(r.Worst) {
				r.Worst = worst
			}
		}
		f.Rating = r.OnFive()
	}
}

func (p *page) aggregateScale() (best, worst float64) {
	for _, e := range p.graph.entities {
		if a := e.entity("aggregateRating"); a != nil {
			if r := ratingOf(a); !math.IsNaN(r.Best) && r.Best > 5 {
				return r.Best, r.Worst
			}
		}
	}
	return math.NaN(), math.NaN()
}

// ratingOf reads a Rating or AggregateRating entity.
func ratingOf(e *entity) rating.Rating {
	r := rating.Parse(e.text1("ratingValue", "value"))
	if !r.Scaled {
		if best := rating.Parse(e.text1("bestRating")); best.Known {
			r.Best = best.Value
		}
		if worst := rating.Parse(e.text1("worstRating")); worst.Known {
			r.Worst = worst.Value
		}
	}
	return r
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }
