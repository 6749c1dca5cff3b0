package assistant

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestTidy_WhatIsAroundAReply_IsTakenOff(t *testing.T) {
	for given, want := range map[string]string{
		"<think>They are angry.</think>\n\nThank you.": "Thank you.",
		"```\nThank you.\n```":                         "Thank you.",
		`"Thank you."`:                                 "Thank you.",
		`"Thank you," said "we".`:                      `"Thank you," said "we".`,
		"«Gracias.»":                                   "Gracias.",
		"Thank\u202e you\u200b.\x00\r\nBye\t.":         "Thank you. \nBye .",
		"Thank \xff you.":                              "Thank  you.",
		strings.Repeat("Señor. ", 400):                 strings.TrimSpace(strings.Repeat("Señor. ", 285)),
		strings.Repeat("ñ", 2001):                      strings.Repeat("ñ", 2000),
	} {
		require.Equal(t, want, tidy(given))
	}
}

func TestQuestion_LongReview_IsCut(t *testing.T) {
	c, err := New(Config{URL: "http://localhost:1/", Model: "m", Timeout: 1})
	require.NoError(t, err)
	body, err := c.question(Question{Review: strings.Repeat("ñ", 9000), Site: "google", Language: "es"})
	require.NoError(t, err)
	require.Equal(t, 8000, strings.Count(string(body), "ñ"))
	require.Contains(t, string(body), "sentences in Spanish")
	require.NotContains(t, string(body), "{{", "what is not known cannot be filled in")
}

func TestEndpoint_EveryFormOfTheAddress_LeadsToTheSame(t *testing.T) {
	for given, want := range map[string]string{
		"http://localhost:11434":                       "http://localhost:11434/v1/chat/completions",
		"https://api.example.org/":                     "https://api.example.org/v1/chat/completions",
		"https://api.example.org/v1":                   "https://api.example.org/v1/chat/completions",
		"https://api.example.org/v1/":                  "https://api.example.org/v1/chat/completions",
		"https://x.example/openai/v1/chat/completions": "https://x.example/openai/v1/chat/completions",
	} {
		got, err := Endpoint(given)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func FuzzRead_AnswerOfAServer(f *testing.F) {
	f.Add([]byte(`{"choices":[{"message":{"content":"Thank you."}}]}`))
	f.Add([]byte(`{"choices":[{"message":{"content":"<think>x"}}]}`))
	f.Add([]byte(`{"choices":[{"message":{"content":"\"\""}}]}`))
	f.Add([]byte(`{"choices":[]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		encoded, err := json.Marshal(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": string(answer)}}}})
		require.NoError(t, err)
		for _, body := range [][]byte{answer, encoded} {
			text, err := read(body)
			if err != nil {
				require.NotEmpty(t, Why(err))
				continue
			}
			require.NotEmpty(t, text)
			require.True(t, utf8.ValidString(text))
			require.LessOrEqual(t, utf8.RuneCountInString(text), maxText)
			require.False(t, strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && r != '\n' }), "%q", text)
		}
	})
}
