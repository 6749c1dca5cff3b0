package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
	"github.com/bedside-health/bedside/services/gateway/practice"
)

// GetLocation reads one location and its own record.
func (s *server) GetLocation(c *gin.Context, id api.Id) {
	found, err := s.cfg.Practice.Location(c.Request.Context(), org(c), id)
	s.location(c, found, err)
}

// UpdateLocation changes a location's own record.
func (s *server) UpdateLocation(c *gin.Context, id api.Id) {
	raw, err := io.ReadAll(c.Request.Body)
	if err != nil {
		s.fail(c, problem.Wrap(problem.Invalid, "invalid_request", err, "body: this cannot be read."))
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(raw))
	body, err := read[api.LocationPatch](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	// The generated type cannot tell null, which empties, from left out.
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		s.fail(c, problem.Wrap(problem.Invalid, "invalid_request", err, "body: this is not valid JSON."))
		return
	}
	patch := practice.Patch{
		Name: body.Name, Region: body.Region, TimeZone: body.TimeZone, Telephone: body.Telephone, Website: body.Website,
		Hours: body.Hours, Categories: body.Categories,
	}
	if body.Kind != nil {
		patch.Kind = new(string(*body.Kind))
	}
	if a := body.Address; a != nil {
		patch.Address = &events.Address{
			Street: value(a.Street), Locality: value(a.Locality), Region: value(a.Region),
			PostalCode: value(a.PostalCode), Country: value(a.Country),
		}
	}
	if _, named := given["accepts_new_patients"]; named {
		patch.NewPatients = &body.AcceptsNewPatients
	}
	changed, err := s.cfg.Practice.ChangeLocation(c.Request.Context(), org(c), id, body.Rev, patch)
	s.location(c, changed, err)
}

func (s *server) location(c *gin.Context, doc collections.Location, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("ETag", `"`+strconv.FormatInt(doc.Rev, 10)+`"`)
	s.answer(c, http.StatusOK, location(doc))
}

// GetLexicon reads the organization's own topics and terms.
func (s *server) GetLexicon(c *gin.Context) {
	doc, by, err := s.cfg.Practice.Lexicon(c.Request.Context(), org(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, lexicon(doc, by))
}

// SetLexicon replaces the organization's own topics and terms.
func (s *server) SetLexicon(c *gin.Context) {
	body, err := read[api.LexiconInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	doc, err := s.cfg.Practice.SetLexicon(c.Request.Context(), org(c), identity(c).Person.ID, review.Lexicon{
		Revision: body.Revision,
		Topics: each(body.Topics, func(t api.OwnTopic) review.OwnTopic {
			return review.OwnTopic{Key: review.Topic(t.Key), Name: t.Name}
		}),
		Terms: each(body.Terms, func(t api.Term) review.Term {
			return review.Term{
				Phrase: t.Phrase, Kind: review.TermKind(t.Kind), Topic: review.Topic(value(t.Topic)),
				Polarity: review.Polarity(value(t.Polarity)), Name: value(t.Name), Role: value(t.Role),
			}
		}),
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.lexiconAfter(c, doc)
}

// lexiconAfter answers with a lexicon as it is after a change, which somebody else
// may have made.
func (s *server) lexiconAfter(c *gin.Context, doc collections.Lexicon) {
	by := ""
	if who := identity(c).Person; doc.UpdatedBy == who.ID {
		by = who.Name
	}
	s.answer(c, http.StatusOK, lexicon(doc, by))
}

func lexicon(doc collections.Lexicon, by string) api.Lexicon {
	out := api.Lexicon{
		Revision: doc.Revision, UpdatedAt: at(doc.UpdatedAt),
		Topics: each(doc.Topics, func(t review.OwnTopic) api.OwnTopic {
			return api.OwnTopic{Key: string(t.Key), Name: t.Name}
		}),
		Terms: each(doc.Terms, func(t review.Term) api.Term {
			return api.Term{
				Phrase: t.Phrase, Kind: api.TermKind(t.Kind), Topic: optional(string(t.Topic)),
				Polarity: optional(api.Polarity(t.Polarity)), Name: optional(t.Name), Role: optional(t.Role),
			}
		}),
	}
	if doc.UpdatedBy != "" {
		out.UpdatedBy = new(actor(collections.Actor{Kind: collections.ActorPerson, ID: doc.UpdatedBy, Name: by}))
	}
	return out
}
