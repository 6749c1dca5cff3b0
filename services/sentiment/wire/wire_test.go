package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/wire"
)

func analysis(text string) review.Analysis {
	return review.Analysis{
		Version: "2026.01.01+000003", Language: "en", Overall: review.Mixed, Urgent: []review.Urgent{review.Privacy, review.SafetyHarm},
		Tags: []review.Tag{
			{Topic: review.Billing, Polarity: review.Negative, Evidence: []review.Evidence{{Start: 0, End: len(text), Quote: text, Rule: "a.b"}, {Start: 1, End: 2, Quote: text, Rule: text}}},
			{Topic: "own.parking", Polarity: review.Positive, Evidence: []review.Evidence{}},
		},
		Mentions: []review.Mention{{Name: text, Role: "nurse", Polarity: review.Positive, Start: 3, End: 9}, {Name: "B", Start: 1, End: 2}},
	}
}

func FuzzAppendAnalysis_EncodingJSONReadsItAsItWas(f *testing.F) {
	f.Add("plain")
	f.Add("\"quoted\" \\ and </script>\n\t\r\x00\x1f\u2028 ünï 🙂")
	f.Add("broken \xff\xc3 bytes")
	f.Fuzz(func(t *testing.T, text string) {
		var got review.Analysis
		require.NoError(t, json.Unmarshal(wire.AppendAnalysis(nil, analysis(text)), &got))
		require.Equal(t, analysis(strings.ToValidUTF8(strings.Map(same, text), "\ufffd")), fix(got, text))
	})
}

// same leaves runes as they are; mapping makes every broken byte a U+FFFD of its own.
func same(r rune) rune { return r }

// fix puts back the one number that depends on the text's length in bytes.
func fix(a review.Analysis, text string) review.Analysis {
	a.Tags[0].Evidence[0].End += len(strings.Map(same, text)) - len(text)
	return a
}

func TestAppendAnalysis_NothingFound_ListsAreEmptyNotNull(t *testing.T) {
	require.JSONEq(t, `{"version":"1","tags":[],"overall":"mixed","urgent":[]}`, string(wire.AppendAnalysis(nil, review.Analysis{Version: "1", Overall: review.Mixed})))
}

// FuzzReader_WhatItAccepts_EncodingJSONReadsTheSame covers skipping, strings, numbers and times.
func FuzzReader_WhatItAccepts_EncodingJSONReadsTheSame(f *testing.F) {
	for _, seed := range []string{
		`{"text":"a\"\\\/\b\f\n\r\t\u00e9","number":4.50,"whole":7,"truth":true,"at":"2026-01-02T03:04:05.678Z","other":[1,{"a":[]},null,-2]}`,
		`{}`, ` { "text" : "" } `, `{"number":01}`, `{"whole":1e3}`, `{"text":"\ud83d\ude00"}`, `{"other":-}`, `{"text":"a"}x`, `[1]`,
		`{"truth":false,"other":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}`, `{"at":"2026-01-02 03:04:05Z"}`, `{"other":[1,]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		if !utf8.ValidString(data) {
			return
		}
		type shape struct {
			Text   string    `json:"text"`
			Number float64   `json:"number"`
			Whole  int       `json:"whole"`
			Truth  bool      `json:"truth"`
			At     time.Time `json:"at"`
		}
		var got shape
		seen := map[string]bool{}
		r := wire.NewReader(data)
		accepted := r.Object(func(key string) bool {
			if seen[strings.ToLower(key)] {
				return false
			}
			seen[strings.ToLower(key)] = true
			switch key {
			case "text":
				return r.Into(&got.Text)
			case "number":
				return r.Number(&got.Number)
			case "whole":
				return r.Whole(&got.Whole)
			case "truth":
				return r.Truth(&got.Truth)
			case "at":
				return r.Time(&got.At)
			case "other":
				raw, ok := r.Raw()
				require.True(t, !ok || json.Valid([]byte(raw)), "%q", raw)
				return ok
			}
			return false
		}) && r.End()
		if !accepted {
			return
		}
		var want shape
		require.NoError(t, json.Unmarshal([]byte(data), &want))
		require.Equal(t, want, got)
	})
}

func TestReader_OrdinaryEvent_IsAccepted(t *testing.T) {
	var text string
	var number float64
	r := wire.NewReader(`{"id":"x","text":"It\u2019s \"fine\"\n","rating":4.5,"more":{"a":[true,false,null,-1.5]}}` + "\n")
	require.True(t, r.Object(func(key string) bool {
		switch key {
		case "text":
			return r.Into(&text)
		case "rating":
			return r.Number(&number)
		}
		return r.Skip()
	}))
	require.True(t, r.End())
	require.Equal(t, "It’s \"fine\"\n", text)
	require.Equal(t, 4.5, number)
}
