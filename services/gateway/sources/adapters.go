package sources

import "slices"

// Adapters are the ones a person can choose; imports have their own.
const (
	Google      = "google"
	Yelp        = "yelp"
	Facebook    = "facebook"
	Trustpilot  = "trustpilot"
	CareOpinion = "careopinion"
	Directory   = "directory"
	Selector    = "selector"
)

// Adapters returns the adapters that a person can choose.
func Adapters() []string {
	return []string{Google, Yelp, Facebook, Trustpilot, CareOpinion, Directory, Selector}
}

// Watchable reports whether people manage the listings of an adapter.
func Watchable(adapter string) bool { return slices.Contains(Adapters(), adapter) }
