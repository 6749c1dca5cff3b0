package sitesim

import (
	"slices"
	"strings"
	"time"
)

type wireReply struct {
	Comment         string         `json:"comment"`
	UpdateTime      string         `json:"updateTime"`
	State           string         `json:"state,omitempty"`
	PolicyViolation *wireViolation `json:"policyViolation,omitempty"`
}

type wireViolation struct {
	Name        string `json:"policyName"`
	Description string `json:"description"`
}

// wireReply shows a reply to its owner, who sees it while it is held and after
// it was refused.
func (s *Sim) wireReply(r reply) *wireReply {
	out := &wireReply{Comment: r.Text, UpdateTime: r.At.Format(time.RFC3339Nano), State: "APPROVED"}
	switch {
	case s.cfg.Now().Before(r.At.Add(s.cfg.Moderation)):
		out.State = "PENDING"
	case s.refuses(r.Text):
		out.State = "REJECTED"
		out.PolicyViolation = &wireViolation{Name: "INAPPROPRIATE_CONTENT", Description: "The reply has words that are not allowed."}
	}
	return out
}

func (s *Sim) refuses(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(s.cfg.RejectWords, func(word string) bool {
		return word != "" && strings.Contains(text, strings.ToLower(word))
	})
}
