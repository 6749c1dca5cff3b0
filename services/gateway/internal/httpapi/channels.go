package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/gateway/followup"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// ListChannels lists where messages for several people go.
func (s *server) ListChannels(c *gin.Context) {
	found, err := s.cfg.FollowUp.Channels(c.Request.Context(), org(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.ChannelList{Items: each(found, channel)})
}

// channel is a channel without its secrets.
func channel(doc collections.Channel) api.Channel {
	return api.Channel{
		Id: doc.ID, Name: doc.Name, Kind: api.ChannelKind(doc.Kind), Target: followup.Shown(doc),
		Every: api.ChannelEvery(doc.Every), Enabled: doc.Enabled, Rev: doc.Rev,
	}
}

func channelInput(in api.ChannelInput) followup.ChannelInput {
	return followup.ChannelInput{
		Name: in.Name, Kind: string(in.Kind), Target: value(in.Target), Every: string(in.Every), Enabled: in.Enabled,
	}
}

// CreateChannel adds a channel. Its secret is shown in this answer and never again.
func (s *server) CreateChannel(c *gin.Context) {
	body, err := read[api.ChannelInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	made, err := s.cfg.FollowUp.AddChannel(c.Request.Context(), org(c), identity(c).Person.ID, channelInput(body))
	if err != nil {
		s.fail(c, err)
		return
	}
	out := channel(made)
	out.Secret = optional(made.Secret)
	s.answer(c, http.StatusCreated, out)
}

// UpdateChannel changes a channel.
func (s *server) UpdateChannel(c *gin.Context, id api.Id, p api.UpdateChannelParams) {
	body, err := read[api.ChannelInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	changed, err := s.cfg.FollowUp.ChangeChannel(c.Request.Context(), org(c), id, p.Rev, channelInput(body))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, channel(changed))
}

// DeleteChannel removes a channel.
func (s *server) DeleteChannel(c *gin.Context, id api.Id) {
	if err := s.cfg.FollowUp.DropChannel(c.Request.Context(), org(c), id); err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// TestChannel sends a test message now.
func (s *server) TestChannel(c *gin.Context, id api.Id) {
	if _, err := s.cfg.FollowUp.Channel(c.Request.Context(), org(c), id); err != nil {
		s.fail(c, err)
		return
	}
	if err := s.cfg.Commands.TestChannel(c.Request.Context(), acting(c), id); err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// acting is who acts, on no review in particular.
func acting(c *gin.Context) inbox.Act {
	who := identity(c).Person
	return inbox.Act{OrgID: who.OrgID, PersonID: who.ID, PersonName: who.Name}
}
