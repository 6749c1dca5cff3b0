package problem_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
)

func TestKindOf_WrappedErrors_IsThatOfTheOutermostProblem(t *testing.T) {
	inner := problem.New(problem.NotFound, "listing_not_found", "listing %s does not exist", "l1")
	require.Equal(t, problem.NotFound, problem.KindOf(fmt.Errorf("load: %w", inner)))
	outer := problem.Wrap(problem.Unavailable, "store", inner, "load the listing")
	require.Equal(t, problem.Unavailable, problem.KindOf(outer))
	require.ErrorIs(t, outer, inner)
	require.Equal(t, problem.NotFound, problem.KindOf(errors.Join(errors.New("x"), inner)))
}

func TestKindOf_ErrorsThatAreNoProblem_AreInternalExceptADeadline(t *testing.T) {
	require.Equal(t, problem.Internal, problem.KindOf(errors.New("x")))
	require.Equal(t, problem.Internal, problem.KindOf(context.Canceled))
	require.Equal(t, problem.Unavailable, problem.KindOf(fmt.Errorf("call: %w", context.DeadlineExceeded)))
}

func TestRetryable_EveryKind_IsExplicit(t *testing.T) {
	want := map[problem.Kind]bool{
		problem.Invalid: false, problem.Unauthorized: false, problem.Forbidden: false, problem.NotFound: false, problem.TooLarge: false,
		problem.Conflict: true, problem.RateLimited: true, problem.Unavailable: true, problem.Internal: true,
	}
	for kind, retryable := range want {
		require.Equal(t, retryable, problem.Retryable(problem.New(kind, "c", "d")), kind)
	}
	require.True(t, problem.Retryable(errors.New("x")))
}

func TestError_Text_HasDetailAndCause(t *testing.T) {
	require.EqualError(t, problem.New(problem.Invalid, "c", "field %s is missing", "a"), "field a is missing")
	require.EqualError(t, problem.Wrap(problem.Internal, "c", errors.New("disk full"), "store it"), "store it: disk full")
	require.EqualError(t, &problem.Error{Kind: problem.Conflict}, "conflict")
}

func TestRetryAfter_Wrapped_IsFound(t *testing.T) {
	err := fmt.Errorf("poll: %w", &problem.Error{Kind: problem.RateLimited, RetryAfter: 7 * time.Second})
	require.Equal(t, 7*time.Second, problem.RetryAfter(err))
	require.Zero(t, problem.RetryAfter(errors.New("x")))
}
