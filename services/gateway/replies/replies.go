// Package replies checks the public reply to a review before it is published, with
// what the organization knows: the review, the practice's own name and telephone, and what was
// answered at the location before.
//
// It promises that nothing of another organization takes part, that nothing is stored and
// nothing is sent anywhere.
package replies

import (
	"context"
	"errors"
	"fmt"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/replycheck"
)

// Store reads what a reply is checked with. Lookups that find nothing are
// problem.NotFound.
type Store interface {
	Review(ctx context.Context, org, id string) (collections.Review, error)
	Organization(ctx context.Context, id string) (collections.Organization, error)
	Location(ctx context.Context, org, id string) (collections.Location, error)
	// LatestReplies are the replies that sites show to the latest reviews of a location but
	// one, newest review first.
	LatestReplies(ctx context.Context, org, location, but string) ([]string, error)
}

// Checker reads one reply.
type Checker interface {
	Check(in replycheck.Input) replycheck.Report
}

// Config configures a Service. All of it is required.
type Config struct {
	Store   Store
	Checker Checker
}

// Service checks replies. It is safe for concurrent use.
type Service struct{ cfg Config }

// New makes a Service.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Checker == nil {
		return nil, errors.New("configure the check of replies: a store and a checker are required")
	}
	return &Service{cfg: cfg}, nil
}

// Check checks a reply to a review of an organization.
func (s *Service) Check(ctx context.Context, org, reviewID, reply string) (replycheck.Report, error) {
	doc, err := s.cfg.Store.Review(ctx, org, reviewID)
	if err != nil {
		return replycheck.Report{}, err
	}
	in := replycheck.Input{
		Review: doc.Text, ReviewerName: doc.Author, Reply: reply, Site: doc.Site,
	}
	if doc.Analysis.Language == "en" || doc.Analysis.Language == "es" {
		in.Language = doc.Analysis.Language
	}
	organization, err := s.cfg.Store.Organization(ctx, org)
	if err != nil {
		return replycheck.Report{}, fmt.Errorf("read the name of the practice: %w", err)
	}
	in.Practice.Name = organization.Name
	location, err := s.cfg.Store.Location(ctx, org, doc.LocationID)
	switch {
	case err != nil && problem.KindOf(err) == problem.NotFound: // the location is gone; the review stays
	case err != nil:
		return replycheck.Report{}, fmt.Errorf("read the telephone of the practice: %w", err)
	case location.Telephone != "":
		in.Practice.Phones = []string{location.Telephone}
	}
	if in.RecentReplies, err = s.cfg.Store.LatestReplies(ctx, org, doc.LocationID, doc.ID); err != nil {
		return replycheck.Report{}, fmt.Errorf("read earlier replies: %w", err)
	}
	return s.cfg.Checker.Check(in), nil
}
