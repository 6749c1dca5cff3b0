package tagging

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/bedside-health/bedside/libs/review"
)

// Reason says why a phrase that was recognised says nothing, or less than it could.
type Reason string

// The reasons.
const (
	InsideIdiom    Reason = "idiom"      // its words are part of a phrase that means something else
	UnlessNearby   Reason = "unless"     // a phrase that its rule excludes stands near
	WithoutCompany Reason = "with"       // no phrase that its rule asks for stands near
	Negated        Reason = "negated"    // "not" before it takes its meaning away
	Elsewhere      Reason = "elsewhere"  // it is said of another practice
	LongAgo        Reason = "past"       // it is praise that no longer holds
	OtherVerdict   Reason = "verdict"    // its rule counts only in a review with another verdict
	NoAdjective    Reason = "grammar"    // the word is no adjective here ("kind of")
	NoTopic        Reason = "no topic"   // it is about nothing that has a topic; it counts for the verdict at most
	InsideOpposite Reason = "overruled"  // a longer phrase around it says the opposite
	Outweighed     Reason = "outweighed" // the evidence for the other polarity is heavier
)

// Reasons returns all reasons.
func Reasons() []Reason {
	return []Reason{InsideIdiom, UnlessNearby, WithoutCompany, Negated, Elsewhere, LongAgo, OtherVerdict, NoAdjective, NoTopic, InsideOpposite, Outweighed}
}

func reasonOf(e effect) Reason {
	if e == effectPast {
		return LongAgo
	}
	return Elsewhere
}

// Verdict says how the verdict of a whole review came about: four parts that add
// up to a score, above 0 for praise.
type Verdict struct {
	Topics  float32 `json:"topics"`  // what was found on the topics
	General float32 `json:"general"` // praise and blame of nothing in particular
	Return  float32 `json:"return"`  // recommendations and refusals to return
	Words   float32 `json:"words"`   // learned weights of the words that no finding contradicts
	Score   float32 `json:"score"`
}

// Span is a stretch of the text; see review.Evidence.
type Span struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Quote string `json:"quote"`
}

// Finding is one piece of evidence and how it got its polarity.
type Finding struct {
	Span
	// Topic is the topic, or "overall" for what speaks of the verdict alone.
	Topic    review.Topic    `json:"topic"`
	Polarity review.Polarity `json:"polarity"`
	Weight   float32         `json:"weight"`
	Rule     string          `json:"rule"`
	// Words is the polarity of the words by themselves. Where it differs from
	// Polarity, Negator quotes the word that turned it round, or Context says what did:
	// "wish", "past", "unlike".
	Words   review.Polarity `json:"words"`
	Negator string          `json:"negator,omitempty"`
	Context string          `json:"context,omitempty"`
	// Why says why the finding does not carry its topic's tag; empty if it does.
	Why Reason `json:"why,omitempty"`
}

// Silence is a phrase that was recognised and says nothing.
type Silence struct {
	Span
	Rule string `json:"rule"`
	Why  Reason `json:"why"`
}

// Sum is how the tag of one topic came about: the weights said each way, after
// what lies inside a longer phrase of the opposite was left out.
type Sum struct {
	Topic    review.Topic    `json:"topic"`
	Polarity review.Polarity `json:"polarity"`
	Positive float32         `json:"positive"`
	Negative float32         `json:"negative"`
	Mixed    float32         `json:"mixed"`
}

// Alarm is a match of a rule for urgent flags that stands. One alone need not
// raise the flag; see Analysis.Urgent.
type Alarm struct {
	Span
	Flag   review.Urgent `json:"flag"`
	Rule   string        `json:"rule"`
	Raised bool          `json:"raised"`
}

// Explanation is an analysis and how it came about. Lists come in the order of
// the text, sums in the order of the tags.
type Explanation struct {
	Analysis review.Analysis `json:"analysis"`
	Findings []Finding       `json:"findings"`
	Silent   []Silence       `json:"silent"`
	Idioms   []Span          `json:"idioms"`
	Sums     []Sum           `json:"sums"`
	Alarms   []Alarm         `json:"alarms"`
	Verdict  Verdict         `json:"verdict"`
}

