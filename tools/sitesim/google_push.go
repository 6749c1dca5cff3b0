package sitesim

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Google's words for what happened.
const (
	pushNew     = "NEW_REVIEW"
	pushUpdated = "UPDATED_REVIEW"
)

// maxWaitingPushes is how many notifications wait for a receiver that is slow;
// more are dropped, because a notification is a hint and may never come.
const maxWaitingPushes = 1_000

// push is one notification on its way.
type push struct {
	kind   string
	review review
}

// notify queues the notification of a change of a Google review. The caller
// holds the lock.
func (w *world) notify(kind string, r review) {
	if w.pushes == nil || r.shelf.site != Google {
		return
	}
	select {
	case w.pushes <- push{kind: kind, review: r}:
	default:
	}
}

const (
	pushTries   = 5
	pushTimeout = 5 * time.Second
)

// sendPushes delivers notifications until ctx ends. As Pub/Sub does, it repeats
// one that was not taken, so that one may arrive twice.
func (s *Sim) sendPushes(ctx context.Context) {
	if s.world.pushes == nil {
		return
	}
	client := &http.Client{Timeout: pushTimeout}
	defer client.CloseIdleConnections()
	for number := 1; ; number++ {
		select {
		case <-ctx.Done():
			return
		case p := <-s.world.pushes:
			s.deliver(ctx, client, p, number)
		}
	}
}

func (s *Sim) deliver(ctx context.Context, client *http.Client, p push, number int) {
	l, ok := locationByKey(p.review.shelf.location)
	if !ok {
		return
	}
	body, err := pushBody(l, p, number, s.cfg.Now())
	if err != nil {
		s.cfg.Logger.ErrorContext(ctx, "a notification could not be written", "error", err.Error())
		return
	}
	wait := 100 * time.Millisecond
	for try := range pushTries {
		if err = postPush(ctx, client, s.cfg.PushURL, body); err == nil || ctx.Err() != nil {
			return
		}
		if try == pushTries-1 {
			break
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		wait *= 2
	}
	s.cfg.Logger.WarnContext(ctx, "a notification was not taken", "error", err.Error())
}

// pushBody is the envelope that Pub/Sub puts around a notification.
func pushBody(l location, p push, number int, at time.Time) ([]byte, error) {
	data, err := json.Marshal(map[string]string{
		"type": p.kind, "location": l.resource(), "review": l.resource() + "/reviews/" + p.review.ID,
	})
	if err != nil {
		return nil, fmt.Errorf("encode a notification: %w", err)
	}
	return json.Marshal(map[string]any{
		"message": map[string]any{
			"data": base64.StdEncoding.EncodeToString(data), "messageId": strconv.Itoa(number),
			"publishTime": at.UTC().Format(time.RFC3339Nano), "attributes": map[string]string{},
		},
		"subscription": "projects/sitesim/subscriptions/reviews",
	})
}

func postPush(ctx context.Context, client *http.Client, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("push a notification: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("push a notification: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("push a notification: answered %d", resp.StatusCode)
	}
	return nil
}
