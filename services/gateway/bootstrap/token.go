package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/internal/store"
	"github.com/bedside-health/bedside/services/gateway/signin"
)

// TokenRequest asks for an API token.
type TokenRequest struct {
	OrgID string
	// Email is that of the person the token acts as.
	Email string
	// Name tells a person's tokens apart. A new one takes the place of the old one
	// of the same name, which stops working.
	Name string
	// Lifetime is how long it works; 0 is without end.
	Lifetime time.Duration
}

// MintToken makes an API token and returns it; only its digest is stored, so that it
// cannot be shown again. A person who is not active in the organization is
// problem.NotFound.
func MintToken(ctx context.Context, backend docstore.Backend, req TokenRequest) (string, error) {
	if req.OrgID == "" || req.Name == "" || req.Lifetime < 0 {
		return "", errors.New("mint a token: an organization and a name are required, and no negative lifetime")
	}
	opened, err := store.Open(ctx, backend, time.Now)
	if err != nil {
		return "", err
	}
	person, err := opened.PersonByEmail(ctx, signin.CleanEmail(req.Email))
	if err == nil && (person.OrgID != req.OrgID || !person.Active) {
		err = problem.New(problem.NotFound, "person_not_found", "There is no such person.")
	}
	if err != nil {
		return "", fmt.Errorf("find the person a token is for: %w", err)
	}
	secret, now := signin.NewAPIToken(), time.Now()
	doc := signin.Token{Digest: signin.Digest(secret), OrgID: person.OrgID, PersonID: person.ID, Name: req.Name, CreatedAt: now}
	if req.Lifetime > 0 {
		doc.ExpiresAt = now.Add(req.Lifetime)
	}
	if err := opened.DropTokens(ctx, person.OrgID, person.ID, req.Name); err != nil {
		return "", err
	}
	if err := opened.AddToken(ctx, doc); err != nil {
		return "", fmt.Errorf("store a token: %w", err)
	}
	return secret, nil
}
