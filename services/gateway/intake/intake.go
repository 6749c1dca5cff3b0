// Package intake takes files of reviews and says how far they are. A file becomes
// an import of small parts that the scraper reads like any other site.
//
// It promises that a file of any size is read once and in bounded memory, that a
// row that cannot be taken is reported with its line and leaves the others alone,
// that the scraper sees an import only when all of it is stored, and that what an
// upload leaves that breaks off is removed.
package intake

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

// Bounds of what is stored of an import.
const (
	MaxRejections = 1000
	maxChunkRows  = 500
	maxChunkBytes = 1 << 20
	sampleRows    = 20
)

// Store keeps imports. Lookups that find nothing are problem.NotFound.
type Store interface {
	Location(ctx context.Context, org, id string) (collections.Location, error)
	AddImport(ctx context.Context, org string, doc *collections.Import) error
	AddImportChunk(ctx context.Context, org string, doc *collections.ImportChunk) error
	FinishImport(ctx context.Context, org string, done *collections.Import, listing *collections.Listing) error
	DropImport(ctx context.Context, org, id string) error
	Import(ctx context.Context, org, id string) (collections.Import, error)
	Imports(ctx context.Context, org string, limit int, cursor string) ([]collections.Import, string, error)
	ImportChunk(ctx context.Context, org, id string, n int) (collections.ImportChunk, error)
	PollStates(ctx context.Context, org string, listings []string) (map[string]collections.PollState, error)
	PresentReviews(ctx context.Context, org string, ids []string) (int, error)
	ReviewsOfListing(ctx context.Context, org, listing string) (int64, error)
}

// Request is a file to import.
type Request struct {
	OrgID      string
	PersonID   string
	LocationID string
	Site       string
	FileName   string
	DryRun     bool
	Options    Options
}

// State is where an import stands.
type State string

// The states.
const (
	Checked State = "checked" // a dry run
	Waiting State = "waiting" // the scraper has not begun
	Reading State = "reading"
	Done    State = "done" // the scraper has read it to its end
)

// Import is an import with how far it is.
type Import struct {
	collections.Import
	DryRun bool
	// Sample holds the first rows of a dry run.
	Sample    []collections.ImportReview
	State     State
	Published int64
	InInbox   int64
}

// Config configures a Service.
type Config struct {
	Store  Store
	Open   Opener
	Logger *slog.Logger
	Now    func() time.Time
	// Concurrent bounds the uploads that are read at once.
	Concurrent int
	Registerer prometheus.Registerer // nil means no metrics
}

// Service takes files. It is safe for concurrent use.
type Service struct {
	cfg      Config
	turns    chan struct{}
	progress *progress
	rows     *prometheus.CounterVec
}

// New makes a Service.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Open == nil || cfg.Logger == nil || cfg.Now == nil || cfg.Concurrent < 1 {
		return nil, errors.New("configure imports: store, reader, logger, clock and concurrency are required")
	}
	s := &Service{
		cfg: cfg, turns: make(chan struct{}, cfg.Concurrent), progress: newProgress(cfg.Store),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_gateway_import_rows_total", Help: "Rows of imported files by what became of them.",
		}, []string{"outcome"}),
	}
	if cfg.Registerer != nil {
		if err := cfg.Registerer.Register(s.rows); err != nil {
			return nil, fmt.Errorf("register metrics of imports: %w", err)
		}
	}
	return s, nil
}

// Take reads a file to its end and stores it, or only checks it on a dry run. What is
// wrong with the file as a whole is an error; what is wrong with rows is in the answer.
func (s *Service) Take(ctx context.Context, req Request, file io.Reader) (Import, error) {
	if _, err := s.cfg.Store.Location(ctx, req.OrgID, req.LocationID); err != nil {
		if problem.KindOf(err) == problem.NotFound {
			return Import{}, problem.New(problem.Invalid, "unknown_location",
				"location_id: the organization has no such location. GET /api/v1/locations lists those it has.")
		}
		return Import{}, fmt.Errorf("read the location of an import: %w", err)
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	default:
		e := problem.New(problem.RateLimited, "imports_busy", "Other files are being imported at this moment. Try again in a minute.")
		e.RetryAfter = time.Minute
		return Import{}, e
	}
	rows, err := s.cfg.Open(file, req.Options)
	if err != nil {
		return Import{}, err
	}
	id := "i_" + strings.ToLower(rand.Text())
	u := &upload{service: s, req: req, doc: collections.Import{
		Base: docstore.Base{ID: id, OrgID: req.OrgID}, ListingID: "l_" + id,
		LocationID: req.LocationID, Site: req.Site, FileName: req.FileName, By: req.PersonID,
		CreatedAt: s.cfg.Now(), Rejections: []collections.Rejection{},
	}}
	err = u.read(ctx, rows)
	s.rows.WithLabelValues("accepted").Add(float64(u.doc.Accepted))
	s.rows.WithLabelValues("rejected").Add(float64(u.doc.Rejected))
	if err != nil {
		u.abandon(ctx)
		return Import{}, err
	}
	if req.DryRun {
		return Import{Import: u.doc, DryRun: true, Sample: u.sample, State: Checked}, nil
	}
	return s.follow(ctx, req.OrgID, u.doc)
}

// Get reads an import with how far it is.
func (s *Service) Get(ctx context.Context, org, id string) (Import, error) {
	doc, err := s.cfg.Store.Import(ctx, org, id)
	if err != nil {
		return Import{}, err
	}
	return s.follow(ctx, org, doc)
}

// List reads one page of imports, newest first, with how far they are.
func (s *Service) List(ctx context.Context, org string, limit int, cursor string) ([]Import, string, error) {
	docs, next, err := s.cfg.Store.Imports(ctx, org, limit, cursor)
	if err != nil {
		return nil, "", err
	}
	out := make([]Import, 0, len(docs))
	for _, doc := range docs {
		if !doc.Complete {
			continue // still being uploaded
		}
		found, err := s.follow(ctx, org, doc)
		if err != nil {
			return nil, "", err
		}
		out = append(out, found)
	}
	return out, next, nil
}

// follow adds to an import how far it is.
func (s *Service) follow(ctx context.Context, org string, doc collections.Import) (Import, error) {
	out := Import{Import: doc, State: Waiting}
	if doc.Accepted == 0 {
		out.State = Done
		return out, nil
	}
	states, err := s.cfg.Store.PollStates(ctx, org, []string{doc.ListingID})
	if err != nil {
		return Import{}, fmt.Errorf("read how an import goes: %w", err)
	}
	accepted := int64(doc.Accepted)
	switch state, begun := states[doc.ListingID]; {
	case begun && state.Finished:
		out.State, out.Published = Done, accepted
	case begun && (state.Published > 0 || !state.LastPollAt.IsZero()):
		out.State, out.Published = Reading, min(state.Published, accepted)
	}
	if out.InInbox, err = s.progress.inInbox(ctx, doc); err != nil {
		return Import{}, fmt.Errorf("count how much of an import is in the inbox: %w", err)
	}
	return out, nil
}
