package polling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/detect"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// maxPages ends a list that leads in circles without repeating its page tokens.
const maxPages = 20_000

// siteError is a failure of the site, which its listing's health tells of; any
// other error of a poll is our own (store or broker) and says nothing of the site.
type siteError struct{ cause error }

func (e siteError) Error() string { return e.cause.Error() }
func (e siteError) Unwrap() error { return e.cause }

// run is one poll of one listing, from its lease to its release.
type run struct {
	*Scraper
	state   collections.PollState
	listed  *collections.Listing // as read since the lease began; nil if it was not
	listing collections.Listing
	about   detect.Listing
	target  sites.Listing // with its secret: never logged
	site    sites.Site
	plan    schedule.Plan
	once    bool
	began   time.Time

	seen    map[string]struct{} // review ids of all pages so far
	tokens  map[string]struct{}
	owners  map[string]bool // by listing id: whether its reviews can be taken over
	faults  map[detect.Fault]int
	warns   map[string]struct{}
	out     schedule.Outcome
	fetched bool // a page of this run was read and stored
	purse   *purse
	partial bool // a page may lack reviews
	factual bool // facts of the listing were looked at
	// unreported counts observations published that the state does not count yet.
	unreported int64
}

// poll reads a leased listing and writes how it went. It returns when the lease is
// released, lost, or left to run out because the store does not answer. listing is as it
// was read since the lease began; nil reads it.
func (s *Scraper) poll(ctx context.Context, state collections.PollState, listing *collections.Listing) {
	s.metrics.running.Inc()
	defer s.metrics.running.Dec()
	ctx, span := s.tracer.Start(ctx, "poll", trace.WithAttributes(
		attribute.String("bedside.listing", state.ID), attribute.String("bedside.adapter", state.Adapter)))
	defer span.End()

	r := s.newRun(state)
	r.listed = listing
	s.report(ctx, span, r, func(ctx context.Context) (string, error) { return r.supervised(ctx, r.read) })
}

func (s *Scraper) newRun(state collections.PollState) *run {
	return &run{
		Scraper: s, state: state, site: s.cfg.Sites[state.Adapter], began: s.now(),
		seen: map[string]struct{}{}, tokens: map[string]struct{}{}, owners: map[string]bool{},
		faults: map[detect.Fault]int{}, warns: map[string]struct{}{},
	}
}

// report tells how a poll ends.
func (s *Scraper) report(ctx context.Context, span trace.Span, r *run, do func(context.Context) (string, error)) {
	state := r.state
	s.endings.begin()
	outcome, err := do(ctx)
	s.endings.left()
	s.metrics.polls.WithLabelValues(state.Adapter, outcome).Inc()
	s.metrics.duration.WithLabelValues(state.Adapter).Observe(s.now().Sub(r.began).Seconds())
	span.SetAttributes(attribute.String("bedside.outcome", outcome))
	if err != nil {
		span.SetStatus(codes.Error, outcome)
		s.logger.WarnContext(ctx, "poll did not go through", "listing", state.ID, "org", state.OrgID,
			"adapter", state.Adapter, "outcome", outcome, "error", err.Error())
		return
	}
	s.logger.DebugContext(ctx, "polled", "listing", state.ID, "org", state.OrgID, "adapter", state.Adapter, "outcome", outcome)
}

// supervised reads while the lease is kept and settles the result.
func (r *run) supervised(ctx context.Context, read func(context.Context) error) (outcome string, err error) {
	held, drop := context.WithCancelCause(ctx)
	stop := r.keepLease(held, drop)
	err = read(held)
	cause := context.Cause(held)
	drop(nil)
	stop()
	if err != nil && errors.Is(cause, errLeaseLost) {
		err = errLeaseLost
	}
	return r.settle(ctx, err)
}

