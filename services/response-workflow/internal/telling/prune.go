package telling

import (
	"context"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
)

// keepFor is how long notifications are kept after they left or would have.
const keepFor = 180 * 24 * time.Hour

// Prune removes notifications that are too old for anybody to look for; the cases keep their
// history.
func (d *Desk) Prune(ctx context.Context) error {
	q := docstore.Query{Index: "by_send", Limit: duePage, Where: []docstore.Cond{
		docstore.Is("pending", false), docstore.Below("send_at", instant(d.cfg.Clock().Add(-keepFor))),
	}}
	for {
		page, err := d.store.Notifications.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			return fmt.Errorf("look for old notifications: %w", err)
		}
		for _, n := range page.Items {
			if err := d.store.Notifications.Delete(ctx, docstore.Org(n.OrgID), n.ID); err != nil {
				return fmt.Errorf("remove an old notification: %w", err)
			}
		}
		if page.Next == "" {
			return nil
		}
		q.Cursor = page.Next
	}
}
