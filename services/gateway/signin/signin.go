// Package signin decides who is asking. It checks passwords, makes and ends
// sessions, and turns a token back into the person it belongs to.
//
// It promises that a token is 256 random bits and is stored only as its SHA-256,
// that an unknown address costs and answers the same as a wrong password, that
// repeated failures slow down, that hashing passwords never takes more than a fixed
// amount of memory, and that a person who is deactivated is out at the next request.
package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
)

// Session is one signed-in browser or program.
type Session struct {
	// Digest is the SHA-256 of its token in hexadecimal.
	Digest    string
	OrgID     string
	PersonID  string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Token is a long-lived credential of a person for programs.
type Token struct {
	Digest    string
	OrgID     string
	PersonID  string
	Name      string
	CreatedAt time.Time
	// ExpiresAt is zero for a token that does not expire.
	ExpiresAt time.Time
}

// Identity is who is asking.
type Identity struct {
	Person       collections.Person
	Organization collections.Organization
	// Digest is that of the token that was shown; Session tells its kind.
	Digest  string
	Session bool
	// ExpiresAt is when the token ends if it is not used again; zero for never.
	ExpiresAt time.Time
}

// Store keeps what sign-in needs. Lookups that find nothing are problem.NotFound.
type Store interface {
	PersonByEmail(ctx context.Context, email string) (collections.Person, error)
	Person(ctx context.Context, org, id string) (collections.Person, error)
	Organization(ctx context.Context, id string) (collections.Organization, error)
	AddSession(ctx context.Context, s Session) error
	Session(ctx context.Context, digest string) (Session, error)
	ExtendSession(ctx context.Context, digest string, until time.Time) error
	EndSession(ctx context.Context, digest string) error
	Token(ctx context.Context, digest string) (Token, error)
}

// Config configures a Service.
type Config struct {
	Store  Store
	Hasher *Hasher
	Logger *slog.Logger
	// Lifetime is how long a session lives after its last use.
	Lifetime time.Duration
	// Longest is how long a session lives however much it is used.
	Longest time.Duration
	Backoff BackoffConfig
	// Now is the clock.
	Now func() time.Time
}

// Service signs people in and out. It is safe for concurrent use.
type Service struct {
	cfg     Config
	backoff *backoff
}

// New makes a Service.
func New(cfg Config) (*Service, error) {
	var faults []error
	if cfg.Store == nil || cfg.Hasher == nil || cfg.Logger == nil || cfg.Now == nil {
		faults = append(faults, errors.New("store, hasher, logger and clock are required"))
	}
	if cfg.Lifetime <= 0 || cfg.Longest < cfg.Lifetime {
		faults = append(faults, errors.New("the lifetime of sessions must be positive and not above the longest"))
	}
	faults = append(faults, cfg.Backoff.Validate())
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("configure sign-in: %w", err)
	}
	return &Service{cfg: cfg, backoff: newBackoff(cfg.Backoff, cfg.Now)}, nil
}

// CleanEmail is the one way an e-mail address is written and compared.
func CleanEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// SignIn checks an address and a password and opens a session; address is where
// the request comes from. Wrong credentials are problem.Unauthorized, too many
// failures problem.RateLimited with the time to wait.
func (s *Service) SignIn(ctx context.Context, email, password, address string) (string, Identity, error) {
	email = CleanEmail(email)
	attempt, wait := s.backoff.begin(email, address)
	if wait > 0 {
		e := problem.New(problem.RateLimited, "too_many_attempts",
			"Too many failed attempts to sign in. Wait and try again, or ask an administrator for a new password.")
		e.RetryAfter = wait
		return "", Identity{}, e
	}
	person, err := s.check(ctx, email, password)
	if err != nil {
		if problem.KindOf(err) != problem.Unauthorized {
			attempt.undo()
		}
		return "", Identity{}, err
	}
	organization, err := s.cfg.Store.Organization(ctx, person.OrgID)
	if err != nil {
		attempt.undo()
		return "", Identity{}, fmt.Errorf("read the organization of a person who signs in: %w", err)
	}
	attempt.succeed()
	now := s.cfg.Now()
	token := newToken(sessionPrefix)
	session := Session{
		Digest: Digest(token), OrgID: person.OrgID, PersonID: person.ID,
		CreatedAt: now, ExpiresAt: now.Add(s.cfg.Lifetime),
	}
	if err := s.cfg.Store.AddSession(ctx, session); err != nil {
		return "", Identity{}, fmt.Errorf("open a session: %w", err)
	}
	return token, Identity{
		Person: person, Organization: organization, Digest: session.Digest, Session: true, ExpiresAt: session.ExpiresAt,
	}, nil
}

