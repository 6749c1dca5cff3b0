// Package workflow sends commands on reviews to response-workflow, which alone
// changes them. It promises that a command carries who acts and for which
// organization, that it is repeated only where repeating is harmless, and that
// what response-workflow answers reaches the person as it was meant.
package workflow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/problem/httpproblem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/workflow/client"
)

// Config configures Commands.
type Config struct {
	// URL is where response-workflow listens.
	URL   string
	Token config.Secret
	// Timeout bounds one command with its repetitions.
	Timeout time.Duration
	// Pause is the wait before the first repetition; it doubles.
	Pause time.Duration
	// Transport carries the requests; nil means one of its own.
	Transport http.RoundTripper
}

// CheckURL reports an address that cannot be response-workflow's.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return errors.New("the URL of response-workflow must be http or https with a host")
	}
	return nil
}

// Validate returns all faults joined.
func (c Config) Validate() error {
	var faults []error
	faults = append(faults, CheckURL(c.URL))
	if c.Token == "" {
		faults = append(faults, errors.New("the service token is required"))
	}
	if c.Timeout <= 0 || c.Pause <= 0 {
		faults = append(faults, errors.New("timeout and pause of commands must be positive"))
	}
	return errors.Join(faults...)
}

// Commands sends commands. It is safe for concurrent use.
type Commands struct {
	cfg    Config
	client *client.Client
}

// New makes Commands.
func New(cfg Config) (*Commands, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure commands: %w", err)
	}
	transport := cfg.Transport
	if transport == nil {
		transport = &http.Transport{
			MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute,
			DialContext: (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
		}
	}
	c := &Commands{cfg: cfg}
	// A redirect would carry the service token somewhere else.
	doer := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	sender, err := client.NewClient(cfg.URL, client.WithHTTPClient(doer), client.WithRequestEditorFn(c.sign))
	if err != nil {
		return nil, fmt.Errorf("configure commands: %w", err)
	}
	c.client = sender
	return c, nil
}

func (c *Commands) sign(ctx context.Context, req *http.Request) error {
	req.Header.Set("Authorization", "Bearer "+c.cfg.Token.Reveal())
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(req.Header))
	return nil
}

func expected(act inbox.Act) *client.ExpectedRev {
	if act.Rev <= 0 {
		return nil
	}
	return &act.Rev
}

func actorName(act inbox.Act) *client.ActorName {
	if act.PersonName == "" {
		return nil
	}
	name := url.PathEscape(act.PersonName)
	return &name
}

// SetOwner gives the case to a person. Every command answers with problem.Conflict if the
// review is not at the revision the act is based on.
func (c *Commands) SetOwner(ctx context.Context, act inbox.Act, owner, reason string) error {
	return c.send(ctx, func(ctx context.Context) (*http.Response, error) {
		return c.client.SetOwner(ctx, act.ReviewID, &client.SetOwnerParams{
			BedsideOrg: act.OrgID, BedsideActorId: act.PersonID, BedsideActorName: actorName(act), BedsideExpectedRev: expected(act),
		}, client.SetOwnerJSONRequestBody{OwnerId: owner, Reason: text(reason)})
	})
}

// SetStatus changes the status of the case.
func (c *Commands) SetStatus(ctx context.Context, act inbox.Act, status review.Status, reason string) error {
	return c.send(ctx, func(ctx context.Context) (*http.Response, error) {
		return c.client.SetStatus(ctx, act.ReviewID, &client.SetStatusParams{
			BedsideOrg: act.OrgID, BedsideActorId: act.PersonID, BedsideActorName: actorName(act), BedsideExpectedRev: expected(act),
		}, client.SetStatusJSONRequestBody{Status: client.SetStatusJSONBodyStatus(status), Reason: text(reason)})
	})
}

// AddNote adds an internal note; the same note id again adds none.
func (c *Commands) AddNote(ctx context.Context, act inbox.Act, note, content string) error {
	return c.send(ctx, func(ctx context.Context) (*http.Response, error) {
		return c.client.AddNote(ctx, act.ReviewID, &client.AddNoteParams{
			BedsideOrg: act.OrgID, BedsideActorId: act.PersonID, BedsideActorName: actorName(act), BedsideExpectedRev: expected(act),
		}, client.AddNoteJSONRequestBody{Id: note, Text: content})
	})
}

// CorrectTags says which tags a person sees right.
func (c *Commands) CorrectTags(ctx context.Context, act inbox.Act, j inbox.Judgement) error {
	body := client.CorrectTagsJSONRequestBody{Reason: text(j.Reason)}
	// The generated element has no name. That there is none must not become null.
	body.Tags = slices.Grow(body.Tags, len(j.Tags)+1)[:len(j.Tags)]
	for i, tag := range j.Tags {
		body.Tags[i].Topic, body.Tags[i].Polarity = string(tag.Topic), client.CorrectTagsJSONBodyTagsPolarity(tag.Polarity)
	}
	if j.Overall != "" {
		body.Overall = new(client.CorrectTagsJSONBodyOverall(j.Overall))
	}
	if j.Urgent != nil {
		flags := make([]client.CorrectTagsJSONBodyUrgent, len(j.Urgent))
		for i, flag := range j.Urgent {
			flags[i] = client.CorrectTagsJSONBodyUrgent(flag)
		}
		body.Urgent = &flags
	}
	return c.send(ctx, func(ctx context.Context) (*http.Response, error) {
		return c.client.CorrectTags(ctx, act.ReviewID, &client.CorrectTagsParams{
			BedsideOrg: act.OrgID, BedsideActorId: act.PersonID, BedsideActorName: actorName(act), BedsideExpectedRev: expected(act),
		}, body)
	})
}

// WithdrawCorrection takes the correction of the tags back.
func (c *Commands) WithdrawCorrection(ctx context.Context, act inbox.Act) error {
	return c.send(ctx, func(ctx context.Context) (*http.Response, error) {
		return c.client.WithdrawCorrection(ctx, act.ReviewID, &client.WithdrawCorrectionParams{
			BedsideOrg: act.OrgID, BedsideActorId: act.PersonID, BedsideActorName: actorName(act), BedsideExpectedRev: expected(act),
		})
	})
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

// attempts is how often a command is tried. Setting what is set, adding a note that is
// there and withdrawing what is gone change nothing, so that every command may be repeated.
const attempts = 4

func (c *Commands) send(ctx context.Context, request func(context.Context) (*http.Response, error)) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	pause := c.cfg.Pause
	for try := 1; ; try++ {
		err := c.once(ctx, request)
		if err == nil || problem.KindOf(err) != problem.Unavailable || try == attempts {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
		pause *= 2
	}
}

func (c *Commands) once(ctx context.Context, request func(context.Context) (*http.Response, error)) error {
	resp, err := request(ctx)
	if err != nil {
		e := problem.Wrap(problem.Unavailable, "workflow_unavailable", err,
			"The service that keeps the cases cannot be reached. Nothing may have been changed; try again in a moment.")
		e.RetryAfter = 5 * time.Second
		return e
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil && resp.StatusCode == http.StatusOK {
		return nil
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return passOn(httpproblem.Decode(resp))
}

// passOn decides what of an answer is the person's business. That this gateway is
// refused is a fault of the installation, not of the person.
func passOn(err error) error {
	switch problem.KindOf(err) {
	case problem.Invalid, problem.NotFound, problem.Conflict, problem.TooLarge, problem.RateLimited, problem.Unavailable:
		return err
	default:
		return problem.Wrap(problem.Internal, "workflow_failed", err, "The service that keeps the cases could not do this.")
	}
}
