package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func templateOf(name, text string, more ...any) map[string]any {
	out := map[string]any{"name": name, "text": text, "language": "en"}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

const plainTemplate = "Thank you for the feedback. Please call {{manager}} at {{phone}} to talk about {{topic}}."

func TestTemplates_AddChangeRemove(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	made := ada.post("/api/v1/templates", templateOf("  General   thanks ", plainTemplate,
		"sites", []string{"Google", "google", "yelp"}, "topics", []string{"billing"}, "polarity", "negative", "location_ids", []string{"main-street"}))
	require.Equal(t, http.StatusCreated, made.status, made.text())
	out := made.object()
	require.Equal(t, "General thanks", out["name"])
	require.Equal(t, []any{"google", "yelp"}, out["sites"])
	require.Equal(t, "negative", out["polarity"])
	path := "/api/v1/templates/" + out["id"].(string)

	changed := ada.put(path+"?rev=1", templateOf("General Thanks", "Thank you."))
	require.Equal(t, http.StatusOK, changed.status, changed.text())
	require.Equal(t, []any{}, changed.object()["sites"])
	stale := ada.put(path+"?rev=1", templateOf("Other", "Thank you."))
	require.Equal(t, http.StatusConflict, stale.status, stale.text())
	require.Equal(t, "template_changed", stale.code())

	listed := ada.ok("/api/v1/templates")
	require.Len(t, listed.items(), 1)
	require.Equal(t, "Thank you.", listed.items()[0]["text"])
	require.Len(t, listed.object()["variables"], 6)
	require.Empty(t, d.as("ada", "harbor").ok("/api/v1/templates").items(), "another organization's")
	require.Equal(t, http.StatusNotFound, d.as("ada", "harbor").put(path+"?rev=2", templateOf("x", "Thank you.")).status)

	require.Equal(t, http.StatusNoContent, ada.send(http.MethodDelete, path, nil).status)
	gone := ada.send(http.MethodDelete, path, nil)
	require.Equal(t, http.StatusNotFound, gone.status)
	require.Equal(t, "template_not_found", gone.code())
}

func TestTemplates_WhatCannotBeUsed_IsRefused(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	refused := func(code string, in map[string]any) answer {
		a := ada.post("/api/v1/templates", in)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, a.text())
		require.Equal(t, code, a.code(), a.text())
		return a
	}
	const text = "Thank you, {{manager}} is sorry about your root canal."
	blocked := refused("template_blocked", templateOf("Bad", text))
	finding := blocked.object()["findings"].([]any)[0].(map[string]any)
	from, until := int(finding["start"].(float64)), int(finding["end"].(float64))
	require.Equal(t, finding["quote"], text[from:until], "it marks what the person wrote")
	require.Contains(t, text[from:until], "{{manager}} is sorry")

	unknown := refused("invalid_template", templateOf("Bad", "Hello\n{{reviewer_name}}, thank you."))
	require.Equal(t, "text:2:1", unknown.object()["faults"].([]any)[0].(map[string]any)["path"])
	refused("invalid_template", templateOf("\t\u0085", "Thank you."))
	refused("invalid_template", templateOf("x", "{{topic}} matters to us.", "topics", []string{"clinical_care"}))
	refused("unknown_location", templateOf("x", "Thank you.", "location_ids", []string{"nowhere"}))
	refused("unknown_region", templateOf("x", "Thank you.", "regions", []string{"nowhere"}))
	refused("unknown_topic", templateOf("x", "Thank you.", "topics", []string{"own.parking"}))
	refused("template_blocked", templateOf("x", strings.Repeat("Gracias por la reseña. Señor. ", 150), "language", "es", "sites", []string{"google"}))
	require.Equal(t, http.StatusForbidden, d.as("rita", "lakeside").post("/api/v1/templates", templateOf("x", "Thank you.")).status)
	require.Empty(t, ada.ok("/api/v1/templates").items())
}

func TestTemplates_SameNameAtOnce_ThereIsOne(t *testing.T) {
	for name, d := range map[string]*desk{"sqlite": start(t), "mongo": startOnMongo(t)} {
		t.Run(name, func(t *testing.T) {
			ada := d.as("ada", "lakeside")
			answers := make([]answer, 8)
			var wg sync.WaitGroup
			for i := range answers {
				wg.Go(func() {
					answers[i] = ada.post("/api/v1/templates", templateOf([]string{"Thanks", "THANKS"}[i%2], fmt.Sprintf("Thank you. %d", i)))
				})
			}
			wg.Wait()
			made := 0
			for _, a := range answers {
				if a.status == http.StatusCreated {
					made++
					continue
				}
				require.Equal(t, "template_exists", a.code(), a.text())
			}
			require.Equal(t, 1, made)
			other := ada.post("/api/v1/templates", templateOf("Other", "Thank you."))
			require.Equal(t, http.StatusCreated, other.status, other.text())
			renamed := ada.put("/api/v1/templates/"+other.object()["id"].(string)+"?rev=1", templateOf("thanks", "Thank you."))
			require.Equal(t, http.StatusConflict, renamed.status)
			require.Equal(t, "template_exists", renamed.code())
		})
	}
}
