package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/replytext"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
	"github.com/bedside-health/bedside/services/gateway/replies"
)

// ListTemplates lists the reply templates, and the variables they can have.
func (s *server) ListTemplates(c *gin.Context) {
	found, err := s.cfg.Replies.Templates(c.Request.Context(), org(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	out := api.TemplateList{Items: each(found, template)}
	out.Variables = each(replytext.Variables(), func(v replytext.Described) (shown struct {
		Name string `json:"name"`
		What string `json:"what"`
	},
	) {
		shown.Name, shown.What = string(v.Name), v.What
		return shown
	})
	s.answer(c, http.StatusOK, out)
}

func template(doc collections.Template) api.Template {
	return api.Template{
		Id: doc.ID, Name: doc.Name, Text: doc.Text, Language: api.TemplateLanguage(doc.Language), Polarity: optional(api.Polarity(doc.Polarity)),
		Sites: listed(doc.Sites), Topics: listed(doc.Topics), Regions: listed(doc.Regions), LocationIds: listed(doc.Locations), Rev: doc.Rev,
	}
}

// listed is a list that is not null in JSON.
func listed(names []string) []string { return append([]string{}, names...) }

func templateInput(in api.TemplateInput) replies.TemplateInput {
	return replies.TemplateInput{
		Name: in.Name, Text: in.Text, Language: string(in.Language), Polarity: string(value(in.Polarity)),
		Sites: value(in.Sites), Topics: value(in.Topics), Regions: value(in.Regions), Locations: value(in.LocationIds),
	}
}

// CreateTemplate adds a template.
func (s *server) CreateTemplate(c *gin.Context) {
	body, err := read[api.TemplateInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	made, err := s.cfg.Replies.AddTemplate(c.Request.Context(), org(c), identity(c).Person.ID, templateInput(body))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusCreated, template(made))
}

// UpdateTemplate changes a template.
func (s *server) UpdateTemplate(c *gin.Context, id api.Id, p api.UpdateTemplateParams) {
	body, err := read[api.TemplateInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	changed, err := s.cfg.Replies.ChangeTemplate(c.Request.Context(), org(c), identity(c).Person.ID, id, p.Rev, templateInput(body))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, template(changed))
}

// DeleteTemplate removes a template.
func (s *server) DeleteTemplate(c *gin.Context, id api.Id) {
	if err := s.cfg.Replies.DropTemplate(c.Request.Context(), org(c), id); err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
