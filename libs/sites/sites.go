// Package sites is what every review site looks like to the scraper: pages of
// reviews, facts of the listing, and for some the publishing of a reply. Each
// site has a package of its own below this one; sitestest is the contract that
// all of them keep.
package sites

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/events"
)

// Listing is what an adapter needs to know to read one listing.
type Listing struct {
	ID         string
	OrgID      string
	LocationID string
	// Site is the name under which reviews are shown and filtered ("google",
	// "healthgrades"); Adapter is the package that reads it.
	Site    string
	Adapter string
	// Ref is the adapter's own address of the listing: an API resource name
	// for google, a page's URL for directory, an import's id for csv.
	Ref string
	// Secret is the resolved credential, never stored with the listing.
	Secret string
}

// Review is one review as a site shows it now.
type Review struct {
	ExternalID string
	URL        string
	Author     string
	Title      string
	Rating     *float64 // 1..5, nil where there is none
	RawRating  string   // as the site wrote it, with its scale ("8/10")
	SubRatings map[string]float64
	Text       string // verbatim: entities decoded, <br> as newline, no markup
	Excerpt    bool
	PostedAt   time.Time // zero where the site gives none
	UpdatedAt  time.Time
	Reply      *events.Reply
}

// Request asks for one page of a listing's reviews.
type Request struct {
	Listing Listing
	// Page is the token of the page, from Page.Next; empty is the first.
	Page string
	// Since lets an adapter stop early: everything older is known already.
	// Zero asks for the complete list.
	Since time.Time
	// ETag and LastModified are those of the last complete answer for this page.
	ETag         string
	LastModified string
}

// Page is one page of reviews.
type Page struct {
	Reviews []Review
	Next    string // empty on the last page
	// NotModified: the site says that nothing changed since ETag.
	NotModified bool
	// Complete: the list was read to its end without stopping at Since, so what
	// is missing from all pages together is gone from the site.
	Complete     bool
	ETag         string
	LastModified string
	// MaxAge is how long the site says its answer stays good; zero if unsaid.
	MaxAge time.Duration
	// Facts of the listing if the page shows them.
	Facts *events.ListingFacts
	// Total is the number of reviews the site says it has; 0 if unsaid. Sites
	// are often wrong about it.
	Total int
	// Warnings are what could not be read of an otherwise good page, as short
	// constant phrases that carry no text of the site. A page with warnings may
	// lack reviews and is never Complete.
	Warnings []string
}

// Site reads one kind of review site. Implementations are safe for concurrent
// use and hold no state of a listing.
type Site interface {
	// Adapter is the name listings refer to.
	Adapter() string
	// Fetch reads one page. Errors are of package problem's kinds: RateLimited
	// with RetryAfter, Forbidden (not authorised), NotFound (listing gone),
	// Invalid (the page cannot be read), Unavailable (try later).
	Fetch(ctx context.Context, req Request) (Page, error)
}

// Publisher is a Site that can publish a reply.
type Publisher interface {
	// PublishReply sets the owner's reply to a review. It is idempotent: the
	// same text again changes nothing.
	PublishReply(ctx context.Context, listing Listing, externalID, text string) error
	// MaxReplyBytes is the longest reply the site takes, in bytes.
	MaxReplyBytes() int
}
