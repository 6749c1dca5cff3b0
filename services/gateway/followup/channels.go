package followup

import (
	"context"
	"crypto/rand"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/routing"
)

// The kinds of channels.
const (
	Slack   = "slack"
	Webhook = "webhook"
	Email   = "email"
)

// ChannelInput is what somebody says of a channel.
type ChannelInput struct {
	Name, Kind, Target, Every string
	Enabled                   bool
}

// channelsMost bounds the channels of an organization.
const channelsMost = 100

// Channels are all channels, by name.
func (s *Service) Channels(ctx context.Context, org string) ([]collections.Channel, error) {
	return s.cfg.Store.Channels(ctx, org)
}

// Channel is one of them.
func (s *Service) Channel(ctx context.Context, org, id string) (collections.Channel, error) {
	return s.cfg.Store.Channel(ctx, org, id)
}

// AddChannel makes a channel. A webhook's gets a secret that signs its messages.
func (s *Service) AddChannel(ctx context.Context, org, person string, in ChannelInput) (collections.Channel, error) {
	target, err := s.target(in.Kind, in.Target)
	if err != nil {
		return collections.Channel{}, err
	}
	there, err := s.cfg.Store.Channels(ctx, org)
	if err != nil {
		return collections.Channel{}, err
	}
	if len(there) >= channelsMost {
		return collections.Channel{}, problem.New(problem.Invalid, "too_many_channels", "There are %d channels already, and no more fit. Remove one first.", len(there))
	}
	doc := collections.Channel{
		Name: in.Name, Kind: in.Kind, Target: target, Every: in.Every, Enabled: in.Enabled, By: person, At: s.cfg.Now().UTC(),
	}
	if in.Kind == Webhook {
		doc.Secret = "whsec_" + rand.Text() + rand.Text()
	}
	doc, added, err := s.cfg.Store.AddChannel(ctx, org, doc)
	if err == nil && !added {
		err = problem.New(problem.Conflict, "channel_exists", "There is a channel of this name already. Choose another name.")
	}
	return doc, err
}

// ChangeChannel changes a channel at revision rev. Its name and kind stay; an empty target stays as
// it was.
func (s *Service) ChangeChannel(ctx context.Context, org, id string, rev int64, in ChannelInput) (collections.Channel, error) {
	var target string
	var faulty error
	if in.Target != "" {
		target, faulty = s.target(in.Kind, in.Target)
	}
	return s.cfg.Store.ChangeChannel(ctx, org, id, func(doc *collections.Channel) error {
		switch {
		case faulty != nil: // that the channel is there comes first
			return faulty
		case doc.Rev != rev:
			return problem.New(problem.Conflict, "channel_changed",
				"Somebody else changed this channel since: it is at revision %d, not %d. Read it again.", doc.Rev, rev)
		case doc.Name != in.Name || doc.Kind != in.Kind:
			return problem.New(problem.Invalid, "channel_fixed", "A channel keeps its name and kind, because routing refers to it. Add another one instead.")
		}
		if target != "" {
			doc.Target = target
		}
		doc.Every, doc.Enabled = in.Every, in.Enabled
		return nil
	})
}

// DropChannel removes a channel that the plan does not use.
func (s *Service) DropChannel(ctx context.Context, org, id string) error {
	if _, err := s.cfg.Store.Channel(ctx, org, id); err != nil {
		return err
	}
	doc, err := s.cfg.Store.RoutingPlan(ctx, org)
	if err != nil {
		return err
	}
	if plan, _ := s.read(doc); usesChannel(plan.Tree, id) {
		return problem.New(problem.Conflict, "channel_in_use", "The routing plan sends messages to this channel. Take it out there first, or switch the channel off.")
	}
	return s.cfg.Store.DropChannel(ctx, org, id)
}

func usesChannel(n routing.Node, name string) bool {
	return slices.Contains(n.Notify, name) || slices.ContainsFunc(n.Routes, func(r routing.Node) bool { return usesChannel(r, name) })
}

// target checks where messages are to go, and writes it as it is stored.
func (s *Service) target(kind, target string) (string, error) {
	target = strings.TrimSpace(target)
	refuse := func(detail string) (string, error) {
		return "", problem.New(problem.Invalid, "invalid_target", "target: %s", detail)
	}
	if target == "" {
		return refuse("say where the messages are to go.")
	}
	if strings.ContainsFunc(target, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return refuse("an address is one line without control characters.")
	}
	if kind == Email {
		address, err := mail.ParseAddress(target)
		if err != nil || address.Name != "" || address.Address != target || len(target) > 254 {
			return refuse("give one e-mail address, such as office@example.org.")
		}
		return target, nil
	}
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return refuse("give an address that begins with https://.")
	}
	local := loopback(u.Hostname())
	switch {
	case local && !s.cfg.AllowLoopback, !local && private(u.Hostname()):
		return refuse("messages do not go to addresses inside this network.")
	case u.Scheme == "https", u.Scheme == "http" && local:
		return u.String(), nil
	}
	return refuse("messages leave by https only.")
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// private reports whether a host is an address that is none of the internet. Names are looked at when
// a message is sent, because they can change.
func private(host string) bool {
	host = strings.TrimSuffix(host, ".")
	address, err := netip.ParseAddr(host)
	if err != nil {
		return numeric(host)
	}
	return !polite.Public(address.Unmap())
}

// numeric reports whether a host that is not a plain address ends in a number: 127.1 and 0x7f000001 are
// addresses to some resolvers, and no domain on the internet ends so.
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || last != "" && strings.Trim(last, "0123456789") == ""
}

// Shown is a channel's target as people may see it: of Slack's address and of a webhook's query,
// which are secrets, only so much that it can be told from others.
func Shown(c collections.Channel) string {
	if c.Kind == Email {
		return c.Target
	}
	u, err := url.Parse(c.Target)
	if err != nil {
		return "…"
	}
	if c.Kind == Webhook {
		if u.RawQuery != "" {
			u.RawQuery = ""
			return u.String() + "?…"
		}
		return u.String()
	}
	tail := []rune(u.Path)
	return u.Scheme + "://" + u.Host + "/…" + string(tail[max(0, len(tail)-4):])
}
