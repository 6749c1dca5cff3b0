// Package publishing brings replies to the sites of their reviews, where a site lets programs
// reply, and says where a person pastes them where it does not.
//
// It promises: a reply is sent only with the credential of its own organization's listing; an
// answer that is lost leaves the reply to be sent again, which the sites' adapters make harmless;
// and what comes back is one of the casework's results, with words for people.
package publishing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// Vault resolves the names of credentials.
type Vault interface {
	Secret(org, name string) (string, error)
}

// Config configures a Publisher. All of it is required.
type Config struct {
	// Sites are the adapters by name. Those that are no sites.Publisher are answered by hand.
	Sites    map[string]sites.Site
	Vault    Vault
	Listings *docstore.Collection[collections.Listing]
	Logger   *slog.Logger
}

// Publisher publishes replies. It is safe for concurrent use.
type Publisher struct{ cfg Config }

// New makes a Publisher.
func New(cfg Config) (*Publisher, error) {
	if cfg.Vault == nil || cfg.Listings == nil || cfg.Logger == nil {
		return nil, errors.New("configure publishing: a vault, listings and a logger are required")
	}
	return &Publisher{cfg: cfg}, nil
}

// Way is how a reply gets to its site.
type Way struct {
	// ByHand: a person copies it to URL, which is empty where no address is known.
	ByHand bool
	URL    string
}

// Way tells how a review is answered.
func (p *Publisher) Way(ctx context.Context, doc collections.Review) (Way, error) {
	_, _, way, err := p.route(ctx, doc)
	return way, err
}

// Publish sends the text of a review's publication once.
func (p *Publisher) Publish(ctx context.Context, doc collections.Review) casework.Outcome {
	site, listing, way, err := p.route(ctx, doc)
	switch {
	case err != nil:
		return p.failed(ctx, doc, listing, err)
	case way.ByHand:
		return casework.Outcome{Kind: casework.SendByHand, URL: way.URL}
	}
	// A site that says where its moderation stands says it at once.
	if moderated, ok := site.(interface {
		PutReply(ctx context.Context, listing sites.Listing, externalID, text string) (events.Reply, error)
	}); ok {
		reply, err := moderated.PutReply(ctx, listing, doc.ExternalID, doc.Publication.Text)
		switch {
		case err != nil:
			return p.failed(ctx, doc, listing, err)
		case reply.State == events.ReplyRejected:
			return casework.Outcome{Kind: casework.SendRefused, Problem: "the site refused the reply: " + reply.Problem}
		case reply.State == events.ReplyPublic:
			return casework.Outcome{Kind: casework.SendDone}
		}
		return casework.Outcome{Kind: casework.SendPending}
	}
	publisher, ok := site.(sites.Publisher)
	if !ok {
		return casework.Outcome{Kind: casework.SendByHand, URL: way.URL}
	}
	if err := publisher.PublishReply(ctx, listing, doc.ExternalID, doc.Publication.Text); err != nil {
		return p.failed(ctx, doc, listing, err)
	}
	// It counts as public once the site is seen to show it.
	return casework.Outcome{Kind: casework.SendPending}
}

// route finds the adapter, the listing with its secret, and the way.
func (p *Publisher) route(ctx context.Context, doc collections.Review) (sites.Site, sites.Listing, Way, error) {
	byHand := Way{ByHand: true, URL: webAddress(doc.URL)}
	stored, err := p.cfg.Listings.Get(ctx, docstore.Org(doc.OrgID), doc.ListingID)
	switch {
	case errors.Is(err, docstore.ErrNotFound):
		return nil, sites.Listing{}, byHand, nil // the listing was removed; the review stays
	case err != nil:
		return nil, sites.Listing{}, Way{}, fmt.Errorf("look up the listing of a review: %w", err)
	}
	if byHand.URL == "" {
		byHand.URL = webAddress(stored.Ref)
	}
	site := p.cfg.Sites[stored.Adapter]
	if site == nil {
		return nil, sites.Listing{}, byHand, nil
	}
	listing := sites.Listing{
		ID: stored.ID, OrgID: stored.OrgID, LocationID: stored.LocationID, Site: stored.Site, Adapter: stored.Adapter, Ref: stored.Ref,
	}
	if stored.Credential != "" {
		if listing.Secret, err = p.cfg.Vault.Secret(stored.OrgID, stored.Credential); err != nil {
			return nil, listing, Way{}, err
		}
	}
	if answerable, ok := site.(sites.Answerable); ok {
		answering := answerable.Answering(listing, doc.URL)
		if answering.ByHand {
			if answering.URL != "" {
				byHand.URL = webAddress(answering.URL)
			}
			return site, listing, byHand, nil
		}
	} else if _, ok := site.(sites.Publisher); !ok {
		return site, listing, byHand, nil
	}
	return site, listing, Way{}, nil
}

// failed tells what an error means for the reply.
func (p *Publisher) failed(ctx context.Context, doc collections.Review, listing sites.Listing, err error) casework.Outcome {
	var known *problem.Error
	detail := "the site could not be reached"
	if errors.As(err, &known) && known.Detail != "" && known.Kind != problem.Internal {
		detail = known.Detail
	}
	p.cfg.Logger.WarnContext(ctx, "a reply was not published", "review_id", doc.ID, "org_id", doc.OrgID, "site", doc.Site,
		"kind", string(problem.KindOf(err)), "error", err.Error())
	switch problem.KindOf(err) {
	case problem.Invalid, problem.TooLarge:
		if known != nil && known.Code == codeYelpRefused && doc.Publication.Attempts > 1 {
			// Yelp says the same of a text it has already: the attempt before may have arrived. The next
			// poll of the listing tells.
			return casework.Outcome{Kind: casework.SendPending}
		}
		return casework.Outcome{Kind: casework.SendRefused, Problem: detail}
	case problem.NotFound:
		return casework.Outcome{Kind: casework.SendRefused, Problem: "the site has no such review any more: " + detail}
	case problem.Forbidden, problem.Unauthorized:
		if known != nil && known.Code == sites.CodeReplyByHand {
			return casework.Outcome{Kind: casework.SendByHand, URL: webAddress(doc.URL)}
		}
		return casework.Outcome{Kind: casework.SendRefused, Problem: detail + "; mend the listing's credential and send it again"}
	default:
		return casework.Outcome{Kind: casework.SendRetry, After: problem.RetryAfter(err), Problem: detail}
	}
}

// codeYelpRefused is the code by which adapter yelp tells that Yelp refused a text.
const codeYelpRefused = "yelp_text_refused"

// webAddress is an address that a browser may be sent to; empty for everything else.
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return address
}
