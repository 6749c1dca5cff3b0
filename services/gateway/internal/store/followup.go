package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// RoutingPlan reads an organization's routing plan; without one it is empty, with version 0.
func (s *Store) RoutingPlan(ctx context.Context, org string) (collections.RoutingPlan, error) {
	doc, err := s.shared.Routing.Get(ctx, docstore.Org(org), org)
	if errors.Is(err, docstore.ErrNotFound) {
		return collections.RoutingPlan{}, nil
	}
	return doc, err
}

// ChangeRoutingPlan changes an organization's routing plan; its first starts empty.
func (s *Store) ChangeRoutingPlan(
	ctx context.Context, org string, change func(*collections.RoutingPlan) error,
) (collections.RoutingPlan, error) {
	return s.shared.Routing.Upsert(ctx, docstore.Org(org), org, func(doc *collections.RoutingPlan, _ bool) error {
		return change(doc)
	})
}

// KeepRoutingVersion adds a version of the plan to the history, once.
func (s *Store) KeepRoutingVersion(ctx context.Context, org string, plan collections.RoutingPlan) error {
	_, err := s.shared.RoutingVersions.InsertIfAbsent(ctx, docstore.Org(org), &collections.RoutingVersion{
		Base:    docstore.Base{ID: fmt.Sprintf("%s.%06d", org, plan.Version), OrgID: org},
		Version: plan.Version, YAML: plan.YAML, By: plan.By, At: plan.At, Comment: plan.Comment,
	})
	return err
}

// RoutingVersions reads one page of the history of the plan, newest first.
func (s *Store) RoutingVersions(ctx context.Context, org string, limit int, cursor string) ([]collections.RoutingVersion, string, error) {
	page, err := s.shared.RoutingVersions.Page(ctx, docstore.Org(org), docstore.Query{Index: "newest", Limit: limit, Cursor: cursor})
	return page.Items, page.Next, badCursor(err)
}

// LatestReviews reads the reviews that were posted last.
func (s *Store) LatestReviews(ctx context.Context, org string, most int) ([]collections.Review, error) {
	page, err := s.shared.Reviews.Page(ctx, docstore.Org(org), docstore.Query{Index: "newest", Limit: most})
	return page.Items, err
}

// Channels reads all channels of an organization by name.
func (s *Store) Channels(ctx context.Context, org string) ([]collections.Channel, error) {
	return all(ctx, s.shared.Channels, docstore.Org(org), docstore.Query{Index: "by_name"})
}

const noChannel = "There is no such channel."

// Channel reads a channel of an organization.
func (s *Store) Channel(ctx context.Context, org, id string) (collections.Channel, error) {
	doc, err := s.shared.Channels.Get(ctx, docstore.Org(org), id)
	return doc, missing(err, "channel_not_found", noChannel)
}

// AddChannel stores a new channel; added is false if there is one of its name.
func (s *Store) AddChannel(ctx context.Context, org string, in collections.Channel) (doc collections.Channel, added bool, err error) {
	in.Base = docstore.Base{ID: in.Name, OrgID: org}
	added, err = s.shared.Channels.InsertIfAbsent(ctx, docstore.Org(org), &in)
	return in, added, err
}

// ChangeChannel changes a channel of an organization.
func (s *Store) ChangeChannel(
	ctx context.Context, org, id string, change func(*collections.Channel) error,
) (collections.Channel, error) {
	doc, err := s.shared.Channels.Update(ctx, docstore.Org(org), id, change)
	if errors.Is(err, docstore.ErrNotFound) {
		return doc, missing(err, "channel_not_found", noChannel)
	}
	return doc, err
}

// DropChannel removes a channel.
func (s *Store) DropChannel(ctx context.Context, org, id string) error {
	return s.shared.Channels.Delete(ctx, docstore.Org(org), id)
}

// ChangePerson changes a person of an organization.
func (s *Store) ChangePerson(
	ctx context.Context, org, id string, change func(*collections.Person) error,
) (collections.Person, error) {
	doc, err := s.shared.People.Update(ctx, docstore.Org(org), id, change)
	if errors.Is(err, docstore.ErrNotFound) {
		return doc, missing(err, "person_not_found", "There is no such person.")
	}
	return doc, err
}

// NotificationSettings reads what a person wants to hear; found is false if they never said.
func (s *Store) NotificationSettings(ctx context.Context, org, person string) (doc collections.NotificationSettings, found bool, err error) {
	doc, err = s.shared.NotificationSettings.Get(ctx, docstore.Org(org), person)
	if errors.Is(err, docstore.ErrNotFound) {
		return collections.NotificationSettings{}, false, nil
	}
	return doc, err == nil, err
}

// ChangeNotificationSettings changes what a person wants to hear; the first starts empty.
func (s *Store) ChangeNotificationSettings(
	ctx context.Context, org, person string, change func(*collections.NotificationSettings) error,
) (collections.NotificationSettings, error) {
	return s.shared.NotificationSettings.Upsert(ctx, docstore.Org(org), person, func(doc *collections.NotificationSettings, _ bool) error {
		return change(doc)
	})
}

// Notifications reads one page of what a person was told, newest first.
func (s *Store) Notifications(
	ctx context.Context, org, person string, unread *bool, limit int, cursor string,
) ([]collections.Notification, string, error) {
	where := []docstore.Cond{docstore.Is("recipient", recipient(person))}
	if unread != nil {
		where = append(where, docstore.Is("unread", *unread))
	}
	page, err := s.shared.Notifications.Page(ctx, docstore.Org(org), docstore.Query{
		Index: "newest", Where: where, Limit: limit, Cursor: cursor,
	})
	return page.Items, page.Next, badCursor(err)
}

// UnreadNotifications counts what a person was told and has not seen.
func (s *Store) UnreadNotifications(ctx context.Context, org, person string) (int64, error) {
	return s.shared.Notifications.Count(ctx, docstore.Org(org), docstore.Query{
		Index: "newest", Where: []docstore.Cond{docstore.Is("recipient", recipient(person)), docstore.Is("unread", true)},
	})
}

func recipient(person string) string { return "person:" + person }

// twinsMost bounds the same text of the same person on other sites.
const twinsMost = 20

// Twins reads the reviews with the same text by the same author as one of an organization.
func (s *Store) Twins(ctx context.Context, org string, of collections.Review) ([]collections.Review, error) {
	if of.TwinKey == "" {
		return nil, nil
	}
	page, err := s.shared.Reviews.Page(ctx, docstore.Org(org), docstore.Query{
		Index: "twins", Where: []docstore.Cond{docstore.Is("twin_key", of.TwinKey)}, Limit: twinsMost + 1,
	})
	if err != nil {
		return nil, err
	}
	twins := make([]collections.Review, 0, len(page.Items))
	for _, doc := range page.Items {
		if doc.ID != of.ID && len(twins) < twinsMost {
			twins = append(twins, doc)
		}
	}
	return twins, nil
}
