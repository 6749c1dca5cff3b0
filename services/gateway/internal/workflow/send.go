package workflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/problem/httpproblem"
)

// The most that is read of an answer: of a command, which may carry the draft that is there
// instead, and of a digest.
const (
	maxAnswer = 1 << 20
	maxDigest = 8 << 20
)

// attempts is how often a command is tried.
const attempts = 4

// repetition says when a command may be tried again.
type repetition int

const (
	// harmless: to set what is set, to add a note that is there or to withdraw what is gone
	// changes nothing.
	harmless repetition = iota
	// unheard: only if nobody can have heard the command, because a second one would be refused
	// although the first was carried out.
	unheard
)

// request is one try of a command.
type request func(context.Context) (*http.Response, error)

// sendDone sends a command on a review and returns the review's revision after it.
func (c *Commands) sendDone(ctx context.Context, again repetition, ask request) (int64, error) {
	body, err := c.send(ctx, again, maxAnswer, ask)
	if err != nil {
		return 0, err
	}
	var done struct {
		Rev int64 `json:"rev"`
	}
	if err := json.Unmarshal(body, &done); err != nil {
		return 0, problem.Wrap(problem.Internal, "workflow_failed", err, "The service that keeps the cases gave an answer that cannot be read.")
	}
	return done.Rev, nil
}

func (c *Commands) send(ctx context.Context, again repetition, most int64, ask request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	pause := c.cfg.Pause
	for try := 1; ; try++ {
		body, err := c.once(ctx, most, ask)
		if err == nil || problem.KindOf(err) != problem.Unavailable || try == attempts || again == unheard && !notHeard(err) {
			return body, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		case <-timer.C:
		}
		pause *= 2
	}
}

// notHeard reports whether a request failed before anybody was there to hear it.
func notHeard(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func (c *Commands) once(ctx context.Context, most int64, ask request) ([]byte, error) {
	resp, err := ask(ctx)
	if err != nil {
		e := problem.Wrap(problem.Unavailable, "workflow_unavailable", err,
			"The service that keeps the cases cannot be reached. Nothing may have been changed; try again in a moment.")
		e.RetryAfter = 5 * time.Second
		return nil, e
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err == nil && (resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusNoContent) {
		if int64(len(body)) > most {
			return nil, problem.New(problem.Internal, "workflow_failed", "The service that keeps the cases gave an answer that is too long.")
		}
		return body, nil
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	failed := httpproblem.Decode(resp)
	switch {
	case failed == nil && err != nil:
		return nil, problem.Wrap(problem.Unavailable, "workflow_unavailable", err, "The service that keeps the cases broke off its answer; look whether it was done.")
	case failed == nil:
		failed = problem.New(problem.Internal, "workflow_failed", "the answer was %d, which is not described", resp.StatusCode)
	}
	return nil, passOn(failed)
}

// ownText is the one refusal of response-workflow that is about the person who acts.
const ownText = "own_text"

// passOn decides what of an answer is the person's business. That this gateway is
// refused is a fault of the installation, not of the person.
func passOn(err error) error {
	var known *problem.Error
	switch kind := problem.KindOf(err); kind {
	case problem.Invalid, problem.NotFound, problem.Conflict, problem.TooLarge, problem.RateLimited, problem.Unavailable:
		return err
	case problem.Forbidden:
		if errors.As(err, &known) && known.Code == ownText {
			return err
		}
	case problem.Unauthorized, problem.Internal:
	}
	return problem.Wrap(problem.Internal, "workflow_failed", err, "The service that keeps the cases could not do this.")
}
