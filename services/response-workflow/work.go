package workflow

import (
	"context"
	"fmt"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/services/response-workflow/internal/bus"
	"github.com/bedside-health/bedside/services/response-workflow/internal/publishing"
	"github.com/bedside-health/bedside/services/response-workflow/internal/store"
	"github.com/bedside-health/bedside/services/response-workflow/internal/telling"
)

// ReplySettings are where replies go and with which secrets; MessageSettings how people are told.
type (
	ReplySettings   = publishing.Settings
	MessageSettings = telling.Settings
)

// work is what an instance does its work with once the store is open.
type work struct {
	cases     *store.Cases
	desk      *telling.Desk
	publisher *publishing.Publisher
}

// assemble puts the parts together on an open store.
func (i *instance) assemble(ctx context.Context, backend docstore.Backend, announcer *bus.Announcer) (*work, error) {
	shared, err := collections.Bind(ctx, backend)
	if err != nil {
		return nil, fmt.Errorf("open the collections: %w", err)
	}
	desk, err := telling.New(telling.Config{
		Settings: i.cfg.Messages, Store: shared, Logger: i.cfg.Logger, Registerer: i.cfg.Registry, Every: i.cfg.Tick,
	})
	if err != nil {
		return nil, err
	}
	vault, err := i.cfg.Replies.Vault()
	if err != nil {
		return nil, err
	}
	publisher, err := publishing.New(publishing.Config{Sites: i.sites, Vault: vault, Listings: shared.Listings, Logger: i.cfg.Logger})
	if err != nil {
		return nil, err
	}
	checker, err := replycheck.New(replycheck.Config{})
	if err != nil {
		return nil, fmt.Errorf("read the rules for replies: %w", err)
	}
	cases, err := store.New(ctx, store.Config{
		Backend: backend, Announcer: announcer, Teller: desk, Publisher: ways{publisher}, Checker: checker, Plan: i.cfg.plan(),
		UndoFor: i.cfg.UndoFor, Logger: i.cfg.Logger, Registerer: i.cfg.Registry,
		Parallel: i.cfg.Parallel, RosterAge: rosterAge, AnnounceWait: announceWait,
	})
	if err != nil {
		return nil, err
	}
	return &work{cases: cases, desk: desk, publisher: publisher}, nil
}

// ways tells the store how a review is answered.
type ways struct{ *publishing.Publisher }

// Way implements store.Publisher.
func (w ways) Way(ctx context.Context, doc collections.Review) (byHand bool, url string, err error) {
	way, err := w.Publisher.Way(ctx, doc)
	return way.ByHand, way.URL, err
}
