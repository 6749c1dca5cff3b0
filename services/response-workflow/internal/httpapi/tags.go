package httpapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/internal/httpapi/api"
)

// maxTags bounds the tags of one judgement; a text has the eight topics, those of its
// organization, and perhaps some that the organization dropped since.
const maxTags = 50

// CorrectTags stores how a person sees the tags right.
func (s *server) CorrectTags(c *gin.Context, id api.Id, p api.CorrectTagsParams) {
	var body api.CorrectTagsJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	judgement, err := judgementOf(body)
	reason := deref(body.Reason)
	if err = errors.Join(err, text("reason", reason, maxReason)); err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.Correct(c.Request.Context(), cmd, judgement, strings.TrimSpace(reason))
	s.answer(c, done, err)
}

// WithdrawCorrection takes the correction of the tags back.
func (s *server) WithdrawCorrection(c *gin.Context, id api.Id, p api.WithdrawCorrectionParams) {
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, nil)
	if !ok {
		return
	}
	done, err := s.cfg.Cases.Withdraw(c.Request.Context(), cmd)
	s.answer(c, done, err)
}

// judgementOf reads a judgement and reports all its faults.
func judgementOf(body api.CorrectTagsJSONRequestBody) (casework.Judgement, error) {
	j := casework.Judgement{Tags: make([]review.Tag, 0, len(body.Tags))}
	var faults []error
	if body.Tags == nil {
		faults = append(faults, errors.New("tags is missing"))
	}
	if len(body.Tags) > maxTags {
		return j, fmt.Errorf("tags has more than %d entries", maxTags)
	}
	for i, tag := range body.Tags {
		topic := review.Topic(tag.Topic)
		if !topic.Known() {
			faults = append(faults, fmt.Errorf("tags[%d].topic is neither one of the topics nor own.NAME", i))
		}
		if !tag.Polarity.Valid() {
			faults = append(faults, fmt.Errorf("tags[%d].polarity is not one of positive, negative, mixed", i))
		}
		j.Tags = append(j.Tags, review.Tag{Topic: topic, Polarity: review.Polarity(tag.Polarity)})
	}
	if body.Overall != nil {
		if !body.Overall.Valid() {
			faults = append(faults, errors.New("overall is not one of positive, negative, mixed"))
		}
		j.Overall = review.Polarity(*body.Overall)
	}
	if body.Urgent != nil {
		if len(*body.Urgent) > len(review.UrgentFlags()) {
			return j, errors.New("urgent has more entries than there are flags")
		}
		j.Urgent = []review.Urgent{}
		for i, flag := range *body.Urgent {
			if !flag.Valid() {
				faults = append(faults, fmt.Errorf("urgent[%d] is not one of the urgent flags", i))
			}
			j.Urgent = append(j.Urgent, review.Urgent(flag))
		}
	}
	return j, errors.Join(faults...)
}
