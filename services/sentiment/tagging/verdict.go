package tagging

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/review"
)

// overallTopic is the topic of rules that speak of the verdict alone:
// recommendations and refusals to return.
const overallTopic review.Topic = "overall"

// maxEvidence bounds the spans kept for one tag.
const maxEvidence = 24

// tally sums up the weights said each way.
type tally struct{ positive, negative, mixed float32 }

func topicIndex(t review.Topic) int {
	switch t {
	case review.Billing:
		return 0
	case review.WaitTimes:
		return 1
	case review.StaffAttitude:
		return 2
	case review.SchedulingAccess:
		return 3
	case review.ClinicalCare:
		return 4
	case review.Communication:
		return 5
	case review.Facility:
		return 6
	case review.Upselling:
		return 7
	}
	if t == overallTopic {
		return 9
	}
	return 8 // an organization's own
}

// applyRules turns the matches of phrase rules into findings.
func (r *reading) applyRules() {
	for _, h := range r.rules {
		p, from, why := r.ruleSays(h)
		if why != "" {
			continue
		}
		rule := &r.lex.rules[r.lex.entries[h.of].of]
		r.found(rule.topic, p, rule.weight, from, h.to, rule.id)
		r.findings[len(r.findings)-1].verdict = rule.verdict
	}
}

// ruleSays returns what the match of a rule says after negation and context, and
// where its evidence begins; or why it says nothing.
func (r *reading) ruleSays(h hit) (p review.Polarity, from int32, why Reason) {
	e := &r.lex.entries[h.of]
	rule := &r.lex.rules[e.of]
	switch {
	case r.maskedAny(h.from, h.to):
		return "", 0, InsideIdiom
	case r.near(rule.unless, h, 6):
		return "", 0, UnlessNearby
	case len(e.with) > 0 && !r.near(e.with, h, 12):
		return "", 0, WithoutCompany
	}
	return r.turned(rule.polarity, rule.negated, h)
}

// turned applies negation and context to a polarity.
func (r *reading) turned(p review.Polarity, n negation, h hit) (_ review.Polarity, from int32, why Reason) {
	from = h.from
	if at, ok := r.negated(h.from); ok && n != negatedKeep {
		if n == negatedDrop {
			return "", 0, Negated
		}
		p, from = opposite(p), at
	}
	context := r.words[h.from].effect
	if context == effectNone && r.elsewhere(h) {
		context = effectElse
	}
	p, ok := inContext(p, context)
	if !ok {
		return "", 0, reasonOf(context)
	}
	return p, from, ""
}

// elsewhere reports whether the clause of a match is about another practice:
// the nearest person named before it is somebody else's clinician.
func (r *reading) elsewhere(h hit) bool {
	low := r.segments[r.words[h.from].seg].from
	for k := firstFrom(r.targets, h.from) - 1; k >= 0 && r.targets[k].from >= low; k-- {
		switch r.lex.targets[r.targets[k].of].role {
		case roleOther:
			return true
		case roleDoctor, roleStaff, roleThey, roleHe:
			return false
		}
	}
	return false
}

// analysis sums the findings up.
func (r *reading) analysis() review.Analysis {
	slices.SortStableFunc(r.findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(topicIndex(a.topic), topicIndex(b.topic)), cmp.Compare(a.topic, b.topic), cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to))
	})
	a := review.Analysis{Version: r.engine.version, Language: r.language()}
	a.Overall = r.overall(a.Language)
	r.findings = slices.DeleteFunc(r.findings, func(f finding) bool { return f.verdict != "" && f.verdict != a.Overall })
	a.Mentions = r.mentions() // of what is said of people, before what is only implied
	if a.Language == english {
		r.recognize(a.Overall)
		r.imply(a.Overall)
	}
	a.Tags = r.tags(a.Overall)
	a.Urgent = r.urgent(a.Overall)
	return a
}

