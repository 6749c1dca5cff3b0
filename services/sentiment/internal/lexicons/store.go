package lexicons

import (
	"context"
	"errors"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
)

// pageSize bounds what a look holds at once; a lexicon can have 100 KB.
const pageSize = 20

// Stored are the lexicons of a document store.
type Stored struct {
	lexicons *docstore.Collection[collections.Lexicon]
}

// Open makes the lexicons of a store ready to be read.
func Open(ctx context.Context, backend docstore.Backend) (*Stored, error) {
	lexicons, err := docstore.Bind(ctx, backend, collections.Lexicons())
	if err != nil {
		return nil, err
	}
	return &Stored{lexicons: lexicons}, nil
}

// Changed implements Source.
func (s *Stored) Changed(ctx context.Context, since time.Time, f func(collections.Lexicon)) error {
	query := docstore.Query{Index: "by_update", Limit: pageSize}
	if !since.IsZero() {
		query.Where = []docstore.Cond{docstore.From("updated_at", since)}
	}
	for {
		page, err := s.lexicons.Page(ctx, docstore.AllOrgs(), query)
		if err != nil {
			return err
		}
		for _, l := range page.Items {
			f(l)
		}
		if page.Next == "" {
			return nil
		}
		query.Cursor = page.Next
	}
}

// Lexicon implements Source.
func (s *Stored) Lexicon(ctx context.Context, org string) (review.Lexicon, error) {
	l, err := s.lexicons.Get(ctx, docstore.Org(org), org)
	if errors.Is(err, docstore.ErrNotFound) {
		return review.Lexicon{}, nil
	}
	return l.Lexicon, err
}
