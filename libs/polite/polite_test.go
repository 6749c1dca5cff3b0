package polite_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
)

// quick is a configuration for servers on loopback that fails fast.
func quick() polite.Config {
	return polite.Config{
		Product: "Bedside/1.0", Contact: "https://practice.example/bot", AllowLoopback: true,
		RequestsPerSecond: 1000, Burst: 1000, RetryWait: time.Millisecond,
		Timeout: 60 * time.Second, IdleTimeout: 30 * time.Second,
	}
}

func client(t *testing.T, cfg polite.Config) *polite.Client {
	t.Helper()
	c, err := polite.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func requireProblem(t *testing.T, err error, kind problem.Kind, code string) *problem.Error {
	t.Helper()
	var e *problem.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Kind, "%v", err)
	require.Equal(t, code, e.Code, "%v", err)
	return e
}

func TestNew_BadConfig_NamesEveryFault(t *testing.T) {
	_, err := polite.New(polite.Config{Product: "Bed side", RobotsTTL: 48 * time.Hour})
	require.ErrorContains(t, err, "product")
	require.ErrorContains(t, err, "contact")
	require.ErrorContains(t, err, "robots ttl")
}

func TestDo_PlainAnswer_IdentifiesAndReadsWhole(t *testing.T) {
	var agent string
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		agent = r.Header.Get("User-Agent")
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Cache-Control", "public, max-age=600")
		_, _ = w.Write([]byte("hello"))
	})
	resp, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL})
	require.NoError(t, err)
	require.Equal(t, "Bedside/1.0 (+https://practice.example/bot)", agent)
	require.Equal(t, "hello", string(resp.Body))
	require.Equal(t, `"v1"`, resp.ETag)
	require.Equal(t, 10*time.Minute, resp.MaxAge)
}

func TestDo_KnownETag_AnswersNotModified(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte("body"))
	})
	resp, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL, ETag: `"v1"`})
	require.NoError(t, err)
	require.True(t, resp.NotModified)
	require.Empty(t, resp.Body)
}

func TestDo_Statuses_MapToKinds(t *testing.T) {
	for status, want := range map[int]problem.Kind{
		400: problem.Invalid, 401: problem.Forbidden, 403: problem.Forbidden, 404: problem.NotFound,
		410: problem.NotFound, 408: problem.Unavailable, 429: problem.RateLimited, 500: problem.Unavailable, 503: problem.Unavailable,
	} {
		s := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		_, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL})
		require.Equal(t, want, problem.KindOf(err), "status %d", status)
		var se *polite.StatusError
		require.ErrorAs(t, err, &se)
		require.Equal(t, status, se.Status)
	}
}

func TestDo_TooManyRequests_CarriesWaitInBothForms(t *testing.T) {
	forms := map[string]func() string{
		"seconds": func() string { return "90" },
		"date":    func() string { return time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat) },
	}
	for name, value := range forms {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int32
			s := server(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.Header().Set("Retry-After", value())
				w.WriteHeader(http.StatusTooManyRequests)
			})
			c := client(t, quick())
			_, err := c.Do(t.Context(), polite.Request{URL: s.URL})
			e := requireProblem(t, err, problem.RateLimited, "site_rate_limited")
			require.InDelta(t, 90, e.RetryAfter.Seconds(), 2)

			// The host is left alone until then, without a request.
			_, err = c.Do(t.Context(), polite.Request{URL: s.URL + "/other"})
			e = requireProblem(t, err, problem.RateLimited, "host_busy")
			require.InDelta(t, 90, e.RetryAfter.Seconds(), 2)
			require.EqualValues(t, 1, calls.Load())
		})
	}
}

func TestDo_ServerFault_RetriesIdempotentOnly(t *testing.T) {
	var calls atomic.Int32
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) < 3 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write([]byte("ok"))
	})
	c := client(t, quick())
	resp, err := c.Do(t.Context(), polite.Request{URL: s.URL})
	require.NoError(t, err)
	require.Equal(t, "ok", string(resp.Body))
	require.EqualValues(t, 3, calls.Load())

	calls.Store(0)
	_, err = c.Do(t.Context(), polite.Request{Method: http.MethodPost, URL: s.URL, Body: []byte("x")})
	require.Equal(t, problem.Unavailable, problem.KindOf(err))
	require.EqualValues(t, 1, calls.Load())
}

