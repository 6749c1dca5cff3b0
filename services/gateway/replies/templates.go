package replies

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/replytext"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
)

// templatesMost bounds the templates of an organization.
const templatesMost = 500

// TemplateInput is what somebody says of a template. Empty scopes are everywhere.
type TemplateInput struct {
	Name, Text, Language, Polarity    string
	Sites, Topics, Regions, Locations []string
}

// Templates are all templates, by name.
func (s *Service) Templates(ctx context.Context, org string) ([]collections.Template, error) {
	return s.cfg.Store.Templates(ctx, org)
}

// AddTemplate makes a template. One that the check blocks is problem.Invalid with its findings.
func (s *Service) AddTemplate(ctx context.Context, org, person string, in TemplateInput) (collections.Template, error) {
	if err := s.checkTemplate(ctx, org, &in); err != nil {
		return collections.Template{}, err
	}
	there, err := s.cfg.Store.Templates(ctx, org)
	if err != nil {
		return collections.Template{}, err
	}
	if len(there) >= templatesMost {
		return collections.Template{}, problem.New(problem.Invalid, "too_many_templates", "There are %d templates already, and no more fit. Remove one first.", len(there))
	}
	doc := collections.Template{Base: docstore.Base{ID: "t_" + strings.ToLower(rand.Text()), OrgID: org}}
	s.write(&doc, person, in)
	if err := s.cfg.Store.AddTemplate(ctx, org, &doc); err != nil {
		return collections.Template{}, err
	}
	return s.cfg.Store.Template(ctx, org, doc.ID)
}

// ChangeTemplate replaces a template at revision rev.
func (s *Service) ChangeTemplate(ctx context.Context, org, person, id string, rev int64, in TemplateInput) (collections.Template, error) {
	faulty := s.checkTemplate(ctx, org, &in)
	return s.cfg.Store.ChangeTemplate(ctx, org, id, func(doc *collections.Template) error {
		switch {
		case faulty != nil: // that the template is there comes first
			return faulty
		case doc.Rev != rev:
			return problem.New(problem.Conflict, "template_changed",
				"Somebody else changed this template since: it is at revision %d, not %d. Read it again.", doc.Rev, rev)
		}
		s.write(doc, person, in)
		return nil
	})
}

// DropTemplate removes a template. Drafts that began with it stay.
func (s *Service) DropTemplate(ctx context.Context, org, id string) error {
	if _, err := s.cfg.Store.Template(ctx, org, id); err != nil {
		return err
	}
	return s.cfg.Store.DropTemplate(ctx, org, id)
}

func (s *Service) write(doc *collections.Template, person string, in TemplateInput) {
	doc.Name, doc.NameKey, doc.Text, doc.Language, doc.Polarity = in.Name, strings.ToLower(in.Name), in.Text, in.Language, in.Polarity
	doc.Sites, doc.Topics, doc.Regions, doc.Locations = in.Sites, in.Topics, in.Regions, in.Locations
	doc.By, doc.At = person, s.cfg.Now().UTC()
}

