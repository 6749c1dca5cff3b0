package sitesim

import (
	_ "embed" // the demo's reviews
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed demo/reviews.yaml
var demoReviews []byte

//go:embed demo/demo-import.csv
var demoImport []byte

// DemoCSV is a file of 25 reviews of the site "frontdesk-cards" for one
// location, northgate-dental, to be imported.
func DemoCSV() []byte { return append([]byte(nil), demoImport...) }

// demoReview is one entry of reviews.yaml.
type demoReview struct {
	At    string `yaml:"at"`
	On    string `yaml:"on"` // google or directory
	By    string `yaml:"by"`
	Stars int    `yaml:"stars"`
	Days  int    `yaml:"days"`
	Later bool   `yaml:"later"`
	Text  string `yaml:"text"`
}

// readDemo gives the reviews that are there at the first start, and those that
// arrive, in the order of the seed. Ids come from the place in the file.
func readDemo(epoch time.Time, seed uint64) (present, later []review, err error) {
	var entries []demoReview
	if err := yaml.UnmarshalWithOptions(demoReviews, &entries, yaml.Strict()); err != nil {
		return nil, nil, fmt.Errorf("read the demo reviews: %w", err)
	}
	for i, e := range entries {
		l, ok := locationByKey(e.At)
		if !ok || e.Stars < 1 || e.Stars > 5 || e.Text == "" || (e.On != "google" && e.On != "directory") {
			return nil, nil, fmt.Errorf("demo review %d: unusable entry", i+1)
		}
		r := review{ID: fmt.Sprintf("demo-%06d", 410_000+i*17), Author: e.By, Stars: e.Stars, Text: e.Text, shelf: shelfOf(l, e.On)}
		if e.Later {
			later = append(later, r)
			continue
		}
		// The time of day is the entry's own, so that a list has one order.
		r.Posted = epoch.AddDate(0, 0, -e.Days).Add(-time.Duration(i*13%600) * time.Minute)
		r.Updated = r.Posted
		present = append(present, r)
	}
	random := rand.New(rand.NewPCG(seed, 1))
	random.Shuffle(len(later), func(i, j int) { later[i], later[j] = later[j], later[i] })
	return present, later, nil
}
