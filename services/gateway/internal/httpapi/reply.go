package httpapi

import (
	"net/http"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// CheckReply says what in a reply must not be public.
func (s *server) CheckReply(c *gin.Context, id api.Id) {
	body, err := read[api.ReplyDraft](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	report, err := s.cfg.Replies.Check(c.Request.Context(), org(c), id, body.Reply)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.ReplyReport{
		Verdict: api.ReplyReportVerdict(report.Verdict), Bytes: len(body.Reply), Characters: utf8.RuneCountInString(body.Reply),
		Findings: each(report.Findings, replyFinding),
	})
}
