package followup

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
)

// Settings are what a person wants to hear and when; revision 0 are those everybody begins with.
func (s *Service) Settings(ctx context.Context, who collections.Person) (collections.NotificationSettings, error) {
	doc, found, err := s.cfg.Store.NotificationSettings(ctx, who.OrgID, who.ID)
	if err != nil || found {
		return doc, err
	}
	locations, err := s.cfg.Store.Locations(ctx, who.OrgID)
	if err != nil {
		return collections.NotificationSettings{}, err
	}
	return collections.DefaultNotificationSettings(zoneOf(who, locations)), nil
}

// zoneOf is the time zone of the first of a person's locations, or of the organization's.
func zoneOf(who collections.Person, locations []collections.Location) string {
	zone := ""
	for _, l := range locations {
		if zone == "" {
			zone = l.TimeZone
		}
		for _, own := range who.Locations {
			if l.ID == own {
				return l.TimeZone
			}
		}
	}
	return zone
}

// SetSettings puts settings in the place of those at next.Rev.
func (s *Service) SetSettings(ctx context.Context, who collections.Person, next collections.NotificationSettings) (collections.NotificationSettings, error) {
	if err := validSettings(next); err != nil {
		return collections.NotificationSettings{}, err
	}
	rev := next.Rev
	return s.cfg.Store.ChangeNotificationSettings(ctx, who.OrgID, who.ID, func(doc *collections.NotificationSettings) error {
		if doc.Rev != rev {
			return problem.New(problem.Conflict, "settings_changed",
				"These settings were changed since: they are at revision %d, not %d. Read them again.", doc.Rev, rev)
		}
		next.Base, next.At = doc.Base, s.cfg.Now().UTC()
		*doc = next
		return nil
	})
}

func validSettings(in collections.NotificationSettings) error {
	refuse := func(detail string) error { return problem.New(problem.Invalid, "invalid_settings", "%s", detail) }
	if in.TimeZone == "Local" {
		return refuse("time_zone: give an IANA name, such as America/New_York.")
	}
	if _, err := time.LoadLocation(in.TimeZone); err != nil || in.TimeZone == "" {
		return refuse("time_zone: there is no such time zone; give an IANA name, such as America/New_York.")
	}
	if (in.QuietFrom == "") != (in.QuietUntil == "") {
		return refuse("quiet_from, quiet_until: give both, or neither.")
	}
	if in.QuietFrom != "" && in.QuietFrom == in.QuietUntil {
		return refuse("quiet_until: quiet hours have to end at another time than they begin.")
	}
	return nil
}
