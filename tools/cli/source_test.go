package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	exampleDefinition = "../../docs/selectors/townhealth.yaml"
	examplePage       = "../../docs/selectors/townhealth.html"
)

func TestSourceTest_SavedPage_ShowsReviewsAndFacts(t *testing.T) {
	code, out, stderr := run(t, "", nil, "source", "test", exampleDefinition, examplePage)
	require.Zero(t, code, stderr)
	for _, want := range []string{
		"7702341", "4.56 (9 of 10)", "Rosa L.", "2026-02-11", "2 reviews of 2 items; the page says there are 1203.",
		"name: Quay Street Dental", "telephone: +1 555-0101", "hours: Mon-Thu 8:00-17:00", "next page: https://townhealth.example/?page=2",
	} {
		require.Contains(t, out, want)
	}
	require.Equal(t, "matched in 1 of 2 items: fields.reply\nmatched in 1 of 2 items: fields.reply_date\n", stderr)
}

func TestSourceTest_JSON_IsComplete(t *testing.T) {
	code, out, _ := run(t, "", nil, "source", "test", "--json", "--address", "https://townhealth.example/quay", exampleDefinition, examplePage)
	require.Zero(t, code)
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Len(t, got["reviews"], 2)
	require.Equal(t, "https://townhealth.example/quay?page=2", got["next"])
	require.Equal(t, []any{}, got["unmatched"])
	require.Equal(t, "Quay Street Dental", got["facts"].(map[string]any)["name"])
}

func TestSourceTest_PageOfAnotherShape_SaysWhatMatchedNothing(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(page, []byte("<header><h1>Quay\x1b[31m Street</h1></header>"), 0o600))
	code, out, stderr := run(t, "", nil, "source", "test", exampleDefinition, page)
	require.Equal(t, 1, code)
	require.Contains(t, out, "name: Quay�[31m Street", "a page cannot write to the terminal")
	require.Contains(t, stderr, "nothing matched: item (article.opinion)")
	require.Contains(t, stderr, "nothing matched: fields.rating (.score @aria-label)")
	require.NotContains(t, stderr, "facts.name")
	require.Contains(t, stderr, "its shape changed")

	require.NoError(t, os.WriteFile(page, []byte("<p class=no-opinions>Nobody wrote yet</p>"), 0o600))
	code, _, _ = run(t, "", nil, "source", "test", exampleDefinition, page)
	require.Zero(t, code, "the page says that there are no reviews")
}

func TestSourceTest_Definition_IsCheckedAlone(t *testing.T) {
	code, out, _ := run(t, "", nil, "source", "test", exampleDefinition)
	require.Zero(t, code)
	require.Contains(t, out, "valid definition of townhealth, version 1")
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	require.NoError(t, os.WriteFile(wrong, []byte("name: x\nversion: 1\nhosts: [x.example]\nitem: p\nfields:\n  texts: {select: p}\n"), 0o600))
	code, _, stderr := run(t, "", nil, "source", "test", wrong)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "wrong.yaml: line 6: fields.texts: there is no such name")
	code, _, _ = run(t, "", nil, "source", "test")
	require.Equal(t, 2, code)
}

func TestSourceTest_URL_PolitelyAndNeverPrivate(t *testing.T) {
	page, err := os.ReadFile(examplePage)
	require.NoError(t, err)
	var agent string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /private"))
		default:
			agent = r.UserAgent()
			_, _ = w.Write(page)
		}
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	text, err := os.ReadFile(exampleDefinition)
	require.NoError(t, err)
	definition := filepath.Join(t.TempDir(), "local.yaml")
	require.NoError(t, os.WriteFile(definition, []byte(strings.Replace(string(text), "[townhealth.example]", `["`+u.Host+`"]`, 1)), 0o600))

	code, _, stderr := run(t, "", nil, "source", "test", definition, s.URL+"/x")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--contact")
	environ := []string{"BEDSIDE_SCRAPER_CONTACT=mailto:it@practice.example"}
	code, _, _ = run(t, "", environ, "source", "test", definition, s.URL+"/x")
	require.Equal(t, 1, code)
	require.Empty(t, agent, "a private address is not asked")
	code, out, stderr := run(t, "", environ, "source", "test", "--allow-loopback", definition, s.URL+"/x")
	require.Zero(t, code, stderr)
	require.Contains(t, out, "2 reviews")
	require.Contains(t, agent, "mailto:it@practice.example")
	agent = ""
	code, _, _ = run(t, "", environ, "source", "test", "--allow-loopback", definition, s.URL+"/private/x")
	require.Equal(t, 1, code)
	require.Empty(t, agent, "robots.txt is kept to")
	code, _, stderr = run(t, "", environ, "source", "test", "--allow-loopback", exampleDefinition, s.URL+"/x")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "townhealth.example")
}
