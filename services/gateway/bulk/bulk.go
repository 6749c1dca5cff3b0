// Package bulk does one thing to many reviews, and undoes it.
//
// It promises that each review succeeds or fails by itself and that every failure is told; that
// a few are worked on at a time and all of it ends within a minute, whether or not anybody waits for
// the answer; that what was done can be undone once, by who did it, within ten minutes; and that
// undoing leaves alone what somebody changed since.
package bulk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/inbox"
)

const (
	// UndoFor is how long an act can be undone.
	UndoFor = 10 * time.Minute
	// atOnce is how many reviews are worked on at a time.
	atOnce = 8
	// patience bounds one act or its undoing.
	patience = time.Minute
	// giveUp is after how many commands that found nobody the others are not tried.
	giveUp = 8
	// tries is how often an act starts again because a review changed under it.
	tries = 3
)

// Action is what is done.
type Action string

// The actions.
const (
	SetOwner  Action = "set_owner"
	SetStatus Action = "set_status"
	Snooze    Action = "snooze"
)

// Request is what is to be done to which reviews.
type Request struct {
	Action    Action
	ReviewIDs []string // distinct
	OwnerID   string
	Status    inbox.StatusChange
	Until     time.Time // of a snooze
	Reason    string
}

// Step is what was done to one review: the revision it left, and what was before.
type Step struct {
	ReviewID     string        `json:"review_id"`
	Rev          int64         `json:"rev"`
	Action       Action        `json:"action"`
	OwnerID      string        `json:"owner_id,omitempty"`
	Status       review.Status `json:"status,omitempty"`
	Reason       string        `json:"reason,omitempty"`
	RootCause    string        `json:"root_cause,omitempty"`
	HeldUntil    time.Time     `json:"held_until,omitzero"`
	SnoozedUntil time.Time     `json:"snoozed_until,omitzero"`
}

// Record is an act that can be undone.
type Record struct {
	ID       string
	PersonID string
	At       time.Time
	Undone   bool
	Steps    []Step
}

// Failure is why a review stayed as it was.
type Failure struct{ ID, Code, Detail string }

// Result is what became of the reviews, both in the order of the request.
type Result struct {
	ID     string
	Done   []string
	Failed []Failure
	// UndoUntil is zero where there is nothing to undo.
	UndoUntil time.Time
}

// Commands changes reviews; see package workflow.
type Commands interface {
	SetOwner(ctx context.Context, act inbox.Act, owner, reason string) (int64, error)
	SetStatus(ctx context.Context, act inbox.Act, to inbox.StatusChange) (int64, error)
	Snooze(ctx context.Context, act inbox.Act, until time.Time) (int64, error)
}

// Store reads reviews and keeps what was done.
type Store interface {
	Review(ctx context.Context, org, id string) (collections.Review, error)
	AddBulk(ctx context.Context, org string, in Record) error
	// TakeBulk marks an act as undone unless refuse refuses.
	TakeBulk(ctx context.Context, org, id string, refuse func(Record) error) (Record, error)
}

// Config configures a Service. All of it is required.
type Config struct {
	Store    Store
	Commands Commands
	Now      func() time.Time
}

// Service does one thing to many reviews. It is safe for concurrent use.
type Service struct{ cfg Config }

// New makes a Service.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Commands == nil || cfg.Now == nil {
		return nil, errors.New("configure acts on many reviews: a store, commands and a clock are required")
	}
	return &Service{cfg: cfg}, nil
}

// May refuses acts on a review that a person must not do.
type May func(ctx context.Context, doc collections.Review) error

// Do does one thing to many reviews. An error means that nothing was tried.
func (s *Service) Do(ctx context.Context, who collections.Person, in Request, may May) (Result, error) {
	if err := in.validate(s.cfg.Now()); err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	steps := make([]Step, len(in.ReviewIDs))
	result := each(in.ReviewIDs, func(i int) error {
		step, err := s.one(ctx, who, in, in.ReviewIDs[i], may)
		steps[i] = step
		return err
	})
	result.ID = "b_" + strings.ToLower(rand.Text())
	if len(result.Done) == 0 {
		return result, nil
	}
	record := Record{ID: result.ID, PersonID: who.ID, At: s.cfg.Now().UTC()}
	for _, step := range steps {
		if step.ReviewID != "" {
			record.Steps = append(record.Steps, step)
		}
	}
	// What was done is done, also where it cannot be kept for undoing.
	keep, cancelKeep := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancelKeep()
	if err := s.cfg.Store.AddBulk(keep, who.OrgID, record); err == nil {
		result.UndoUntil = record.At.Add(UndoFor)
	}
	return result, nil
}

