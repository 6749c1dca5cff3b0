package lexicons

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/sqlite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

// named is an analyzer that a test knows by its version.
type named string

func (n named) Analyze(string) review.Analysis { return review.Analysis{Version: string(n)} }
func (n named) Version() string                { return string(n) }

// shelf is a Source in memory that can be away.
type shelf struct {
	mu    sync.Mutex
	all   []collections.Lexicon
	away  bool
	reads atomic.Int64
	asked []time.Time
}

var errAway = problem.New(problem.Unavailable, "away", "the store is away")

func (s *shelf) set(org string, revision int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := collections.Lexicon{Base: docstore.Base{ID: org, OrgID: org}, Lexicon: review.Lexicon{Revision: revision}, UpdatedAt: at}
	for i := range s.all {
		if s.all[i].OrgID == org {
			s.all[i] = l
			return
		}
	}
	s.all = append(s.all, l)
}

func (s *shelf) leave(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func (s *shelf) Changed(_ context.Context, since time.Time, f func(collections.Lexicon)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return errAway
	}
	s.asked = append(s.asked, since)
	for _, l := range s.all {
		if !l.UpdatedAt.Before(since) {
			f(l)
		}
	}
	return nil
}

func (s *shelf) Lexicon(ctx context.Context, org string) (review.Lexicon, error) {
	s.reads.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return review.Lexicon{}, errAway
	}
	for _, l := range s.all {
		if l.OrgID == org {
			return l.Lexicon, nil
		}
	}
	return review.Lexicon{}, ctx.Err()
}

func newBook(t *testing.T, change func(*Config)) (*Book, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	cfg := Config{
		Base: named("base"), Every: time.Second, Logger: slog.New(slog.DiscardHandler), Registerer: registry,
		WithTerms: func(l review.Lexicon) (Analyzer, error) { return named(fmt.Sprintf("base+%d", l.Revision)), nil },
	}
	change(&cfg)
	b, err := New(cfg)
	require.NoError(t, err)
	return b, registry
}

// follow runs Follow until the test ends.
func follow(t *testing.T, b *Book, open func(context.Context) (Source, error)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Follow(ctx, open) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
}

func opened(s Source) func(context.Context) (Source, error) {
	return func(context.Context) (Source, error) { return s, nil }
}

func TestBook_LexiconChanges_TextsGetTheNewTermsWithinALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := newBook(t, func(*Config) {})
		s := &shelf{}
		s.set("a", 1, time.Now())
		require.Equal(t, "base", b.For(t.Context(), "a").Version(), "nothing was read yet")
		follow(t, b, opened(s))
		<-b.Read()
		require.Equal(t, "base+1", b.For(t.Context(), "a").Version())
		require.Equal(t, "base", b.For(t.Context(), "b").Version())
		s.set("a", 2, time.Now())
		s.set("b", 7, time.Now())
		time.Sleep(1100 * time.Millisecond)
		require.Equal(t, "base+2", b.For(t.Context(), "a").Version())
		require.Equal(t, "base+7", b.For(t.Context(), "b").Version())
		require.Zero(t, s.reads.Load(), "no text had to wait for the store")
	})
}

func TestBook_StoreAway_WhatWasReadLastCountsAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, registry := newBook(t, func(*Config) {})
		s := &shelf{}
		s.set("a", 1, time.Now())
		tries := 0
		follow(t, b, func(context.Context) (Source, error) {
			if tries++; tries < 3 {
				return nil, errAway
			}
			return s, nil
		})
		synctest.Wait()
		require.Equal(t, "base", b.For(t.Context(), "a").Version())
		<-b.Read()
		require.Equal(t, "base+1", b.For(t.Context(), "a").Version())
		s.leave(true)
		s.set("a", 2, time.Now())
		time.Sleep(10 * time.Second)
		require.Equal(t, "base+1", b.For(t.Context(), "a").Version())
		s.leave(false)
		time.Sleep(2 * time.Second)
		require.Equal(t, "base+2", b.For(t.Context(), "a").Version())
		require.InDelta(t, 1, testutil.ToFloat64(b.metrics.without.WithLabelValues("unread")), 0)
		n, err := testutil.GatherAndCount(registry, "bedside_sentiment_terms_read_timestamp_seconds", "bedside_sentiment_terms_organizations")
		require.NoError(t, err)
		require.Equal(t, 2, n)
	})
}

