package sources

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

// FindingFilter says which findings are asked for. Values of one field are
// alternatives, different fields must all hold; a zero field does not restrict.
type FindingFilter struct {
	Open      *bool
	Locations []string
	Sites     []string
	Fields    []string
	// Dismissed keeps those that somebody dismissed, or leaves them out. The store does
	// not know of it.
	Dismissed *bool
}

// The facets of findings.
const (
	FindingLocation = "location_id"
	FindingSite     = "site"
	FindingField    = "field"
)

func findingFacets() []string { return []string{FindingLocation, FindingSite, FindingField} }

// without is the filter without the restriction of a facet.
func (f FindingFilter) without(facet string) FindingFilter {
	switch facet {
	case FindingLocation:
		f.Locations = nil
	case FindingSite:
		f.Sites = nil
	case FindingField:
		f.Fields = nil
	}
	return f
}

// matches reports whether the filter holds for a finding, dismissals aside.
func (f FindingFilter) matches(doc collections.Finding) bool {
	among := func(values []string, value string) bool { return len(values) == 0 || slices.Contains(values, value) }
	return (f.Open == nil || *f.Open == doc.Open) &&
		among(f.Locations, doc.LocationID) && among(f.Sites, doc.Site) && among(f.Fields, doc.Field)
}

// Finding is a finding with what people say of it.
type Finding struct {
	collections.Finding
	// Dismissal is nil unless it holds.
	Dismissal *collections.Dismissal
	// By is the name of who dismissed it; empty if that person is gone.
	By string
}

// FindingCount is how many findings have one value of a facet.
type FindingCount struct {
	Value string
	Count int64
}

// FindingCounts are counts of open findings that nobody dismissed: for each facet by
// its values under all filters but its own, and the numbers under all.
type FindingCounts struct {
	Open, Dismissed int64
	By              map[string][]FindingCount
}

// maxWalk bounds how many parts of the list are read for one page.
const maxWalk = 20

// Findings reads one page of findings, newest first; next is empty on the last. With
// a filter for dismissals a page may be short.
func (s *Service) Findings(ctx context.Context, org string, f FindingFilter, limit int, cursor string) (out []Finding, next string, err error) {
	var names map[string]string
	out = []Finding{}
	for range maxWalk {
		docs, after, err := s.cfg.Store.Findings(ctx, org, f, limit-len(out), cursor)
		if err != nil {
			return nil, "", err
		}
		part, err := s.judged(ctx, org, docs, &names)
		if err != nil {
			return nil, "", err
		}
		for _, finding := range part {
			if f.Dismissed == nil || *f.Dismissed == (finding.Dismissal != nil) {
				out = append(out, finding)
			}
		}
		if cursor = after; cursor == "" || len(out) == limit {
			break
		}
	}
	return out, cursor, nil
}

// judged adds to findings the dismissals that hold. names are those of the
// organization's people, read when first needed.
func (s *Service) judged(ctx context.Context, org string, docs []collections.Finding, names *map[string]string) ([]Finding, error) {
	ids := make([]string, len(docs))
	for i, doc := range docs {
		ids[i] = doc.ID
	}
	dismissals, err := s.cfg.Store.Dismissals(ctx, org, ids)
	if err != nil {
		return nil, fmt.Errorf("read which findings are dismissed: %w", err)
	}
	out := make([]Finding, len(docs))
	for i, doc := range docs {
		out[i].Finding = doc
		dismissal, there := dismissals[doc.ID]
		if !there || !holds(dismissal, doc) {
			continue
		}
		if *names == nil {
			if *names, err = s.names(ctx, org); err != nil {
				return nil, err
			}
		}
		out[i].Dismissal, out[i].By = &dismissal, (*names)[dismissal.By]
	}
	return out, nil
}

func (s *Service) names(ctx context.Context, org string) (map[string]string, error) {
	people, err := s.cfg.Store.People(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("read who dismissed findings: %w", err)
	}
	names := make(map[string]string, len(people))
	for _, person := range people {
		names[person.ID] = person.Name
	}
	return names, nil
}

// holds reports whether a dismissal is of what a finding says now.
func holds(d collections.Dismissal, f collections.Finding) bool {
	return d.Ours == f.Ours && d.Theirs == f.Theirs
}

