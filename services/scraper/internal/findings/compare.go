package findings

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/accuracy"
	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
)

// fieldListing is the field of findings that are about the listing itself.
const fieldListing = "listing"

// maxAlike bounds the listings of one site and name that are compared with each other.
const maxAlike = 50

// scene is what one organization's comparison knows.
type scene struct {
	locations map[string]collections.Location
	listings  map[string]collections.Listing // those that are watched
	wanted    map[string]collections.Finding // what is different now, by id
	alike     map[string][]shown             // by site and name, for duplicates
}

type shown struct {
	listing collections.Listing
	facts   events.ListingFacts
}

// compare brings an organization's findings up to date and adds those open to counts.
func (c *Comparer) compare(ctx context.Context, org string, counts map[[2]string]int) error {
	s, err := c.look(ctx, org)
	if err != nil {
		return err
	}
	s.duplicates()
	known, err := c.known(ctx, org)
	if err != nil {
		return err
	}
	for id, f := range s.wanted {
		counts[[2]string{f.Site, f.Field}]++
		if old, ok := known[id]; ok && same(old, f) {
			continue
		}
		if err := c.cfg.Store.PutFinding(ctx, org, id, func(doc *collections.Finding, exists bool) bool {
			if exists && doc.Open && same(*doc, f) {
				return false
			}
			since := c.now().UTC()
			if exists && doc.Open {
				since = doc.Since
			}
			f.Base, f.Since, f.Open = doc.Base, since, true
			*doc = f
			return true
		}); err != nil {
			return fmt.Errorf("keep a finding: %w", err)
		}
	}
	for id := range known {
		if _, still := s.wanted[id]; still {
			continue
		}
		if err := c.cfg.Store.PutFinding(ctx, org, id, func(doc *collections.Finding, exists bool) bool {
			if !exists || !doc.Open {
				return false
			}
			doc.Open, doc.ResolvedAt = false, c.now().UTC()
			return true
		}); err != nil {
			return fmt.Errorf("resolve a finding: %w", err)
		}
	}
	return nil
}

// same reports whether a finding says what another says.
func same(a, b collections.Finding) bool {
	return a.Ours == b.Ours && a.Theirs == b.Theirs && a.LocationID == b.LocationID && a.Site == b.Site &&
		a.URL == b.URL && a.OtherListingID == b.OtherListingID
}

// known reads the organization's open findings.
func (c *Comparer) known(ctx context.Context, org string) (map[string]collections.Finding, error) {
	out := map[string]collections.Finding{}
	err := pages(func(cursor string) (string, error) {
		items, next, err := c.cfg.Store.OpenFindings(ctx, org, cursor)
		for _, f := range items {
			out[f.ID] = f
		}
		return next, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the open findings: %w", err)
	}
	return out, nil
}

// look reads the organization's records and compares each listing with its location's.
func (c *Comparer) look(ctx context.Context, org string) (*scene, error) {
	s := &scene{
		locations: map[string]collections.Location{}, listings: map[string]collections.Listing{},
		wanted: map[string]collections.Finding{}, alike: map[string][]shown{},
	}
	if err := pages(func(cursor string) (string, error) {
		items, next, err := c.cfg.Store.Locations(ctx, org, cursor)
		for _, l := range items {
			s.locations[l.ID] = l
		}
		return next, err
	}); err != nil {
		return nil, fmt.Errorf("read the locations: %w", err)
	}
	if err := pages(func(cursor string) (string, error) {
		items, next, err := c.cfg.Store.Watched(ctx, org, cursor)
		for _, l := range items {
			s.listings[l.ID] = l
		}
		return next, err
	}); err != nil {
		return nil, fmt.Errorf("read the listings: %w", err)
	}
	if err := pages(func(cursor string) (string, error) {
		items, next, err := c.cfg.Store.AllFacts(ctx, org, cursor)
		for _, f := range items {
			s.meet(f)
		}
		return next, err
	}); err != nil {
		return nil, fmt.Errorf("read the facts of the listings: %w", err)
	}
	return s, nil
}

// meet compares what one listing shows.
func (s *scene) meet(fact collections.ListingFact) {
	listing, watched := s.listings[fact.ID]
	location, placed := s.locations[listing.LocationID]
	if !watched || !placed || listing.Site != fact.Site {
		return // no longer watched, or what was seen is of another page
	}
	page := pageOf(listing)
	for _, d := range accuracy.Compare(record(location), fact.Facts, page) {
		s.want(listing, collections.Finding{
			Kind: collections.FindingKind(d.Kind), Field: d.Field, Ours: d.Ours, Theirs: d.Theirs, SeenAt: fact.ObservedAt,
		})
	}
	key := listing.Site + "\x00" + accuracy.NameKey(fact.Facts.Name)
	if fact.Facts.Name != "" && len(s.alike[key]) < maxAlike {
		s.alike[key] = append(s.alike[key], shown{listing, fact.Facts})
	}
}

func (s *scene) want(listing collections.Listing, f collections.Finding) {
	f.LocationID, f.ListingID, f.Site, f.URL = listing.LocationID, listing.ID, listing.Site, pageOf(listing)
	s.wanted[findingID(listing.ID, f.Kind, f.Field)] = f
}

// duplicates finds listings that show a place that an older listing of their site shows.
func (s *scene) duplicates() {
	for _, group := range s.alike {
		slices.SortFunc(group, func(a, b shown) int {
			return cmp.Or(a.listing.CreatedAt.Compare(b.listing.CreatedAt), cmp.Compare(a.listing.ID, b.listing.ID))
		})
		for i, later := range group {
			for _, first := range group[:i] {
				if first.listing.Ref != later.listing.Ref && accuracy.SamePlace(first.facts, later.facts) {
					s.want(later.listing, collections.Finding{
						Kind: collections.FindingDuplicate, Field: fieldListing, OtherListingID: first.listing.ID,
						Ours: display(first), Theirs: display(later),
					})
					break
				}
			}
		}
	}
}

// display names a listing to people.
func display(s shown) string {
	if page := pageOf(s.listing); page != "" {
		return page
	}
	return s.facts.Name
}

// record is what is compared of a location.
func record(l collections.Location) accuracy.Record {
	return accuracy.Record{
		Name: l.Name, Telephone: l.Telephone, Website: l.Website, Address: l.Address, Hours: l.Hours,
		AcceptsNewPatients: l.AcceptsNewPatients, Categories: l.Categories,
	}
}

// pageOf is the public page of a listing, if its address is one.
func pageOf(l collections.Listing) string {
	if i := strings.Index(l.Ref, "http"); i >= 0 {
		return events.CleanURL(l.Ref[i:])
	}
	return ""
}

// findingID makes one finding at a time of a listing, kind and field.
func findingID(listing string, kind collections.FindingKind, field string) string {
	sum := sha256.Sum256([]byte(listing + "\x00" + string(kind) + "\x00" + field))
	return "f_" + hex.EncodeToString(sum[:12])
}