func TestBook_MoreOrganizationsThanRoom_EachGetsItsOwnTerms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := newBook(t, func(c *Config) { c.Keep = 2 })
		s := &shelf{}
		for i := 1; i <= 5; i++ {
			s.set(fmt.Sprint("o", i), i, time.Now())
		}
		follow(t, b, opened(s))
		<-b.Read()
		for range 2 {
			for i := 1; i <= 5; i++ {
				require.Equal(t, fmt.Sprint("base+", i), b.For(t.Context(), fmt.Sprint("o", i)).Version())
				require.LessOrEqual(t, len(b.kept.byOrg), 2)
			}
		}
		s.leave(true)
		before := s.reads.Load()
		for range 100 {
			require.Equal(t, "base", b.For(t.Context(), "o1").Version())
		}
		require.Equal(t, before+1, s.reads.Load(), "a store that is away is not asked for every text")
		require.InDelta(t, 100, testutil.ToFloat64(b.metrics.without.WithLabelValues("store")), 0)
		require.Equal(t, "base+5", b.For(t.Context(), "o5").Version(), "who is known stays known")
	})
}

func TestBook_TermsThatCannotBeUsed_TheRulesCount(t *testing.T) {
	b, _ := newBook(t, func(c *Config) {
		c.WithTerms = func(review.Lexicon) (Analyzer, error) { return nil, errors.New("no") }
	})
	s := &shelf{}
	s.set("a", 1, time.Now())
	follow(t, b, opened(s))
	<-b.Read()
	for range 3 {
		require.Equal(t, "base", b.For(t.Context(), "a").Version())
	}
	require.InDelta(t, 1, testutil.ToFloat64(b.metrics.faulty), 0)
}

func TestBook_ClockOfAWriterBehind_IsFoundByTheNextWholeLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := newBook(t, func(*Config) {})
		s := &shelf{}
		s.set("a", 1, time.Now().Add(24*time.Hour)) // dated in the future
		follow(t, b, opened(s))
		<-b.Read()
		s.set("b", 1, time.Now().Add(-time.Hour)) // dated in the past
		time.Sleep(time.Minute)
		require.Equal(t, "base", b.For(t.Context(), "b").Version())
		s.set("c", 1, time.Now())
		time.Sleep(2 * time.Second)
		require.Equal(t, "base+1", b.For(t.Context(), "c").Version())
		time.Sleep(wholeEvery)
		require.Equal(t, "base+1", b.For(t.Context(), "b").Version())
	})
}

func TestFollow_WrongSettings_IsAnError(t *testing.T) {
	b, _ := newBook(t, func(*Config) {})
	err := b.Follow(t.Context(), func(context.Context) (Source, error) { return nil, problem.New(problem.Invalid, "bad", "bad") })
	require.Equal(t, problem.Invalid, problem.KindOf(err))
}

func TestBook_ManyAtOnce_CompileEachLexiconOnce(t *testing.T) {
	var compiled atomic.Int64
	b, _ := newBook(t, func(c *Config) {
		c.WithTerms = func(l review.Lexicon) (Analyzer, error) {
			compiled.Add(1)
			return named(fmt.Sprintf("base+%d", l.Revision)), nil
		}
	})
	s := &shelf{}
	for i := range 10 {
		s.set(fmt.Sprint("o", i), 1, time.Now())
	}
	follow(t, b, opened(s))
	<-b.Read()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 100 {
				if v := b.For(t.Context(), fmt.Sprint("o", i%10)).Version(); v != "base+1" {
					t.Error(v)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 10, compiled.Load())
}

func TestStored_PagesThroughAllOrganizationsByTheirChange(t *testing.T) {
	backend, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "x.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	s, err := Open(t.Context(), backend)
	require.NoError(t, err)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 3 * pageSize {
		org := fmt.Sprint("o", i)
		_, err := s.lexicons.InsertIfAbsent(t.Context(), docstore.Org(org), &collections.Lexicon{
			Base:    docstore.Base{ID: org},
			Lexicon: review.Lexicon{Revision: i + 1, Terms: []review.Term{{Phrase: "x", Kind: review.TermIgnore}}}, UpdatedAt: at.Add(time.Duration(i) * time.Minute),
		})
		require.NoError(t, err)
	}
	var all, late []string
	require.NoError(t, s.Changed(t.Context(), time.Time{}, func(l collections.Lexicon) { all = append(all, l.OrgID) }))
	require.Len(t, all, 3*pageSize)
	require.NoError(t, s.Changed(t.Context(), at.Add(58*time.Minute), func(l collections.Lexicon) { late = append(late, l.OrgID) }))
	require.Equal(t, []string{"o58", "o59"}, late)
	l, err := s.Lexicon(t.Context(), "o7")
	require.NoError(t, err)
	require.Equal(t, 8, l.Revision)
	require.Len(t, l.Terms, 1)
	l, err = s.Lexicon(t.Context(), "nobody")
	require.NoError(t, err)
	require.Zero(t, l.Revision)
}