// Explain analyses a text as Analyze does and says how each part of the answer
// came about. The analysis is made by the same code; what it left out is worked
// out afterwards, so that Analyze pays nothing for it.
func (e *Engine) Explain(text string) Explanation {
	r := &reading{}
	r.read(e, text)
	before := slices.Clone(r.findings)
	x := Explanation{Analysis: r.analysis()}
	x.Verdict = r.verdict
	x.Findings = r.explainFindings(x.Analysis)
	x.Silent = append(r.silentRules(), r.silentOpinions(before)...)
	for _, f := range before {
		if f.verdict != "" && f.verdict != x.Analysis.Overall {
			x.Silent = append(x.Silent, Silence{r.span(f.from, f.to), f.rule, OtherVerdict})
		}
	}
	x.Alarms = r.alarms(x.Analysis, &x.Silent)
	slices.SortStableFunc(x.Silent, func(a, b Silence) int { return cmp.Compare(a.Start, b.Start) })
	x.Silent = slices.Compact(x.Silent)
	x.Idioms = r.idioms()
	x.Sums = r.sums(x.Analysis)
	return x
}

func (r *reading) span(from, to int32) Span {
	start, end := int(r.words[from].start), int(r.words[to-1].end)
	return Span{start, end, r.text[start:end]}
}