func TestDo_Redirects_FollowedFiveTimesThenRefused(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if n == 0 {
			_, _ = w.Write([]byte("end"))
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
	})
	c := client(t, quick())
	resp, err := c.Do(t.Context(), polite.Request{URL: s.URL + "/5"})
	require.NoError(t, err)
	require.Equal(t, s.URL+"/0", resp.URL)
	_, err = c.Do(t.Context(), polite.Request{URL: s.URL + "/6"})
	requireProblem(t, err, problem.Invalid, "too_many_redirects")
	_, err = c.Do(t.Context(), polite.Request{URL: s.URL + "/1", NoRedirects: true})
	requireProblem(t, err, problem.Forbidden, "site_redirected")
}

func TestDo_RedirectToOtherScheme_IsRefused(t *testing.T) {
	for _, target := range []string{"file:///etc/passwd", "ftp://example.com/x", "http://user:pw@example.com/"} {
		s := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", target)
			w.WriteHeader(http.StatusFound)
		})
		_, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL})
		requireProblem(t, err, problem.Invalid, "bad_redirect")
	}
}

func TestDo_BadURLs_AreInvalid(t *testing.T) {
	c := client(t, quick())
	for _, u := range []string{"", "ftp://x/", "http://", "http://u:p@x/", "//x", "http://x/" + strings.Repeat("a", 9000), "http://\x00"} {
		_, err := c.Do(t.Context(), polite.Request{URL: u})
		requireProblem(t, err, problem.Invalid, "bad_url")
	}
}

func TestDo_GzipBomb_IsTooLargeNotTruncated(t *testing.T) {
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, err := zw.Write(zeros)
		require.NoError(t, err)
	}
	require.NoError(t, zw.Close())
	require.Less(t, packed.Len(), 1<<20)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	_, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL})
	requireProblem(t, err, problem.TooLarge, "body_too_large")
}

func TestDo_BodyAtAndOverCap_WholeOrError(t *testing.T) {
	cfg := quick()
	cfg.MaxBodyBytes = 1000
	c := client(t, cfg)
	for _, chunked := range []bool{false, true} {
		for size, ok := range map[int]bool{1000: true, 1001: false} {
			s := server(t, func(w http.ResponseWriter, _ *http.Request) {
				if chunked {
					w.(http.Flusher).Flush()
				}
				_, _ = w.Write(bytes.Repeat([]byte("x"), size))
			})
			resp, err := c.Do(t.Context(), polite.Request{URL: s.URL})
			if ok {
				require.NoError(t, err)
				require.Len(t, resp.Body, size)
				continue
			}
			requireProblem(t, err, problem.TooLarge, "body_too_large")
		}
	}
}

func TestDo_UnaskedCompression_IsInvalid(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		_, _ = w.Write([]byte("zzz"))
	})
	_, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL})
	requireProblem(t, err, problem.Invalid, "unsupported_encoding")
}

func TestDo_CutBody_IsUnavailable(t *testing.T) {
	hijack := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(answer))
			_ = conn.Close()
		}
	}
	for name, answer := range map[string]string{
		"content length": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
		"chunked":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		"gzip":           "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xca",
	} {
		t.Run(name, func(t *testing.T) {
			s := server(t, hijack(answer))
			_, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL})
			requireProblem(t, err, problem.Unavailable, "body_cut")
		})
	}
}

func TestDo_StalledBody_EndsAtIdleBound(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("begin"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	cfg := quick()
	cfg.IdleTimeout = 400 * time.Millisecond
	_, err := client(t, cfg).Do(t.Context(), polite.Request{URL: s.URL})
	requireProblem(t, err, problem.Unavailable, "body_stalled")
}

func TestDo_DrippingBody_EndsAtTotalDeadline(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
				_, _ = w.Write([]byte("."))
				w.(http.Flusher).Flush()
			}
		}
	})
	cfg := quick()
	cfg.Timeout, cfg.IdleTimeout = 1500*time.Millisecond, 1400*time.Millisecond
	_, err := client(t, cfg).Do(t.Context(), polite.Request{URL: s.URL})
	requireProblem(t, err, problem.Unavailable, "site_timeout")
}

func TestDo_CancelledByCaller_ReturnsTheContextError(t *testing.T) {
	s := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	_, err := client(t, quick()).Do(ctx, polite.Request{URL: s.URL})
	require.ErrorIs(t, err, context.Canceled)
}

func TestDo_NobodyListening_IsUnavailable(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL + "/?key=hidden"})
	e := requireProblem(t, err, problem.Unavailable, "site_unreachable")
	require.NotContains(t, e.Error(), "hidden")
}
