package polite_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
)

func TestDo_Spacing_IsKeptBetweenRequests(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	took := func(spacing time.Duration) time.Duration {
		client, err := polite.New(polite.Config{
			Product: "Bedside", Contact: "mailto:a@b.example", AllowLoopback: true, RequestsPerSecond: 1000, Burst: 1000,
		})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, client.Close()) })
		start := time.Now()
		for range 4 {
			_, err := client.Do(t.Context(), polite.Request{URL: server.URL, Spacing: spacing})
			require.NoError(t, err)
		}
		return time.Since(start)
	}
	require.GreaterOrEqual(t, took(40*time.Millisecond), 3*40*time.Millisecond)
	require.Less(t, took(0), 3*40*time.Millisecond)
}
