// Package practice puts together what a reply is checked with: the review, the practice's own
// name, telephone and managers, and what was answered at the location lately. Who publishes a reply
// and who shows a draft's findings use the same, so that they never judge differently.
//
// It promises that nothing of another organization takes part.
package practice

import (
	"context"
	"errors"
	"fmt"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/replycheck"
)

// recentReviews is how many of a location's latest reviews are looked through for replies.
const recentReviews = 60

// Store is what is read of the store.
type Store struct {
	Organizations *docstore.Collection[collections.Organization]
	Locations     *docstore.Collection[collections.Location]
	People        *docstore.Collection[collections.Person]
	Reviews       *docstore.Collection[collections.Review]
}

// Input is what a reply to a review is checked with. A location that is gone, or has no manager,
// leaves its telephone and manager out.
func (s Store) Input(ctx context.Context, doc collections.Review, reply string) (replycheck.Input, error) {
	in := replycheck.Input{Review: doc.Text, ReviewerName: doc.Author, Reply: reply, Site: doc.Site}
	if doc.Analysis.Language == "en" || doc.Analysis.Language == "es" {
		in.Language = doc.Analysis.Language
	}
	scope := docstore.Org(doc.OrgID)
	organization, err := s.Organizations.Get(ctx, scope, doc.OrgID)
	if err != nil {
		return in, fmt.Errorf("read the name of the practice: %w", err)
	}
	in.Practice.Name = organization.Name
	location, err := s.Locations.Get(ctx, scope, doc.LocationID)
	if err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return in, fmt.Errorf("read the telephone of the practice: %w", err)
	}
	if location.Telephone != "" {
		in.Practice.Phones = []string{location.Telephone}
	}
	if location.ManagerID != "" {
		manager, err := s.People.Get(ctx, scope, location.ManagerID)
		if err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return in, fmt.Errorf("read the manager of the location: %w", err)
		}
		if manager.Active {
			in.Practice.Contacts = []string{manager.Name}
		}
	}
	if in.RecentReplies, err = s.Recent(ctx, doc); err != nil {
		return in, err
	}
	return in, nil
}

// Recent are the replies of the latest reviews of a review's location but itself, newest review
// first: those that sites show, and those that are on their way there. What a site refused was never
// seen by anybody.
func (s Store) Recent(ctx context.Context, doc collections.Review) ([]string, error) {
	page, err := s.Reviews.Page(ctx, docstore.Org(doc.OrgID), docstore.Query{
		Index: "newest", Where: []docstore.Cond{docstore.Is("location_id", doc.LocationID)}, Limit: recentReviews,
	})
	if err != nil {
		return nil, fmt.Errorf("read earlier replies: %w", err)
	}
	var out []string
	for _, other := range page.Items {
		switch {
		case other.ID == doc.ID:
		case other.SourceReply != nil && other.SourceReply.State != events.ReplyRejected:
			out = append(out, other.SourceReply.Text)
		case onItsWay(other.Publication):
			out = append(out, other.Publication.Text)
		}
	}
	return out, nil
}

func onItsWay(p *collections.Publication) bool {
	if p == nil {
		return false
	}
	switch p.State {
	case collections.PublicationScheduled, collections.PublicationSending, collections.PublicationPending,
		collections.PublicationPublished, collections.PublicationCopied:
		return true
	}
	return false
}