// check finds the person behind an address and a password. Whatever is wrong, one
// hash is computed and the answer is the same.
func (s *Service) check(ctx context.Context, email, password string) (collections.Person, error) {
	person, err := s.cfg.Store.PersonByEmail(ctx, email)
	known := err == nil
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return collections.Person{}, fmt.Errorf("find the person who signs in: %w", err)
	}
	hash := ""
	if known && person.Active {
		hash = person.PasswordHash
	}
	right, err := s.cfg.Hasher.Verify(ctx, password, hash)
	if err != nil {
		return collections.Person{}, err
	}
	if !right {
		return collections.Person{}, problem.New(problem.Unauthorized, "wrong_credentials",
			"This e-mail address and password do not belong together.")
	}
	return person, nil
}

// Identify turns a token into who holds it and keeps a session in use alive. What
// is not a valid token is problem.Unauthorized.
func (s *Service) Identify(ctx context.Context, token string) (Identity, error) {
	var id Identity
	var org, personID string
	switch kind(token) {
	case sessionPrefix:
		session, err := s.session(ctx, Digest(token))
		if err != nil {
			return Identity{}, err
		}
		id = Identity{Digest: session.Digest, Session: true, ExpiresAt: session.ExpiresAt}
		org, personID = session.OrgID, session.PersonID
	case tokenPrefix:
		found, err := s.cfg.Store.Token(ctx, Digest(token))
		if problem.KindOf(err) == problem.NotFound || err == nil && expired(found.ExpiresAt, s.cfg.Now()) {
			return Identity{}, notSignedIn()
		}
		if err != nil {
			return Identity{}, fmt.Errorf("read a token: %w", err)
		}
		id = Identity{Digest: found.Digest, ExpiresAt: found.ExpiresAt}
		org, personID = found.OrgID, found.PersonID
	default:
		return Identity{}, notSignedIn()
	}
	person, err := s.cfg.Store.Person(ctx, org, personID)
	if problem.KindOf(err) == problem.NotFound || err == nil && !person.Active {
		return Identity{}, notSignedIn()
	}
	if err != nil {
		return Identity{}, fmt.Errorf("read the person behind a token: %w", err)
	}
	id.Person = person
	return id, nil
}

// Organization reads the organization of who is asking.
func (s *Service) Organization(ctx context.Context, id Identity) (collections.Organization, error) {
	return s.cfg.Store.Organization(ctx, id.Person.OrgID)
}

// renewEvery bounds how often a session in use is written to.
const renewEvery = 5 * time.Minute

func (s *Service) session(ctx context.Context, digest string) (Session, error) {
	session, err := s.cfg.Store.Session(ctx, digest)
	now := s.cfg.Now()
	if problem.KindOf(err) == problem.NotFound || err == nil && expired(session.ExpiresAt, now) {
		return Session{}, notSignedIn()
	}
	if err != nil {
		return Session{}, fmt.Errorf("read a session: %w", err)
	}
	until := now.Add(s.cfg.Lifetime)
	if longest := session.CreatedAt.Add(s.cfg.Longest); until.After(longest) {
		until = longest
	}
	if until.Sub(session.ExpiresAt) < renewEvery {
		return session, nil
	}
	// A session that cannot be prolonged now is still good now.
	if err := s.cfg.Store.ExtendSession(ctx, digest, until); err != nil {
		s.cfg.Logger.WarnContext(ctx, "a session could not be prolonged", "error", err)
		return session, nil
	}
	session.ExpiresAt = until
	return session, nil
}

// SignOut ends the session of who is asking. An API token is not ended by it.
func (s *Service) SignOut(ctx context.Context, id Identity) error {
	if !id.Session {
		return problem.New(problem.Invalid, "not_a_session", "An API token cannot be signed out; revoke it instead.")
	}
	if err := s.cfg.Store.EndSession(ctx, id.Digest); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

func expired(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

func notSignedIn() error {
	return problem.New(problem.Unauthorized, "not_signed_in",
		"You are not signed in, or your session has ended. Sign in and try again.")
}
