package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
)

func TestLexicon_LifeOfOne_IsCountedAndGuarded(t *testing.T) {
	d := start(t)
	max, rita := d.as("max", "lakeside"), d.as("rita", "lakeside")
	empty := rita.ok("/api/v1/lexicon").object()
	require.Equal(t, map[string]any{"revision": 0.0, "topics": []any{}, "terms": []any{}}, empty)
	body := map[string]any{
		"revision": 0,
		"topics":   []any{map[string]any{"key": "own.parking", "name": " Parking  garage "}},
		"terms": []any{
			map[string]any{"phrase": "the  ramp", "kind": "topic", "topic": "own.parking", "polarity": "negative", "role": "left over"},
			map[string]any{"phrase": "Dr. Bee", "kind": "person", "name": "Dr. Beatrice Okafor", "role": "dentist"},
			map[string]any{"phrase": "Rude Street", "kind": "ignore"},
		},
	}
	put := func(b *browser, body map[string]any) answer { return b.send(http.MethodPut, "/api/v1/lexicon", body) }
	a := put(max, body)
	require.Equal(t, http.StatusOK, a.status, a.text())
	got := rita.ok("/api/v1/lexicon").object()
	require.InDelta(t, 1, got["revision"], 0)
	require.Equal(t, "Parking garage", got["topics"].([]any)[0].(map[string]any)["name"])
	require.Equal(t, map[string]any{"phrase": "the ramp", "kind": "topic", "topic": "own.parking", "polarity": "negative"}, got["terms"].([]any)[0])
	require.Equal(t, map[string]any{"kind": "person", "id": "max", "name": "Max Manager"}, got["updated_by"])
	stored, err := d.store.Lexicons.Get(t.Context(), docstore.Org("lakeside"), "lakeside")
	require.NoError(t, err)
	require.NoError(t, stored.Validate())

	same := put(max, body)
	require.Equal(t, http.StatusOK, same.status, "setting what is set is no change: %s", same.text())
	require.InDelta(t, 1, same.object()["revision"], 0)
	body["terms"] = []any{}
	stale := put(d.as("ada", "lakeside"), body)
	require.Equal(t, http.StatusConflict, stale.status, stale.text())
	require.Equal(t, "lexicon_changed", stale.code())
	body["revision"] = 1
	require.InDelta(t, 2, put(max, body).object()["revision"], 0)
	require.InDelta(t, 0, d.as("ada", "harbor").ok("/api/v1/lexicon").object()["revision"], 0, "one organization's terms are not the other's")
}

func TestLexicon_WhatIsNoLexicon_IsRefusedWithTheEntry(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	term := func(fields ...string) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(fields); i += 2 {
			out[fields[i]] = fields[i+1]
		}
		return out
	}
	many := []any{}
	for i := range 501 {
		many = append(many, term("phrase", fmt.Sprint("word ", i), "kind", "ignore"))
	}
	for name, c := range map[string]struct {
		terms []any
		tells string
	}{
		"topic it does not have": {[]any{term("phrase", "ramp", "kind", "topic", "topic", "own.parking")}, "terms[0].topic"},
		"twice":                  {[]any{term("phrase", "Ramp", "kind", "ignore"), term("phrase", "ramp", "kind", "ignore")}, "terms[1].phrase"},
		"person without a name":  {[]any{term("phrase", "Dr. Bee", "kind", "person")}, "terms[0].name"},
		"blank":                  {[]any{term("phrase", "   ", "kind", "ignore")}, "terms[0].phrase"},
		"control":                {[]any{term("phrase", "a\x00b", "kind", "ignore")}, "terms[0].phrase"},
		"kind":                   {[]any{term("phrase", "a", "kind", "regex")}, "terms.0.kind"},
		"unknown field":          {[]any{term("phrase", "a", "kind", "ignore", "weight", "9")}, "terms.0"},
		"many":                   {many, "terms"},
	} {
		a := max.send(http.MethodPut, "/api/v1/lexicon", map[string]any{"revision": 0, "topics": []any{}, "terms": c.terms})
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s: %s", name, a.text())
		require.Contains(t, a.object()["detail"], c.tells, name)
	}
	full := max.send(http.MethodPut, "/api/v1/lexicon", map[string]any{"revision": 0, "topics": []any{}, "terms": longTerms()})
	require.Equal(t, http.StatusOK, full.status, "a lexicon as large as one may be: %s", full.code)
	huge := max.send(http.MethodPut, "/api/v1/lexicon", strings.NewReader(`{"revision":1,"topics":[],"terms":[]`+strings.Repeat(" ", 1<<20)+`}`), "Content-Type", "application/json")
	require.Equal(t, http.StatusRequestEntityTooLarge, huge.status)
}

