package signin_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/signin"
)

// memory is a Store for one person, because time in these tests is not real.
type memory struct {
	mu       sync.Mutex
	person   collections.Person
	sessions map[string]signin.Session
	extended int
}

func notFound() error { return problem.New(problem.NotFound, "not_found", "There is none.") }

func (m *memory) PersonByEmail(_ context.Context, email string) (collections.Person, error) {
	if email != m.person.Email {
		return collections.Person{}, notFound()
	}
	return m.person, nil
}

func (m *memory) Person(_ context.Context, org, id string) (collections.Person, error) {
	if org != m.person.OrgID || id != m.person.ID {
		return collections.Person{}, notFound()
	}
	return m.person, nil
}

func (m *memory) Organization(_ context.Context, id string) (collections.Organization, error) {
	return collections.Organization{Base: docstore.Base{ID: id, OrgID: id}, Name: "Lakeside"}, nil
}

func (m *memory) AddSession(_ context.Context, s signin.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s.Digest] = s
	return nil
}

func (m *memory) Session(_ context.Context, digest string) (signin.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, found := m.sessions[digest]
	if !found {
		return s, notFound()
	}
	return s, nil
}

func (m *memory) ExtendSession(_ context.Context, digest string, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sessions[digest]
	s.ExpiresAt = until
	m.sessions[digest] = s
	m.extended++
	return nil
}

func (m *memory) EndSession(_ context.Context, digest string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, digest)
	return nil
}

func (m *memory) Token(context.Context, string) (signin.Token, error) {
	return signin.Token{}, notFound()
}

func cheap() *argon2id.Params {
	return &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

func service(t *testing.T) (*signin.Service, *memory) {
	t.Helper()
	hasher, err := signin.NewHasher(signin.HasherConfig{Params: cheap(), Concurrent: 2, Wait: time.Second})
	require.NoError(t, err)
	hash, err := hasher.Hash(t.Context(), "right")
	require.NoError(t, err)
	m := &memory{sessions: map[string]signin.Session{}, person: collections.Person{
		Base: docstore.Base{ID: "ada", OrgID: "lakeside"}, Email: "ada@lakeside.example", PasswordHash: hash, Active: true,
	}}
	s, err := signin.New(signin.Config{
		Store: m, Hasher: hasher, Logger: slog.New(slog.DiscardHandler), Lifetime: 12 * time.Hour, Longest: 48 * time.Hour,
		Backoff: signin.DefaultBackoff(), Now: time.Now,
	})
	require.NoError(t, err)
	return s, m
}

func TestSession_InUse_SlidesUntilItsLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, m := service(t)
		token, _, err := s.SignIn(t.Context(), "ada@lakeside.example", "right", "192.0.2.1")
		require.NoError(t, err)
		for range 60 { // an hour of requests writes no more than every five minutes
			time.Sleep(time.Minute)
			_, err := s.Identify(t.Context(), token)
			require.NoError(t, err)
		}
		require.Equal(t, 12, m.extended)
		for range 4 {
			time.Sleep(11 * time.Hour)
			_, err := s.Identify(t.Context(), token)
			require.NoError(t, err)
		}
		time.Sleep(4 * time.Hour)
		_, err = s.Identify(t.Context(), token)
		require.Equal(t, problem.Unauthorized, problem.KindOf(err), "two days are over")
	})
}

func TestSession_NotUsed_EndsAfterItsLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := service(t)
		token, _, err := s.SignIn(t.Context(), "ada@lakeside.example", "right", "192.0.2.1")
		require.NoError(t, err)
		time.Sleep(12*time.Hour - time.Second)
		_, err = s.Identify(t.Context(), token)
		require.NoError(t, err)
		time.Sleep(12 * time.Hour)
		_, err = s.Identify(t.Context(), token)
		require.Equal(t, problem.Unauthorized, problem.KindOf(err))
	})
}