// CountFindings counts open findings. Dismissals are few, so that those that hold are
// looked up and taken off what the store counts.
func (s *Service) CountFindings(ctx context.Context, org string, f FindingFilter) (FindingCounts, error) {
	f.Open = new(true)
	dismissed, err := s.dismissed(ctx, org)
	if err != nil {
		return FindingCounts{}, err
	}
	counts := FindingCounts{By: map[string][]FindingCount{}}
	for _, facet := range findingFacets() {
		under := f.without(facet)
		tally, err := s.cfg.Store.CountFindings(ctx, org, under, facet)
		if err != nil {
			return FindingCounts{}, fmt.Errorf("count findings: %w", err)
		}
		for _, doc := range dismissed {
			if under.matches(doc) {
				tally[facetOf(doc, facet)]--
			}
		}
		counts.By[facet] = tallied(tally)
	}
	tally, err := s.cfg.Store.CountFindings(ctx, org, f, FindingField)
	if err != nil {
		return FindingCounts{}, fmt.Errorf("count findings: %w", err)
	}
	for _, n := range tally {
		counts.Open += n
	}
	for _, doc := range dismissed {
		if f.matches(doc) {
			counts.Dismissed++
		}
	}
	counts.Open = max(0, counts.Open-counts.Dismissed)
	return counts, nil
}

// dismissed reads all open findings of which a dismissal holds.
func (s *Service) dismissed(ctx context.Context, org string) ([]collections.Finding, error) {
	var out []collections.Finding
	for cursor := ""; ; {
		dismissals, next, err := s.cfg.Store.AllDismissals(ctx, org, cursor)
		if err != nil {
			return nil, fmt.Errorf("read which findings are dismissed: %w", err)
		}
		of := make(map[string]collections.Dismissal, len(dismissals))
		ids := make([]string, len(dismissals))
		for i, d := range dismissals {
			of[d.ID], ids[i] = d, d.ID
		}
		findings, err := s.cfg.Store.FindingsByID(ctx, org, ids)
		if err != nil {
			return nil, fmt.Errorf("read dismissed findings: %w", err)
		}
		for _, doc := range findings {
			if doc.Open && holds(of[doc.ID], doc) {
				out = append(out, doc)
			}
		}
		if cursor = next; cursor == "" {
			return out, nil
		}
	}
}

func facetOf(doc collections.Finding, facet string) string {
	switch facet {
	case FindingLocation:
		return doc.LocationID
	case FindingSite:
		return doc.Site
	default:
		return doc.Field
	}
}

// tallied lists values that anything has, the most frequent first.
func tallied(tally map[string]int64) []FindingCount {
	out := make([]FindingCount, 0, len(tally))
	for value, n := range tally {
		if n > 0 {
			out = append(out, FindingCount{Value: value, Count: n})
		}
	}
	slices.SortFunc(out, func(a, b FindingCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// Dismiss says that a person wants to hear no more of a finding as it is now. One
// that is resolved is problem.Conflict.
func (s *Service) Dismiss(ctx context.Context, org, id, personID, reason string) (Finding, error) {
	doc, err := s.cfg.Store.Finding(ctx, org, id)
	if err != nil {
		return Finding{}, err
	}
	if !doc.Open {
		return Finding{}, problem.New(problem.Conflict, "finding_resolved", "This difference is gone already; there is nothing to dismiss.")
	}
	err = s.cfg.Store.PutDismissal(ctx, org, collections.Dismissal{
		Base: docstore.Base{ID: id, OrgID: org}, Ours: doc.Ours, Theirs: doc.Theirs, Reason: strings.TrimSpace(reason),
		By: personID, At: s.cfg.Now().UTC(),
	})
	if err != nil {
		return Finding{}, fmt.Errorf("store a dismissal: %w", err)
	}
	return s.finding(ctx, org, doc)
}

// Restore takes a dismissal back; a finding without one stays as it is.
func (s *Service) Restore(ctx context.Context, org, id string) (Finding, error) {
	doc, err := s.cfg.Store.Finding(ctx, org, id)
	if err != nil {
		return Finding{}, err
	}
	if err := s.cfg.Store.DropDismissal(ctx, org, id); err != nil {
		return Finding{}, fmt.Errorf("remove a dismissal: %w", err)
	}
	return s.finding(ctx, org, doc)
}

func (s *Service) finding(ctx context.Context, org string, doc collections.Finding) (Finding, error) {
	var names map[string]string
	judged, err := s.judged(ctx, org, []collections.Finding{doc}, &names)
	if err != nil {
		return Finding{}, err
	}
	return judged[0], nil
}