// settle writes how the poll ended and releases the lease.
func (r *run) settle(ctx context.Context, err error) (string, error) {
	var failed siteError
	var write func(*collections.PollState)
	outcome, now, interval := outcomeOK, r.now(), time.Duration(r.listing.Interval)*time.Second
	switch {
	case err == nil && r.plan.StartedAt.IsZero():
		outcome = outcomeParked
		write = schedule.Park
	case err == nil:
		if r.out.NotModified {
			outcome = outcomeNotModified
		}
		r.out.Took = now.Sub(r.began)
		r.out.Remark = remark(r.faults, r.warns)
		sharers := r.sharers(r.purse)
		if r.purse != nil && !r.out.Batch {
			r.out.Calls = r.purse.calls
		}
		write = func(state *collections.PollState) {
			r.out.Spare = r.purse.spare(state, sharers, now, r.chance())
			r.cfg.Policy.Succeed(state, r.out, interval, now, r.chance())
		}
	case errors.Is(err, errLeaseLost):
		return outcomeLeaseLost, err
	case ctx.Err() != nil:
		outcome, err = outcomeInterrupted, nil
		write = func(state *collections.PollState) { state.DueAt = now }
	case errors.As(err, &failed) && problem.KindOf(failed.cause) == problem.Conflict:
		// The source is not ready, which is nobody's failure.
		outcome, err = outcomePostponed, nil
		write = func(state *collections.PollState) {
			state.DueAt = now.Add(max(problem.RetryAfter(failed.cause), time.Second))
		}
	case errors.As(err, &failed) && (code(failed.cause) == polite.CodeHostQueue || code(failed.cause) == codeBudgetSpent):
		// What the poll read before stays, and so does its place.
		outcome, err = outcomePostponed, nil
		spent := code(failed.cause) == codeBudgetSpent
		until := now.Add(r.turn(failed.cause))
		write = func(state *collections.PollState) {
			r.cfg.Policy.Postpone(state, until, spent, now)
		}
	case errors.As(err, &failed) && (code(failed.cause) == polite.CodeHostUnknown || code(failed.cause) == codeBudgetUnknown):
		outcome = outcomeOwnFault
		write = func(state *collections.PollState) { state.DueAt = now.Add(r.ownWait()) }
	case errors.As(err, &failed):
		outcome = string(problem.KindOf(failed.cause))
		sharers := r.sharers(r.purse)
		write = func(state *collections.PollState) {
			r.cfg.Policy.Fail(state, failed.cause, interval, r.fetched, now, r.chance())
			// Where calls are counted one quick repetition is granted; an outage must not
			// use up what the rest of the day needs.
			if spare := r.purse.spare(state, sharers, now, r.chance()); state.Failures > 1 && state.DueAt.Before(now.Add(spare)) {
				state.DueAt = now.Add(spare)
			}
		}
	default:
		outcome = outcomeOwnFault
		write = func(state *collections.PollState) { state.DueAt = now.Add(r.ownWait()) }
	}
	released := r.release(ctx, func(state *collections.PollState) {
		state.Published += r.unreported
		if state.ListingRev == r.state.ListingRev {
			state.NewestAt = r.state.NewestAt
			if err != nil || outcome == outcomeInterrupted || outcome == outcomePostponed {
				// The poll that finishes the list will not meet these as new.
				r.cfg.Policy.Hear(state, r.out, now)
			}
			write(state)
			return
		}
		// The listing changed under the poll: what was found is stored, what it
		// means for the schedule is not concluded, and the next poll is due now.
		state.DueAt = now
	})
	if errors.Is(released, errLeaseLost) {
		return outcomeLeaseLost, errors.Join(err, released)
	}
	if released != nil {
		// The lease runs out by itself and the poll is repeated.
		return outcomeOwnFault, errors.Join(err, fmt.Errorf("write how the poll went: %w", released))
	}
	return outcome, err
}

// turn is how long a poll waits that a pace or a budget kept from being made: a little
// longer than until the next turn, each by its own measure, because many wait for it.
func (r *run) turn(cause error) time.Duration {
	wait := max(problem.RetryAfter(cause), time.Second)
	if r.purse != nil && code(cause) == codeBudgetSpent {
		return r.purse.left.Spare(r.now(), r.sharers(r.purse), r.state.PollCalls, r.chance())
	}
	return wait + time.Duration(r.chance()*float64(wait))
}

// ownWait spreads polls that our own store or broker interrupted.
func (r *run) ownWait() time.Duration {
	return time.Duration((0.5 + r.chance()) * float64(5*time.Second))
}

// read polls the listing by its own list. A listing that is not to be polled leaves the
// plan empty.
func (r *run) read(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil || r.plan.StartedAt.IsZero() {
		return err
	}
	return r.list(ctx)
}

// prepare finds out what is to be read.
func (r *run) prepare(ctx context.Context) error {
	listing, found, err := r.look(ctx)
	if err != nil {
		return fmt.Errorf("read the listing: %w", err)
	}
	if !found || !listing.Enabled || listing.Adapter != r.state.Adapter {
		return nil
	}
	if listing.Rev != r.state.ListingRev {
		// The listing changed since its state was last matched with it; what the state
		// says may be about another page.
		matched, err := r.holding(ctx, func(state *collections.PollState) {
			schedule.Adopt(state, listing, r.now())
			r.extend(state)
		})
		if err != nil {
			return fmt.Errorf("match the state with its listing: %w", err)
		}
		r.state = matched
	}
	r.listing = listing
	r.about = detect.Listing{OrgID: listing.OrgID, ID: listing.ID, LocationID: listing.LocationID, Site: listing.Site}
	for _, adapter := range r.cfg.Once {
		r.once = r.once || adapter == listing.Adapter
	}
	r.plan = r.cfg.Policy.Plan(r.state, r.began)
	r.out.Plan = r.plan
	secret, err := r.secret(listing)
	if err != nil {
		return siteError{err}
	}
	r.purse = r.purseOf(r.site, secret)
	r.target = sites.Listing{
		ID: listing.ID, OrgID: listing.OrgID, LocationID: listing.LocationID,
		Site: listing.Site, Adapter: listing.Adapter, Ref: listing.Ref, Secret: secret,
	}
	return nil
}