func (r *reading) explainFindings(a review.Analysis) []Finding {
	said := r.lex.polarities()
	out := make([]Finding, 0, len(r.findings))
	for i := 0; i < len(r.findings); {
		j := i
		for j < len(r.findings) && r.findings[j].topic == r.findings[i].topic {
			j++
		}
		group := r.findings[i:j]
		for k, f := range group {
			x := Finding{Span: r.span(f.from, f.to), Topic: f.topic, Polarity: f.polarity, Weight: f.weight, Rule: f.rule, Words: f.polarity}
			if p, ok := said[f.rule[strings.IndexByte(f.rule, ':')+1:]]; ok && !strings.HasPrefix(f.rule, "own:") {
				x.Words = p
			}
			if p, ok := said[f.rule]; ok {
				x.Words = p
			}
			if x.Words != x.Polarity {
				x.Negator, x.Context = r.turnedBy(f)
			}
			switch tag := polarityTag(a, f.topic); {
			case overruled(group, k):
				x.Why = InsideOpposite
			case tag != "" && tag != review.Mixed && f.polarity != tag:
				x.Why = Outweighed
			}
			out = append(out, x)
		}
		i = j
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// polarityTag is the polarity of a topic's tag, "" for what has no tag.
func polarityTag(a review.Analysis, t review.Topic) review.Polarity {
	for _, tag := range a.Tags {
		if tag.Topic == t {
			return tag.Polarity
		}
	}
	return ""
}

// polarities is what each rule, opinion and own term says by itself, by its id.
func (l *lexicon) polarities() map[string]review.Polarity {
	out := make(map[string]review.Polarity, len(l.rules)+len(l.opinions))
	for _, r := range l.rules {
		out[r.id] = r.polarity
	}
	for _, o := range l.opinions {
		out[o.id] = o.polarity
	}
	for _, t := range l.targets {
		if t.alone != "" {
			out[t.id] = t.alone
		}
	}
	if l.own != nil {
		for _, t := range l.own.terms {
			if t.polarity != "" {
				out[t.id] = t.polarity
			}
		}
	}
	return out
}

// turnedBy names what made a finding say the opposite of its words.
func (r *reading) turnedBy(f finding) (negator, context string) {
	for i := f.from; i < f.to; i++ {
		if w := &r.words[i]; w.traits&traitNegator != 0 && !w.masked {
			return r.text[w.start:w.end], ""
		}
	}
	for i := f.from; i < f.to; i++ {
		switch r.words[i].effect {
		case effectWish:
			return "", "wish"
		case effectPast:
			return "", "past"
		case effectFlip:
			return "", "unlike"
		}
	}
	return "", ""
}

// silentRules lists the matches of rules that say nothing.
func (r *reading) silentRules() []Silence {
	out := []Silence{}
	for _, h := range r.rules {
		if _, _, why := r.ruleSays(h); why != "" {
			out = append(out, Silence{r.span(h.from, h.to), r.lex.rules[r.lex.entries[h.of].of].id, why})
		}
	}
	for _, o := range r.own {
		t := &r.lex.own.terms[o.term]
		switch {
		case t.kind == review.TermIgnore:
			out = append(out, Silence{r.span(o.from, o.to), t.id, InsideIdiom})
		case t.kind == review.TermTopic && t.polarity != "":
			if _, _, why := r.turned(t.polarity, negatedOpposite, hit{from: o.from, to: o.to}); why != "" {
				out = append(out, Silence{r.span(o.from, o.to), t.id, why})
			}
		}
	}
	return out
}

// silentOpinions lists the opinions that are part of no finding.
func (r *reading) silentOpinions(found []finding) []Silence {
	const longest = 64 // words of a finding
	var out []Silence
	slices.SortStableFunc(found, func(a, b finding) int { return cmp.Compare(a.from, b.from) })
	for _, h := range r.opinions {
		op := r.lex.opinions[h.of]
		at := sort.Search(len(found), func(k int) bool { return found[k].from >= h.from-longest })
		spoke := false
		for ; at < len(found) && found[at].from <= h.from && !spoke; at++ {
			f := &found[at]
			spoke = h.to <= f.to && (f.rule == op.id || strings.HasSuffix(f.rule, ":"+op.id) || strings.HasPrefix(f.rule, "own:"))
		}
		if spoke {
			continue
		}
		out = append(out, Silence{r.span(h.from, h.to), op.id, r.whySilent(op, h)})
	}
	return out
}

func (r *reading) whySilent(op opinion, h hit) Reason {
	if r.maskedAny(h.from, h.to) {
		return InsideIdiom
	}
	seg := r.segments[r.words[h.from].seg]
	local := r.targets[firstFrom(r.targets, seg.from):firstFrom(r.targets, seg.to)]
	if op.adjective && !r.isAdjective(h, local, seg) {
		return NoAdjective
	}
	if _, _, ok := r.opinionPolarity(op, h); !ok {
		if _, not := r.negated(h.from); not && op.negated == negatedDrop {
			return Negated
		}
		return reasonOf(r.words[h.from].effect)
	}
	return NoTopic
}

// alarms lists the matches of urgent rules that stand and adds the others to silent.
func (r *reading) alarms(a review.Analysis, silent *[]Silence) []Alarm {
	out := []Alarm{}
	for _, h := range r.flags {
		f := &r.lex.flags[r.lex.entries[h.of].of]
		if why := r.flagSays(h, a.Overall); why != "" {
			*silent = append(*silent, Silence{r.span(h.from, h.to), f.id, why})
			continue
		}
		out = append(out, Alarm{r.span(h.from, h.to), f.flag, f.id, slices.Contains(a.Urgent, f.flag)})
	}
	return out
}

// idioms lists the stretches of words whose meaning is another.
func (r *reading) idioms() []Span {
	out := []Span{}
	for i := int32(0); i < int32(len(r.words)); i++ {
		if !r.words[i].masked {
			continue
		}
		from := i
		for i < int32(len(r.words)) && r.words[i].masked {
			i++
		}
		out = append(out, r.span(from, i))
	}
	return out
}

// sums adds up the findings of each tag.
func (r *reading) sums(a review.Analysis) []Sum {
	out := make([]Sum, 0, len(a.Tags))
	for i := 0; i < len(r.findings); {
		j := i
		for j < len(r.findings) && r.findings[j].topic == r.findings[i].topic {
			j++
		}
		if topic := r.findings[i].topic; topic != overallTopic {
			t := sum(r.findings[i:j])
			out = append(out, Sum{topic, polarityTag(a, topic), t.positive, t.negative, t.mixed})
		}
		i = j
	}
	return out
}
