package polling

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// Codes of what keeps a request from being sent that is no matter of the site.
const (
	codeBudgetSpent   = "budget_spent"
	codeBudgetUnknown = "budget_unknown"
)

// exhaustedFor is how long a site that counts calls must ask to wait for its budget to
// count as used up; shorter waits are about the calls of a second.
const exhaustedFor = 10 * time.Minute

// purse is the budget of one credential as one poll uses it. A nil purse counts nothing.
type purse struct {
	store   Store
	id      string
	adapter string
	rule    sites.BudgetRule
	now     func() time.Time
	calls   int
	left    schedule.Budget
}

// purseOf is the budget that a secret has at a site; nil where the site grants calls
// without counting them.
func (s *Scraper) purseOf(site sites.Site, secret string) *purse {
	counted, ok := site.(sites.Budgeted)
	if !ok {
		return nil
	}
	rule := counted.Budget()
	if rule.PerDay <= 0 {
		return nil
	}
	return &purse{store: s.cfg.Store, id: purseID(site.Adapter(), secret), adapter: site.Adapter(), rule: rule, now: s.now}
}

// purseID names a budget without giving its secret away.
func purseID(adapter, secret string) string {
	secret, _, _ = strings.Cut(strings.TrimSpace(secret), " ")
	sum := sha256.Sum256([]byte("budget of " + adapter + "\n" + secret))
	return adapter + "-" + hex.EncodeToString(sum[:12])
}

// opened makes every request of a context take its call first.
func (p *purse) opened(ctx context.Context) context.Context {
	if p == nil {
		return ctx
	}
	return polite.WithAllowance(ctx, p.spend)
}

func (p *purse) spend(ctx context.Context) error {
	left, ok, err := p.store.Spend(ctx, p.id, p.adapter, p.rule, p.now())
	if err != nil {
		return problem.Wrap(problem.Unavailable, codeBudgetUnknown, err, "the calls that are left cannot be told now")
	}
	p.left = left
	if !ok {
		e := problem.New(problem.RateLimited, codeBudgetSpent, "the calls of this credential are used up")
		e.RetryAfter = max(left.ResetAt.Sub(p.now()), time.Second)
		return e
	}
	p.calls++
	return nil
}

// heard takes over what the site said of the budget, in an answer or by refusing one.
func (p *purse) heard(ctx context.Context, said *sites.Budget, refused error) error {
	if p == nil {
		return nil
	}
	now := p.now()
	var err error
	switch wait := problem.RetryAfter(refused); {
	case said != nil:
		if said.Limit > 0 {
			p.left.Limit = said.Limit
		}
		p.left.Spent = max(p.left.Spent, p.left.Limit-max(said.Remaining, 0))
		err = p.store.Account(ctx, p.id, p.adapter, p.rule, *said, now)
	case problem.KindOf(refused) == problem.RateLimited && wait >= exhaustedFor && !ownRefusal(refused):
		err = p.store.Exhaust(ctx, p.id, p.adapter, p.rule, now.Add(wait), now)
	}
	if err != nil {
		return fmt.Errorf("note what is left of a budget: %w", err)
	}
	return nil
}

// spare is the shortest wait that the budget allows until the next poll.
func (p *purse) spare(s *collections.PollState, sharing int, now time.Time, chance float64) time.Duration {
	if p == nil || p.left.Limit == 0 {
		return 0
	}
	return p.left.Spare(now, sharing, s.PollCalls, chance)
}

// code is the code of the problem behind an error.
func code(err error) string {
	var e *problem.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// ownRefusal reports whether a request was not sent for a reason of our own.
func ownRefusal(err error) bool {
	switch code(err) {
	case polite.CodeHostQueue, polite.CodeHostHeld, polite.CodeHostUnknown, codeBudgetSpent, codeBudgetUnknown:
		return true
	}
	return false
}
