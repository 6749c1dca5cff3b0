package directory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/sites/dom"
)

// candidateID is an id the site gives a review. Lower rank is better: an id the
// markup calls so, then an address of the review, then names of elements.
type candidateID struct {
	rank  idRank
	value string
}

type idRank int

const (
	byIdentifier idRank = iota
	byNodeID            // @id, itemid
	byURL
	byData // data-review-id and the like
	byElement
)

// key says when two candidates are the same id. An address is one id wherever
// it stands.
func (c candidateID) key() string {
	switch c.rank {
	case byNodeID, byURL:
		return "url " + c.value
	}
	return strconv.Itoa(int(c.rank)) + " " + c.value
}

// maxIDBytes bounds an id; a longer one is none.
const maxIDBytes = 512

func (p *page) candidates(e *entity) []candidateID {
	var out []candidateID
	add := func(rank idRank, v string) {
		if v = strings.TrimSpace(v); v != "" && len(v) <= maxIDBytes && !strings.HasPrefix(v, "_:") {
			out = append(out, candidateID{rank: rank, value: v})
		}
	}
	for _, v := range e.all("identifier") {
		if v.ent != nil {
			add(byIdentifier, v.ent.text1("value", "@value"))
			continue
		}
		add(byIdentifier, v.text)
	}
	add(byNodeID, p.ownAddress(e.id))
	if u := e.text1("url"); u != "" {
		// The address of the listing itself says nothing about which review.
		if abs := p.absolute(u); abs != "" && (strings.Contains(abs, "#") || !p.isListingAddress(abs)) {
			add(byURL, p.ownAddress(u))
		}
	}
	if e.node != nil {
		for _, key := range []string{"data-review-id", "data-reviewid", "data-review", "data-comment-id", "data-id"} {
			add(byData, dom.Attr(e.node, key))
		}
		if id := dom.Attr(e.node, "id"); strings.ContainsAny(id, "0123456789") {
			add(byElement, id)
		}
	}
	return out
}

func (p *page) isListingAddress(abs string) bool {
	s := samePage(abs)
	return s == samePage(p.self.String()) || s == samePage(p.canonical)
}

// ownAddress writes an id relative to the listing, so that a review keeps its
// id when it moves from one page of the list to the next: the page's own
// address in front of a fragment is dropped.
func (p *page) ownAddress(id string) string {
	before, fragment, found := strings.Cut(id, "#")
	if found && fragment != "" {
		if before == "" || p.isListingAddress(p.absolute(before)) {
			return "#" + fragment
		}
		return id
	}
	if abs := p.absolute(id); abs != "" {
		return abs
	}
	return id
}

var tail = regexp.MustCompile(`^(.*?)([0-9]+)$`)

// dropPositional removes candidates that number the places on the page instead
// of the reviews: ids that count up by one from a small number would move to
// other reviews when a new one appears. It also removes ids that the page gives
// to reviews with different texts.
func (p *page) dropPositional(all []*found) {
	for rank := byIdentifier; rank <= byElement; rank++ {
		for _, src := range []source{fromMicrodata, fromJSONLD} {
			var values, texts []string
			for _, f := range all {
				if f.source != src {
					continue
				}
				for _, c := range f.ids {
					if c.rank == rank {
						values, texts = append(values, c.value), append(texts, fold(f.Text))
						break
					}
				}
			}
			if !positional(values) && !ambiguous(values, texts) {
				continue
			}
			for _, f := range all {
				if f.source == src {
					f.ids = slices.DeleteFunc(f.ids, func(c candidateID) bool { return c.rank == rank })
				}
			}
		}
	}
}

// positional compares ids that consist of the same words and a number.
func positional(values []string) bool {
	if len(values) == 0 {
		return false
	}
	prefix, last := "", 0
	for i, v := range values {
		m := tail.FindStringSubmatch(v)
		if m == nil {
			return false
		}
		n, err := strconv.Atoi(m[2])
		if err != nil || n > 1000 {
			return false
		}
		if i > 0 && (m[1] != prefix || n != last+1) {
			return false
		}
		prefix, last = m[1], n
	}
	return len(values) > 1 || last <= 1
}

func ambiguous(values, texts []string) bool {
	seen := map[string]string{}
	for i, v := range values {
		if text, twice := seen[v]; twice && text != texts[i] && !cutOf(text, texts[i]) && !cutOf(texts[i], text) {
			return true
		}
		seen[v] = texts[i]
	}
	return false
}

// longToken is what makes an id unique on a whole site by its looks: a number
// of six digits or a run of twelve letters and digits as of a UUID.
var longToken = regexp.MustCompile(`[0-9]{6}|[0-9a-fA-F]{12}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}`)

// identify gives every review its external id: the site's own where there is
// one, with the listing's scope added to short ones that another listing of the
// site may use too; otherwise a hash, which is made so that an edit of the text
// keeps it wherever author and date alone tell reviews apart.
//
// The hash covers scope, author and date. The text joins it where author and
// date do not tell reviews apart: a nameless author with a day but no time of
// day. An edit of such a review looks like a removal and a new review. Of
// several reviews by one named author on one day the lowest on the page, which
// is the oldest on sites that list the newest first, keeps the plain hash.
func (p *page) identify(all []*found) {
	taken := map[string]bool{}
	copies := map[string]int{} // of descriptions that are equal in everything
	for _, f := range slices.Backward(all) {
		id := p.externalID(f, false)
		if taken[id] {
			id = p.externalID(f, true)
		}
		if taken[id] {
			key := p.hash(f.Author, f.PostedAt.String(), f.Text)
			for taken[id] {
				copies[key]++
				id = p.hash(f.Author, f.PostedAt.String(), f.Text, strconv.Itoa(copies[key]+1))
			}
		}
		taken[id] = true
		f.ExternalID = id
	}
}

func (p *page) externalID(f *found, withText bool) string {
	if len(f.ids) > 0 && !withText {
		best := slices.MinFunc(f.ids, func(a, b candidateID) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.value, b.value))
		})
		isAddress := strings.Contains(best.value, "://") || strings.HasPrefix(best.value, "urn:")
		if isAddress || longToken.MatchString(best.value) {
			return best.value
		}
		return best.value + "@" + p.hash()[2:10]
	}
	date := ""
	if !f.PostedAt.IsZero() {
		date = f.PostedAt.Format(time.RFC3339Nano)
	}
	if withText || date == "" || (!f.clock && nameless(f.Author)) {
		return p.hash(fold(f.Author), date, fold(f.Text))
	}
	return p.hash(fold(f.Author), date)
}

// hash is short enough to read in a log and long enough not to collide.
func (p *page) hash(parts ...string) string {
	h := sha256.New()
	for _, part := range append([]string{p.scope}, parts...) {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "h_" + hex.EncodeToString(h.Sum(nil)[:12])
}

var namelessAuthors = set("anonymous anonym anonymus patient guest user reviewer customer member")

// nameless reports whether many people share this author's name.
func nameless(author string) bool {
	words := strings.Fields(fold(author))
	if len(words) == 0 || len(fold(author)) < 4 {
		return true
	}
	return namelessAuthors[strings.Trim(words[len(words)-1], ".")]
}
