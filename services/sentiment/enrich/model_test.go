package enrich

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/jdkato/prose/v2"
	"github.com/stretchr/testify/require"
)

// sentences have no word twice, because prose would give both the tag of the last.
var sentences = []string{
	"We were helped by Michael Johnson , who was kind .",
	"My hygienist Amanda is gentle and explains what she does",
	"Ask for Priya Raman at the desk on Elm Street in Boston !",
	"I do not mind a wait but nobody told us why it took 90 minutes in 2024 .",
	"The front-desk person ( Teresa ) would not call back",
	"Great Job Doctor Patel and Nurse Joy of Riverside Dental Group today",
	"she is patient with kids while they scream",
	"THANK YOU Marisol FOR EVERYTHING",
	"Jos\u00e9 \u00c1lvarez and S\u00f8ren fixed my crown for $ 400 on Monday",
	"they charged 0 dollars * then - as promised - sent Kevin O'Neil's bill",
	"i mean it , Dr Wu and his assistant Li were cold to us yesterday",
}

// TestModel_PlainSentences_AnswersAsProseDoes compares the arithmetic on packed weights with
// prose's own.
func TestModel_PlainSentences_AnswersAsProseDoes(t *testing.T) {
	m := lane().model(true)
	people := 0
	for _, sentence := range sentences {
		doc, err := prose.NewDocument(sentence, prose.UsingModel(theirs()), prose.WithSegmentation(false))
		require.NoError(t, err)
		parts := tokens(sentence)
		tags := m.tagSpeech(parts)
		labels := m.labelNames(parts, tags)
		for i, want := range doc.Tokens() {
			require.Equal(t, want, prose.Token{Text: parts[i], Tag: tags[i], Label: labels[i]}, sentence)
		}
		var want []string
		for _, entity := range doc.Entities() {
			if entity.Label == person {
				want = append(want, entity.Text)
			}
		}
		require.Equal(t, want, peopleOf(parts, tags, labels), sentence)
		people += len(want)
	}
	require.Greater(t, people, 4, "sentences that name nobody compare nothing")
}

// TestLoad_WithNames_TakesAFifthOfWhatProseTakes: prose's maps have some 40 MB, and half a
// million things for a garbage collector to look at.
func TestLoad_WithNames_TakesAFifthOfWhatProseTakes(t *testing.T) {
	m := lane().model(true)
	bytes := 0
	for _, packed := range []table{m.speech, m.names} {
		bytes += len(packed.slots)*int(unsafe.Sizeof(slot{})) + len(packed.classes) + 4*len(packed.weights)
	}
	require.Less(t, bytes, 9<<20)
	require.Greater(t, bytes, 1<<20)
}

// TestLoad_PartsOfSpeechAlone_HoldsNoNames keeps the smaller model small.
func TestLoad_PartsOfSpeechAlone_HoldsNoNames(t *testing.T) {
	l := New()
	require.NoError(t, l.Load(false))
	m := l.model(false)
	require.Empty(t, m.names.slots)
	require.Greater(t, len(m.speech.weights), 100_000)
	require.Equal(t, "NN", m.tagSpeech(strings.Fields("the dentist"))[1])
}