func (in Request) validate(now time.Time) error {
	refuse := func(detail string) error { return problem.New(problem.Invalid, "invalid_request", "%s", detail) }
	switch in.Action {
	case SetOwner:
		if in.OwnerID == "" {
			return refuse("owner_id: say who is to have the cases.")
		}
	case SetStatus:
		if in.Status.Status == "" {
			return refuse("status: say which status the cases are to have.")
		}
	case Snooze:
		if !in.Until.After(now) {
			return refuse("until: choose a time that has not come yet.")
		}
	default:
		return refuse("action: choose set_owner, set_status or snooze.")
	}
	return nil
}

// one does the thing to one review, based on what is remembered as having been before.
func (s *Service) one(ctx context.Context, who collections.Person, in Request, id string, may May) (Step, error) {
	for try := 1; ; try++ {
		doc, err := s.cfg.Store.Review(ctx, who.OrgID, id)
		if err == nil {
			err = may(ctx, doc)
		}
		if err != nil {
			return Step{}, err
		}
		act := actOf(who, id, doc.Rev)
		step := Step{ReviewID: id, Action: in.Action}
		switch in.Action {
		case SetOwner:
			step.OwnerID = doc.Case.OwnerID
			step.Rev, err = s.cfg.Commands.SetOwner(ctx, act, in.OwnerID, in.Reason)
		case SetStatus:
			step.Status, step.Reason, step.RootCause = doc.Case.Status, reasonOf(doc.Case), doc.Case.RootCause
			step.HeldUntil = doc.Case.HeldUntil
			step.Rev, err = s.cfg.Commands.SetStatus(ctx, act, in.Status)
		case Snooze:
			step.SnoozedUntil = doc.Case.SnoozedUntil
			step.Rev, err = s.cfg.Commands.Snooze(ctx, act, in.Until)
		}
		if err == nil {
			return step, nil
		}
		if try == tries || !changedSince(err) {
			return Step{}, err
		}
	}
}

func actOf(who collections.Person, id string, rev int64) inbox.Act {
	return inbox.Act{OrgID: who.OrgID, PersonID: who.ID, PersonName: who.Name, ReviewID: id, Rev: rev}
}

// reasonOf is the reason that belongs to the status a case has.
func reasonOf(c collections.Case) string {
	switch c.Status {
	case review.OnHold:
		return c.HoldReason
	case review.NoReplyNeeded:
		return c.ClosedReason
	case review.New, review.Open, review.WaitingApproval, review.Replied, review.Resolved:
	}
	return ""
}

// changedSince reports whether a command was refused because the review is at another revision.
func changedSince(err error) bool {
	var known *problem.Error
	return errors.As(err, &known) && known.Kind == problem.Conflict && known.Code == "rev_mismatch"
}

// each works on several reviews at a time. Once some commands found nobody to carry them out,
// the others fail without being tried.
func each(ids []string, do func(i int) error) Result {
	errs := make([]error, len(ids))
	var away atomic.Int64
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i := range ids {
		g.Go(func() error {
			if away.Load() >= giveUp {
				errs[i] = problem.New(problem.Unavailable, "workflow_unavailable", "The service that keeps the cases cannot be reached. This was not tried.")
				return nil
			}
			if errs[i] = do(i); errs[i] != nil && problem.KindOf(errs[i]) == problem.Unavailable {
				away.Add(1)
			}
			return nil
		})
	}
	_ = g.Wait() // failures are each review's own
	result := Result{Done: []string{}, Failed: []Failure{}}
	for i, id := range ids {
		if errs[i] == nil {
			result.Done = append(result.Done, id)
			continue
		}
		result.Failed = append(result.Failed, failure(id, errs[i]))
	}
	return result
}

// failure is an error as people are told it; a fault of ours is told as such and nothing more.
func failure(id string, err error) Failure {
	var known *problem.Error
	if !errors.As(err, &known) || problem.KindOf(err) == problem.Internal {
		return Failure{ID: id, Code: "internal", Detail: "Something went wrong here."}
	}
	out := Failure{ID: id, Code: known.Code, Detail: known.Detail}
	if out.Code == "" {
		out.Code = string(known.Kind)
	}
	if out.Detail == "" {
		out.Detail = fmt.Sprintf("This was refused: %s.", known.Kind)
	}
	return out
}
