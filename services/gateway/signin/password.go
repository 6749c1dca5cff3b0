package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/bedside-health/bedside/libs/problem"
)

// Params is the cost of a password hash: 19 MiB and two passes on one core, the
// second of OWASP's recommended settings, about 30 ms on a small machine.
func Params() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// HasherConfig configures a Hasher.
type HasherConfig struct {
	Params *argon2id.Params
	// Concurrent is how many hashes may be computed at once; each takes
	// Params.Memory.
	Concurrent int
	// Wait is how long an attempt waits for its turn.
	Wait time.Duration
}

// Hasher hashes passwords with bounded memory. It is safe for concurrent use.
type Hasher struct {
	cfg   HasherConfig
	turns chan struct{}
	// decoy is checked where there is no hash to check, so that both take the same time.
	decoy string
}

// NewHasher makes a Hasher.
func NewHasher(cfg HasherConfig) (*Hasher, error) {
	if cfg.Params == nil || cfg.Concurrent < 1 || cfg.Wait <= 0 {
		return nil, errors.New("configure password hashing: parameters, concurrency and waiting time are required")
	}
	decoy, err := argon2id.CreateHash(newToken(""), cfg.Params)
	if err != nil {
		return nil, fmt.Errorf("prepare password hashing: %w", err)
	}
	return &Hasher{cfg: cfg, turns: make(chan struct{}, cfg.Concurrent), decoy: decoy}, nil
}

// Hash returns the PHC string of a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.turn(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.turns }()
	hash, err := argon2id.CreateHash(password, h.cfg.Params)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// CheckHash reports a PHC string that Verify could not use, or that would take so much
// memory or time that a sign-in is an attack.
func CheckHash(hash string) error {
	params, salt, key, err := argon2id.DecodeHash(hash)
	switch {
	case err != nil:
		return errors.New("this is no argon2id hash in PHC form ($argon2id$v=19$m=...,t=...,p=...$SALT$KEY)")
	case params.Memory > 1<<18 || params.Iterations > 16 || params.Parallelism > 16:
		return errors.New("the argon2id hash asks for more than 256 MiB, 16 passes or 16 threads")
	case params.Memory < 8 || params.Iterations < 1 || params.Parallelism < 1 || len(salt) < 8 || len(key) < 16:
		return errors.New("the argon2id hash has parameters that are too small")
	}
	return nil
}

// Verify reports whether a password belongs to a hash. An empty hash belongs to
// none, and takes as long.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (bool, error) {
	if err := h.turn(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.turns }()
	if hash == "" {
		_, err := argon2id.ComparePasswordAndHash(password, h.decoy)
		return false, err
	}
	right, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("check a password: %w", err)
	}
	return right, nil
}

func (h *Hasher) turn(ctx context.Context) error {
	timer := time.NewTimer(h.cfg.Wait)
	defer timer.Stop()
	select {
	case h.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		e := problem.New(problem.Unavailable, "sign_in_busy", "Many people are signing in at once. Try again in a few seconds.")
		e.RetryAfter = h.cfg.Wait
		return e
	}
}
