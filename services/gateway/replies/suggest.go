package replies

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/replytext"
	"github.com/bedside-health/bedside/libs/review"
)

const (
	// generated and templatesShown bound what is offered for one review.
	generated      = 3
	templatesShown = 10
	// languageRule is the rule against a reply in another language than the review's.
	languageRule = "reply.language"
)

// Ask is what somebody wants suggestions for.
type Ask struct {
	// Language is en or es; empty means the review's own.
	Language string
	// Assistant asks the configured assistant as well.
	Assistant bool
}

// Suggestion is a reply to begin with.
type Suggestion struct {
	Text string
	// Origin is template:ID, suggestion or assistant; Label says for people what it is.
	Origin   string
	Label    string
	Language string
	Verdict  replycheck.Verdict // Warn or Pass
}

// Withheld is a template that would fit but is not offered.
type Withheld struct{ ID, Name, Why string }

// The states of the assistant.
const (
	AssistantOff       = "off"
	AssistantAvailable = "available"
	AssistantUsed      = "used"
	AssistantFailed    = "failed"
)

// Suggestions are replies to begin with, best first.
type Suggestions struct {
	Items    []Suggestion
	Withheld []Withheld
	// Assistant is one of its states; Problem says for people why there is no text of it.
	Assistant, Problem string
}

// desk is what is known of a review that wants a reply.
type desk struct {
	doc      collections.Review
	location collections.Location
	in       replycheck.Input
	language string
	// chosen is true if the language is not the review's own but was asked for.
	chosen  bool
	overall review.Polarity
	words   bool
	values  replytext.Values
}

// Suggest finds replies to begin with: the assistant's if it is asked, templates that fit, and texts put
// together from the tags. A failing assistant takes nothing from the others.
func (s *Service) Suggest(ctx context.Context, org, reviewID string, ask Ask) (Suggestions, error) {
	d, err := s.desk(ctx, org, reviewID, ask.Language)
	if err != nil {
		return Suggestions{}, err
	}
	templates, err := s.cfg.Store.Templates(ctx, org)
	if err != nil {
		return Suggestions{}, fmt.Errorf("read the templates: %w", err)
	}
	var out Suggestions
	written, err := s.written(ctx, d, ask.Assistant, &out)
	if err != nil {
		return Suggestions{}, err
	}
	filled, put := s.filled(d, templates, &out), s.put(d)
	if d.urgent() { // a text for everyday use is not what comes first then
		filled, put = put, filled
	}
	out.Items = slices.Concat(written, filled, put)
	return out, nil
}

func (s *Service) desk(ctx context.Context, org, reviewID, language string) (desk, error) {
	doc, err := s.cfg.Store.Review(ctx, org, reviewID)
	if err != nil {
		return desk{}, err
	}
	d := desk{doc: doc, words: strings.TrimSpace(doc.Text) != "" || strings.TrimSpace(doc.Title) != ""}
	if d.in, err = s.cfg.Inputs.Input(ctx, doc, ""); err != nil {
		return desk{}, err
	}
	d.location, err = s.cfg.Store.Location(ctx, org, doc.LocationID)
	if err != nil && problem.KindOf(err) != problem.NotFound { // the location is gone; the review stays
		return desk{}, fmt.Errorf("read the location: %w", err)
	}
	d.language = cmp.Or(language, d.in.Language, "en")
	d.chosen = language != "" && language != d.in.Language
	d.overall = overallOf(doc, d.words)
	d.values = replytext.Values{Practice: d.in.Practice.Name, Location: d.location.Name}
	if len(d.in.Practice.Phones) > 0 {
		d.values.Phone = d.in.Practice.Phones[0]
	}
	if len(d.in.Practice.Contacts) > 0 {
		d.values.Manager = d.in.Practice.Contacts[0]
	}
	d.values.Topic = replytext.TopicWords(replytext.MainTopic(doc.Analysis.Tags, d.overall), d.language)
	return d, nil
}

func (d *desk) urgent() bool { return len(d.doc.Analysis.Urgent) > 0 }

// overallOf is how a review speaks as a whole. Stars decide where there are no words, and make a
// verdict that contradicts them a mixed one, so that nobody is thanked for sarcasm.
func overallOf(doc collections.Review, words bool) review.Polarity {
	var stars review.Polarity
	if doc.Rating != nil {
		switch {
		case *doc.Rating >= 4:
			stars = review.Positive
		case *doc.Rating < 3:
			stars = review.Negative
		default:
			stars = review.Mixed
		}
	}
	said := doc.Analysis.Overall
	switch {
	case !words || said == "":
		return stars
	case stars == review.Positive && said == review.Negative, stars == review.Negative && said == review.Positive:
		return review.Mixed
	}
	return said
}

// judge checks a text, with others that are offered beside it.
func (s *Service) judge(d desk, text string, beside []string) replycheck.Report {
	in := d.in
	in.Reply = text
	in.RecentReplies = slices.Concat(beside, in.RecentReplies)
	return s.cfg.Checker.Check(in)
}

