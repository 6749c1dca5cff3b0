package polite_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
)

func TestParseRobots_Rules(t *testing.T) {
	for name, tc := range map[string]struct {
		robots  string
		path    string
		allowed bool
	}{
		"empty":                     {"", "/x", true},
		"disallow all":              {"User-agent: *\nDisallow: /", "/x", false},
		"robots itself":             {"User-agent: *\nDisallow: /", "/robots.txt", true},
		"empty disallow":            {"User-agent: *\nDisallow:", "/x", true},
		"own group wins":            {"User-agent: *\nDisallow: /\n\nUser-agent: bedside\nDisallow: /private", "/x", true},
		"own group, own rule":       {"User-agent: *\nAllow: /\n\nUser-agent: Bedside/2\nDisallow: /private", "/private/x", false},
		"own group without rules":   {"User-agent: *\nDisallow: /\n\nUser-agent: Bedside", "/x", true},
		"groups of one name merge":  {"User-agent: Bedside\nDisallow: /a\nUser-agent: Bedside\nDisallow: /b", "/a", false},
		"several agents, one group": {"User-agent: Other\nUser-agent: Bedside\nDisallow: /a", "/a", false},
		"name is not a prefix":      {"User-agent: Bed\nDisallow: /", "/a", true},
		"longest wins":              {"User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true},
		"longest wins, other order": {"User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", false},
		"tie allows":                {"User-agent: *\nDisallow: /a\nAllow: /a", "/a", true},
		"star":                      {"User-agent: *\nDisallow: /*/reviews", "/doc/7/reviews", false},
		"star, query":               {"User-agent: *\nDisallow: /*?sort=", "/doc?sort=x", false},
		"end anchor":                {"User-agent: *\nDisallow: /*.php$", "/x.php?a", true},
		"end anchor met":            {"User-agent: *\nDisallow: /*.php$", "/x.php.php", false},
		"anchor without star":       {"User-agent: *\nDisallow: /x$", "/x", false},
		"case of paths matters":     {"User-agent: *\nDisallow: /A", "/a", true},
		"case of keys does not":     {"USER-AGENT: *\nDISALLOW: /a", "/a", false},
		"comments and crlf":         {"# hi\r\nUser-agent: * # all\r\nDisallow: /a # no\r\n", "/a", false},
		"byte order mark":           {"\ufeffUser-agent: *\nDisallow: /a", "/a", false},
		"percent unreserved":        {"User-agent: *\nDisallow: /%7Ejoe", "/~joe", false},
		"percent utf-8":             {"User-agent: *\nDisallow: /\u30c4", "/%E3%83%84", false},
		"percent slash stays":       {"User-agent: *\nDisallow: /a%2fb", "/a/b", true},
		"rule before any agent":     {"Disallow: /\nUser-agent: *\nAllow: /", "/a", true},
		"unknown keys keep group":   {"User-agent: *\nSitemap: x\nDisallow: /a", "/a", false},
		"garbage":                   {"<html>no robots</html>\x00\xff", "/a", true},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.allowed, polite.ParseRobots([]byte(tc.robots), "Bedside").Allowed(tc.path))
		})
	}
}

func TestParseRobots_CutAtLimit_DoesNotInventARule(t *testing.T) {
	filler := "User-agent: *\n" + strings.Repeat("#", 500<<10-14-11) + "\nDisallow: /private"
	require.True(t, polite.ParseRobots([]byte(filler), "Bedside").Allowed("/x"))
}

func TestParseRobots_CrawlDelay_IsBounded(t *testing.T) {
	require.Equal(t, 2500*time.Millisecond, polite.ParseRobots([]byte("User-agent: *\nCrawl-delay: 2.5"), "B").CrawlDelay())
	require.Equal(t, 5*time.Minute, polite.ParseRobots([]byte("User-agent: *\nCrawl-delay: 1e300"), "B").CrawlDelay())
}

