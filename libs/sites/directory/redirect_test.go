package directory_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/directory"
)

func TestFetch_ListingMovedToAnotherHost_IsReadToItsEnd(t *testing.T) {
	const review = `<script type="application/ld+json">{"@context":"https://schema.org","@type":"Dentist","name":"Pine Dental",
"review":[{"@type":"Review","@id":"#r%d","author":"P.","datePublished":"2026-03-0%d","reviewBody":"words %d","reviewRating":{"ratingValue":5}}]}</script>`
	moved := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Query().Get("page") == "2" {
			_, _ = fmt.Fprintf(w, "<html><head>"+review+"</head></html>", 1, 1, 1)
			return
		}
		_, _ = fmt.Fprintf(w, `<html><head><link rel="next" href="/p?page=2">`+review+"</head></html>", 2, 2, 2)
	}))
	t.Cleanup(moved.Close)
	// The same machine under another name is another host.
	target := strings.Replace(moved.URL, "127.0.0.1", "localhost", 1)
	old := httptest.NewServer(http.RedirectHandler(target+"/p", http.StatusMovedPermanently))
	t.Cleanup(old.Close)
	client, err := polite.New(polite.Config{Product: "Bedside/1", Contact: "mailto:x@example.org", AllowLoopback: true, RequestsPerSecond: 1000, Burst: 1000})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	site, err := directory.New(directory.Config{Client: client})
	require.NoError(t, err)

	req := sites.Request{Listing: sites.Listing{ID: "l", Ref: old.URL + "/old"}}
	var texts []string
	for {
		page, err := site.Fetch(t.Context(), req)
		require.NoError(t, err)
		for _, r := range page.Reviews {
			texts = append(texts, r.Text)
		}
		if page.Next == "" {
			break
		}
		req.Page = page.Next
	}
	require.Equal(t, []string{"words 2", "words 1"}, texts)
}
