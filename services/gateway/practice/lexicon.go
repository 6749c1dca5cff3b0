package practice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
)

// errUnchanged leaves a document as it is.
var errUnchanged = docstore.ErrSkip

// maxFaults bounds how many faults of a lexicon are told at once.
const maxFaults = 10

// tidy is a lexicon without the blanks that people type by accident, and without
// what its kind of term has no use for.
func tidy(in review.Lexicon) review.Lexicon {
	out := review.Lexicon{Revision: in.Revision, Topics: slices.Clone(in.Topics), Terms: slices.Clone(in.Terms)}
	if out.Topics == nil {
		out.Topics = []review.OwnTopic{}
	}
	if out.Terms == nil {
		out.Terms = []review.Term{}
	}
	for i := range out.Topics {
		out.Topics[i].Name = blanks(out.Topics[i].Name)
	}
	for i := range out.Terms {
		t := &out.Terms[i]
		t.Phrase, t.Name, t.Role = blanks(t.Phrase), blanks(t.Name), blanks(t.Role)
		if t.Kind != review.TermTopic {
			t.Topic, t.Polarity = "", ""
		}
		if t.Kind != review.TermPerson {
			t.Name, t.Role = "", ""
		}
	}
	return out
}

// blanks is a text with single blanks between its words and none around them.
func blanks(s string) string { return strings.Join(strings.Fields(s), " ") }

func same(a, b review.Lexicon) bool {
	return slices.Equal(a.Topics, b.Topics) && slices.Equal(a.Terms, b.Terms)
}

// faults writes joined faults in one line.
func faults(err error) string {
	all := strings.Split(err.Error(), "\n")
	if more := len(all) - maxFaults; more > 0 {
		all = append(all[:maxFaults], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "; ")
}
