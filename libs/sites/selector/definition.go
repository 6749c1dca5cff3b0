package selector

import (
	"regexp"
	"strings"
	"time"
)

// Definition says how the pages of one site are read. docs/selectors.md is its
// description for the person who writes one.
type Definition struct {
	// Name is the site's, [a-z0-9-]; listings name it. Version is the writer's
	// own number; ids made by hash depend on it, so that a change of Identity is
	// a decision.
	Name    string `yaml:"name"`
	Version int    `yaml:"version"`
	// Hosts are the sites' host names; a listing on another one is refused. A host
	// counts with and without "www.".
	Hosts []string `yaml:"hosts"`
	// Item selects the element of one review. An item inside of an item is a part
	// of it.
	Item string `yaml:"item"`
	// Empty selects what the page shows where there are no reviews. A first page
	// without items that does not show it is an error.
	Empty string `yaml:"empty"`
	// NewestFirst: the list is sorted so, and a poll may stop at what is known.
	NewestFirst bool `yaml:"newest_first"`
	// Fields of a review, found inside of its item.
	Fields map[string]Field `yaml:"fields"`
	Dates  Dates            `yaml:"dates"`
	Rating Rating           `yaml:"rating"`
	// Identity are the fields a review's id is made of where no field id is given:
	// author, date, title, text. Default author and date; author and text where
	// dates are relative or absent.
	Identity []string `yaml:"identity"`
	// UniqueIDs: the values of the field id are unique on the whole site. Otherwise
	// they count within a listing.
	UniqueIDs bool   `yaml:"unique_ids"`
	Paging    Paging `yaml:"paging"`
	// Facts of the listing, found on the whole page.
	Facts map[string]Field `yaml:"facts"`

	item, empty, next *query
	fields, facts     map[string]*compiledField
	formats           []format
	zone              *time.Location
}

// Field says where one value stands.
type Field struct {
	// Select is a CSS selector; empty is the item itself.
	Select string `yaml:"select"`
	// Attribute to read instead of the element's text.
	Attribute string `yaml:"attribute"`
	// Index chooses one of several matches, from 1, or from the end: -1 is the
	// last. Default 1.
	Index int `yaml:"index"`
	// Pattern is a regular expression; the value is its first group, or what it
	// matches where it has none. A value that it does not match is no value.
	Pattern string `yaml:"pattern"`
	// Without selects elements inside that are not part of the text.
	Without string `yaml:"without"`
}

// Dates says how dates are written.
type Dates struct {
	// Formats are tried in order: YYYY YY MMMM MMM MM M DD D HH H hh h mm ss a,
	// other characters stand for themselves; "iso" is any ISO 8601 form and
	// "relative" is "3 days ago".
	Formats []string `yaml:"formats"`
	// Zone is the IANA name of the zone of dates that carry none. Default UTC.
	Zone string `yaml:"zone"`
	// Months are the site's names of the twelve months where they are not
	// English; three of their letters, or a form ending in a dot, count too.
	Months []string `yaml:"months"`
}

// Rating says how ratings are shown.
type Rating struct {
	// From is text (the value of the field, "4,5", "4 of 5", "80%"), count (the
	// number of matching elements), or width (a percentage in a style attribute).
	From string `yaml:"from"`
	// Best and Worst are the ends of the scale where the text does not say it.
	// Default 5 and 1. A bar of width begins at nothing unless Worst is given.
	Best  *float64 `yaml:"best"`
	Worst *float64 `yaml:"worst"`
	// Words are ratings by word, such as excellent: 5.
	Words map[string]float64 `yaml:"words"`
}

// Where ratings come from.
const (
	ratingText  = "text"
	ratingCount = "count"
	ratingWidth = "width"
)

// Paging says how the list goes on: by Next or by Parameter.
type Paging struct {
	// Next selects the link to the next page.
	Next string `yaml:"next"`
	// Parameter of the address that holds the number of the page. The list ends
	// at a page without items.
	Parameter string `yaml:"parameter"`
	// First is the number of the first page, default 1; Step the difference of
	// two, default 1, or the number of reviews where pages count those.
	First *int `yaml:"first"`
	Step  int  `yaml:"step"`
	// MaxPages ends a list. Default and maximum 500.
	MaxPages int `yaml:"max_pages"`
}

type compiledField struct {
	spec    Field
	query   *query // nil for the item itself
	without *query
	pattern *regexp.Regexp
}

// names of fields and facts, in the order in which they are shown.
var (
	fieldNames = []string{"id", "author", "title", "text", "date", "updated", "rating", "url", "reply", "reply_date"}
	factNames  = []string{
		"name", "telephone", "street", "locality", "region", "postal_code", "country", "website",
		"hours", "rating", "review_count", "categories", "accepting_new_patients",
	}
)

// keyed are the fields that can be part of an identity.
var keyed = []string{"author", "date", "title", "text"}

const defaultMaxPages = 500

// Part is one selector of a definition, by the name that Extract.Matched has it
// under.
type Part struct {
	Name     string
	Selector string // with its attribute, "a @href"
}

// Parts are all selectors of the definition in the order of its description.
func (d *Definition) Parts() []Part {
	out := []Part{{"item", d.Item}}
	if d.Empty != "" {
		out = append(out, Part{"empty", d.Empty})
	}
	add := func(place string, names []string, fields map[string]Field) {
		for _, name := range names {
			f, ok := fields[name]
			if !ok {
				continue
			}
			css := f.Select
			if f.Attribute != "" {
				css = strings.TrimSpace(css + " @" + f.Attribute)
			}
			out = append(out, Part{place + "." + name, css})
		}
	}
	add("fields", fieldNames, d.Fields)
	add("facts", factNames, d.Facts)
	if d.Paging.Next != "" {
		out = append(out, Part{"paging.next", d.Paging.Next})
	}
	return out
}
