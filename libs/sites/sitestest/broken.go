package sitestest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
)

// Broken feeds an adapter every body that can be made of a good one by cutting it
// or by putting a wrong value in the place of one of its values, and checks that
// nothing is stored by half: an error brings no reviews, a review that is missing
// is told by a warning and keeps the list from being complete, and what remains is
// fit to be stored. good is a JSON answer with reviews; read is a Fetch that gets
// the body as its answer; list is the field that holds the reviews, empty where
// the answer itself is the list.
func Broken(t *testing.T, good []byte, list string, read func(body []byte) (sites.Page, error)) {
	t.Helper()
	page, err := read(good)
	require.NoError(t, err)
	require.NotEmpty(t, page.Reviews)
	require.Empty(t, page.Warnings)
	whole := len(page.Reviews)

	for cut := range len(strings.TrimRight(string(good), " \n")) {
		page, err := read(good[:cut])
		require.Error(t, err, "cut after %d bytes", cut)
		require.Empty(t, page.Reviews)
	}
	var tree any
	require.NoError(t, json.Unmarshal(good, &tree))
	wrong := []any{
		nil, true, -1, 1e300, "", "<b>&amp;</b>\x00\u202e", strings.Repeat("x", 2*events.MaxTextBytes), []any{}, map[string]any{},
		[]any{map[string]any{"id": []any{}}}, []any{nil}, map[string]any{"error": 1},
	}
	replace(tree, func(path string, value any, put func(any)) {
		for _, instead := range wrong {
			put(instead)
			body, err := json.Marshal(tree)
			require.NoError(t, err)
			page, err := read(body)
			what := fmt.Sprintf("%s = %.40v", path, instead)
			if err != nil {
				require.Empty(t, page.Reviews, what)
				continue
			}
			if empty, isList := instead.([]any); len(page.Reviews) < whole && (!isList || len(empty) > 0 || path != list) {
				require.NotEmpty(t, page.Warnings, "a review was lost without a word: %s", what)
				require.False(t, page.Complete, what)
			}
			Storable(t, page)
		}
		put(value)
	})
}

// Storable checks that what an adapter made of a foreign answer keeps the bounds of
// reviews.
func Storable(t *testing.T, page sites.Page) {
	t.Helper()
	ids := map[string]bool{}
	for _, r := range page.Reviews {
		require.NotEmpty(t, r.ExternalID)
		require.False(t, ids[r.ExternalID], "one id twice on a page")
		ids[r.ExternalID] = true
		require.LessOrEqual(t, len(r.Text), events.MaxTextBytes)
		require.LessOrEqual(t, len(r.Title), events.MaxTitleBytes)
		require.LessOrEqual(t, len(r.Author), events.MaxAuthorBytes)
		if r.Rating != nil {
			require.True(t, *r.Rating >= 1 && *r.Rating <= 5, "rating %v", *r.Rating)
		}
		if r.Reply != nil {
			require.NotEmpty(t, r.Reply.Text)
			require.LessOrEqual(t, len(r.Reply.Text), events.MaxTextBytes)
		}
		for _, at := range []int{r.PostedAt.Year(), r.UpdatedAt.Year()} {
			require.True(t, at == 1 || at >= 1990 && at <= 2200, "year %d", at)
		}
	}
	for _, w := range page.Warnings {
		require.LessOrEqual(t, len(w), 200)
		require.NotContains(t, w, "<", "a warning carries no text of the site")
	}
}

// replace visits every value of a JSON tree with its path ("reviews.0.id") and a
// way to put another in its place.
func replace(tree any, visit func(path string, value any, put func(any))) {
	var walk func(path string, node any)
	walk = func(path string, node any) {
		switch node := node.(type) {
		case map[string]any:
			for key, value := range node {
				at := strings.TrimPrefix(path+"."+key, ".")
				walk(at, value)
				visit(at, value, func(v any) { node[key] = v })
			}
		case []any:
			for i, value := range node {
				at := strings.TrimPrefix(fmt.Sprintf("%s.%d", path, i), ".")
				walk(at, value)
				visit(at, value, func(v any) { node[i] = v })
			}
		}
	}
	walk("", tree)
}
