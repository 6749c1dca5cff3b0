package workflow

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/workflow/client"
)

// ReadNotifications marks the acting person's notifications as read: those named, or all until a time.
func (c *Commands) ReadNotifications(ctx context.Context, act inbox.Act, ids []string, until time.Time) error {
	body := client.ReadNotificationsJSONRequestBody{Until: moment(until)}
	if ids != nil {
		body.Ids = &ids
	}
	_, err := c.send(ctx, harmless, maxAnswer, func(ctx context.Context) (*http.Response, error) {
		return c.client.ReadNotifications(ctx, &client.ReadNotificationsParams{
			BedsideOrg: act.OrgID, BedsideActorId: act.PersonID, BedsideActorName: actorName(act.PersonName),
		}, body)
	})
	return err
}

// TestChannel sends a test message to a channel now.
func (c *Commands) TestChannel(ctx context.Context, act inbox.Act, channel string) error {
	_, err := c.send(ctx, unheard, maxAnswer, func(ctx context.Context) (*http.Response, error) {
		return c.client.TestChannel(ctx, channel, &client.TestChannelParams{
			BedsideOrg: act.OrgID, BedsideActorId: act.PersonID, BedsideActorName: actorName(act.PersonName),
		})
	})
	return err
}

// Digest is the week of locations (of all if none are named; the last complete week if none is) as
// JSON of the gateway's Digest, and as the e-mail shows it.
func (c *Commands) Digest(ctx context.Context, org, week string, locations []string) (digest json.RawMessage, html string, err error) {
	params := &client.GetDigestParams{BedsideOrg: org, Week: optional(week)}
	if len(locations) > 0 {
		params.LocationId = &locations
	}
	body, err := c.send(ctx, harmless, maxDigest, func(ctx context.Context) (*http.Response, error) {
		return c.client.GetDigest(ctx, params)
	})
	if err != nil {
		return nil, "", err
	}
	var out struct {
		Digest json.RawMessage `json:"digest"`
		HTML   string          `json:"html"`
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, "", problem.Wrap(problem.Internal, "workflow_failed", err, "The service that keeps the cases gave a digest that cannot be read.")
	}
	return out.Digest, out.HTML, nil
}