// longTerms are as many terms as there may be, as long as they may be.
func longTerms() []any {
	out := []any{}
	for i := range 500 {
		out = append(out, map[string]any{
			"phrase": fmt.Sprintf("%03d %s", i, strings.Repeat("p", 96)), "kind": "person",
			"name": strings.Repeat("n", 60), "role": strings.Repeat("r", 60),
		})
	}
	return out
}

func TestLocation_Record_IsChangedByRevision(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	first := max.ok("/api/v1/locations/elm-street")
	require.Equal(t, `"1"`, first.header.Get("ETag"))
	require.Equal(t, []any{}, first.object()["hours"])
	require.NotContains(t, first.object(), "accepts_new_patients")
	patch := func(body map[string]any) answer {
		return max.send(http.MethodPatch, "/api/v1/locations/elm-street", body)
	}
	a := patch(map[string]any{
		"rev": 1, "telephone": " +1 315 555-0142 ext. 3 ", "website": "https://example.org/elm", "hours": []string{"Mo-Fr  08:00-17:00", "Sa 22:00-02:00"},
		"address": map[string]any{"street": "12 Elm Street ", "locality": "Lakeside"}, "accepts_new_patients": true, "categories": []string{"Optometrist"},
		"region": "North", "time_zone": "America/Denver", "kind": "medical",
	})
	require.Equal(t, http.StatusOK, a.status, a.text())
	got := max.ok("/api/v1/locations/elm-street").object()
	require.Equal(t, "Elm Street", got["name"], "what is left out stays")
	require.Equal(t, "+1 315 555-0142 ext. 3", got["telephone"])
	require.Equal(t, []any{"Mo-Fr 08:00-17:00", "Sa 22:00-02:00"}, got["hours"])
	require.Equal(t, map[string]any{"street": "12 Elm Street", "locality": "Lakeside"}, got["address"])
	require.Equal(t, true, got["accepts_new_patients"])
	require.InDelta(t, 2, got["rev"], 0)

	stale := patch(map[string]any{"rev": 1, "telephone": ""})
	require.Equal(t, http.StatusConflict, stale.status, stale.text())
	require.Equal(t, "location_changed", stale.code())
	again := patch(map[string]any{"rev": 2, "region": "North"})
	require.InDelta(t, 2, again.object()["rev"], 0, "what changes nothing is no revision")
	emptied := patch(map[string]any{"rev": 2, "telephone": "", "website": "", "hours": []string{}, "accepts_new_patients": nil, "categories": []string{}, "address": map[string]any{}})
	require.Equal(t, http.StatusOK, emptied.status, emptied.text())
	for _, field := range []string{"telephone", "website", "accepts_new_patients", "address"} {
		require.NotContains(t, emptied.object(), field)
	}
	require.Equal(t, "America/Denver", emptied.object()["time_zone"])
}

func TestLocation_WhatNobodyCouldCompare_IsRefused(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	for _, body := range []map[string]any{
		{"name": "  "}, {"name": "a\nb"}, {"time_zone": "Local"}, {"time_zone": "Mars/Base"}, {"telephone": "call us"}, {"telephone": "12"},
		{"telephone": "<b>3155550142</b>"}, {"website": "javascript:alert(1)"}, {"website": "https://user:secret@example.org"}, {"website": "example.org"},
		{"hours": []string{"weekdays 8 to 5"}}, {"hours": []string{"Mo-Fr 08:00-25:00"}}, {"hours": []string{"Mo 09:00-09:00"}}, {"hours": []string{"Mo 8:00-9:00"}},
		{"hours": []string{"Mo 09:00-12:00, 13:00-17:00"}}, {"categories": []string{" "}}, {"kind": "spaceport"}, {"address": map[string]any{"street": "a\x00"}},
		{"manager_id": "ada"}, {"sort": 1},
	} {
		body["rev"] = 1
		a := max.send(http.MethodPatch, "/api/v1/locations/elm-street", body)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%v: %s", body, a.text())
	}
	require.Equal(t, http.StatusUnprocessableEntity, max.send(http.MethodPatch, "/api/v1/locations/elm-street", map[string]any{"name": "x"}).status, "a revision is needed")
	doc, err := d.store.Locations.Get(t.Context(), docstore.Org("lakeside"), "elm-street")
	require.NoError(t, err)
	require.Equal(t, int64(1), doc.Rev)
}