func (r *run) look(ctx context.Context) (collections.Listing, bool, error) {
	if r.listed != nil {
		return *r.listed, true, nil
	}
	return r.cfg.Store.Listing(ctx, r.state.OrgID, r.state.ID)
}

// list reads the listing's own list.
func (r *run) list(ctx context.Context) error {
	req := sites.Request{Listing: r.target, Page: r.plan.Page, Since: r.plan.Since}
	if req.Page == "" {
		req.ETag, req.LastModified = r.plan.ETag, r.plan.LastModified
	}
	return r.pages(ctx, req)
}

// secret is the credential that a listing names.
func (s *Scraper) secret(listing collections.Listing) (string, error) {
	if listing.Credential == "" {
		return "", nil
	}
	if s.cfg.Secret == nil {
		return "", problem.New(problem.Forbidden, schedule.CodeCredentialMissing, "no credentials are configured")
	}
	return s.cfg.Secret(listing.OrgID, listing.Credential)
}

// pages reads the list to its end and concludes.
func (r *run) pages(ctx context.Context, req sites.Request) error {
	for n := 1; ; n++ {
		page, at, err := r.fetch(ctx, req)
		if err != nil {
			return err
		}
		if page.NotModified {
			r.out.NotModified = true
			return nil
		}
		if n == 1 && !r.plan.Resumed {
			r.out.ETag, r.out.LastModified = page.ETag, page.LastModified
		}
		r.out.MaxAge = max(r.out.MaxAge, page.MaxAge)
		r.out.Total = max(r.out.Total, page.Total)
		if err := r.take(ctx, page, at); err != nil {
			return err
		}
		if page.Next == "" {
			r.out.Complete = page.Complete && !r.plan.Resumed && !r.partial && r.distinct() >= r.out.Total
			return r.conclude(ctx)
		}
		r.tokens[req.Page] = struct{}{}
		if _, again := r.tokens[page.Next]; again || n == maxPages {
			r.fetched = false // the same place would be met again
			return siteError{problem.New(problem.Invalid, "endless_list", "the site's list of reviews leads in circles")}
		}
		req.Page, req.ETag, req.LastModified = page.Next, "", ""
		if err := r.advance(ctx, page.Next); err != nil {
			return err
		}
	}
}

// distinct is how many different reviews the pages showed. Items that repeat because the
// list shifts must not make up for those that slipped through between two pages.
func (r *run) distinct() int { return len(r.seen) + r.faults[detect.NoID] }

// fetch reads one page and tells when.
func (r *run) fetch(ctx context.Context, req sites.Request) (page sites.Page, at time.Time, err error) {
	bound, cancel := context.WithTimeout(ctx, r.cfg.PageTimeout)
	defer cancel()
	defer func() {
		// A page is hostile input: one that breaks its parser must not stop the
		// other listings.
		if v := recover(); v != nil {
			err = siteError{problem.New(problem.Internal, "adapter_panic", "reading the page failed inside the adapter: %v", v)}
		}
	}()
	page, err = r.site.Fetch(r.purse.opened(bound), req)
	if ctx.Err() == nil {
		if err := r.purse.heard(ctx, page.Budget, err); err != nil {
			return page, at, err
		}
	}
	switch {
	case err == nil:
		return page, r.now(), nil
	case ctx.Err() != nil:
		return page, at, context.Cause(ctx)
	default:
		return page, at, siteError{err}
	}
}

// advance writes down how far the poll came, once all before it is stored.
func (r *run) advance(ctx context.Context, next string) error {
	_, err := r.holding(ctx, func(state *collections.PollState) {
		state.NextPage, state.PollStartedAt = next, r.plan.StartedAt
		state.Published += r.unreported
		// Should this process die, the poll that goes on from here does not see what was
		// newest. Otherwise settle learns the whole rhythm.
		if r.out.Latest.After(state.NewestAt) {
			state.NewestAt = r.out.Latest
		}
		r.extend(state)
	})
	if err != nil {
		return fmt.Errorf("write down how far the poll came: %w", err)
	}
	r.unreported = 0
	return nil
}

// conclude draws the conclusions of a list that was read to its end.
func (r *run) conclude(ctx context.Context) error {
	r.out.Reviews = len(r.seen)
	r.out.Finished = r.once
	if r.out.Emptied(r.state) {
		r.fetched = false // nothing of this list is worth going on with
		return siteError{schedule.ErrEmptied(r.state.Reviews)}
	}
	if r.out.Complete {
		if err := r.removals(ctx); err != nil {
			return err
		}
	}
	return nil
}
