package routing

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// SubjectOf is a review at its location; of one that is not known only the id is.
func SubjectOf(doc collections.Review, at collections.Location) Subject {
	s := Subject{
		ID: doc.ID, LocationID: doc.LocationID, LocationName: at.Name, Region: at.Region, Site: doc.Site,
		Overall: doc.Analysis.Overall, Rating: doc.Rating, Urgent: doc.Analysis.Urgent,
		Language: doc.Analysis.Language, Text: doc.Text,
	}
	if doc.Title != "" {
		s.Text = doc.Title + "\n" + doc.Text
	}
	for _, t := range doc.Analysis.Tags {
		s.Topics = append(s.Topics, string(t.Topic), string(t.Topic)+":"+string(t.Polarity))
	}
	for _, m := range doc.Analysis.Mentions {
		s.Mentions = append(s.Mentions, m.Name)
	}
	if doc.PostedAtKnown {
		s.PostedAt = doc.PostedAt
	}
	return s
}

// Stale reports whether a review that arrived at that time was too old then to be somebody's work.
func (p Plan) Stale(s Subject, arrived time.Time) bool {
	return p.StaleAfter > 0 && !s.PostedAt.IsZero() && arrived.Sub(s.PostedAt) > time.Duration(p.StaleAfter)
}
