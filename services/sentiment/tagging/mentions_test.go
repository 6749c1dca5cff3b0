package tagging_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

func TestAnalyze_PeopleNamed_AreReturnedWithTheirRole(t *testing.T) {
	e := engine(t)
	for text, want := range map[string][]string{
		"I saw Dr. Lee and then Nurse Amy.":                       {"Lee=doctor", "Amy=nurse"},
		"Dr Smith-Jones is great. Dr. Smith-Jones listens.":       {"Smith-Jones=doctor"},
		"His nurse, Rita, was kind.":                              {"Rita=nurse"},
		"Zelda at the front desk was rude.":                       {"Zelda=receptionist"},
		"Thanks to Svetlana, the receptionist, for her patience.": {"Svetlana=receptionist"},
		"The hygienist Sofia Petrova was gentle.":                 {"Sofia Petrova=hygienist"},
		"The doctor was late. The nurse He sent was rude.":        nil,
		"My Honda broke down on the way.":                         nil,
		"DR. LEE WAS LATE":                                        nil, // shouting gives no names away
		"Dr. Müller und Dr. Çelik arbeiten hier.":                 {"Müller=doctor", "Çelik=doctor"},
	} {
		a := e.Analyze(text)
		var got []string
		for _, m := range a.Mentions {
			require.Equal(t, text[m.Start:m.End], m.Name)
			got = append(got, m.Name+"="+m.Role)
		}
		require.Equal(t, want, got, "%q", text)
	}
}

// TestAnalyze_PeopleNamed_CarryHowTheyAreSpokenOf: praise and blame go to the
// person they are about, and to nobody where the text does not say.
func TestAnalyze_PeopleNamed_CarryHowTheyAreSpokenOf(t *testing.T) {
	e := engine(t)
	for text, want := range map[string][]string{
		"Dr. Lee is wonderful.":                                                 {"Lee=positive"},
		"Dr. Lee was rude, but Nurse Amy was lovely.":                           {"Lee=negative", "Amy=positive"},
		"Dr. Lee and Nurse Amy are wonderful.":                                  {"Lee=positive", "Amy=positive"},
		"We saw Dr. Lee on Monday.":                                             {"Lee="},
		"We saw Dr. Lee on Monday. She was kind and gentle.":                    {"Lee=positive"},
		"We saw Dr. Lee on Monday. The receptionist was rude.":                  {"Lee="},
		"Zelda at the front desk was rude to me.":                               {"Zelda=negative"},
		"Kudos to Svetlana, the receptionist!":                                  {"Svetlana=positive"},
		"No thanks to Svetlana, the receptionist!":                              {"Svetlana=negative"},
		"I love Dr. Lee.":                                                       {"Lee=positive"},
		"Dr. Lee was not friendly.":                                             {"Lee=negative"},
		"Dr. Lee is gentle but he was rude to my son.":                          {"Lee=mixed"},
		"Dr. Lee is great. My old dentist Dr. Ek was awful.":                    {"Lee=positive"},
		"The hygienist Sofia Petrova was gentle. She was friendly, and so kind": {"Sofia Petrova=positive"},
	} {
		var got []string
		for _, m := range e.Analyze(text).Mentions {
			got = append(got, m.Name+"="+string(m.Polarity))
		}
		require.Equal(t, want, got, "%q: %+v", text, e.Analyze(text).Tags)
	}
}

// finder is a name finder that knows one name, and counts how often it is asked.
type finder struct {
	name  string
	asked []string
}

func (f *finder) People(sentence string) []string {
	f.asked = append(f.asked, sentence)
	if strings.Contains(sentence, f.name) {
		return []string{f.name, "Nobody Here"}
	}
	return nil
}

func TestAnalyze_NameFinder_IsAskedOnlyWhereANameMayBe(t *testing.T) {
	f := &finder{name: "Zelda"}
	e, err := tagging.NewWith(tagging.Options{Names: f})
	require.NoError(t, err)
	text := "The office is clean. I think Zelda is lovely. Dr. Xu was late. " + strings.Repeat("Then Ivo came. ", 20)
	a := e.Analyze(text)
	requireSound(t, text, a)
	require.Equal(t, "I think Zelda is lovely.", f.asked[0])
	require.Len(t, f.asked, 3, "at most three sentences of one review")
	names := make([]string, 0, len(a.Mentions))
	for _, m := range a.Mentions {
		names = append(names, m.Name)
	}
	require.Equal(t, []string{"Zelda", "Xu"}, names, "a name that is not in the text is dropped")
}

// clauses is a clause tagger that always gives one tag and keeps what it was asked.
type clauses struct {
	tag   string
	asked [][]string
}

func (c *clauses) Tag(words []string, _ int) string {
	c.asked = append(c.asked, words)
	return c.tag
}

func TestAnalyze_ClauseTagger_DecidesOnlyWhatIsAmbiguous(t *testing.T) {
	for tag, fires := range map[string]bool{"JJ": true, "VBP": false, "NN": true} {
		c := &clauses{tag: tag}
		e, err := tagging.NewWith(tagging.Options{Clauses: c})
		require.NoError(t, err)
		require.Len(t, e.Analyze("The receptionist was very kind.").Tags, 1)
		require.Empty(t, c.asked, "the words around say that it is an adjective")
		a := e.Analyze("The receptionist looked mean to us.")
		require.Len(t, c.asked, 1)
		require.Equal(t, fires, len(a.Tags) == 1, "tag %s: %+v", tag, a.Tags)
	}
}
