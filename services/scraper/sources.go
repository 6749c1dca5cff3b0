package scraper

import (
	"fmt"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/careopinion"
	"github.com/bedside-health/bedside/libs/sites/csv"
	"github.com/bedside-health/bedside/libs/sites/directory"
	"github.com/bedside-health/bedside/libs/sites/facebook"
	"github.com/bedside-health/bedside/libs/sites/google"
	"github.com/bedside-health/bedside/libs/sites/selector"
	"github.com/bedside-health/bedside/libs/sites/trustpilot"
	"github.com/bedside-health/bedside/libs/sites/yelp"
)

// fromTheWeb are the adapters of our own that read the web.
var fromTheWeb = []string{
	google.Adapter, yelp.Adapter, facebook.Adapter, trustpilot.Adapter, careopinion.Adapter, directory.Adapter,
	selector.Adapter,
}

// ownAdapters are all adapters of our own.
func ownAdapters() []string { return append(append([]string{}, fromTheWeb...), csv.Adapter) }

// webSite makes an adapter that reads the web.
func (c Config) webSite(adapter string, client *polite.Client) (sites.Site, error) {
	switch adapter {
	case google.Adapter:
		return google.New(google.Config{Client: client, BaseURL: c.GoogleURL})
	case yelp.Adapter:
		return yelp.New(yelp.Config{Client: client, BaseURL: c.YelpURL})
	case facebook.Adapter:
		return facebook.New(facebook.Config{Client: client, BaseURL: c.FacebookURL})
	case trustpilot.Adapter:
		return trustpilot.New(trustpilot.Config{Client: client, BaseURL: c.TrustpilotURL})
	case careopinion.Adapter:
		return careopinion.New(careopinion.Config{Client: client, BaseURL: c.CareOpinionURL})
	case selector.Adapter:
		definitions, err := c.definitions()
		if err != nil {
			return nil, err
		}
		return selector.New(selector.Config{Client: client, Definitions: definitions})
	default:
		return directory.New(directory.Config{Client: client})
	}
}

// definitions are those of the sites that selector reads.
func (c Config) definitions() (map[string]*selector.Definition, error) {
	if c.Selectors == "" {
		return nil, nil
	}
	definitions, err := selector.LoadDir(c.Selectors)
	if err != nil {
		return nil, fmt.Errorf("BEDSIDE_SCRAPER_SELECTORS: %w", err)
	}
	return definitions, nil
}

// addresses are the settings that name where an adapter's service is.
func (c Config) addresses() map[string]string {
	return map[string]string{
		"BEDSIDE_SCRAPER_GOOGLE_URL": c.GoogleURL, "BEDSIDE_SCRAPER_YELP_URL": c.YelpURL,
		"BEDSIDE_SCRAPER_FACEBOOK_URL": c.FacebookURL, "BEDSIDE_SCRAPER_TRUSTPILOT_URL": c.TrustpilotURL,
		"BEDSIDE_SCRAPER_CAREOPINION_URL": c.CareOpinionURL,
	}
}
