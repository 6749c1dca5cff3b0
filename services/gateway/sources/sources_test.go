package sources_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

func TestCheckRef_Accepted_IsWrittenOneWay(t *testing.T) {
	for in, want := range map[string]string{
		"https://Example.ORG/a?b=c#d": "https://example.org/a?b=c",
		"http://127.0.0.1:8000/x":     "http://127.0.0.1:8000/x",
		"https://example.org":         "https://example.org",
	} {
		got, err := sources.CheckRef(sources.Directory, in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	got, err := sources.CheckRef(sources.Google, "accounts/123/locations/456")
	require.NoError(t, err)
	require.Equal(t, "accounts/123/locations/456", got)
}

func FuzzCheckRef(f *testing.F) {
	for _, seed := range []string{"https://example.org/", "HTTP://[::1]:80/", "javascript:alert(1)", "https://a@b/", "accounts/1/locations/2", "https://exa%6dple.org/"} {
		f.Add("directory", seed)
		f.Add("google", seed)
	}
	f.Fuzz(func(t *testing.T, adapter, ref string) {
		got, err := sources.CheckRef(adapter, ref)
		if err != nil {
			require.Equal(t, problem.Invalid, problem.KindOf(err))
			return
		}
		again, err := sources.CheckRef(adapter, got)
		require.NoError(t, err)
		require.Equal(t, got, again, "the stored form is stable")
		if adapter == sources.Directory {
			u, err := url.Parse(got)
			require.NoError(t, err)
			require.Contains(t, []string{"http", "https"}, u.Scheme)
			require.NotEmpty(t, u.Hostname())
			require.Nil(t, u.User)
		}
	})
}
