package routing

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/sla"
)

// Hours are those of a policy's calendar at a location. A calendar or a time zone that is not known
// counts around the clock: a case without a due time would be worse.
func (p Plan) Hours(policy string, at *collections.Location) sla.Hours {
	calendar, ok := p.Calendars[p.Policies[policy].Calendar]
	if !ok {
		return sla.Hours{}
	}
	var loc *time.Location
	if at != nil {
		loc, _ = time.LoadLocation(at.TimeZone)
	}
	h, err := calendar.At(loc)
	if err != nil {
		return sla.Hours{}
	}
	return h
}
