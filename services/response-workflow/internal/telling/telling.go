// Package telling writes down what people and channels are told of cases, and sends it: by mail,
// to Slack and to signed webhooks; and the weekly digest. It is the only writer of notifications and
// digests_sent.
//
// It promises:
//   - what is told of an event is stored once for each person and channel, however often Tell is
//     called with it;
//   - a message is put together and stored (its batch) before it is sent, and of several replicas
//     one sends it: whoever holds the lease, which is longer than a sending may take;
//   - what the other side took is marked at once and never sent again. Only a process that is killed
//     between the other side's yes and that mark leaves a message that is sent once more, as does a
//     connection that breaks while the other side's answer is on its way: it then has the same
//     Message-ID (the same Bedside-Delivery for webhooks) and the same content, so that the other
//     side can tell;
//   - what cannot be sent is tried again with growing pauses for three days, except what the other
//     side refuses for good; why is kept with the notification;
//   - sending holds a bounded number of notifications in memory, however many wait.
package telling

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

const (
	// audienceAge is how long people, settings, channels and locations are remembered.
	audienceAge = 3 * time.Second
	// maxAudiences bounds the organizations remembered at a time.
	maxAudiences = 500
	// product names who sends webhooks.
	product = "Bedside/1.0"
)

// Config is what a Desk needs.
type Config struct {
	Settings
	Store  *collections.Store
	Logger *slog.Logger
	// Registerer gets the metrics; nil means none.
	Registerer prometheus.Registerer
	// Clock is the time; nil means time.Now.
	Clock func() time.Time
	// MailRoots are the authorities that the mail server's certificate is checked against; nil means
	// the system's.
	MailRoots *x509.CertPool
	// Every is how often Run looks for what is to be sent; 0 means every two seconds.
	Every time.Duration
}

// Validate returns all faults joined.
func (c Config) Validate() error {
	faults := []error{c.Settings.Validate()}
	if c.Store == nil {
		faults = append(faults, errors.New("a store is required"))
	}
	if c.Logger == nil {
		faults = append(faults, errors.New("a logger is required"))
	}
	if c.Every < 0 {
		faults = append(faults, errors.New("every must not be negative"))
	}
	return errors.Join(faults...)
}

// Desk tells people and channels. It is safe for concurrent use.
type Desk struct {
	cfg     Config
	store   *collections.Store
	from    *mail.Address // nil without mail
	hooks   *polite.Client
	metrics metrics
	// mailRests is until when the mail server is left alone because it could not be reached, in
	// Unix milliseconds, so that a server that is away is not waited for once a recipient.
	mailRests atomic.Int64

	mu        sync.Mutex
	audiences map[string]*heard
	// digested are the digests known to be done, so that their records need not be read again.
	digested map[string]bool
}

// heard is the audience of one organization as it was read.
type heard struct {
	mu       sync.Mutex // held while reading, so that one reads for all
	readAt   time.Time
	audience *notify.Audience
}

// New makes a desk. It starts nothing: Run sends.
func New(cfg Config) (*Desk, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the telling: %w", err)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Every == 0 {
		cfg.Every = 2 * time.Second
	}
	contact := cfg.PublicURL
	if contact == "" {
		contact = "no address is configured"
	}
	hooks, err := polite.New(polite.Config{
		Product: product, Contact: contact, RequestsPerSecond: 2, Burst: 10,
		MaxBodyBytes: 64 << 10, Timeout: hookTimeout, AllowLoopback: cfg.HooksToLoopback,
	})
	if err != nil {
		return nil, fmt.Errorf("configure the telling: %w", err)
	}
	d := &Desk{
		cfg: cfg, store: cfg.Store, hooks: hooks, metrics: newMetrics(cfg.Registerer),
		audiences: map[string]*heard{}, digested: map[string]bool{},
	}
	if cfg.mailed() {
		if d.from, err = mail.ParseAddress(cfg.MailFrom); err != nil {
			return nil, fmt.Errorf("configure the telling: the sender's address: %w", err)
		}
	}
	return d, nil
}

