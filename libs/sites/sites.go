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
	// Budget is what the site says of the credential's remaining calls; nil if it
	// says nothing.
	Budget *Budget
}

// Budget is what a site says of the calls that one credential may still make.
type Budget struct {
	// Limit is the number of calls between two resets, 0 if unsaid; Remaining how
	// many of them are left after this answer.
	Limit     int
	Remaining int
	// ResetAt is when Remaining is Limit again; zero if unsaid.
	ResetAt time.Time
}

// BudgetRule is how many calls a site grants one credential.
type BudgetRule struct {
	// PerDay is the number of calls between two resets, until the site says
	// otherwise by Page.Budget. 0 means no budget.
	PerDay int
	// Reset is the first reset after a time; nil is midnight UTC.
	Reset func(now time.Time) time.Time
}

// NextReset is the first reset after a time.
func (r BudgetRule) NextReset(now time.Time) time.Time {
	if r.Reset != nil {
		return r.Reset(now)
	}
	return now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
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

// Budgeted is a Site that grants each credential a number of calls a day. The
// poller counts every request that package polite sends for one of its Fetches,
// repeated ones too, over all listings of the credential and all replicas, and
// spreads what is left until the reset. An adapter has nothing to count itself. Where
// a secret has several words, its first has the budget.
type Budgeted interface {
	Budget() BudgetRule
}

// BatchRequest asks for what is new in several listings by one call.
type BatchRequest struct {
	// Listings share an organization, a secret and a BatchKey; there are 2 to
	// MaxBatch of them, each once.
	Listings []Listing
	// Page is the token of the page, from BatchPage.Next; empty is the first.
	Page string
	// Since lets an adapter stop early: everything older is known of all of
	// Listings. It is never zero.
	Since time.Time
}

// BatchPage is one page of several listings' reviews.
type BatchPage struct {
	// ByListing are the pages by Listing.ID. A listing of the request without any
	// review on this page may be left out. Next, NotModified, Complete, ETag and
	// LastModified of these pages are not looked at. A listing whose page has
	// Warnings is read by its own list instead.
	ByListing map[string]Page
	Next      string // empty on the last page
	Budget    *Budget
}

// Batcher is a Site that reads several listings by one call. The poller uses it
// when listings with one BatchKey are due together and only news are asked for;
// complete lists are read listing by listing, and so is every listing a few times
// a day, because only its own list says how many reviews there are. When a batch
// fails other than by RateLimited or Unavailable, each of its listings is read by
// its own list.
type Batcher interface {
	// BatchKey is the same for listings that one call can read; empty for one
	// that must be read alone.
	BatchKey(listing Listing) string
	// MaxBatch is the most listings of one call.
	MaxBatch() int
	// FetchBatch reads one page. Its errors are those of Site.Fetch.
	FetchBatch(ctx context.Context, req BatchRequest) (BatchPage, error)
}

// Codes of problems that mean more than their kind.
const (
	// CodeEnded is the code of a NotFound that waiting does not mend: the site closed
	// this way of reading its reviews for good. It needs no second look.
	CodeEnded = "source_ended"
	// CodeCredentialMissing is the code of a Forbidden where a listing names a credential that is not
	// configured for its organization.
	CodeCredentialMissing = "credential_missing"
	// CodeReplyByHand is the code of a Forbidden by PublishReply where the listing's
	// credential does not allow programs to reply; see Answering.
	CodeReplyByHand = "reply_by_hand"
)

// Answering is how a reply to a review gets onto its site, and what the site takes.
type Answering struct {
	// ByHand: programs cannot publish there with this listing's credential. A person
	// copies the text, opens URL and pastes it.
	ByHand bool
	// URL is where a person answers the review, signed in to the site; empty unless
	// ByHand.
	URL string
	// Seen: Fetch shows the replies of the site, so that one that was written by hand
	// confirms itself. Where it does not, the person has to say that it is done.
	Seen bool
	// MaxCharacters and MaxBytes bound a reply; 0 is no bound that is known.
	MaxCharacters int
	MaxBytes      int
	// NoEmoji: the site refuses replies with emoji.
	NoEmoji bool
	// PerDay is how many replies a day the site takes for one listing; 0 is no bound
	// that is known.
	PerDay int
}

// Answerable is a Site that says how it is answered. A Site that is a Publisher and
// not Answerable publishes for every listing.
type Answerable interface {
	// Answering tells for a listing (with its Secret, which decides what it allows) and
	// a review's URL, which may be empty.
	Answering(listing Listing, reviewURL string) Answering
}
