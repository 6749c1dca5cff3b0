package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// ListNotifications lists what the person was told, newest first.
func (s *server) ListNotifications(c *gin.Context, p api.ListNotificationsParams) {
	who := identity(c).Person
	found, next, err := s.cfg.Store.Notifications(c.Request.Context(), who.OrgID, who.ID, p.Unread, limit(p.Limit), value(p.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	unread, err := s.cfg.Store.UnreadNotifications(c.Request.Context(), who.OrgID, who.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.NotificationPage{Items: each(found, notification), NextCursor: optional(next), Unread: unread})
}

func notification(n collections.Notification) api.Notification {
	return api.Notification{
		Id: n.ID, Kind: api.NotificationKind(n.Kind), ReviewId: n.ReviewID, LocationId: optional(n.LocationID),
		Urgent: n.Urgent, Title: n.Title, At: n.At.UTC(), Read: !n.Unread,
	}
}

// ReadNotifications marks some as read.
func (s *server) ReadNotifications(c *gin.Context) {
	body, err := read[api.ReadInput](c)
	if err == nil && body.Ids == nil && body.Until == nil {
		err = problem.New(problem.Invalid, "invalid_request", "Name notifications as ids, or a time as until.")
	}
	if err == nil {
		err = s.cfg.Commands.ReadNotifications(c.Request.Context(), acting(c), value(body.Ids), value(body.Until))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// GetNotificationSettings says what the person wants to hear and when.
func (s *server) GetNotificationSettings(c *gin.Context) {
	settings, err := s.cfg.FollowUp.Settings(c.Request.Context(), identity(c).Person)
	s.settings(c, settings, err)
}

// SetNotificationSettings changes it.
func (s *server) SetNotificationSettings(c *gin.Context) {
	body, err := read[api.NotificationSettingsInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	settings, err := s.cfg.FollowUp.SetSettings(c.Request.Context(), identity(c).Person, collections.NotificationSettings{
		Base: docstore.Base{Rev: body.Rev}, Email: string(body.Email), Kinds: append([]string{}, words[string](body.Kinds)...),
		QuietFrom: value(body.QuietFrom), QuietUntil: value(body.QuietUntil), TimeZone: body.TimeZone, DailyAt: body.DailyAt, Digest: body.Digest,
	})
	s.settings(c, settings, err)
}

func (s *server) settings(c *gin.Context, doc collections.NotificationSettings, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.NotificationSettings{
		Email: api.NotificationSettingsEmail(doc.Email), Kinds: words[api.NotificationSettingsKinds](append([]string{}, doc.Kinds...)),
		QuietFrom: optional(doc.QuietFrom), QuietUntil: optional(doc.QuietUntil), TimeZone: doc.TimeZone, DailyAt: doc.DailyAt,
		Digest: doc.Digest, Rev: doc.Rev,
	})
}
