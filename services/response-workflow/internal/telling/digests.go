package telling

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/response-workflow/digest"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

const (
	// digestHour is when digests leave on Monday, on the person's clock; a service that was away
	// then sends them within digestWindow.
	digestHour   = 7
	digestWindow = 24 * time.Hour
	// maxDigestAttempts bounds how often one digest is tried.
	maxDigestAttempts = 8
	// digestReviews is how many reviews are in memory at a time, digestLocations how many locations
	// one query names.
	digestReviews   = 200
	digestLocations = 200
	maxDigested     = 100_000
)

// Digest is the week of locations, all where none is named, as numbers and as the mail shows it.
// week is as in "2026-W47", the last complete one where it is empty. Errors: Invalid for a week
// that is none and for a location that is none of the organization's.
func (d *Desk) Digest(ctx context.Context, org, week string, locations []string) (digest.Digest, string, error) {
	audience, err := d.audience(ctx, org)
	if err != nil {
		return digest.Digest{}, "", err
	}
	var of []collections.Location
	for _, id := range slices.Compact(slices.Sorted(slices.Values(locations))) {
		l, ok := audience.Locations[id]
		if !ok {
			return digest.Digest{}, "", problem.New(problem.Invalid, "location_not_found", "a location of the digest is not one of this organization")
		}
		of = append(of, l)
	}
	if len(locations) == 0 {
		for _, l := range audience.Locations {
			of = append(of, l)
		}
	}
	zone := commonZone(of)
	w := digest.Last(d.cfg.Clock(), zone)
	if week != "" {
		if w, err = digest.ParseWeek(week, zone); err != nil {
			return digest.Digest{}, "", err
		}
	}
	made, err := d.makeDigest(ctx, org, w, of, audience)
	if err != nil {
		return digest.Digest{}, "", err
	}
	return made, digest.Compose(made, d.cfg.base(), zone).HTML, nil
}

// makeDigest reads the reviews of two weeks, some at a time.
func (d *Desk) makeDigest(ctx context.Context, org string, week digest.Week, locations []collections.Location, a *notify.Audience) (digest.Digest, error) {
	var none digest.Digest
	now, scope := instant(d.cfg.Clock()), docstore.Org(org)
	b := digest.New(week, locations)
	overdue := 0
	ids := make([]string, len(locations))
	for i, l := range locations {
		ids[i] = l.ID
	}
	slices.Sort(ids)
	for part := range slices.Chunk(ids, digestLocations) {
		at := docstore.OneOf("location_id", part)
		err := d.each(ctx, scope, docstore.Query{Index: "newest", Limit: digestReviews, Where: []docstore.Cond{
			docstore.From("posted_at", week.Before()), docstore.Below("posted_at", week.To), at,
		}}, b.Add)
		if err != nil {
			return none, err
		}
		err = d.each(ctx, scope, docstore.Query{Index: "by_commitment", Limit: digestReviews, Where: []docstore.Cond{
			docstore.From("commitment_due_at", time.Unix(0, 0)), at,
		}}, func(doc *collections.Review) { b.Promise(doc, a.People, now) })
		if err != nil {
			return none, err
		}
		n, err := d.store.Reviews.Count(ctx, scope, docstore.Query{Index: "by_due", Where: []docstore.Cond{
			docstore.From("case.due_at", time.Unix(0, 0)), docstore.Below("case.due_at", now), at,
		}})
		if err != nil {
			return none, fmt.Errorf("count what is overdue: %w", err)
		}
		overdue += int(n)
	}
	title, err := d.digestTitle(ctx, org, locations, a)
	if err != nil {
		return none, err
	}
	return b.Digest(title, overdue), nil
}

func (d *Desk) each(ctx context.Context, scope docstore.Scope, q docstore.Query, add func(*collections.Review)) error {
	for {
		page, err := d.store.Reviews.Page(ctx, scope, q)
		if err != nil {
			return fmt.Errorf("read the reviews of a digest: %w", err)
		}
		for i := range page.Items {
			add(&page.Items[i])
		}
		if page.Next == "" {
			return nil
		}
		q.Cursor = page.Next
	}
}

// digestTitle is the location's name, the region's if the locations are all of one, or the
// organization's.
func (d *Desk) digestTitle(ctx context.Context, org string, locations []collections.Location, a *notify.Audience) (string, error) {
	if len(locations) == 1 {
		return locations[0].Name, nil
	}
	o, err := d.store.Organizations.Get(ctx, docstore.Org(org), org)
	if err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return "", fmt.Errorf("read the organization: %w", err)
	}
	name := o.Name
	if name == "" {
		name = org
	}
	switch {
	case len(locations) == len(a.Locations):
		return name, nil
	case len(locations) > 0 && locations[0].Region != "" && !slices.ContainsFunc(locations, func(l collections.Location) bool { return l.Region != locations[0].Region }):
		return name + ", " + locations[0].Region, nil
	}
	return fmt.Sprintf("%s, %d locations", name, len(locations)), nil
}

// commonZone is the time zone of most of the locations; of two as frequent, the first by name.
func commonZone(locations []collections.Location) *time.Location {
	counts := map[string]int{}
	best := ""
	for _, l := range locations {
		counts[l.TimeZone]++
	}
	for zone, n := range counts {
		if zone != "" && (best == "" || n > counts[best] || (n == counts[best] && zone < best)) {
			best = zone
		}
	}
	return notify.Zone(best)
}

