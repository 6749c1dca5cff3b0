package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	stores "github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/enrich"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// historyPage is how many reviews are read, and sent through the line, at a time.
const historyPage = 200

// history is the reviews that an older version tagged.
type history struct {
	reviews *docstore.Collection[collections.Review]
	orgs    []pastOrg
	since   time.Time // of their arrival; zero is no bound
	limit   int       // 0 is none
}

// pastOrg is an organization with the engine that knows its terms.
type pastOrg struct {
	id, name string
	engine   *tagging.Engine
}

// openHistory opens the store and learns the terms of the organizations, of all or of
// the one given.
func openHistory(ctx context.Context, env Environment, only string) (*history, func(), error) {
	url, err := storeURL(env)
	if err != nil {
		return nil, nil, err
	}
	backend, err := stores.Open(ctx, url, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, fmt.Errorf("open the store: %w", err)
	}
	h, err := readHistory(ctx, backend, only)
	if err != nil {
		return nil, nil, errors.Join(err, backend.Close())
	}
	return h, func() { _ = backend.Close() }, nil // nothing was written
}

// storeURL is that of the environment, or of the Bedside on this machine.
func storeURL(env Environment) (string, error) {
	if url := env.Getenv("BEDSIDE_STORE"); url != "" {
		return url, nil
	}
	dir := env.Getenv("BEDSIDE_DATA")
	if dir == "" {
		dir = "data"
	}
	file := filepath.Join(dir, "bedside.db")
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("no store is known: set BEDSIDE_STORE, or BEDSIDE_DATA to the folder of a Bedside on this machine (looked for %s)", file)
	}
	return "sqlite:" + file, nil
}

func readHistory(ctx context.Context, backend docstore.Backend, only string) (*history, error) {
	organizations, err := docstore.Bind(ctx, backend, collections.Organizations())
	if err != nil {
		return nil, err
	}
	lexicons, err := docstore.Bind(ctx, backend, collections.Lexicons())
	if err != nil {
		return nil, err
	}
	h := new(history)
	if h.reviews, err = docstore.Bind(ctx, backend, collections.Reviews()); err != nil {
		return nil, err
	}
	// Names of people are no part of what is compared, so nothing looks for them.
	base, err := tagging.NewWith(tagging.Options{Clauses: enrich.New()})
	if err != nil {
		return nil, err
	}
	query := docstore.Query{Index: "all", Limit: docstore.MaxLimit}
	for {
		page, err := organizations.Page(ctx, docstore.AllOrgs(), query)
		if err != nil {
			return nil, err
		}
		for _, o := range page.Items {
			if only != "" && o.ID != only {
				continue
			}
			terms, err := lexicons.Get(ctx, docstore.Org(o.ID), o.ID)
			if err != nil && !errors.Is(err, docstore.ErrNotFound) {
				return nil, err
			}
			engine, err := base.WithTerms(terms.Lexicon)
			if err != nil {
				return nil, fmt.Errorf("the terms of organization %s: %w", o.ID, err)
			}
			h.orgs = append(h.orgs, pastOrg{id: o.ID, name: o.Name, engine: engine})
		}
		if page.Next == "" {
			break
		}
		query.Cursor = page.Next
	}
	if only != "" && len(h.orgs) == 0 {
		return nil, fmt.Errorf("there is no organization with the id %q", only)
	}
	return h, nil
}

// older finds an organization's reviews that an older version tagged.
func (h *history) older(o pastOrg) docstore.Query {
	where := []docstore.Cond{docstore.Below("analysis.version", o.engine.Version())}
	if !h.since.IsZero() {
		where = append(where, docstore.From("received_at", h.since))
	}
	return docstore.Query{Index: "by_received", Where: where, Limit: historyPage}
}

// count is how many reviews there are and how many of them an older version tagged, all
// organizations together and without the limit.
func (h *history) count(ctx context.Context) (all, older int64, err error) {
	for _, o := range h.orgs {
		q := h.older(o)
		n, err := h.reviews.Count(ctx, docstore.Org(o.id), q)
		if err != nil {
			return 0, 0, err
		}
		older += n
		q.Where = q.Where[1:]
		if n, err = h.reviews.Count(ctx, docstore.Org(o.id), q); err != nil {
			return 0, 0, err
		}
		all += n
	}
	return all, older, nil
}

// walk calls f with the reviews that an older version tagged, page by page, oldest first.
// Those of whose content nothing is known are left out.
func (h *history) walk(ctx context.Context, f func(o pastOrg, page []collections.Review) error) error {
	left := h.limit
	for _, o := range h.orgs {
		query := h.older(o)
		for {
			page, err := h.reviews.Page(ctx, docstore.Org(o.id), query)
			if err != nil {
				return fmt.Errorf("read the reviews of %s: %w", o.id, err)
			}
			known := page.Items[:0]
			for _, r := range page.Items {
				if r.Text != "" || r.Author != "" || r.Rating != nil {
					known = append(known, r)
				}
			}
			if h.limit > 0 && len(known) > left {
				known = known[:left]
			}
			left -= len(known)
			if len(known) > 0 {
				if err := f(o, known); err != nil {
					return err
				}
			}
			if h.limit > 0 && left == 0 {
				return nil
			}
			if page.Next == "" {
				break
			}
			query.Cursor = page.Next
		}
	}
	return nil
}

// preview analyses what would be tagged anew and says what would differ.
func (h *history) preview(ctx context.Context, env Environment) (*preview, error) {
	all, older, err := h.count(ctx)
	if err != nil {
		return nil, err
	}
	if h.limit > 0 {
		older = min(older, int64(h.limit))
	}
	p := newPreview(all)
	bar := newBar(env, older, "Looking", false)
	defer bar.Finish()
	err = h.walk(ctx, func(o pastOrg, page []collections.Review) error {
		for i, a := range analyze(o.engine, page) {
			p.add(o, page[i], a)
		}
		_ = bar.Add(len(page))
		return ctx.Err()
	})
	return p, err
}

// analyze analyses the texts of a page, several at a time.
func analyze(engine *tagging.Engine, page []collections.Review) []review.Analysis {
	out := make([]review.Analysis, len(page))
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(taken.Add(1)) - 1; i < len(page); i = int(taken.Add(1)) - 1 {
				out[i] = engine.Analyze(page[i].Text)
			}
		})
	}
	wg.Wait()
	return out
}
