package polling

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/scraper/detect"
)

// facts tells what the site shows of the practice itself when that changed. The first
// page that shows any speaks for the listing.
func (r *run) facts(ctx context.Context, facts *events.ListingFacts, at time.Time) error {
	if facts == nil || r.factual {
		return nil
	}
	r.factual = true
	before, found, err := r.cfg.Store.Facts(ctx, r.state.OrgID, r.listing.ID)
	if err != nil {
		return fmt.Errorf("read the listing's facts: %w", err)
	}
	now, err := digest(*facts)
	if err != nil {
		return siteError{err}
	}
	if found && before.Site == r.listing.Site && before.LocationID == r.listing.LocationID {
		if known, err := digest(before.Facts); err == nil && known == now {
			return nil
		}
	}
	at = at.UTC().Truncate(time.Millisecond)
	event := &events.ListingObserved{
		EventID: "l_" + now[:16] + "_" + fmt.Sprint(at.UnixMilli()),
		OrgID:   r.state.OrgID, ListingID: r.listing.ID, LocationID: r.listing.LocationID,
		Site: r.listing.Site, Facts: *facts, ObservedAt: at,
	}
	if err := r.cfg.Bus.Observed(ctx, event); err != nil {
		return r.unreadable(err)
	}
	err = r.cfg.Store.PutFacts(ctx, collections.ListingFact{
		Base:       docstore.Base{ID: r.listing.ID, OrgID: r.state.OrgID},
		LocationID: r.listing.LocationID, Site: r.listing.Site, Facts: *facts, ObservedAt: at,
	})
	if err != nil {
		return fmt.Errorf("store the listing's facts: %w", err)
	}
	return nil
}

// digest compares facts by what they say.
func digest(facts events.ListingFacts) (string, error) {
	text, err := json.Marshal(facts)
	if err != nil {
		return "", fmt.Errorf("compare the listing's facts: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// remarkWarnings bounds how many different warnings a remark repeats.
const remarkWarnings = 5

// remark says what a poll that went through had to leave out.
func remark(faults map[detect.Fault]int, warnings map[string]struct{}) string {
	var parts []string
	for _, fault := range slices.Sorted(maps.Keys(faults)) {
		switch n := faults[fault]; n {
		case 1:
			parts = append(parts, "One review was left out: "+fault.Describe()+".")
		default:
			parts = append(parts, fmt.Sprintf("%d reviews were left out: %s.", n, fault.Describe()))
		}
	}
	known := slices.Sorted(maps.Keys(warnings))
	if len(known) > 0 {
		parts = append(parts, "Not everything on the page could be read: "+strings.Join(known[:min(len(known), remarkWarnings)], "; ")+".")
	}
	return strings.Join(parts, " ")
}

// unreadable lets a poll go on whose facts break the rules of the event; reviews matter
// more.
func (r *run) unreadable(err error) error {
	switch problem.KindOf(err) {
	case problem.Invalid, problem.TooLarge:
		r.warns["the practice's own data break the rules of the event format"] = struct{}{}
		return nil
	default:
		return err
	}
}
