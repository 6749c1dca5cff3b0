package tagging

import (
	"bufio"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

type learnedTopic struct {
	topic review.Topic
	sure  float32
	rule  string
}

// learnedTopics are the topics with learned weights of presence, each with the score
// from which the words of a review say by themselves that it speaks of the topic. The
// scores are log odds: 0.85 is a chance of .70, 1.2 one of .77. On the other topics the
// words found no more than the rules do.
var learnedTopics = [...]learnedTopic{
	{review.WaitTimes, 1.2, "words.wait_times"},
	{review.Communication, 0.85, "words.communication"},
}

// byTopic holds one number for each learned topic.
type byTopic [len(learnedTopics)]float32

// presence is what was learned of which words go with which topics.
type presence struct {
	bias    byTopic
	words   []int32   // by word id: 1 + index into weights, 0 for none
	pairs   edgeTable // pairs of words -> index into weights
	weights []byTopic
}

// loadPresence reads lines "topic<TAB>word<TAB>weight" and "topic<TAB>word
// word<TAB>weight"; the word "*" stands for the constant of the topic, "#" for notes.
func (l *lexicon) loadPresence(fsys fs.FS, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	defer f.Close() //nolint:errcheck // embedded, read only
	p := &presence{}
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		topic, rest, _ := strings.Cut(line, "\t")
		gram, value, ok := strings.Cut(rest, "\t")
		w, err := strconv.ParseFloat(value, 32)
		at := slices.IndexFunc(learnedTopics[:], func(t learnedTopic) bool { return string(t.topic) == topic })
		if !ok || err != nil || at < 0 {
			return fmt.Errorf("%s:%d: want a learned topic, a tab, an n-gram, a tab and a weight", name, n)
		}
		if gram == "*" {
			p.bias[at] = float32(w)
			continue
		}
		p.weights[p.slot(l, gram)][at] = float32(w)
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	l.presence = p
	return nil
}

// slot returns where the weights of a word or pair of words are, a new place if it
// has none yet.
func (p *presence) slot(l *lexicon, gram string) int32 {
	fresh := int32(len(p.weights))
	first, second, pair := strings.Cut(gram, " ")
	if pair {
		a, b := l.intern(first), l.intern(second)
		if at, ok := p.pairs.get(a, b); ok {
			return at
		}
		p.pairs.put(a, b, fresh)
	} else {
		id := l.intern(first)
		for int(id) >= len(p.words) {
			p.words = append(p.words, 0)
		}
		if at := p.words[id]; at > 0 {
			return at - 1
		}
		p.words[id] = fresh + 1
	}
	p.weights = append(p.weights, byTopic{})
	return fresh
}

// of returns the weights of word w by itself and after prev; nil where it has none.
func (p *presence) of(prev int32, w *word) (single, pair *byTopic) {
	if int(w.id) < len(p.words) {
		if at := p.words[w.id]; at > 0 {
			single = &p.weights[at-1]
		}
	}
	if at, ok := p.pairs.get(prev, w.id); ok {
		pair = &p.weights[at]
	}
	return single, pair
}

// recognize adds the topics that no rule found and that the words of the review
// together speak of beyond doubt. The evidence is the clause that says most.
func (r *reading) recognize(overall review.Polarity) {
	p := r.lex.presence
	if p == nil || len(r.words) == 0 {
		return
	}
	var there [len(learnedTopics)]bool
	for i := range r.findings {
		for t := range learnedTopics {
			there[t] = there[t] || r.findings[i].topic == learnedTopics[t].topic
		}
	}
	total, clause := p.bias, byTopic{}
	var best byTopic
	var where [len(learnedTopics)]int32
	prev, seg := idEnd, r.words[0].seg
	for i := range r.words {
		w := &r.words[i]
		if w.seg != seg {
			clause, seg = byTopic{}, w.seg
		}
		if w.kind == token.Comma {
			continue
		}
		single, pair := p.of(prev, w)
		prev = w.id
		for _, v := range [...]*byTopic{single, pair} {
			if v == nil {
				continue
			}
			for t := range v {
				total[t] += v[t]
				clause[t] += v[t]
			}
		}
		for t := range clause {
			if clause[t] > best[t] {
				best[t], where[t] = clause[t], seg
			}
		}
	}
	for t := range learnedTopics {
		if there[t] || total[t] < learnedTopics[t].sure || best[t] <= 0 {
			continue
		}
		s := r.segments[where[t]]
		r.insert(finding{topic: learnedTopics[t].topic, polarity: r.leaning(s, overall), weight: impliedWeight, from: s.from, to: s.to, rule: learnedTopics[t].rule})
	}
}

// leaning is the polarity of a clause of which only its learned weights speak: theirs
// if they are clear, else that of the whole review.
func (r *reading) leaning(s segment, overall review.Polarity) review.Polarity {
	const clear = 1.6
	switch v := r.lean(s.from, s.to); {
	case v > clear:
		return review.Positive
	case v < -clear:
		return review.Negative
	}
	return overall
}

// insert adds a finding where the order of topics wants it.
func (r *reading) insert(f finding) {
	at := slices.IndexFunc(r.findings, func(g finding) bool { return topicIndex(g.topic) > topicIndex(f.topic) })
	if at < 0 {
		at = len(r.findings)
	}
	r.findings = slices.Insert(r.findings, at, f)
}
