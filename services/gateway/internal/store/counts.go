package store

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/inbox"
)

func nextUp(v float64) float64 { return math.Nextafter(v, math.Inf(1)) }

// grouped are the facets that are one field of a review.
var grouped = map[inbox.Facet]string{
	inbox.ByLocation: "location_id",
	inbox.BySite:     "site",
	inbox.ByOverall:  "analysis.overall",
	inbox.ByStatus:   "case.status",
	inbox.ByOwner:    "case.owner_id",
	inbox.ByRating:   "rating",
}

// CountReviews counts reviews by the values of every facet.
func (s *Store) CountReviews(ctx context.Context, org string, f inbox.Filter) (inbox.Counts, error) {
	scope := docstore.Org(org)
	counts := inbox.Counts{By: map[inbox.Facet][]inbox.Count{}}
	results := make(chan func(), 16)
	g, ctx := errgroup.WithContext(ctx)
	run := func(work func() (func(), error)) {
		g.Go(func() error {
			set, err := work()
			if err == nil {
				results <- set
			}
			return err
		})
	}
	for facet, field := range grouped {
		run(func() (func(), error) {
			values, err := s.countBy(ctx, scope, f.Without(facet), facet, field)
			return func() { counts.By[facet] = values }, err
		})
	}
	run(func() (func(), error) {
		values, err := s.countTopics(ctx, scope, f)
		return func() { counts.By[inbox.ByTopic] = values }, err
	})
	run(func() (func(), error) {
		values, err := s.countPolarities(ctx, scope, f)
		return func() { counts.By[inbox.ByPolarity] = values }, err
	})
	run(func() (func(), error) {
		n, err := s.count(ctx, scope, f)
		return func() { counts.Total = n }, err
	})
	run(func() (func(), error) {
		urgent := f.Without(inbox.ByUrgent)
		urgent.Urgent = new(true)
		n, err := s.count(ctx, scope, urgent)
		return func() { counts.Urgent = n }, err
	})
	run(func() (func(), error) {
		overdue := f
		overdue.Overdue = true
		n, err := s.count(ctx, scope, overdue)
		return func() { counts.Overdue = n }, err
	})
	err := g.Wait()
	close(results)
	if err != nil {
		return inbox.Counts{}, err
	}
	for set := range results {
		set()
	}
	return counts, nil
}

func (s *Store) count(ctx context.Context, scope docstore.Scope, f inbox.Filter) (int64, error) {
	where, none := conditions(f)
	if none {
		return 0, nil
	}
	return s.shared.Reviews.Count(ctx, scope, docstore.Query{Index: "newest", Where: where, Terms: f.Terms})
}

func (s *Store) group(ctx context.Context, scope docstore.Scope, f inbox.Filter, field string) ([]docstore.Bucket, error) {
	where, none := conditions(f)
	if none {
		return nil, nil
	}
	return s.shared.Reviews.Group(ctx, scope, docstore.GroupQuery{
		Index: "newest", Where: where, Terms: f.Terms, By: []string{field},
	})
}

func (s *Store) countBy(
	ctx context.Context, scope docstore.Scope, f inbox.Filter, facet inbox.Facet, field string,
) ([]inbox.Count, error) {
	buckets, err := s.group(ctx, scope, f, field)
	if err != nil {
		return nil, err
	}
	tally := map[string]int64{}
	for _, b := range buckets {
		tally[facetValue(facet, b.Key[0])] += b.Count
	}
	return tallied(tally), nil
}

// facetValue is how a value of a field is shown among the values of its facet.
func facetValue(facet inbox.Facet, value any) string {
	switch v := value.(type) {
	case float64:
		return strconv.Itoa(int(math.Floor(v)))
	case string:
		if v != "" {
			return v
		}
	}
	if facet == inbox.ByOwner {
		return inbox.NoOwner
	}
	return inbox.NoRating
}

// countTopics counts topics. Where polarities are asked for, a topic counts only
// with one of them.
func (s *Store) countTopics(ctx context.Context, scope docstore.Scope, f inbox.Filter) ([]inbox.Count, error) {
	buckets, err := s.group(ctx, scope, f.Without(inbox.ByTopic), "topic_keys")
	if err != nil {
		return nil, err
	}
	tally := map[string]int64{}
	for _, b := range buckets {
		key, isText := b.Key[0].(string)
		if !isText {
			continue // reviews about nothing
		}
		topic, polarity, both := strings.Cut(key, ":")
		if both == (len(f.Polarities) > 0) && (!both || slices.Contains(f.Polarities, review.Polarity(polarity))) {
			tally[topic] += b.Count
		}
	}
	return tallied(tally), nil
}

// countPolarities counts reviews that speak in a polarity of one of the topics asked
// for, or of any. A review that does so of several topics counts once, which a
// grouped count cannot tell, so that each polarity is a count of its own.
func (s *Store) countPolarities(ctx context.Context, scope docstore.Scope, f inbox.Filter) ([]inbox.Count, error) {
	tally := map[string]int64{}
	for _, polarity := range review.Polarities() {
		f.Polarities = []review.Polarity{polarity}
		n, err := s.count(ctx, scope, f)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			tally[string(polarity)] = n
		}
	}
	return tallied(tally), nil
}

// tallied lists values, the most frequent first.
func tallied(tally map[string]int64) []inbox.Count {
	out := make([]inbox.Count, 0, len(tally))
	for value, n := range tally {
		out = append(out, inbox.Count{Value: value, Count: n})
	}
	slices.SortFunc(out, func(a, b inbox.Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return out
}