// SendDigests sends the weekly digests that are due now, each once.
func (d *Desk) SendDigests(ctx context.Context) error {
	now := d.cfg.Clock()
	// Somewhere on earth it is Monday within a day of a Monday of UTC; on other days nobody's is due.
	if !d.cfg.mailed() || (now.Add(24*time.Hour).UTC().Weekday() > time.Wednesday) {
		return nil
	}
	q := docstore.Query{Index: "all", Limit: docstore.MaxLimit}
	var faults []error
	for {
		page, err := d.store.Organizations.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			return fmt.Errorf("look for organizations: %w", err)
		}
		for _, o := range page.Items {
			if err := d.sendDigestsOf(ctx, o.ID, now); err != nil {
				faults = append(faults, err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if page.Next == "" {
			return errors.Join(faults...)
		}
		q.Cursor = page.Next
	}
}

func (d *Desk) sendDigestsOf(ctx context.Context, org string, now time.Time) error {
	audience, err := d.audience(ctx, org)
	if err != nil {
		return err
	}
	made := map[string]digest.Digest{} // by week and locations, for people who see the same
	for i := range audience.People {
		p := &audience.People[i]
		settings, ok := audience.Settings[p.ID]
		if !ok {
			settings = collections.DefaultNotificationSettings(zoneOf(audience, p))
		}
		zone := notify.Zone(settings.TimeZone)
		week, due := digestDue(now, zone)
		if !due || !p.Active || !settings.Digest || p.Email == "" || p.CreatedAt.After(week.To) {
			continue
		}
		if d.isDigested(org, week.Name, p.ID) || d.resting(target{person: p}) {
			continue
		}
		if err := d.sendDigest(ctx, org, p, week, zone, audience, made); err != nil {
			return err
		}
	}
	return nil
}

// digestDue is the last complete week of a zone, and whether now is the time to send its digest.
func digestDue(now time.Time, zone *time.Location) (digest.Week, bool) {
	week := digest.Last(now, zone)
	at := time.Date(week.To.Year(), week.To.Month(), week.To.Day(), digestHour, 0, 0, 0, zone)
	return week, !now.Before(at) && now.Before(at.Add(digestWindow))
}

// sendDigest sends one digest, unless it was sent or another sender is at it.
func (d *Desk) sendDigest(ctx context.Context, org string, p *collections.Person, week digest.Week, zone *time.Location, a *notify.Audience, made map[string]digest.Digest) error {
	id, now := week.Name+"."+p.ID, instant(d.cfg.Clock())
	mine := false
	record, err := d.store.DigestsSent.Upsert(ctx, docstore.Org(org), id, func(s *collections.DigestSent, exists bool) error {
		mine = !exists || (!s.Done && !s.Until.After(now))
		if !mine {
			return docstore.ErrSkip
		}
		s.PersonID, s.Week, s.At, s.Until = p.ID, week.Name, now, now.Add(leaseFor)
		s.Attempts++
		return nil
	})
	if err != nil {
		return fmt.Errorf("take a digest to send it: %w", err)
	}
	if record.Done {
		d.setDigested(org, week.Name, p.ID)
	}
	if !mine {
		return nil
	}
	locations := digestLocationsOf(p, a)
	key := week.Name + week.From.String()
	for _, l := range locations {
		key += "\x00" + l.ID
	}
	dig, ok := made[key]
	if !ok {
		if dig, err = d.makeDigest(ctx, org, week, locations, a); err != nil {
			return err
		}
		if len(made) < 50 {
			made[key] = dig
		}
	}
	o := outcome{reason: sent, why: "there was nothing to tell"}
	if len(locations) > 0 && !dig.Empty() {
		m := digest.Compose(dig, d.cfg.base(), zone)
		sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendWithin)
		o = d.sendMail(sending, letter{name: p.Name, address: p.Email, subject: m.Subject, text: m.Text, html: m.HTML, id: digestMessageID(org, id)})
		cancel()
		d.metrics.digests.WithLabelValues(o.reason).Inc()
	}
	marking, cancel := context.WithTimeout(context.WithoutCancel(ctx), markWithin)
	defer cancel()
	now = instant(d.cfg.Clock())
	record, err = d.store.DigestsSent.Update(marking, docstore.Org(org), id, func(s *collections.DigestSent) error {
		s.Problem = o.why
		s.Done = o.reason == sent || o.lasting() || s.Attempts >= maxDigestAttempts
		s.Until = time.Time{}
		if !s.Done {
			s.Until = now.Add(pause(s.Attempts, o.after))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep how a digest went: %w", err)
	}
	if record.Done {
		d.setDigested(org, week.Name, p.ID)
	}
	return nil
}

// digestLocationsOf are the locations of a person's digest: all for who sees to all of them, else
// those they work for.
func digestLocationsOf(p *collections.Person, a *notify.Audience) []collections.Location {
	var out []collections.Location
	for _, l := range a.Locations {
		if p.Role == collections.Administrator || p.Role == collections.Director || l.ManagerID == p.ID || slices.Contains(p.Locations, l.ID) {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(x, y collections.Location) int { return strings.Compare(x.ID, y.ID) })
	return out
}

// digestMessageID is the same whenever a digest is sent.
func digestMessageID(org, id string) string {
	sum := sha256.Sum256([]byte(org + "/" + id))
	return "digest-" + hex.EncodeToString(sum[:12])
}

func (d *Desk) isDigested(org, week, person string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.digested[org+"/"+week+"/"+person]
}

func (d *Desk) setDigested(org, week, person string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.digested) >= maxDigested {
		clear(d.digested)
	}
	d.digested[org+"/"+week+"/"+person] = true
}
