package replies

import (
	"context"
	"strings"

	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/replytext"
	"github.com/bedside-health/bedside/services/gateway/replies/assistant"
)

// written asks the assistant, if there is one and it is wanted, and says in out how that went. What it
// writes is checked like what a person writes. Only that the person has left is an error.
func (s *Service) written(ctx context.Context, d desk, wanted bool, out *Suggestions) ([]Suggestion, error) {
	out.Assistant = AssistantOff
	if s.cfg.Assistant == nil {
		return nil, nil
	}
	out.Assistant = AssistantAvailable
	if !wanted {
		return nil, nil
	}
	fail := func(outcome, why string) ([]Suggestion, error) {
		s.asked.WithLabelValues(outcome).Inc()
		out.Assistant, out.Problem = AssistantFailed, why
		return nil, ctx.Err()
	}
	text, err := s.cfg.Assistant.Write(ctx, assistant.Question{
		Review: d.doc.Text, Stars: d.doc.Rating, Site: d.doc.Site, Language: d.language,
		Phone: d.values.Phone != "", Manager: d.values.Manager != "",
	})
	if err != nil {
		return fail("failed", assistant.Why(err))
	}
	parsed, err := replytext.Parse(text)
	if err != nil {
		return fail("unusable", "The assistant's text has blanks that nobody can fill in. Ask again, or write the reply yourself.")
	}
	filled, ok := parsed.Fill(d.values)
	if !ok {
		return fail("unusable", "The assistant's text needs a telephone or a manager that is not known. Ask again, or write the reply yourself.")
	}
	report := s.judge(d, filled.Text, nil)
	if report.Verdict == replycheck.Block {
		return fail("blocked", "The assistant's text is not shown, because the reply check blocks it: "+strings.TrimSpace(firstBlock(report).Why))
	}
	s.asked.WithLabelValues("used").Inc()
	out.Assistant = AssistantUsed
	return []Suggestion{{Text: filled.Text, Origin: "assistant", Label: "Written by the assistant", Language: d.language, Verdict: report.Verdict}}, nil
}
