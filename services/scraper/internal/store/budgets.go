package store

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// budget is how many calls a credential has made; its id is made of the adapter and a
// digest of the secret, which cannot be read back from it.
type budget struct {
	docstore.Base
	Adapter string    `json:"adapter"`
	Limit   int       `json:"limit"`
	Spent   int       `json:"spent"`
	ResetAt time.Time `json:"reset_at"`
}

func budgetDefinition() docstore.Definition[budget] {
	return docstore.Definition[budget]{
		Name:   "budgets",
		Base:   func(b *budget) *docstore.Base { return &b.Base },
		Global: true,
		// Every call of a site that counts them changes one.
		Remember: 64,
	}
}

func (b *budget) plan() schedule.Budget {
	return schedule.Budget{Limit: b.Limit, Spent: b.Spent, ResetAt: b.ResetAt}
}

// turnOver begins a new period where the old one has ended.
func (b *budget) turnOver(rule sites.BudgetRule, now time.Time) bool {
	if b.ResetAt.After(now) {
		return false
	}
	b.Spent, b.ResetAt = 0, rule.NextReset(now)
	if b.Limit == 0 || rule.PerDay < b.Limit {
		b.Limit = rule.PerDay
	}
	return true
}

// Spend takes one call from a budget. It reports false where none is left.
func (s *Store) Spend(ctx context.Context, id, adapter string, rule sites.BudgetRule, now time.Time) (left schedule.Budget, ok bool, err error) {
	doc, err := s.budgets.Upsert(ctx, docstore.AllOrgs(), id, func(b *budget, _ bool) error {
		b.Adapter = adapter
		turned := b.turnOver(rule, now)
		if ok = b.Spent < b.Limit; ok {
			b.Spent++
			return nil
		}
		left = b.plan()
		if !turned {
			return docstore.ErrSkip
		}
		return nil
	})
	if err == nil && ok {
		left = doc.plan()
	}
	return left, ok && err == nil, err
}

// Account takes over what a site says of a budget. Within a period it only ever
// lowers what is left: answers of calls that were under way together cross.
func (s *Store) Account(ctx context.Context, id, adapter string, rule sites.BudgetRule, said sites.Budget, now time.Time) error {
	_, err := s.budgets.Upsert(ctx, docstore.AllOrgs(), id, func(b *budget, _ bool) error {
		before := *b
		b.Adapter = adapter
		b.turnOver(rule, now)
		if said.Limit > 0 {
			b.Limit = said.Limit
		}
		if spent := b.Limit - max(said.Remaining, 0); spent > b.Spent {
			b.Spent = spent
		}
		if said.ResetAt.After(now) && said.ResetAt.Sub(now) <= 48*time.Hour {
			b.ResetAt = said.ResetAt.UTC().Truncate(time.Millisecond)
		}
		if *b == before {
			return docstore.ErrSkip
		}
		return nil
	})
	return err
}

// Exhaust leaves nothing of a budget until a time: the site refused a call for it.
func (s *Store) Exhaust(ctx context.Context, id, adapter string, rule sites.BudgetRule, until, now time.Time) error {
	_, err := s.budgets.Upsert(ctx, docstore.AllOrgs(), id, func(b *budget, _ bool) error {
		b.Adapter = adapter
		b.turnOver(rule, now)
		b.Spent, b.ResetAt = max(b.Limit, b.Spent), until.UTC().Truncate(time.Millisecond)
		return nil
	})
	return err
}
