package tagging

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
)

func TestLoadPresence_FaultyLines_NameFileAndLine(t *testing.T) {
	for name, line := range map[string]string{
		"unknown topic": "parking\tcar\t0.5",
		"no weight":     "wait_times\thours",
		"no number":     "wait_times\thours\tmany",
	} {
		data := fstest.MapFS{"presence.tsv": {Data: []byte("# note\n" + line + "\n")}}
		require.ErrorContains(t, newLexicon().loadPresence(data, "presence.tsv"), "presence.tsv:2:", name)
	}
}

// TestRecognize_WordsBeyondDoubt_AddTheTopic reads with weights of its own, so that it
// does not depend on what was learned.
func TestRecognize_WordsBeyondDoubt_AddTheTopic(t *testing.T) {
	e, err := New()
	require.NoError(t, err)
	r := &reading{}
	r.read(e, "blue sky")
	blue, sky := r.words[0].id, r.words[1].id
	require.NotEqual(t, idUnknown, sky, "the words of the test are known")
	require.NotEqual(t, idUnknown, blue, "the words of the test are known")
	p := &presence{bias: byTopic{-3, -9}, words: make([]int32, max(blue, sky)+1), weights: []byTopic{{2}, {2.5}}}
	p.words[sky] = 1
	p.pairs.put(blue, sky, 1)
	e.lex.presence = p
	require.Empty(t, e.Analyze("The sky is over there.").Tags, "one weight is not enough")
	const text = "We went home. There was a blue sky."
	tags := e.Analyze(text).Tags
	require.Len(t, tags, 1)
	require.Equal(t, review.WaitTimes, tags[0].Topic)
	require.Equal(t, "words.wait_times", tags[0].Evidence[0].Rule)
	require.Contains(t, tags[0].Evidence[0].Quote, "blue sky")
}
