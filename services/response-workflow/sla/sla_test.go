package sla_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/sla"
)

func rating(r float64) *float64 { return &r }

func TestPolicyTarget_KindsOfReviews_AllowedTimes(t *testing.T) {
	p := sla.DefaultPolicy()
	for _, c := range []struct {
		name string
		f    sla.Facts
		want time.Duration
		rule string
	}{
		{"urgent and positive", sla.Facts{Urgent: true, Overall: review.Positive, Rating: rating(5)}, 4 * time.Hour, "urgent"},
		{"negative", sla.Facts{Overall: review.Negative, Rating: rating(5)}, 24 * time.Hour, "critical"},
		{"mixed", sla.Facts{Overall: review.Mixed}, 24 * time.Hour, "critical"},
		{"three stars, kind words", sla.Facts{Overall: review.Positive, Rating: rating(3)}, 24 * time.Hour, "critical"},
		{"just above three", sla.Facts{Overall: review.Positive, Rating: rating(3.5)}, 48 * time.Hour, "favourable"},
		{"positive without stars", sla.Facts{Overall: review.Positive}, 48 * time.Hour, "favourable"},
		{"stars without text", sla.Facts{Rating: rating(5)}, 48 * time.Hour, "favourable"},
		{"few stars without text", sla.Facts{Rating: rating(1)}, 24 * time.Hour, "critical"},
		{"nothing known", sla.Facts{}, 24 * time.Hour, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, rule := p.Target(c.f)
			require.Equal(t, c.want, got)
			require.Equal(t, c.rule, rule)
			start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
			require.Equal(t, start.Add(c.want), p.Due(start, c.f))
		})
	}
}

func TestPolicyValidate_Faults_AllTold(t *testing.T) {
	require.NoError(t, sla.DefaultPolicy().Validate())
	err := sla.Policy{Urgent: time.Second, Critical: 100 * 24 * time.Hour, Favourable: time.Hour}.Validate()
	require.ErrorContains(t, err, "urgent is 1s")
	require.ErrorContains(t, err, "critical is")
	require.ErrorContains(t, err, "more serious")
	require.NotContains(t, err.Error(), "favourable is")
}