// checkTemplate tidies what somebody says of a template and refuses what cannot be used.
func (s *Service) checkTemplate(ctx context.Context, org string, in *TemplateInput) error {
	in.Name = strings.Join(strings.FieldsFunc(in.Name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	in.Text = strings.TrimSpace(in.Text)
	for i, site := range in.Sites {
		in.Sites[i] = strings.ToLower(strings.TrimSpace(site))
	}
	for _, names := range []*[]string{&in.Sites, &in.Topics, &in.Regions, &in.Locations} {
		*names = once(*names)
	}
	if in.Name == "" {
		return problem.New(problem.Invalid, "invalid_template", "name: give the template a name.")
	}
	if in.Language != "en" && in.Language != "es" {
		return problem.New(problem.Invalid, "invalid_template", "language: choose en or es.")
	}
	parsed, err := replytext.Parse(in.Text)
	if faults := replytext.Faults(nil); errors.As(err, &faults) {
		told := make([]routing.Fault, len(faults))
		for i, f := range faults {
			told[i] = routing.Fault{Path: fmt.Sprintf("text:%d:%d", f.Line, f.Column), Detail: f.Detail}
		}
		return problem.New(problem.Invalid, "invalid_template", "text: %s.", faults.Error()).With("faults", told)
	}
	if err != nil {
		return problem.Wrap(problem.Invalid, "invalid_template", err, "text: this cannot be read")
	}
	if err := s.checkScope(ctx, org, *in); err != nil {
		return err
	}
	return s.checkSamples(ctx, org, *in, parsed)
}

// once are the names that are not empty, each once.
func once(names []string) []string {
	out := []string{}
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// checkScope refuses names of what the organization does not have: the template would never be offered.
func (s *Service) checkScope(ctx context.Context, org string, in TemplateInput) error {
	if len(in.Locations) > 0 || len(in.Regions) > 0 {
		places, err := s.cfg.Store.Locations(ctx, org)
		if err != nil {
			return fmt.Errorf("read the locations: %w", err)
		}
		ids, regions := map[string]bool{}, map[string]bool{}
		for _, place := range places {
			ids[place.ID], regions[place.Region] = true, true
		}
		for i, id := range in.Locations {
			if !ids[id] {
				return problem.New(problem.Invalid, "unknown_location", "location_ids.%d: your organization has no such location.", i)
			}
		}
		for i, region := range in.Regions {
			if !regions[region] {
				return problem.New(problem.Invalid, "unknown_region", "regions.%d: none of your locations is in this region.", i)
			}
		}
	}
	known := review.Topics()
	if slices.ContainsFunc(in.Topics, func(t string) bool { return !slices.Contains(known, review.Topic(t)) }) {
		lexicon, err := s.cfg.Store.Lexicon(ctx, org)
		if err != nil {
			return fmt.Errorf("read the own topics: %w", err)
		}
		for _, own := range lexicon.Topics {
			known = append(known, own.Key)
		}
	}
	for i, topic := range in.Topics {
		if !slices.Contains(known, review.Topic(topic)) {
			return problem.New(problem.Invalid, "unknown_topic", "topics.%d: your organization has no such topic. GET /api/v1/lexicon lists its own.", i)
		}
	}
	return nil
}

// checkSamples fills the template in with examples and refuses it if the check blocks one.
func (s *Service) checkSamples(ctx context.Context, org string, in TemplateInput, parsed *replytext.Template) error {
	organization, err := s.cfg.Store.Organization(ctx, org)
	if err != nil {
		return fmt.Errorf("read the name of the practice: %w", err)
	}
	values := replytext.Values{Practice: cmp.Or(organization.Name, "Practice"), Location: "Main Street", Phone: "(555) 555-0142", Manager: "Denise Kwan"}
	topics := sampleTopics(in, parsed)
	if len(topics) == 0 {
		return problem.New(problem.Invalid, "invalid_template", "text: {{topic}} never has a value for the topics chosen, because a public reply does not name them. Write the sentence without it.")
	}
	samples := make([][2]string, 0, len(topics)+len(in.Sites)) // topic and site
	for _, words := range topics {
		samples = append(samples, [2]string{words, ""})
	}
	for _, site := range in.Sites {
		samples = append(samples, [2]string{topics[0], site})
	}
	for _, sample := range samples {
		values.Topic = sample[0]
		filled, ok := parsed.Fill(values)
		if !ok {
			return problem.New(problem.Invalid, "invalid_template", "text: filled in, it would be too long.")
		}
		report := s.cfg.Checker.Check(replycheck.Input{
			Reply: filled.Text, Site: sample[1], Language: in.Language,
			Practice: replycheck.Practice{Name: values.Practice, Phones: []string{values.Phone}, Contacts: []string{values.Manager}},
		})
		if report.Verdict == replycheck.Block {
			return problem.New(problem.Invalid, "template_blocked",
				"The reply check blocks this template: %s", firstBlock(report).Why).With("findings", inTemplate(report.Findings, filled, in.Text))
		}
	}
	return nil
}

// sampleTopics are the words that {{topic}} can stand for in a template; one that does not use it
// has one sample.
func sampleTopics(in TemplateInput, parsed *replytext.Template) []string {
	if !slices.Contains(parsed.Uses(), replytext.Topic) {
		return []string{"-"}
	}
	topics := in.Topics
	if len(topics) == 0 {
		for _, topic := range review.Topics() {
			topics = append(topics, string(topic))
		}
	}
	var out []string
	for _, topic := range topics {
		if words := replytext.TopicWords(review.Topic(topic), in.Language); words != "" {
			out = append(out, words)
		}
	}
	return out
}

// inTemplate moves findings from the filled text to the template, so that they mark what the person
// wrote.
func inTemplate(findings []replycheck.Finding, filled replytext.Filled, source string) []replycheck.Finding {
	out := slices.Clone(findings)
	for i := range out {
		out[i].Start, out[i].End = filled.Source(out[i].Start, out[i].End)
		out[i].Quote = source[out[i].Start:out[i].End]
	}
	return out
}
