package directory

import (
	"net/url"
	"slices"
	"strings"
)

// listingTypes are the schema.org types a practice's listing has.
var listingTypes = set("Physician IndividualPhysician PhysiciansOffice Dentist Optician Optometric MedicalClinic MedicalBusiness " +
	"MedicalOrganization Hospital Pharmacy DiagnosticLab CovidTestingFacility Dermatology DietNutrition Emergency Geriatric Gynecologic " +
	"Midwifery Nursing Obstetric Oncologic Otolaryngologic Pediatric Physiotherapy PlasticSurgery Podiatric PrimaryCare " +
	"Psychiatric PublicHealth CommunityHealth VeterinaryCare HealthAndBeautyBusiness LocalBusiness ProfessionalService")

// otherTypes describe the page, its parts or its site, and are no listing even
// where they carry a rating.
var otherTypes = set("WebPage WebSite ProfilePage ItemPage CollectionPage AboutPage ContactPage FAQPage SearchResultsPage MedicalWebPage " +
	"BreadcrumbList ListItem ItemList SearchAction Review UserReview CriticReview EmployerReview Rating AggregateRating " +
	"PostalAddress GeoCoordinates OpeningHoursSpecification ImageObject ContactPoint Comment Question Answer Article NewsArticle BlogPosting")

var pageTypes = set("WebPage ProfilePage ItemPage MedicalWebPage AboutPage CollectionPage ContactPage")

var offeredTypes = set("Service Product Offer MedicalProcedure MedicalTherapy MedicalTest Course Event")

var reviewTypes = set("Review UserReview CriticReview")

// reference is a property by which one entity leads to another.
type reference struct {
	from *entity
	prop string
}

func (p *page) references() map[*entity][]reference {
	refs := map[*entity][]reference{}
	for _, e := range p.graph.entities {
		for prop, values := range e.props {
			for _, v := range values {
				if v.ent != nil {
					refs[v.ent] = append(refs[v.ent], reference{from: e, prop: prop})
				}
			}
		}
	}
	return refs
}

func isListing(e *entity) bool {
	if e.hasType(otherTypes) {
		return false
	}
	return e.hasType(listingTypes) || len(e.all("review", "reviews", "aggregateRating")) > 0 ||
		(len(e.types) > 0 && e.entity("address") != nil)
}

// mainEntity is the listing the page is about; nil if there is none. What the
// page itself names as its subject wins, then what has the page's own address,
// then what has reviews; a listing inside another one (a clinic of a physician)
// gives way to the outer one.
func (p *page) mainEntity() *entity {
	refs := p.references()
	var best *entity
	bestScore := -1 << 30
	for _, e := range p.graph.entities {
		if !isListing(e) {
			continue
		}
		if score := p.mainScore(e, refs[e]); score > bestScore {
			best, bestScore = e, score
		}
	}
	return best
}

func (p *page) mainScore(e *entity, refs []reference) int {
	score := 0
	subject, inside := len(e.all("mainEntityOfPage")) > 0, false
	for _, r := range refs {
		switch {
		case r.prop == "mainEntity" || (r.prop == "about" && r.from.hasType(pageTypes)):
			subject = true
		case r.prop == "itemReviewed":
			score += 1
		case isListing(r.from) && r.from != e:
			inside = true
		}
	}
	score = min(score, 100)
	if subject {
		score += 1000
	}
	if p.isThisPage(e) {
		score += 500
	}
	if inside {
		score -= 300
	}
	for weight, props := range map[int][]string{100: {"review", "reviews"}, 101: {"aggregateRating"}, 20: {"address"}, 10: {"telephone"}, 5: {"name"}} {
		if len(e.all(props...)) > 0 {
			score += weight
		}
	}
	if e.hasType(listingTypes) {
		score += 50
	}
	if e.hasType(offeredTypes) {
		score -= 200 // what a practice offers gives way to the practice
	}
	return score
}

func (p *page) isThisPage(e *entity) bool {
	own := []string{samePage(p.self.String()), samePage(p.canonical)}
	for _, link := range append(e.urls(), e.id) {
		if abs := p.absolute(link); abs != "" && slices.Contains(own, samePage(abs)) {
			return true
		}
	}
	return false
}

