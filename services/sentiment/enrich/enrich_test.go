package enrich

import (
	"strings"
	"sync"
	"testing"

	"github.com/jdkato/prose/v2"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// lane is shared by the tests of this package: the model takes a while to load.
var lane = sync.OnceValue(func() *Lane {
	l := New()
	if err := l.Load(true); err != nil {
		panic(err)
	}
	return l
})

// theirs is prose's own model, to compare with.
var theirs = sync.OnceValue(func() *prose.Model {
	doc, err := prose.NewDocument("x", prose.WithSegmentation(false))
	if err != nil {
		panic(err)
	}
	return doc.Model
})

func words(s string) ([]string, int) {
	w := strings.Fields(s)
	for i := range w {
		if strings.HasPrefix(w[i], "*") {
			w[i] = w[i][1:]
			return w, i
		}
	}
	return w, -1
}

func TestTag_AmbiguousWord_FollowsItsClause(t *testing.T) {
	for clause, tag := range map[string]string{
		"a *mean receptionist answered":          "JJ",
		"i *mean they never called":              "VBP",
		"the staff is *patient with kids":        "JJ",
		"another *patient was screaming":         "NN",
		"the receptionist can be *short at us":   "JJ",
		"they dont call and she was *cold to us": "JJ",
	} {
		w, at := words(clause)
		require.Equal(t, tag, lane().Tag(w, at), "%q", clause)
	}
}

func TestTag_OutOfRange_HasNoAnswer(t *testing.T) {
	require.Empty(t, lane().Tag(nil, 0))
	require.Empty(t, lane().Tag([]string{"kind"}, -1))
	require.Empty(t, lane().Tag([]string{"kind"}, 1))
}

// TestProse_ContractionBeforePunctuation_LosesTheNegation shows the fault that
// is worked around by never giving prose a contraction: if it is gone, the
// work-around can go too.
func TestProse_ContractionBeforePunctuation_LosesTheNegation(t *testing.T) {
	doc, err := prose.NewDocument("I really wouldn't.", prose.UsingModel(theirs()), prose.WithSegmentation(false), prose.WithExtraction(false))
	require.NoError(t, err)
	var tokens []string
	for _, tok := range doc.Tokens() {
		tokens = append(tokens, tok.Text)
	}
	require.NotContains(t, strings.Join(tokens, " "), "n't", "prose keeps the negation now")
}

func TestClause_Contraction_IsSpelledOutAndTheIndexFollows(t *testing.T) {
	w, at := words("they dont seem *patient and wouldnt help")
	text, index := clause(w, at)
	require.Equal(t, "they do not seem patient and would not help", text)
	require.Equal(t, "patient", strings.Fields(text)[index])
}

// TestTag_WordThatOccursTwice_IsTaggedWhereItStands: prose shares one token
// among equal words, so that both would get the tag of the last.
func TestTag_WordThatOccursTwice_IsTaggedWhereItStands(t *testing.T) {
	w, first := words("a *patient should have a patient doctor")
	last := 5
	require.Equal(t, "patient", w[last])
	text, _ := clause(w, first)
	require.Equal(t, "a patient should have a", text)
	text, index := clause(w, last)
	require.Equal(t, "should have a patient doctor", text)
	require.Equal(t, 3, index)
	require.Equal(t, "NN", lane().Tag(w, first))
}

func TestClause_EndlessWord_IsReplaced(t *testing.T) {
	text, index := clause([]string{"a", strings.Repeat("(", 1<<20), "kind", "one"}, 2)
	require.Equal(t, "a x kind one", text)
	require.Equal(t, 2, index)
	require.Empty(t, lane().Tag([]string{strings.Repeat("(", 1<<20)}, 0))
}

func TestPeople_NameInASentence_IsReturnedAsWritten(t *testing.T) {
	require.Equal(t, []string{"Michael Johnson"}, lane().People("We were helped by Michael Johnson, who was kind."))
	require.Empty(t, lane().People("We were helped by everybody there."))
}

func TestAroundNames_CapitalisedWordsInside_AreCutOutWithTheirNeighbours(t *testing.T) {
	for sentence, want := range map[string][]string{
		"Nobody here is named at all":                                               nil,
		"I said I'd come and I’ll stay":                                             nil,
		"One two three four five six Ann Lee seven eight nine ten":                  {"four five six Ann Lee seven eight"},
		"One two three Ann four Bo five six":                                        {"One two three Ann four Bo five six"},
		"One (Ann) two three four five six seven eight nine ten Bo":                 {"One (Ann) two three", "eight nine ten Bo"},
		"one two three four five Ian was there and his name is Ian now as it seems": {"three four five Ian was there", "his name is Ian now as"},
	} {
		require.Equal(t, want, aroundNames(sentence), sentence)
	}
}

// TestLane_NamesAfterPartsOfSpeech_LoadsTheRestOnce: the smaller model is enough until
// somebody asks for names, and goes then.
func TestLane_NamesAfterPartsOfSpeech_LoadsTheRestOnce(t *testing.T) {
	l := New()
	w, at := words("the staff is *patient with kids")
	require.Equal(t, "JJ", l.Tag(w, at))
	small := l.held.Load()
	require.False(t, small.names)
	require.Equal(t, []string{"Michael Johnson"}, l.People("We were helped by Michael Johnson."))
	full := l.held.Load()
	require.True(t, full.names)
	require.Equal(t, "JJ", l.Tag(w, at))
	l.People("We were helped by Michael Johnson.")
	require.Same(t, full, l.held.Load(), "nothing is loaded again")
}

// TestProse_NewDocumentWithoutModel_LoadsItAnew shows why a model is always given: if
// both documents share one some day, the lane can do without.
func TestProse_NewDocumentWithoutModel_LoadsItAnew(t *testing.T) {
	small := prose.WithExtraction(false)
	first, err := prose.NewDocument("x", small, prose.WithSegmentation(false))
	require.NoError(t, err)
	second, err := prose.NewDocument("x", small, prose.WithSegmentation(false))
	require.NoError(t, err)
	require.NotSame(t, first.Model, second.Model, "prose shares its model now")
}

// TestProse_RepeatedWord_SharesOneToken shows the fault that clause works around.
func TestProse_RepeatedWord_SharesOneToken(t *testing.T) {
	doc, err := prose.NewDocument("a patient should have a patient doctor", prose.UsingModel(theirs()), prose.WithSegmentation(false), prose.WithExtraction(false))
	require.NoError(t, err)
	var tags []string
	for _, tok := range doc.Tokens() {
		if tok.Text == "patient" {
			tags = append(tags, tok.Tag)
		}
	}
	require.Len(t, tags, 2)
	require.Equal(t, tags[0], tags[1], "prose tells a noun from an adjective of the same form now")
	w, at := words("a *patient should have a patient doctor")
	require.Equal(t, "NN", lane().Tag(w, at))
	w, at = words("he is a very *patient doctor and every patient knows")
	require.Equal(t, "JJ", lane().Tag(w, at))
}

// TestLane_NeverSegments_PunktIsNotReadAgain: with sentences prose reads its Punkt model
// for every text, which takes several times as long as the question itself.
func TestLane_NeverSegments_PunktIsNotReadAgain(t *testing.T) {
	l := lane()
	l.People("We were helped by Michael Johnson.")
	ours := testing.AllocsPerRun(5, func() { l.People("We were helped by Michael Johnson.") })
	segmenting := testing.AllocsPerRun(5, func() {
		_, err := prose.NewDocument("We were helped by Michael Johnson .", prose.UsingModel(theirs()))
		require.NoError(t, err)
	})
	require.Less(t, 5*ours, segmenting, "the lane reads something anew, or prose does no longer")
}

func TestPeople_PunctuationWithoutSpaces_IsSeparated(t *testing.T) {
	require.Equal(t, "rude , unprofessional . I left", strings.Join(strings.Fields(spaced("rude,unprofessional.I left")), " "))
}

func TestPeople_CurlyQuotes_ComeBackAsWritten(t *testing.T) {
	require.Equal(t, "Sean O’Neil", asWritten("I met Sean O’Neil there.", "Sean O'Neil"))
	require.Empty(t, asWritten("I met him there.", "Sean O'Neil"))
	require.Empty(t, asWritten("the staff", "the staff"))
}

func TestPeople_LongOrBrokenSentence_IsNotLookedAt(t *testing.T) {
	require.Empty(t, lane().People(strings.Repeat("Michael Johnson ", 100)))
	require.Empty(t, lane().People("Michael Johnson \xff"))
}

func TestLane_ManyAtOnce_ShareOneModel(t *testing.T) {
	l := New()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			w, at := words("the staff is *patient with kids")
			for range 5 {
				if tag := l.Tag(w, at); tag != "JJ" {
					t.Errorf("tag %q", tag)
				}
				l.People("We were helped by Michael Johnson.")
			}
		})
	}
	wg.Wait()
	require.Same(t, l.model(true), l.model(false))
}

