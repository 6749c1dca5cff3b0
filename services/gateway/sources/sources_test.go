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

func TestCheckRef_FurtherSites_TakeWhatPeopleHaveAtHand(t *testing.T) {
	for _, tc := range []struct{ adapter, in, want string }{
		{sources.Yelp, "harbor-dental-lakeside", "harbor-dental-lakeside"},
		{sources.Yelp, "https://www.yelp.com/biz/caf%C3%A9-z%C3%A4hne-3?osq=dentist#reviews", "café-zähne-3"},
		{sources.Yelp, "http://m.yelp.com/biz/harbor-dental/", "harbor-dental"},
		{sources.Facebook, "100064501234567", "100064501234567"},
		{sources.Facebook, "https://www.facebook.com/Harbor.Dental/reviews", "Harbor.Dental"},
		{sources.Facebook, "https://m.facebook.com/profile.php?id=100064501234567", "100064501234567"},
		{sources.Trustpilot, "46d6a890000064000500e0c3", "46d6a890000064000500e0c3"},
		{sources.CareOpinion, "RXX01", "RXX01"},
		{sources.CareOpinion, "all", "all"},
		{sources.Selector, "townhealth!HTTPS://TownHealth.example/a#b", "townhealth!https://townhealth.example/a"},
	} {
		got, err := sources.CheckRef(tc.adapter, tc.in)
		require.NoError(t, err, tc.in)
		require.Equal(t, tc.want, got)
	}
	for adapter, refs := range map[string][]string{
		sources.Yelp:        {"", "a b", "a/b", "https://www.yelp.com/", "https://www.yelp.com/biz/a/b", "https://notyelp.com/biz/a", "https://x@yelp.com/biz/a"},
		sources.Facebook:    {"", "a b", "https://www.facebook.com/", "https://facebook.com.example/x", "https://www.facebook.com/profile.php?id=a%20b"},
		sources.Trustpilot:  {"", "example.com", "https://www.trustpilot.com/review/example.com"},
		sources.CareOpinion: {"", "-x", "a/b", "https://www.careopinion.org.uk/services/rxx01"},
		sources.Selector:    {"", "townhealth", "https://townhealth.example/", "Town!https://townhealth.example/", "townhealth!ftp://x.example", "townhealth!https://u:p@x.example/"},
		"myspace":           {"x"},
	} {
		for _, ref := range refs {
			_, err := sources.CheckRef(adapter, ref)
			require.Equal(t, problem.Invalid, problem.KindOf(err), ref)
		}
	}
}

func FuzzCheckRef(f *testing.F) {
	for _, seed := range []string{"https://example.org/", "HTTP://[::1]:80/", "javascript:alert(1)", "https://a@b/", "accounts/1/locations/2", "https://exa%6dple.org/"} {
		f.Add("directory", seed)
		for _, adapter := range sources.Adapters() {
			f.Add(adapter, seed)
		}
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
