package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// CorrectTags stores how a person sees the tags right.
func (s *server) CorrectTags(c *gin.Context, id api.Id) {
	body, err := read[api.TagsChange](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	doc, err := s.cfg.Store.Review(c.Request.Context(), org(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	if err := s.knownTopics(c, doc, body.Tags); err != nil {
		s.fail(c, err)
		return
	}
	judgement := inbox.Judgement{Overall: review.Polarity(value(body.Overall)), Reason: value(body.Reason)}
	for _, tag := range body.Tags {
		judgement.Tags = append(judgement.Tags, review.Tag{Topic: review.Topic(tag.Topic), Polarity: review.Polarity(tag.Polarity)})
	}
	if body.Urgent != nil {
		judgement.Urgent = append([]review.Urgent{}, words[review.Urgent](*body.Urgent)...)
	}
	s.act(c, http.StatusOK, id, body.Rev, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.CorrectTags(ctx, act, judgement)
	})
}

// knownTopics refuses topics that the organization does not have, and one that comes
// twice. One that is on the review stays possible when the organization has dropped it since.
func (s *server) knownTopics(c *gin.Context, doc collections.Review, tags []api.TagInput) error {
	known := review.Topics()
	for _, analysis := range []*review.Analysis{&doc.Analysis, doc.Machine} {
		if analysis != nil {
			for _, tag := range analysis.Tags {
				known = append(known, tag.Topic)
			}
		}
	}
	own, seen := false, map[review.Topic]bool{}
	for _, tag := range tags {
		topic := review.Topic(tag.Topic)
		if !slices.Contains(known, topic) && !own {
			own = true
			lexicon, err := s.cfg.Store.Lexicon(c.Request.Context(), org(c))
			if err != nil {
				return err
			}
			for _, t := range lexicon.Topics {
				known = append(known, t.Key)
			}
		}
		if !slices.Contains(known, topic) {
			return problem.New(problem.Invalid, "unknown_topic", "tags: your organization has no topic %s. GET /api/v1/lexicon lists its own.", printable(tag.Topic))
		}
		if seen[topic] {
			return problem.New(problem.Invalid, "invalid_tags", "tags: topic %s comes twice.", tag.Topic)
		}
		seen[topic] = true
	}
	return nil
}

// WithdrawCorrection takes the correction of the tags back.
func (s *server) WithdrawCorrection(c *gin.Context, id api.Id, p api.WithdrawCorrectionParams) {
	s.command(c, http.StatusOK, id, p.IfMatch, s.cfg.Commands.WithdrawCorrection)
}

// ListLabels gives the texts whose tags people corrected, in the form of labelled data.
func (s *server) ListLabels(c *gin.Context, p api.ListLabelsParams) {
	found, next, err := s.cfg.Store.Corrected(c.Request.Context(), org(c), limit(p.Limit), value(p.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.LabelPage{Items: each(found, label), NextCursor: optional(next)})
}

func label(doc collections.Review) api.Label {
	out := api.Label{Id: doc.ID, Text: doc.Text, Rating: doc.Rating}
	out.Labels.Overall = overall(doc.Analysis.Overall)
	out.Labels.Urgent = flags(doc.Analysis.Urgent)
	out.Labels.Topics = map[string]api.PolarityOrAbsent{}
	for _, topic := range review.Topics() {
		out.Labels.Topics[string(topic)] = api.PolarityOrAbsentAbsent
	}
	for _, tag := range doc.Analysis.Tags {
		if tag.Topic.Valid() {
			out.Labels.Topics[string(tag.Topic)] = api.PolarityOrAbsent(tag.Polarity)
		}
	}
	return out
}

// flags are urgent flags as they travel; none is an empty list.
func flags(in []review.Urgent) []api.UrgentFlag {
	return words[api.UrgentFlag](append([]review.Urgent{}, in...))
}

// correction is what people changed; nil where they changed nothing.
func correction(c *collections.Correction) *api.Correction {
	if c == nil {
		return nil
	}
	out := api.Correction{Topics: map[string]api.PolarityOrAbsent{}, By: actor(c.By), At: c.At.UTC()}
	for topic, polarity := range c.Topics {
		out.Topics[string(topic)] = api.PolarityOrAbsent(polarity)
	}
	if c.Overall != "" {
		out.Overall = new(api.Polarity(c.Overall))
	}
	if c.UrgentSet {
		out.Urgent = new(flags(c.Urgent))
	}
	return &out
}

// machineTags are the tags as they were made, where people changed them.
func machineTags(a *review.Analysis) *api.MachineTags {
	if a == nil {
		return nil
	}
	return &api.MachineTags{
		Tags: each(a.Tags, tag), Overall: overall(a.Overall), Urgent: flags(a.Urgent), AnalysisVersion: optional(a.Version),
	}
}

// ownNames are the names of an organization's own topics, by key.
func ownNames(lexicon collections.Lexicon) map[string]string {
	names := make(map[string]string, len(lexicon.Topics))
	for _, t := range lexicon.Topics {
		names[string(t.Key)] = t.Name
	}
	return names
}