func (r *reading) tags(overall review.Polarity) []review.Tag {
	topics := 0
	for i := range r.findings {
		if r.findings[i].topic != overallTopic && (i == 0 || r.findings[i].topic != r.findings[i-1].topic) {
			topics++
		}
	}
	out := make([]review.Tag, 0, topics)
	for i := 0; i < len(r.findings); {
		j := i
		for j < len(r.findings) && r.findings[j].topic == r.findings[i].topic {
			j++
		}
		group := r.findings[i:j]
		i = j
		if group[0].topic == overallTopic {
			continue
		}
		p := polarityOf(group, overall)
		out = append(out, review.Tag{Topic: group[0].topic, Polarity: p, Evidence: r.evidence(group, p)})
	}
	return out
}

// sum adds up the weights of findings of one topic. Findings on the same words
// count once, by the heavier.
func sum(group []finding) tally {
	var t tally
	for i, f := range group {
		w := f.weight
		if overruled(group, i) {
			continue
		}
		for k := i - 1; k >= 0 && k >= i-4; k-- {
			if group[k].polarity == f.polarity && group[k].to > f.from && group[k].rule != "" {
				w = max(0, w-group[k].weight)
				break
			}
		}
		switch f.polarity {
		case review.Positive:
			t.positive += w
		case review.Negative:
			t.negative += w
		default:
			t.mixed += w
		}
	}
	return t
}

// overruled reports whether finding i lies inside a longer one that says the
// opposite: "an hour" inside "never waited an hour".
func overruled(group []finding, i int) bool {
	f := group[i]
	for k := i - 1; k >= 0 && k >= i-4; k-- {
		g := group[k]
		if g.polarity != f.polarity && g.to >= f.to && g.to-g.from > f.to-f.from {
			return true
		}
	}
	return false
}

// polarityOf decides for one topic. Both polarities said with similar weight
// are mixed; a clear majority is not. The verdict of the whole review weighs in
// a little, because a slip of one phrase is more likely than a change of mind.
func polarityOf(group []finding, overall review.Polarity) review.Polarity {
	t := sum(group)
	if t.positive > 0 && t.negative > 0 {
		switch overall {
		case review.Positive:
			t.positive += 0.4
		case review.Negative:
			t.negative += 0.4
		}
	}
	return decide(t)
}

func decide(t tally) review.Polarity {
	strong, weak := max(t.positive, t.negative), min(t.positive, t.negative)
	switch {
	case t.mixed > 0 && t.mixed*2 >= strong:
		return review.Mixed
	case weak > 0 && weak >= 0.7*strong:
		return review.Mixed
	case t.positive > t.negative:
		return review.Positive
	default:
		return review.Negative
	}
}

// evidence lists the spans that carry a tag: those of its polarity first come
// first served, overlapping ones joined into the longest. A mixed tag shows both sides.
func (r *reading) evidence(group []finding, p review.Polarity) []review.Evidence {
	out := make([]review.Evidence, 0, min(len(group), maxEvidence))
	last := int32(-1)
	for _, f := range group {
		if p != review.Mixed && f.polarity != p && f.polarity != review.Mixed || f.from < last {
			continue
		}
		if len(out) == maxEvidence {
			break
		}
		start, end := int(r.words[f.from].start), int(r.words[f.to-1].end)
		out = append(out, review.Evidence{Start: start, End: end, Quote: r.text[start:end], Rule: f.rule})
		last = f.to
	}
	return out
}

// urgent returns the flags whose rules match, in the order of review.UrgentFlags.
func (r *reading) urgent(overall review.Polarity) []review.Urgent {
	out := []review.Urgent{}
	if len(r.flags) == 0 {
		return out
	}
	r.stood = r.stood[:0]
	for _, h := range r.flags {
		if of := r.lex.entries[h.of].of; !slices.Contains(r.stood, of) && r.flagged(h, overall) {
			r.stood = append(r.stood, of)
		}
	}
	for _, flag := range review.UrgentFlags() {
		points := 0
		for _, of := range r.stood {
			if r.lex.flags[of].flag == flag {
				points += r.points(of, overall)
			}
		}
		if points >= enough || overall != review.Positive && points >= claim {
			out = append(out, flag)
		}
	}
	return out
}

// A claim is worth two points and a hint one ("infected", "the hospital"). Hints
// count in complaints only, and in a review that praises one claim is not enough:
// most often it is the story of what was healed.
const (
	claim  = 2
	enough = 2 * claim
)

