package tagging

import "strings"

// speltPrefix begins the names of the lists of misspellings: the words of the
// list "spelt.friendly" are read as "friendly".
const speltPrefix = "spelt."

// respell says for the id of every word which word it is read as: itself, or the
// one it misspells. It must run before the spelling of the words is given up.
func (l *lexicon) respell() []int32 {
	for name := range l.lists { // words that only a misspelling speaks of need an id, too
		if word, ok := strings.CutPrefix(name, speltPrefix); ok {
			l.intern(word)
		}
	}
	means := make([]int32, len(l.ids)+2)
	for i := range means {
		means[i] = int32(i)
	}
	for name, list := range l.lists {
		word, ok := strings.CutPrefix(name, speltPrefix)
		if !ok {
			continue
		}
		for _, id := range singles(list) {
			means[id] = l.ids[normalWord(word)]
		}
	}
	return means
}
