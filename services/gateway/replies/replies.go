// Package replies is what helps people write the public reply to a review: the check of a text
// before it is published, replies to begin with, and the organization's templates.
//
// It promises that nothing of another organization takes part, that every text it offers went
// through the check and was not blocked, that nothing is published, and that nothing is sent
// anywhere but to the assistant, where one is configured and a person asks for it.
package replies

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/replytext"
	"github.com/bedside-health/bedside/services/gateway/replies/assistant"
)

// Store keeps templates, and reads what they are for. Lookups that find nothing are
// problem.NotFound.
type Store interface {
	Review(ctx context.Context, org, id string) (collections.Review, error)
	Organization(ctx context.Context, id string) (collections.Organization, error)
	Location(ctx context.Context, org, id string) (collections.Location, error)
	Locations(ctx context.Context, org string) ([]collections.Location, error)
	Lexicon(ctx context.Context, org string) (collections.Lexicon, error)
	Templates(ctx context.Context, org string) ([]collections.Template, error)
	Template(ctx context.Context, org, id string) (collections.Template, error)
	AddTemplate(ctx context.Context, org string, doc *collections.Template) error
	ChangeTemplate(ctx context.Context, org, id string, change func(*collections.Template) error) (collections.Template, error)
	DropTemplate(ctx context.Context, org, id string) error
}

// Inputs puts together what a reply is checked with.
type Inputs interface {
	Input(ctx context.Context, doc collections.Review, reply string) (replycheck.Input, error)
}

// Checker reads one reply.
type Checker interface {
	Check(in replycheck.Input) replycheck.Report
}

// Config configures a Service. All of it is required unless it says otherwise.
type Config struct {
	Store   Store
	Inputs  Inputs
	Checker Checker
	Now     func() time.Time
	// Assistant writes replies; nil means that there is none.
	Assistant *assistant.Client
	// Registerer gets the metrics; nil means none.
	Registerer prometheus.Registerer
}

// Service helps with replies. It is safe for concurrent use.
type Service struct {
	cfg    Config
	writer *replytext.Writer
	asked  *prometheus.CounterVec
}

// New makes a Service.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Inputs == nil || cfg.Checker == nil || cfg.Now == nil {
		return nil, errors.New("configure the help with replies: a store, inputs, a checker and a clock are required")
	}
	writer, err := replytext.New()
	if err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg, writer: writer, asked: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bedside_gateway_assistant_requests_total", Help: "Texts asked of the assistant by outcome: used, blocked (by the reply check), unusable or failed.",
	}, []string{"outcome"})}
	if cfg.Registerer != nil {
		if err := cfg.Registerer.Register(s.asked); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Check checks a reply to a review of an organization.
func (s *Service) Check(ctx context.Context, org, reviewID, reply string) (replycheck.Report, error) {
	doc, err := s.cfg.Store.Review(ctx, org, reviewID)
	if err != nil {
		return replycheck.Report{}, err
	}
	in, err := s.cfg.Inputs.Input(ctx, doc, reply)
	if err != nil {
		return replycheck.Report{}, err
	}
	return s.cfg.Checker.Check(in), nil
}
