package httpproblem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/problem/httpproblem"
)

var everyKind = map[problem.Kind]int{
	problem.Invalid: 422, problem.Unauthorized: 401, problem.Forbidden: 403, problem.NotFound: 404, problem.Conflict: 409,
	problem.TooLarge: 413, problem.RateLimited: 429, problem.Unavailable: 503, problem.Internal: 500,
}

func write(method string, err error) *http.Response {
	w := httptest.NewRecorder()
	httpproblem.Write(w, httptest.NewRequest(method, "/", nil), err)
	return w.Result()
}

func TestWriteAndDecode_EveryKind_ArrivesAsItWas(t *testing.T) {
	for kind, status := range everyKind {
		sent := fmt.Errorf("load: %w", &problem.Error{Kind: kind, Code: "some_code", Detail: "what is wrong", RetryAfter: 1500 * time.Millisecond, Err: errors.New("secret cause")})
		res := write(http.MethodGet, sent)
		require.Equal(t, status, res.StatusCode)
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
		require.Equal(t, "2", res.Header.Get("Retry-After"))
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NotContains(t, string(body), "secret")
		require.Contains(t, string(body), `"type":"urn:bedside:problem:some_code"`)

		got := httpproblem.Decode(write(http.MethodGet, sent))
		var p *problem.Error
		require.ErrorAs(t, got, &p)
		require.Equal(t, kind, p.Kind)
		require.Equal(t, "some_code", p.Code)
		require.Equal(t, 2*time.Second, p.RetryAfter)
		if kind == problem.Internal {
			require.NotContains(t, p.Detail, "what is wrong")
		} else {
			require.Equal(t, "what is wrong", p.Detail)
		}
	}
}

func TestWrite_ErrorsOfOtherPackages_TellNothing(t *testing.T) {
	res := write(http.MethodGet, errors.New("secret"))
	require.Equal(t, 500, res.StatusCode)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"about:blank","title":"Something went wrong here","status":500}`, string(body))
	require.Equal(t, 503, write(http.MethodGet, context.DeadlineExceeded).StatusCode)
}

func TestWrite_Head_HasNoBody(t *testing.T) {
	body, err := io.ReadAll(write(http.MethodHead, errors.New("x")).Body)
	require.NoError(t, err)
	require.Empty(t, body)
}

func TestDecode_Success_IsNil(t *testing.T) {
	for _, status := range []int{200, 204, 304} {
		require.NoError(t, httpproblem.Decode(&http.Response{StatusCode: status}))
	}
}

func TestDecode_AnswersThatAreNoProblem_GiveTheStatussKindAndNotThePage(t *testing.T) {
	cases := map[int]problem.Kind{400: problem.Invalid, 404: problem.NotFound, 410: problem.NotFound, 412: problem.Conflict, 418: problem.Invalid, 502: problem.Unavailable, 504: problem.Unavailable, 507: problem.Internal}
	for status, kind := range cases {
		res := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(strings.NewReader("<html>secret"))}
		err := httpproblem.Decode(res)
		require.Equal(t, kind, problem.KindOf(err), status)
		require.NotContains(t, err.Error(), "secret")
	}
}

// endless is a body without end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func TestDecode_EndlessBody_IsCut(t *testing.T) {
	body := &endless{}
	err := httpproblem.Decode(&http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Content-Type": {"application/problem+json"}, "Retry-After": {"999999999"}}, Body: io.NopCloser(body)})
	require.Equal(t, problem.RateLimited, problem.KindOf(err))
	require.Equal(t, 24*time.Hour, problem.RetryAfter(err))
	require.LessOrEqual(t, body.read, 65<<10)
}

func FuzzDecode(f *testing.F) {
	f.Add(422, `{"detail":"x","code":"y","retry_after_seconds":-5}`)
	f.Add(503, `[]`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		err := httpproblem.Decode(&http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/problem+json; charset=utf-8"}}, Body: io.NopCloser(strings.NewReader(body))})
		if (status >= 400) != (err != nil) {
			t.Fatalf("status %d gave %v", status, err)
		}
		if err != nil {
			if _, known := everyKind[problem.KindOf(err)]; !known || problem.RetryAfter(err) < 0 {
				t.Fatalf("unknown kind or wait: %v", err)
			}
		}
	})
}

func TestWrite_ExtensionMembers_ComeBackAndReplaceNothing(t *testing.T) {
	rec := httptest.NewRecorder()
	httpproblem.Write(rec, httptest.NewRequest(http.MethodPut, "/", nil), problem.New(problem.Conflict, "draft_changed", "somebody saved").
		With("current_draft", map[string]any{"version": 3, "text": "Thank you."}).With("status", 200).With("code", "other"))
	require.Equal(t, http.StatusConflict, rec.Code)
	err := httpproblem.Decode(rec.Result())
	var p *problem.Error
	require.ErrorAs(t, err, &p)
	require.Equal(t, "draft_changed", p.Code)
	require.Equal(t, map[string]any{"current_draft": map[string]any{"version": 3.0, "text": "Thank you."}}, p.Members)
	require.Equal(t, p.Members, problem.MembersOf(err))
}

func TestWrite_InternalFault_KeepsItsMembersToItself(t *testing.T) {
	rec := httptest.NewRecorder()
	httpproblem.Write(rec, nil, problem.New(problem.Internal, "internal", "x").With("secret", "y"))
	require.NotContains(t, rec.Body.String(), "secret")
}
