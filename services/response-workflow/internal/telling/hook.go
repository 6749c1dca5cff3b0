package telling

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

// The headers of a webhook. Signature is "v1=" and the hexadecimal HMAC-SHA256, under the channel's
// secret, of the timestamp, a full stop and the body. Delivery is the same when a message is sent again.
const (
	HeaderTimestamp = "Bedside-Timestamp" // Unix seconds
	HeaderSignature = "Bedside-Signature"
	HeaderDelivery  = "Bedside-Delivery"
)

const hookTimeout = 20 * time.Second

// maxSlackText keeps a message below what Slack cuts off.
const maxSlackText = 35_000

// payload is the body of a webhook.
type payload struct {
	Delivery string        `json:"delivery"`
	Type     string        `json:"type"` // notifications, test
	Channel  string        `json:"channel"`
	OrgID    string        `json:"org_id"`
	SentAt   time.Time     `json:"sent_at"`
	Subject  string        `json:"subject"`
	Items    []notify.Item `json:"items"`
	// More is how many were left out.
	More int `json:"more"`
}

// sendHook posts a message to a webhook.
func (d *Desk) sendHook(ctx context.Context, c collections.Channel, kind, delivery string, m notify.Message) outcome {
	now := d.cfg.Clock()
	items := m.Items
	if items == nil {
		items = []notify.Item{}
	}
	body, err := json.Marshal(payload{
		Delivery: delivery, Type: kind, Channel: c.Name, OrgID: c.OrgID, SentAt: instant(now), Subject: m.Subject, Items: items, More: m.More,
	})
	if err != nil {
		return outcome{reason: refused, why: "the message cannot be written"}
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	return d.post(ctx, c.Target, body, http.Header{
		HeaderTimestamp: {stamp}, HeaderSignature: {Sign(c.Secret, stamp, body)}, HeaderDelivery: {delivery},
	})
}

// Sign is the signature of a webhook's body.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte("."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// sendSlack posts a message to a Slack incoming webhook.
func (d *Desk) sendSlack(ctx context.Context, c collections.Channel, m notify.Message) outcome {
	var b strings.Builder
	b.WriteString("*" + slackEscape(m.Subject) + "*")
	left := m.More
	for i, item := range m.Items {
		line := "\n• " + slackLink(item.URL, item.Title)
		if item.Urgent {
			line = "\n:rotating_light: " + slackLink(item.URL, item.Title)
		}
		if b.Len()+len(line) > maxSlackText {
			left += len(m.Items) - i
			break
		}
		b.WriteString(line)
	}
	if left > 0 {
		b.WriteString("\nand " + strconv.Itoa(left) + " more: " + slackLink(d.cfg.base()+"/inbox", "the inbox"))
	}
	body, err := json.Marshal(map[string]any{"text": b.String(), "unfurl_links": false, "unfurl_media": false})
	if err != nil {
		return outcome{reason: refused, why: "the message cannot be written"}
	}
	return d.post(ctx, c.Target, body, nil)
}

// slackEscape keeps names from becoming mentions or links of Slack.
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func slackLink(address, text string) string {
	if address == "" || strings.HasPrefix(address, "/") {
		return slackEscape(text) // no public address is configured
	}
	return "<" + strings.NewReplacer("|", "%7C", ">", "%3E", "<", "%3C").Replace(address) + "|" + strings.ReplaceAll(slackEscape(text), "|", "/") + ">"
}

// post sends a body to an address that a user gave.
func (d *Desk) post(ctx context.Context, target string, body []byte, header http.Header) outcome {
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" || (u.Scheme != "https" && (u.Scheme != "http" || !d.cfg.HooksToLoopback)) {
		return outcome{reason: forbidden, why: "the channel's address must begin with https://"}
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	_, err = d.hooks.Do(ctx, polite.Request{Method: http.MethodPost, URL: target, Header: header, Body: body, NoRedirects: true})
	return classifyPost(err)
}

// classifyPost says what an error of the client means for the message.
func classifyPost(err error) outcome {
	if err == nil {
		return outcome{reason: sent}
	}
	var known *problem.Error
	if !errors.As(err, &known) {
		return outcome{reason: unclear, why: "the sending was interrupted"}
	}
	var status *polite.StatusError
	if errors.As(err, &status) {
		why := "the channel's server answered " + strconv.Itoa(status.Status)
		switch {
		case status.Status == http.StatusBadRequest, status.Status == http.StatusNotFound, status.Status == http.StatusGone,
			status.Status == http.StatusRequestEntityTooLarge, status.Status >= 300 && status.Status < 400:
			return outcome{reason: refused, why: why}
		}
		return outcome{reason: deferred, why: why, after: known.RetryAfter}
	}
	switch {
	case known.Code == "address_not_allowed", known.Kind == problem.Invalid:
		return outcome{reason: forbidden, why: known.Detail}
	case known.Kind == problem.Forbidden:
		return outcome{reason: refused, why: "the channel's server redirects elsewhere"}
	case known.Kind == problem.RateLimited:
		return outcome{reason: deferred, why: "the channel's server is asked less often", after: known.RetryAfter}
	case known.Kind == problem.TooLarge:
		// The answer came, with more than anybody reads; its status was a success.
		return outcome{reason: sent}
	}
	return outcome{reason: unclear, why: "the channel's server cannot be reached"}
}