// put puts texts together. They pass the check; that a language was asked for which is not the
// review's is the one thing it may say.
func (s *Service) put(d desk) []Suggestion {
	situation := replytext.Situation{
		ReviewID: d.doc.ID, Language: d.language, Overall: d.overall, Tags: d.doc.Analysis.Tags,
		Urgent: d.urgent(), RatingOnly: !d.words, Values: d.values,
	}
	verdict := replycheck.Pass
	found := s.writer.Suggest(situation, generated, func(text string, chosen []string) bool {
		report := s.judge(d, text, chosen)
		if report.Verdict == replycheck.Pass {
			return true
		}
		other := d.chosen && !slices.ContainsFunc(report.Findings, func(f replycheck.Finding) bool { return f.Rule != languageRule })
		if other {
			verdict = replycheck.Warn
		}
		return other
	})
	out := make([]Suggestion, len(found))
	for i, f := range found {
		out[i] = Suggestion{Text: f.Text, Origin: "suggestion", Label: f.Label, Language: d.language, Verdict: verdict}
	}
	return out
}

// filled are the templates that fit, filled in: those the check has nothing against first, then those
// that say most about when they are for.
func (s *Service) filled(d desk, templates []collections.Template, out *Suggestions) []Suggestion {
	type ranked struct {
		Suggestion
		rank int
	}
	var found []ranked
	for _, t := range templates {
		rank, fits := fit(d, t)
		if !fits {
			continue
		}
		text, why := s.fill(d, t)
		if why == "" && len([]rune(text)) > maxDraft {
			why = fmt.Sprintf("Filled in, it is longer than %d characters.", maxDraft)
		}
		var report replycheck.Report
		if why == "" {
			report = s.judge(d, text, nil)
			if report.Verdict == replycheck.Block {
				why = "The reply check blocks it for this review: " + firstBlock(report).Why
			}
		}
		if why != "" {
			out.Withheld = append(out.Withheld, Withheld{ID: t.ID, Name: t.Name, Why: why})
			continue
		}
		found = append(found, ranked{Suggestion{Text: text, Origin: "template:" + t.ID, Label: t.Name, Language: t.Language, Verdict: report.Verdict}, rank})
	}
	slices.SortStableFunc(found, func(a, b ranked) int {
		if a.Verdict != b.Verdict {
			if a.Verdict == replycheck.Pass {
				return -1
			}
			return 1
		}
		return b.rank - a.rank
	})
	items := make([]Suggestion, 0, templatesShown)
	for _, f := range found[:min(len(found), templatesShown)] {
		items = append(items, f.Suggestion)
	}
	return items
}

// maxDraft is the longest draft in characters, as the API takes it.
const maxDraft = 10_000

// fit says whether a template is for such a review, and how closely.
func fit(d desk, t collections.Template) (rank int, fits bool) {
	if t.Language != d.language {
		return 0, false
	}
	topics := func(topic string) bool {
		return slices.ContainsFunc(d.doc.Analysis.Tags, func(tag review.Tag) bool { return string(tag.Topic) == topic })
	}
	for _, scope := range []struct {
		names []string
		holds bool
		rank  int
	}{
		{t.Locations, slices.Contains(t.Locations, d.doc.LocationID), 16},
		{t.Regions, d.location.Region != "" && slices.Contains(t.Regions, d.location.Region), 8},
		{t.Topics, slices.ContainsFunc(t.Topics, topics), 4},
		{t.Sites, slices.Contains(t.Sites, d.doc.Site), 1},
	} {
		switch {
		case len(scope.names) == 0:
		case !scope.holds:
			return 0, false
		default:
			rank += scope.rank
		}
	}
	if t.Polarity != "" {
		if t.Polarity != string(d.overall) {
			return 0, false
		}
		rank += 2
	}
	return rank, true
}

// fill fills a template in; why says what stands against it.
func (s *Service) fill(d desk, t collections.Template) (text, why string) {
	parsed, err := replytext.Parse(t.Text)
	if err != nil {
		return "", "The template has a fault: " + err.Error() + "."
	}
	values := d.values
	if len(t.Topics) > 0 { // it speaks of one of its own
		var own []review.Tag
		for _, tag := range d.doc.Analysis.Tags {
			if slices.Contains(t.Topics, string(tag.Topic)) {
				own = append(own, tag)
			}
		}
		values.Topic = replytext.TopicWords(replytext.MainTopic(own, d.overall), d.language)
	}
	filled, ok := parsed.Fill(values)
	if ok {
		return filled.Text, ""
	}
	missing := parsed.Missing(values)
	if len(missing) == 0 {
		return "", "Filled in, it is too long."
	}
	for _, v := range replytext.Variables() {
		if v.Name == missing[0] {
			why = fmt.Sprintf("{{%s}} cannot be filled in. %s", v.Name, v.Missing)
		}
	}
	return "", why
}

func firstBlock(report replycheck.Report) replycheck.Finding {
	for _, f := range report.Findings {
		if f.Severity == replycheck.Block {
			return f
		}
	}
	return replycheck.Finding{}
}