// TestLane_InTheEngine_NamesPeopleWithinTheText plugs the lane in as the
// service does.
func TestLane_InTheEngine_NamesPeopleWithinTheText(t *testing.T) {
	e, err := tagging.NewWith(tagging.Options{Clauses: lane(), Names: lane()})
	require.NoError(t, err)
	text := "I waited an hour. Then Michael Johnson came and was kind to us."
	a := e.Analyze(text)
	require.NotEmpty(t, a.Mentions)
	require.Equal(t, "Michael Johnson", a.Mentions[0].Name)
	require.Equal(t, text[a.Mentions[0].Start:a.Mentions[0].End], a.Mentions[0].Name)
}

func FuzzLane(f *testing.F) {
	f.Add("He wouldn't. “Rude,unprofessional” said Dr. O’Neil :-) $5 (x", 2)
	f.Fuzz(func(t *testing.T, s string, at int) {
		for _, name := range lane().People(s) {
			require.Contains(t, s, name)
		}
		lane().Tag(strings.Fields(s), at)
	})
}

func BenchmarkTag_Clause(b *testing.B) {
	w, at := words("the woman at the front desk looked *mean to me and left")
	l := lane()
	l.Tag(w, at)
	for b.Loop() {
		l.Tag(w, at)
	}
}

func BenchmarkPeople_Sentence(b *testing.B) {
	l := lane()
	l.People("warm")
	for b.Loop() {
		l.People("We were helped by Michael Johnson, who was kind.")
	}
}
