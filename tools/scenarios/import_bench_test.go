package scenarios

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/tools/client"
)

// BenchmarkImport_FiftyThousandReviews imports 50,000 reviews into a Bedside in a process
// of its own until the last is tagged and assigned, then asks for the inbox. It prints
// seconds, reviews a second and the process's memory.
func BenchmarkImport_FiftyThousandReviews(b *testing.B) {
	const reviews = 50_000
	for b.Loop() {
		p := newProcess(b, b.TempDir(), []string{"--setup", plan(b)})
		began := time.Now()
		p.start(b)
		c := p.waitReady(b)
		b.ReportMetric(time.Since(began).Seconds(), "s-to-ready")

		began = time.Now()
		report := upload(b, c, "main", "google", generated(reviews))
		uploaded := time.Since(began)
		for report.InInbox < reviews {
			require.Less(b, time.Since(began), 10*time.Minute)
			time.Sleep(200 * time.Millisecond)
			answer, err := c.GetImportWithResponse(context.Background(), *report.Id)
			require.NoError(b, err)
			require.Equal(b, http.StatusOK, answer.StatusCode(), string(answer.Body))
			report = *answer.JSON200
		}
		took := time.Since(began)
		now, peak := p.memory(b)
		b.ReportMetric(uploaded.Seconds(), "s-to-upload")
		b.ReportMetric(took.Seconds(), "s-to-inbox")
		b.ReportMetric(reviews/took.Seconds(), "reviews/s")
		b.ReportMetric(now, "MB-resident")
		b.ReportMetric(peak, "MB-peak")

		began = time.Now()
		page, err := c.ListReviewsWithResponse(context.Background(), &client.ListReviewsParams{Topic: &client.TopicFilter{"billing"}, Status: &[]client.Status{"new"}})
		require.NoError(b, err)
		require.NotEmpty(b, page.JSON200.Items)
		facets, err := c.GetReviewFacetsWithResponse(context.Background(), &client.GetReviewFacetsParams{Topic: &client.TopicFilter{"billing"}, Status: &[]client.Status{"new"}})
		require.NoError(b, err)
		require.NotNil(b, facets.JSON200)
		b.ReportMetric(time.Since(began).Seconds()*1000, "ms-inbox-page")
		p.stop(b)
	}
}

// generated makes n reviews of about 60 words from parts, always the same.
func generated(n int) []map[string]any {
	parts := []string{
		"The waiting room was full and I sat there for %d minutes past my appointment.",
		"My bill was $%d more than the estimate and nobody could explain why.",
		"The front desk staff were friendly and remembered my name.",
		"The doctor listened, explained everything and took her time.",
		"I called %d times and nobody picked up the phone.",
		"They pushed an upgrade on my lenses that I did not need.",
		"The office is clean, bright and easy to park at.",
		"Cleaning was gentle and did not hurt at all.",
		"Reception was rude when I asked about my insurance.",
		"I was in and out in %d minutes.",
		"I would recommend this place to anyone in the neighbourhood.",
		"My results never came and I had to ask for them again.",
	}
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]map[string]any, n)
	day := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	for i := range rows {
		text := ""
		for range 5 {
			part := parts[random.IntN(len(parts))]
			if bytes.ContainsRune([]byte(part), '%') {
				part = fmt.Sprintf(part, 5+random.IntN(90))
			}
			text += part + " "
		}
		rows[i] = map[string]any{
			"external_id": fmt.Sprintf("g-%06d", i), "author": fmt.Sprintf("Reviewer %d", i), "rating": 1 + random.IntN(5),
			"posted_at": day.Add(time.Duration(i) * time.Minute).Format(time.RFC3339), "text": text,
		}
	}
	return rows
}

// upload sends rows as an import and returns the report of its beginning.
func upload(t testing.TB, c *client.ClientWithResponses, location, site string, rows []map[string]any) client.Import {
	t.Helper()
	var body bytes.Buffer
	for _, row := range rows {
		require.NoError(t, json.NewEncoder(&body).Encode(row))
	}
	format := client.CreateImportParamsFormat("jsonl")
	answer, err := c.CreateImportWithBodyWithResponse(context.Background(), &client.CreateImportParams{LocationId: location, Site: site, Format: &format}, "application/x-ndjson", &body)
	require.NoError(t, err)
	require.NotNil(t, answer.JSON202, string(answer.Body))
	return *answer.JSON202
}
