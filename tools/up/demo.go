package up

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/services/gateway/bootstrap"
	"github.com/bedside-health/bedside/services/scraper"
	"github.com/bedside-health/bedside/tools/client"
	"github.com/bedside-health/bedside/tools/sitesim"
)

//go:embed demo.yaml
var demoPlan []byte

const (
	// credential is the name under which the scraper finds the simulator's token.
	credential = "demo-google"
	// cardsLocation and cardsSite are what the demo's imported file is about.
	cardsLocation = "riverside-dental"
	cardsSite     = "frontdesk-cards"
	// pollEvery is short, so that the demo can be watched; real sites are asked every few minutes at most.
	pollEvery = 3 * time.Second
	// listEvery is how often the complete lists are read, which finds removals.
	listEvery = 20 * time.Second
	// compareEvery is how often what the sites show is compared with the records.
	compareEvery = 2 * time.Second
)

// demo is the invented organization with its simulated sites.
type demo struct {
	plan     *bootstrap.Plan
	sim      *sitesim.Sim
	url      string
	password config.Secret
}

// memory is what the demo keeps over restarts, readable by its owner only.
type memory struct {
	Password  string `json:"password"`
	SimListen string `json:"sim_listen"`
}

// startDemo starts the simulator and completes the demo's plan with its listings.
func startDemo(ctx context.Context, cfg Config, logger *slog.Logger, ends *cleanups) (*demo, error) {
	file := filepath.Join(cfg.Data, "demo.json")
	kept, err := recall(file)
	if err != nil {
		return nil, err
	}
	d := &demo{password: cfg.DemoPassword}
	if d.password == "" {
		if kept.Password == "" {
			kept.Password = strings.ToLower(rand.Text()[:16])
		}
		d.password = config.Secret(kept.Password)
	}
	d.sim, err = sitesim.New(sitesim.Config{
		Arrivals: cfg.DemoArrivals, State: filepath.Join(cfg.Data, "sites.json"), Logger: logger.With("part", "site simulator"),
	})
	if err != nil {
		return nil, err
	}
	if err := d.listen(ctx, cfg, kept.SimListen, ends); err != nil {
		return nil, err
	}
	d.url = d.sim.URL()
	if u, err := url.Parse(d.url); err == nil {
		kept.SimListen = u.Host
	}
	if err := remember(file, kept); err != nil {
		return nil, err
	}
	return d, d.complete()
}

// listen starts the simulator where it was before, so that links in reviews stay good,
// or elsewhere if that address is taken by now.
func (d *demo) listen(ctx context.Context, cfg Config, before string, ends *cleanups) error {
	ctx, stop := context.WithCancel(ctx)
	ends.add(func() error { stop(); return d.sim.Wait() })
	host, port, err := net.SplitHostPort(cfg.SimListen)
	if err == nil && port == "0" && before != "" {
		if wasAt, _, err := net.SplitHostPort(before); err == nil && wasAt == host && d.sim.Start(ctx, before) == nil {
			return nil
		}
	}
	if err := d.sim.Start(ctx, cfg.SimListen); err != nil {
		return fmt.Errorf("%w; choose another address with BEDSIDE_SIM_LISTEN", err)
	}
	return nil
}

// complete adds the password and the simulator's listings to the plan.
func (d *demo) complete() error {
	plan, err := bootstrap.Load(bytes.NewReader(demoPlan))
	if err != nil {
		return fmt.Errorf("read the demo's plan: %w", err)
	}
	for i := range plan.People {
		plan.People[i].Password, plan.People[i].KeepPassword = d.password, true
	}
	for _, l := range d.sim.Listings() {
		listing := bootstrap.Listing{
			Key: l.Site + "-" + l.LocationKey, Location: l.LocationKey, Site: l.Site, Adapter: l.Adapter, Ref: l.Ref,
			IntervalSeconds: int(pollEvery / time.Second),
		}
		if l.Adapter == "google" {
			listing.Credential = credential
		}
		plan.Listings = append(plan.Listings, listing)
	}
	d.plan = plan
	return nil
}

// tune points the scraper at the simulator and lets it ask often: all of the demo's
// sites are one host here.
func (d *demo) tune(c *scraper.Config) {
	if u, err := url.Parse(d.url); err == nil {
		c.AllowAddresses = append(c.AllowAddresses, u.Host)
	}
	c.GoogleURL = d.url
	c.RequestsPerSecond, c.Burst = max(c.RequestsPerSecond, 20), max(c.Burst, 20)
	c.Tick, c.FullEvery, c.CompareEvery = 500*time.Millisecond, listEvery, compareEvery
	if c.Contact == "" {
		c.Contact = "mailto:" + practice{plan: d.plan}.administrator().Email
	}
	c.Credentials = withCredential(c.Credentials, credential, d.sim.Token())
}

// withCredential adds a secret to those given as JSON. What cannot be read is left for
// the scraper to complain about.
func withCredential(given config.Secret, name, secret string) config.Secret {
	all := map[string]any{}
	if given != "" {
		if err := json.Unmarshal([]byte(given.Reveal()), &all); err != nil {
			return given
		}
	}
	all[name] = secret
	joined, err := json.Marshal(all)
	if err != nil {
		return given
	}
	return config.Secret(joined)
}

// importCards imports the demo's file of comment cards at every start; the second time
// changes nothing.
func (d *demo) importCards(ctx context.Context, local client.Local, logger *slog.Logger) error {
	c, err := client.New(local)
	if err != nil {
		return err
	}
	name := "front-desk-cards.csv"
	answer, err := c.CreateImportWithBodyWithResponse(ctx, &client.CreateImportParams{LocationId: cardsLocation, Site: cardsSite, FileName: &name}, "text/csv", bytes.NewReader(sitesim.DemoCSV()))
	if err == nil && answer.JSON202 == nil {
		err = client.Failure(answer.StatusCode(), answer.Body)
	}
	if err != nil && ctx.Err() == nil {
		// The demo is complete enough without; the person at the screen sees two kinds of sites instead of three.
		logger.WarnContext(ctx, "the demo's file could not be imported", "error", err.Error())
	}
	return nil
}

func recall(file string) (memory, error) {
	var m memory
	content, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("read what the demo keeps: %w", err)
	}
	if err := json.Unmarshal(content, &m); err != nil {
		return m, fmt.Errorf("read what the demo keeps in %s (delete it to start over): %w", file, err)
	}
	return m, nil
}

// remember replaces the file in one step, so that a kill leaves the old or the new one.
func remember(file string, m memory) error {
	content, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode what the demo keeps: %w", err)
	}
	temporary := file + ".new"
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return fmt.Errorf("store what the demo keeps: %w", err)
	}
	if err := os.Rename(temporary, file); err != nil {
		return fmt.Errorf("store what the demo keeps: %w", err)
	}
	return nil
}
