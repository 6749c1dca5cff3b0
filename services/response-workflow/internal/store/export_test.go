package store

import (
	"context"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// SendOneForTest sends one reply as Send does.
func (c *Cases) SendOneForTest(ctx context.Context, doc collections.Review, holder string, send func(context.Context, collections.Review) casework.Outcome) (bool, error) {
	return c.sendOne(ctx, doc, holder, send)
}