func TestBackoff_FailuresInARow_WaitLongerEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := service(t)
		try := func(password, address string) error {
			_, _, err := s.SignIn(t.Context(), "ada@lakeside.example", password, address)
			return err
		}
		for range 5 {
			require.Equal(t, problem.Unauthorized, problem.KindOf(try("wrong", "192.0.2.1")))
		}
		var waits []time.Duration
		for range 12 {
			err := try("wrong", "192.0.2.1")
			require.Equal(t, problem.RateLimited, problem.KindOf(err))
			wait := problem.RetryAfter(err)
			waits = append(waits, wait)
			time.Sleep(wait)
			require.Equal(t, problem.Unauthorized, problem.KindOf(try("wrong", "192.0.2.1")))
		}
		require.Equal(t, 2*time.Second, waits[0])
		require.Equal(t, 4*time.Second, waits[1])
		require.Equal(t, 15*time.Minute, waits[len(waits)-1])
		require.NoError(t, try("right", "192.0.2.9"), "from elsewhere the person gets in")
		time.Sleep(15 * time.Minute)
		require.NoError(t, try("right", "192.0.2.1"))
		require.Equal(t, problem.Unauthorized, problem.KindOf(try("wrong", "192.0.2.1")), "success begins anew")
	})
}

func TestBackoff_OneAddressManyPeople_IsSlowedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := service(t)
		refused := 0
		for i := range 200 {
			_, _, err := s.SignIn(t.Context(), string(rune('a'+i%26))+time.Duration(i).String()+"@x.example", "wrong", "192.0.2.1")
			if problem.KindOf(err) == problem.RateLimited {
				refused++
			}
		}
		require.Equal(t, 150, refused)
	})
}

func TestBackoff_OneIPv6NetworkManyAddresses_IsSlowedAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := service(t)
		try := func(address string) problem.Kind {
			_, _, err := s.SignIn(t.Context(), "nobody@x.example", "wrong", address)
			return problem.KindOf(err)
		}
		limited := false
		for i := range 20 {
			limited = limited || try(fmt.Sprintf("2001:db8:1:2::%x", i+1)) == problem.RateLimited
		}
		require.True(t, limited)
		require.Equal(t, problem.Unauthorized, try("2001:db8:1:3::1"), "another network has an allowance of its own")
	})
}

func TestBackoff_FailuresWithoutEnd_AreBoundedInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := signin.DefaultBackoff()
		config.Remember = 10
		b := signin.NewBackoffForTest(config, time.Now)
		for i := range 1000 {
			b.Begin("somebody@x.example", time.Duration(i).String())
		}
		require.Equal(t, 10, b.Len())
	})
}

func TestHasher_NoTurnInTime_IsBusyAndNotWrong(t *testing.T) {
	params := cheap()
	params.Iterations = 3000
	hasher, err := signin.NewHasher(signin.HasherConfig{Params: params, Concurrent: 1, Wait: 10 * time.Millisecond})
	require.NoError(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	busy := 0
	for range 8 {
		wg.Go(func() {
			_, err := hasher.Verify(t.Context(), "x", "")
			mu.Lock()
			defer mu.Unlock()
			if problem.KindOf(err) == problem.Unavailable && err != nil {
				busy++
			}
		})
	}
	wg.Wait()
	require.Positive(t, busy)
}

func TestHasher_UnknownPerson_TakesAsLongAsAWrongPassword(t *testing.T) {
	hasher, err := signin.NewHasher(signin.HasherConfig{Params: signin.Params(), Concurrent: 1, Wait: time.Minute})
	require.NoError(t, err)
	hash, err := hasher.Hash(t.Context(), "right")
	require.NoError(t, err)
	took := func(hash string) time.Duration {
		began := time.Now()
		right, err := hasher.Verify(t.Context(), "wrong", hash)
		require.NoError(t, err)
		require.False(t, right)
		return time.Since(began)
	}
	// Other work on the machine only makes a try slower, so that the fastest of several,
	// taken in turn, tell what the hashing itself takes.
	known, unknown := time.Hour, time.Hour
	alike := func() bool {
		ratio := float64(unknown) / float64(known)
		return ratio > 0.5 && ratio < 1.8
	}
	for try := 0; try < 5 || try < 40 && !alike(); try++ {
		known, unknown = min(known, took(hash)), min(unknown, took(""))
	}
	require.True(t, alike(), "an unknown person takes %s, a wrong password %s", unknown, known)
}
