package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/signin"
)

// session is a signed-in browser; its id is the digest of its token.
type session struct {
	docstore.Base
	Organization string    `json:"organization_id"`
	PersonID     string    `json:"person_id"`
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// token is an API token; its id is the digest.
type token struct {
	docstore.Base
	Organization string    `json:"organization_id"`
	PersonID     string    `json:"person_id"`
	Name         string    `json:"name"`
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at,omitzero"`
}

// Who a token belongs to is not known before it is read, so both collections are
// over all organizations.
func sessions() docstore.Definition[session] {
	return docstore.Definition[session]{
		Name: "sessions", Base: func(d *session) *docstore.Base { return &d.Base }, Global: true,
		Fields:  []docstore.Field{{Path: "expires_at", Type: docstore.Time}},
		Indexes: []docstore.Index{{Name: "by_end", Sort: []docstore.Order{{Field: "expires_at"}}, Global: true}},
	}
}

func tokens() docstore.Definition[token] {
	return docstore.Definition[token]{
		Name: "tokens", Base: func(d *token) *docstore.Base { return &d.Base }, Global: true,
		Fields: []docstore.Field{{Path: "person_id", Type: docstore.String}, {Path: "created_at", Type: docstore.Time}},
		Indexes: []docstore.Index{
			{Name: "by_person", Equal: []string{"person_id"}, Sort: []docstore.Order{{Field: "created_at"}}, Global: true},
		},
	}
}

// AddSession stores a new session.
func (s *Store) AddSession(ctx context.Context, in signin.Session) error {
	doc := session{
		Base: docstore.Base{ID: in.Digest}, Organization: in.OrgID, PersonID: in.PersonID,
		CreatedAt: in.CreatedAt, ExpiresAt: in.ExpiresAt,
	}
	added, err := s.sessions.InsertIfAbsent(ctx, docstore.AllOrgs(), &doc)
	if err != nil {
		return err
	}
	if !added {
		return problem.New(problem.Internal, "session_exists", "A new session has the digest of another.")
	}
	return nil
}

// Session reads a session by the digest of its token.
func (s *Store) Session(ctx context.Context, digest string) (signin.Session, error) {
	doc, err := s.sessions.Get(ctx, docstore.AllOrgs(), digest)
	if err != nil {
		return signin.Session{}, missing(err, "session_not_found", "There is no such session.")
	}
	return signin.Session{
		Digest: doc.ID, OrgID: doc.Organization, PersonID: doc.PersonID, CreatedAt: doc.CreatedAt, ExpiresAt: doc.ExpiresAt,
	}, nil
}

// ExtendSession moves the end of a session; one that was ended meanwhile stays ended.
func (s *Store) ExtendSession(ctx context.Context, digest string, until time.Time) error {
	_, err := s.sessions.Update(ctx, docstore.AllOrgs(), digest, func(doc *session) error {
		if !until.After(doc.ExpiresAt) {
			return docstore.ErrSkip
		}
		doc.ExpiresAt = until
		return nil
	})
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	return err
}

// EndSession removes a session.
func (s *Store) EndSession(ctx context.Context, digest string) error {
	return s.sessions.Delete(ctx, docstore.AllOrgs(), digest)
}

// PurgeSessions removes up to 500 sessions that have ended and says how many.
func (s *Store) PurgeSessions(ctx context.Context) (int, error) {
	page, err := s.sessions.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "by_end", Where: []docstore.Cond{docstore.Below("expires_at", s.now())}, Limit: 500,
	})
	if err != nil {
		return 0, fmt.Errorf("find sessions that have ended: %w", err)
	}
	for i, doc := range page.Items {
		if err := s.sessions.Delete(ctx, docstore.AllOrgs(), doc.ID); err != nil {
			return i, fmt.Errorf("remove a session that has ended: %w", err)
		}
	}
	return len(page.Items), nil
}

// AddToken stores an API token.
func (s *Store) AddToken(ctx context.Context, in signin.Token) error {
	doc := token{
		Base: docstore.Base{ID: in.Digest}, Organization: in.OrgID, PersonID: in.PersonID, Name: in.Name,
		CreatedAt: in.CreatedAt, ExpiresAt: in.ExpiresAt,
	}
	_, err := s.tokens.InsertIfAbsent(ctx, docstore.AllOrgs(), &doc)
	return err
}

// Token reads an API token by its digest.
func (s *Store) Token(ctx context.Context, digest string) (signin.Token, error) {
	doc, err := s.tokens.Get(ctx, docstore.AllOrgs(), digest)
	if err != nil {
		return signin.Token{}, missing(err, "token_not_found", "There is no such token.")
	}
	return signin.Token{
		Digest: doc.ID, OrgID: doc.Organization, PersonID: doc.PersonID, Name: doc.Name,
		CreatedAt: doc.CreatedAt, ExpiresAt: doc.ExpiresAt,
	}, nil
}

// DropTokens removes the API tokens of a person with a name.
func (s *Store) DropTokens(ctx context.Context, org, person, name string) error {
	found, err := all(ctx, s.tokens, docstore.AllOrgs(), docstore.Query{
		Index: "by_person", Where: []docstore.Cond{docstore.Is("person_id", person)},
	})
	if err != nil {
		return fmt.Errorf("find the tokens of a person: %w", err)
	}
	for _, doc := range found {
		if doc.Name != name || doc.Organization != org {
			continue
		}
		if err := s.tokens.Delete(ctx, docstore.AllOrgs(), doc.ID); err != nil {
			return fmt.Errorf("remove a token: %w", err)
		}
	}
	return nil
}
