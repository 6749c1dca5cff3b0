package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPrintPresence_WordsOfATopic_SpeakForIt learns from made-up reviews, every
// second of which is about waiting.
func TestPrintPresence_WordsOfATopic_SpeakForIt(t *testing.T) {
	c := corpus{ids: map[string]int32{}}
	var reviews []labelled
	for i := range 60 {
		r := labelled{Text: fmt.Sprintf("On day %d we sat in the lobby, said Marlowe.", i)}
		r.Labels.Topics = map[string]string{"wait_times": "negative"}
		if i%2 == 1 {
			r = labelled{Text: fmt.Sprintf("On day %d we liked the crown.", i)}
			r.Labels.Topics = map[string]string{"wait_times": "absent"}
		}
		c.add(r.Text, i%3 == 0)
		reviews = append(reviews, r)
	}
	var out bytes.Buffer
	c.printPresence(&out, reviews, 0.3)
	weights := map[string]string{}
	for line := range strings.Lines(out.String()) {
		if parts := strings.Split(strings.TrimSpace(line), "\t"); len(parts) == 3 && parts[0] == "wait_times" {
			weights[parts[1]] = parts[2]
		}
	}
	require.Contains(t, weights, "*")
	for gram, w := range weights {
		require.NotContains(t, gram, "marlowe", "names have no weight")
		if strings.Contains(gram, "lobby") || strings.Contains(gram, "sat") {
			require.False(t, strings.HasPrefix(w, "-"), "%s: %s", gram, w)
		}
		if strings.Contains(gram, "crown") || strings.Contains(gram, "liked") {
			require.True(t, strings.HasPrefix(w, "-"), "%s: %s", gram, w)
		}
	}
	require.Greater(t, len(weights), 1)
}

func TestReadLabelled_BrokenLine_NamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.jsonl")
	require.NoError(t, os.WriteFile(path, []byte("{\"text\":\"a\"}\n\n{\n"), 0o600))
	_, err := readLabelled(path)
	require.ErrorContains(t, err, "broken.jsonl")
}
