package telling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

const readPage = 200

// MarkRead marks notifications of a person as read: those of ids, and all up to until unless that
// is zero. Ids of others, and of none, change nothing. What is read does not leave by mail any more.
func (d *Desk) MarkRead(ctx context.Context, org, personID string, ids []string, until time.Time) error {
	recipient, now := notify.PersonRecipient(personID), instant(d.cfg.Clock())
	for len(ids) > 0 {
		part := ids[:min(len(ids), readPage)]
		ids = ids[len(part):]
		if err := d.read(ctx, org, recipient, part, now); err != nil {
			return err
		}
	}
	if until.IsZero() {
		return nil
	}
	q := docstore.Query{Index: "newest", Limit: readPage, Where: []docstore.Cond{
		docstore.Is("recipient", recipient), docstore.Is("unread", true), docstore.Below("at", until.Add(time.Millisecond)),
	}}
	for {
		page, err := d.store.Notifications.Page(ctx, docstore.Org(org), q)
		if err != nil {
			return fmt.Errorf("read notifications: %w", err)
		}
		found := make([]string, len(page.Items))
		for i, n := range page.Items {
			found[i] = n.ID
		}
		if err := d.read(ctx, org, recipient, found, now); err != nil {
			return err
		}
		if page.Next == "" {
			return nil
		}
		q.Cursor = page.Next
	}
}

func (d *Desk) read(ctx context.Context, org, recipient string, ids []string, now time.Time) error {
	var keys []docstore.Key
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			keys = append(keys, docstore.Key{Org: org, ID: id})
		}
		seen[id] = true
	}
	_, errs := d.store.Notifications.UpdateMany(ctx, keys, func(_ int, n *collections.Notification) error {
		if n.Recipient != recipient || !n.Unread {
			return docstore.ErrSkip
		}
		n.Unread, n.ReadAt = false, now
		return nil
	})
	for i, err := range errs {
		if errors.Is(err, docstore.ErrNotFound) {
			errs[i] = nil
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("mark notifications as read: %w", err)
	}
	return nil
}