// points is what one rule of flags is worth: hints have "-hint" in their id.
func (r *reading) points(of int32, overall review.Polarity) int {
	if strings.Contains(r.lex.flags[of].id, "-hint") {
		if overall == review.Positive {
			return 0
		}
		return 1
	}
	return claim
}

// flagged reports whether the match of an urgent rule stands.
func (r *reading) flagged(h hit, overall review.Polarity) bool { return r.flagSays(h, overall) == "" }

// flagSays returns why the match of an urgent rule does not stand, or nothing: not
// negated, not said of somebody else, its guards agree, and so does the verdict of the review.
func (r *reading) flagSays(h hit, overall review.Polarity) Reason {
	e := &r.lex.entries[h.of]
	f := &r.lex.flags[e.of]
	if f.verdict != "" && f.verdict != overall {
		return OtherVerdict
	}
	if r.maskedAny(h.from, h.to) {
		return InsideIdiom
	}
	if r.words[h.from].effect == effectElse {
		return Elsewhere
	}
	if _, not := r.negated(h.from); not {
		return Negated
	}
	if r.near(f.unless, h, 6) {
		return UnlessNearby
	}
	if len(e.with) > 0 && !r.near(e.with, h, 12) {
		return WithoutCompany
	}
	return ""
}

// overall is the verdict of the whole review. A recommendation or a refusal to
// return decides; else the learned weights of the words together with what was
// found on the topics. The weights are of English words: in another language
// only findings speak, and without any the verdict is mixed.
func (r *reading) overall(language string) review.Polarity {
	const (
		perTopics  = 1.1 // how much of a learned weight one finding on a topic is worth
		perFinding = 0.9 // and one opinion of nothing in particular
		perVerdict = 1.5
		// Between them nothing dominates. The band is narrow: nearly every writer leans
		// one way, and of the reviews that scored close to nothing one in eight was undecided.
		praise, blame = 0.05, -0.05
	)
	n := len(r.findings)
	start := n
	for start > 0 && r.findings[start-1].topic == overallTopic {
		start--
	}
	said := sum(r.findings[start:])
	about := sum(r.findings[:start])
	if said.mixed > max(said.positive, said.negative) {
		return review.Mixed // the writer says so
	}
	v := Verdict{
		Topics:  perTopics * (about.positive - about.negative),
		General: perFinding * (r.loose.positive - r.loose.negative),
		Return:  perVerdict * (said.positive - said.negative),
	}
	if language == spanish {
		v.Topics = perTopics * r.perTopic(start)
	}
	if language == english {
		v.Words = r.lean(0, int32(len(r.words))) - r.contradicted()
	}
	z := v.Topics + v.General + v.Return + v.Words
	v.Score = z
	r.verdict = v
	switch {
	case z > praise:
		return review.Positive
	case z < blame:
		return review.Negative
	}
	return review.Mixed
}

// contradicted is the learned weight of the words of findings that say the
// opposite: "never" and "wait" speak against a practice, "never had to wait" for it.
func (r *reading) contradicted() float32 {
	out := float32(0)
	for _, f := range r.findings {
		w := r.lean(f.from, f.to)
		if f.polarity == review.Positive && w >= 0 || f.polarity == review.Negative && w <= 0 {
			continue
		}
		for i := f.from; i < f.to; i++ {
			if !r.words[i].understood {
				r.words[i].understood = true
				out += r.lean(i, i+1)
			}
		}
	}
	return out
}

// perTopic adds up the first n findings by topic, each topic at most so much each
// way: "great doctor, rude, unfriendly staff" is mixed. It is for languages without learned
// weights, where one topic would otherwise decide by how many words it takes.
func (r *reading) perTopic(n int) float32 {
	const most = 1.2
	out := float32(0)
	for i := 0; i < n; {
		j := i
		for j < n && r.findings[j].topic == r.findings[i].topic {
			j++
		}
		t := sum(r.findings[i:j])
		out += max(-most, min(most, t.positive-t.negative))
		i = j
	}
	return out
}
