package google_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites/google"
)

func envelope(data string) string {
	return fmt.Sprintf(`{"message":{"data":%q,"messageId":"77","publishTime":"2026-03-01T10:00:00.5Z","attributes":{}},"subscription":"projects/p/subscriptions/s"}`,
		base64.StdEncoding.EncodeToString([]byte(data)))
}

const pushData = `{"type":"NEW_REVIEW","review":"accounts/1/locations/2/reviews/r1","location":"accounts/1/locations/2"}`

func TestParsePush_Envelope_SaysWhatAndWhere(t *testing.T) {
	got, err := google.ParsePush([]byte(envelope(pushData)))
	require.NoError(t, err)
	require.Equal(t, google.Push{
		Type: "NEW_REVIEW", Location: "accounts/1/locations/2", Review: "accounts/1/locations/2/reviews/r1",
		MessageID: "77", PublishedAt: time.Date(2026, 3, 1, 10, 0, 0, 5e8, time.UTC), Subscription: "projects/p/subscriptions/s",
	}, got)
	require.True(t, got.AboutReviews())
	require.True(t, got.Concerns("accounts/1/locations/2"))
	require.False(t, got.Concerns("accounts/1/locations/22"))
}

func TestParsePush_OtherSpellings_AreRead(t *testing.T) {
	urlSafe := strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(pushData)), "=")
	for name, body := range map[string]string{
		"url-safe, unpadded": `{"message":{"data":"` + urlSafe + `"}}`,
		"unwrapped":          pushData,
		"other names":        envelope(`{"notificationType":"UPDATED_REVIEW","locationName":"accounts/1/locations/2"}`),
		"objects":            envelope(`{"type":"NEW_REVIEW","location":{"name":"accounts/1/locations/2"},"review":{"name":"x"}}`),
		"review only":        envelope(`{"type":"NEW_REVIEW","review":"accounts/1/locations/2/reviews/r"}`),
		"without account":    envelope(`{"type":"NEW_REVIEW","location":"locations/2"}`),
	} {
		got, err := google.ParsePush([]byte(body))
		require.NoError(t, err, name)
		require.True(t, got.AboutReviews(), name)
		require.True(t, got.Concerns("accounts/1/locations/2"), name)
		require.False(t, got.Concerns("accounts/1/locations/12"), name)
	}
	got, err := google.ParsePush([]byte(envelope(`{"type":"GOOGLE_UPDATE","location":"accounts/1/locations/2"}`)))
	require.NoError(t, err)
	require.False(t, got.AboutReviews())
}

func TestParsePush_NoNotification_IsInvalid(t *testing.T) {
	for _, body := range []string{
		"", "null", "{}", "[]", "x", `{"message":{}}`, `{"message":{"data":"***"}}`, envelope("x"), envelope("null"), envelope(`{"type":"NEW_REVIEW"}`),
		envelope(`{"location":"accounts/1/locations/2"}`), envelope(`{"type":"NEW_REVIEW","location":"accounts/1/locations/2/../3"}`),
		envelope(`{"type":7,"location":"accounts/1/locations/2"}`),
	} {
		_, err := google.ParsePush([]byte(body))
		require.Equal(t, problem.Invalid, problem.KindOf(err), body)
	}
	_, err := google.ParsePush(make([]byte, google.MaxPushBytes+1))
	require.Equal(t, problem.TooLarge, problem.KindOf(err))
}

func FuzzParsePush(f *testing.F) {
	f.Add(envelope(pushData))
	f.Add(pushData)
	f.Fuzz(func(t *testing.T, body string) {
		got, err := google.ParsePush([]byte(body))
		if err != nil {
			require.Contains(t, []problem.Kind{problem.Invalid, problem.TooLarge}, problem.KindOf(err))
			return
		}
		require.NotEmpty(t, got.Type)
		require.NotEmpty(t, got.Location)
	})
}
