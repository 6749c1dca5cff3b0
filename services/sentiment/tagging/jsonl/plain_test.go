package jsonl

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
)

func TestPlain_OrdinaryLine_IsRead(t *testing.T) {
	id, text, ok := plain([]byte(`{ "id": 7, "rating": 4.5, "text": "It\u2019s\nfine", "labels": {"topics": [null, true]} }`))
	require.True(t, ok)
	require.Equal(t, "7", string(id))
	require.Equal(t, "It’s\nfine", text)
}

// FuzzPlain_SameAsEncodingJSON holds the quick way of reading a line to the slow one.
func FuzzPlain_SameAsEncodingJSON(f *testing.F) {
	for _, line := range []string{
		`{"id":"a","text":"b"}`, `{"text":"b","Text":"c"}`, `{"ID":1,"text":""}`, `{"id":{"a": 1},"text":"x"}`, `{"id":1,"id":2,"text":"x"}`,
		`{"text":null}`, `{"text":"x"} y`, `{"id":-0.5e3,"text":"x"}`, `{"\u0069d":1,"text":"x"}`,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		id, text, ok := plain([]byte(line))
		if !ok {
			return
		}
		var in input
		require.NoError(t, json.Unmarshal([]byte(line), &in))
		require.NotNil(t, in.Text)
		require.Equal(t, *in.Text, text)
		require.Equal(t, string(in.ID), string(id))
	})
}

func TestAppendResult_AnyResult_IsOneLineThatEncodingJSONReads(t *testing.T) {
	for _, res := range []Result{
		{Topics: []review.Tag{}, Overall: review.Mixed, Urgent: []review.Urgent{}, Error: "line 1: \"x\"\n"},
		{ID: compact(json.RawMessage("{\"a\" :\n [1, 2]}")), Overall: review.Positive, Urgent: []review.Urgent{review.Privacy}, Topics: []review.Tag{
			{Topic: review.Billing, Polarity: review.Negative, Evidence: []review.Evidence{{Start: 1, End: 4, Quote: "<\"\u2028>\n", Rule: "a"}}},
		}},
	} {
		line := string(appendResult(nil, res))
		require.Equal(t, 1, strings.Count(line, "\n"))
		var got Result
		require.NoError(t, json.Unmarshal([]byte(line), &got))
		if res.ID == nil {
			res.ID = json.RawMessage("null")
		}
		require.Equal(t, res, got)
	}
}
