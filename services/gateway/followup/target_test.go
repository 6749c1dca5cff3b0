package followup

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/polite"
)

func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"https://example.org/hook?x=1", "http://127.0.0.1:9/", "https://[fe80::1%25eth0]/", "HTTPS://EXAMPLE.ORG", "a@example.org", "https://%6c%6fcalhost/",
		"https://example.org:99999/", "//x", "https://①②⑦.0.0.1/",
	} {
		f.Add(seed, Webhook)
		f.Add(seed, Slack)
		f.Add(seed, Email)
	}
	s, err := New(Config{Store: noStore{}, Now: time.Now})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, target, kind string) {
		got, err := s.target(kind, target)
		if err != nil {
			return
		}
		require.NotContains(t, got, "\n")
		if kind == Email {
			require.Equal(t, strings.TrimSpace(target), got)
			return
		}
		u, err := url.Parse(got)
		require.NoError(t, err)
		require.Equal(t, "https", u.Scheme)
		require.NotEmpty(t, u.Hostname())
		if address, err := netip.ParseAddr(u.Hostname()); err == nil {
			require.True(t, polite.Public(address.Unmap()), got)
		}
		again, err := s.target(kind, got)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}

type noStore struct{ Store }

func TestShown_Secrets_AreShortened(t *testing.T) {
	for want, c := range map[string]collections.Channel{
		"office@example.org":            {Kind: Email, Target: "office@example.org"},
		"https://hooks.slack.com/…wxyz": {Kind: Slack, Target: "https://hooks.slack.com/services/T/B/abcdwxyz"},
		"https://hooks.slack.com/…/a":   {Kind: Slack, Target: "https://hooks.slack.com/a"},
		"https://example.org/in":        {Kind: Webhook, Target: "https://example.org/in"},
		"https://example.org/in?…":      {Kind: Webhook, Target: "https://example.org/in?token=x"},
		"…":                             {Kind: Webhook, Target: "https://a b/"},
	} {
		require.Equal(t, want, Shown(c))
	}
}