func TestDo_RobotsAnswers_DecideAsTheStandardSays(t *testing.T) {
	for name, tc := range map[string]struct {
		robots http.HandlerFunc
		kind   problem.Kind // empty: allowed
		code   string
	}{
		"allowed":                     {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("User-agent: *\nDisallow: /b")) }, "", ""},
		"forbidden":                   {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("User-agent: *\nDisallow: /")) }, problem.Forbidden, "robots_disallowed"},
		"missing":                     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "", ""},
		"forbidden status means open": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "", ""},
		"server fault closes":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, problem.Unavailable, "robots_unreachable"},
		"too many requests waits":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, problem.RateLimited, "robots_unreachable"},
		"redirect loop means open": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/robots.txt?again", http.StatusFound)
		}, "", ""},
		"moved": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				http.Redirect(w, r, "/robots.txt?real", http.StatusMovedPermanently)
				return
			}
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /a"))
		}, problem.Forbidden, "robots_disallowed"},
		"over the limit is read to it": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /a\n" + strings.Repeat("# filler\n", 200_000)))
		}, problem.Forbidden, "robots_disallowed"},
	} {
		t.Run(name, func(t *testing.T) {
			var pages atomic.Int32
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					tc.robots(w, r)
					return
				}
				pages.Add(1)
			})
			_, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL + "/a", Robots: true})
			if tc.kind == "" {
				require.NoError(t, err)
				require.EqualValues(t, 1, pages.Load())
				return
			}
			requireProblem(t, err, tc.kind, tc.code)
			require.Zero(t, pages.Load(), "no page may be fetched")
		})
	}
}

func TestDo_RobotsOfRedirectTarget_AreKept(t *testing.T) {
	var reached atomic.Bool
	closed := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /"))
			return
		}
		reached.Store(true)
	})
	open := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		http.Redirect(w, r, closed.URL+"/page", http.StatusFound)
	})
	_, err := client(t, quick()).Do(t.Context(), polite.Request{URL: open.URL + "/page", Robots: true})
	requireProblem(t, err, problem.Forbidden, "robots_disallowed")
	require.False(t, reached.Load())
}

func TestDo_ManyPagesAtOnce_FetchRobotsOnce(t *testing.T) {
	var robots, pages atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			robots.Add(1)
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /no"))
			return
		}
		pages.Add(1)
	})
	c := client(t, quick())
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := c.Do(t.Context(), polite.Request{URL: s.URL + "/yes", Robots: true})
			if err != nil {
				t.Errorf("fetch: %v", err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, robots.Load())
	require.EqualValues(t, 20, pages.Load())
}

func TestDo_LimiterRefusesRobots_SiteIsNotClosed(t *testing.T) {
	var robots atomic.Int32
	s := server(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			robots.Add(1)
		}
	})
	limiter := polite.NewLocalLimiter(1000, 1000)
	require.NoError(t, limiter.Hold(t.Context(), strings.TrimPrefix(s.URL, "http://"), time.Now().Add(2*time.Second)))
	cfg := quick()
	cfg.Limiter = limiter
	c := client(t, cfg)
	hasty, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := c.Do(hasty, polite.Request{URL: s.URL + "/a", Robots: true})
	requireProblem(t, err, problem.RateLimited, "host_busy")
	_, err = c.Do(t.Context(), polite.Request{URL: s.URL + "/a", Robots: true})
	require.NoError(t, err, "one caller's haste says nothing about the site")
	require.EqualValues(t, 1, robots.Load())
}

func FuzzParseRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /a*b$", "/axb")
	f.Add("User-agent: Bedside\nAllow: /%e3%83%84\nCrawl-delay: 3", "/%")
	f.Fuzz(func(t *testing.T, robots, path string) {
		r := polite.ParseRobots([]byte(robots), "Bedside")
		first := r.Allowed(path)
		if r.Allowed(path) != first {
			t.Fatal("the same question has two answers")
		}
		if !r.Allowed("/robots.txt") {
			t.Fatal("robots.txt itself is always allowed")
		}
		if r.CrawlDelay() < 0 || r.CrawlDelay() > 5*time.Minute {
			t.Fatalf("crawl delay %v", r.CrawlDelay())
		}
	})
}