// Tell stores what the events in the outboxes of reviews tell people and channels. It is called
// before the events leave the outbox, so that an interruption repeats it, which changes nothing.
// After an error some may be stored.
func (d *Desk) Tell(ctx context.Context, org string, docs []collections.Review) error {
	var audience *notify.Audience
	var out []*collections.Notification
	now := d.cfg.Clock()
	for i := range docs {
		for _, e := range docs[i].Outbox {
			if !notify.Interesting(e.Type) {
				continue
			}
			if audience == nil {
				var err error
				if audience, err = d.audience(ctx, org); err != nil {
					return err
				}
			}
			for _, n := range notify.From(e, docs[i], audience, now) {
				out = append(out, &n)
			}
		}
	}
	for len(out) > 0 {
		part := out[:min(len(out), docstore.MaxLimit/2)]
		out = out[len(part):]
		stored, err := d.store.Notifications.InsertManyIfAbsent(ctx, docstore.Org(org), part)
		if err != nil {
			return fmt.Errorf("store notifications: %w", err)
		}
		for i, n := range part {
			if stored[i] {
				d.metrics.told.WithLabelValues(n.Kind).Inc()
			}
		}
	}
	return nil
}

// audience reads who there is to tell, or remembers it.
func (d *Desk) audience(ctx context.Context, org string) (*notify.Audience, error) {
	d.mu.Lock()
	h := d.audiences[org]
	if h == nil {
		if len(d.audiences) >= maxAudiences {
			clear(d.audiences)
		}
		h = &heard{}
		d.audiences[org] = h
	}
	d.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := d.cfg.Clock().Sub(h.readAt); h.audience != nil && age >= 0 && age < audienceAge {
		return h.audience, nil
	}
	a := &notify.Audience{
		Settings: map[string]collections.NotificationSettings{}, Locations: map[string]collections.Location{}, Mail: d.cfg.mailed(),
	}
	scope := docstore.Org(org)
	people, err := all(ctx, d.store.People, scope, "by_name")
	if err != nil {
		return nil, fmt.Errorf("read who is to be told: %w", err)
	}
	a.People = people
	if a.Channels, err = all(ctx, d.store.Channels, scope, "by_name"); err != nil {
		return nil, fmt.Errorf("read the channels: %w", err)
	}
	settings, err := all(ctx, d.store.NotificationSettings, scope, "by_update")
	if err != nil {
		return nil, fmt.Errorf("read what people want to hear: %w", err)
	}
	for _, s := range settings {
		a.Settings[s.ID] = s
	}
	locations, err := all(ctx, d.store.Locations, scope, "by_sort")
	if err != nil {
		return nil, fmt.Errorf("read the locations: %w", err)
	}
	for _, l := range locations {
		a.Locations[l.ID] = l
	}
	if a.Teams, err = d.teams(ctx, org); err != nil {
		return nil, err
	}
	h.audience, h.readAt = a, d.cfg.Clock()
	return a, nil
}

// teams reads the teams of the routing plan. A plan that cannot be read has none: it is the
// routing that says so.
func (d *Desk) teams(ctx context.Context, org string) (map[string][]string, error) {
	stored, err := d.store.Routing.Get(ctx, docstore.Org(org), org)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the routing plan: %w", err)
	}
	plan, faults := routing.Parse([]byte(stored.YAML))
	if len(faults) > 0 {
		return nil, nil
	}
	out := make(map[string][]string, len(plan.Teams))
	for name, team := range plan.Teams {
		out[name] = team.Members
	}
	return out, nil
}

// all reads all pages of an index.
func all[T any](ctx context.Context, c *docstore.Collection[T], scope docstore.Scope, index string) ([]T, error) {
	q := docstore.Query{Index: index, Limit: docstore.MaxLimit}
	var out []T
	for {
		page, err := c.Page(ctx, scope, q)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out, nil
		}
		q.Cursor = page.Next
	}
}

// instant is a time as the store keeps it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
