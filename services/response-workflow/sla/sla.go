// Package sla says when the answer to a review is due. It promises that the same
// policy and the same review always give the same time, and that what is more
// serious is never due later than what is less serious.
package sla

import (
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/review"
)

// Policy holds the time allowed for the first answer, by how serious a review is.
type Policy struct {
	// Urgent is for reviews with an urgent flag.
	Urgent time.Duration
	// Critical is for negative and mixed reviews, for ratings of three and less,
	// and for reviews of which nothing is known yet.
	Critical time.Duration
	// Favourable is for all others.
	Favourable time.Duration
}

// maxTarget keeps a misplaced unit from putting every due time beyond reach.
const maxTarget = 90 * 24 * time.Hour

// DefaultPolicy allows four hours, a day and two days.
func DefaultPolicy() Policy {
	return Policy{Urgent: 4 * time.Hour, Critical: 24 * time.Hour, Favourable: 48 * time.Hour}
}

// Validate reports all faults of the policy, joined.
func (p Policy) Validate() error {
	var faults []error
	for _, target := range []struct {
		name string
		d    time.Duration
	}{{"urgent", p.Urgent}, {"critical", p.Critical}, {"favourable", p.Favourable}} {
		if target.d < time.Minute || target.d > maxTarget {
			faults = append(faults, fmt.Errorf("SLA target %s is %v: it must be between one minute and 90 days", target.name, target.d))
		}
	}
	if p.Urgent > p.Critical || p.Critical > p.Favourable {
		faults = append(faults, errors.New("SLA targets must not be longer for what is more serious: urgent, then critical, then favourable"))
	}
	return errors.Join(faults...)
}

// Facts are what a due time depends on.
type Facts struct {
	Urgent  bool
	Overall review.Polarity // empty if the text was not analysed
	Rating  *float64        // 1..5; nil where there is none
}

// Target is the time allowed for the first answer, with the name of the rule that
// says so.
func (p Policy) Target(f Facts) (allowed time.Duration, rule string) {
	switch {
	case f.Urgent:
		return p.Urgent, "urgent"
	case f.Overall == review.Negative || f.Overall == review.Mixed:
		return p.Critical, "critical"
	case f.Rating != nil && *f.Rating <= 3:
		return p.Critical, "critical"
	case f.Overall == review.Positive || f.Rating != nil:
		return p.Favourable, "favourable"
	default:
		return p.Critical, "unknown"
	}
}

// Due is when the answer is due if the clock began to run at start.
func (p Policy) Due(start time.Time, f Facts) time.Time {
	allowed, _ := p.Target(f)
	return start.Add(allowed)
}
