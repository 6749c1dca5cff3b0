package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
	"github.com/bedside-health/bedside/services/gateway/replies"
)

// ListSuggestions lists replies to begin with.
func (s *server) ListSuggestions(c *gin.Context, id api.Id, p api.ListSuggestionsParams) {
	found, err := s.cfg.Replies.Suggest(c.Request.Context(), org(c), id, replies.Ask{
		Language: string(value(p.Language)), Assistant: value(p.Assistant),
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.SuggestionList{
		Assistant: api.SuggestionListAssistant(found.Assistant), AssistantProblem: optional(found.Problem),
		Items: each(found.Items, func(i replies.Suggestion) api.Suggestion {
			return api.Suggestion{Text: i.Text, Origin: i.Origin, Label: i.Label, Language: i.Language, Verdict: api.SuggestionVerdict(i.Verdict)}
		}),
		NotOffered: each(found.Withheld, func(w replies.Withheld) api.TemplateNotOffered {
			return api.TemplateNotOffered{Id: w.ID, Name: w.Name, Why: w.Why}
		}),
	})
}