// maxAddresses bounds the addresses of one entity that are compared, because each
// is compared with each of another's.
const maxAddresses = 16

func (e *entity) urls() []string {
	var out []string
	for _, v := range e.all("url", "mainEntityOfPage") {
		if len(out) == maxAddresses {
			break
		}
		if v.ent == nil {
			out = append(out, v.text)
		} else if v.ent.id != "" {
			out = append(out, v.ent.id)
		}
	}
	return out
}

// samePage compares addresses without scheme, query, fragment and final slash.
func samePage(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimSuffix(u.EscapedPath(), "/")
}

// sameListing reports whether two entities describe one listing: pages describe
// it in both markups, and again inside each review.
func (p *page) sameListing(a, b *entity) bool {
	if a == b || (a.id != "" && a.id == b.id) {
		return true
	}
	for _, x := range a.urls() {
		for _, y := range b.urls() {
			if s := samePage(p.absolute(x)); s != "" && s == samePage(p.absolute(y)) {
				return true
			}
		}
	}
	name := fold(a.text1("name"))
	return name != "" && name == fold(b.text1("name"))
}

// unrelated are the properties that lead from a listing to others than itself.
var unrelated = set("isRelatedTo isSimilarTo relatedLink significantLink knows colleague mentions competitor follows recommends")

// partsOf are all entities that main leads to.
func (p *page) partsOf(main *entity) map[*entity]bool {
	parts := map[*entity]bool{main: true}
	queue := []*entity{main}
	for len(queue) > 0 {
		e := queue[0]
		queue = queue[1:]
		for prop, values := range e.props {
			if unrelated[prop] {
				continue
			}
			for _, v := range values {
				if v.ent != nil && !parts[v.ent] {
					parts[v.ent] = true
					queue = append(queue, v.ent)
				}
			}
		}
	}
	return parts
}

// reviewsOf returns the reviews that belong to main, in document order, and the
// number of those that belong to another listing. A review that does not say
// what it is about belongs to the page's listing.
func (p *page) reviewsOf(main *entity) (own []*entity, foreign int) {
	refs := p.references()
	var parts map[*entity]bool
	if main != nil {
		parts = p.partsOf(main)
		p.addTwin(main, parts)
	}
	for _, e := range p.graph.entities {
		isReview := e.hasType(reviewTypes)
		var owners []*entity
		for _, r := range refs[e] {
			if r.prop == "review" || r.prop == "reviews" {
				isReview = isReview || len(e.types) == 0
				if !r.from.hasType(pageTypes) {
					owners = append(owners, r.from)
				}
			}
		}
		if !isReview {
			continue
		}
		for _, v := range e.all("itemReviewed") {
			if v.ent != nil {
				owners = append(owners, v.ent)
			}
		}
		if main != nil && len(owners) > 0 && !slices.ContainsFunc(owners, func(o *entity) bool {
			return parts[o] || p.sameListing(o, main) || !isListingLike(o)
		}) {
			foreign++
			continue
		}
		own = append(own, e)
	}
	return own, foreign
}

// addTwin finds the listing that describes the same one in the other markup under
// another name ("Harbor Dental", "Harbor Dental LLC"): the one that has a review of
// the same words. Its parts are the listing's too.
func (p *page) addTwin(main *entity, parts map[*entity]bool) {
	words := map[string]bool{}
	for e := range parts {
		for _, v := range e.all("review", "reviews") {
			if v.ent == nil {
				continue
			}
			if text := fold(p.reviewText(v.ent, "reviewBody", "description", "text")); len(text) >= minCutBytes {
				words[text] = true
			}
		}
	}
	if len(words) == 0 {
		return
	}
	for _, e := range p.graph.entities {
		if e.source == main.source || parts[e] || !isListing(e) {
			continue
		}
		for _, v := range e.all("review", "reviews") {
			if v.ent != nil && words[fold(p.reviewText(v.ent, "reviewBody", "description", "text"))] {
				for part := range p.partsOf(e) {
					parts[part] = true
				}
				break
			}
		}
	}
}

// isListingLike is false for an owner that says nothing by which it could be
// told from the page's listing.
func isListingLike(e *entity) bool { return e.text1("name") != "" || len(e.urls()) > 0 }

func fold(s string) string { return strings.ToLower(line(s)) }
