// Command sitesim simulates review sites on this machine: the APIs of Google, Yelp,
// Facebook, Trustpilot and Care Opinion and directory pages with invented reviews, or a
// folder of saved pages. It prints what
// a listing needs to be pointed at each, a JSON line a listing, and serves until it is
// stopped.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/bedside-health/bedside/tools/sitesim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("sitesim", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintf(stderr, "sitesim simulates review sites on this machine.\n\n"+
			"  sitesim --listen 127.0.0.1:9000 --pages saved-pages\n\n"+
			"All APIs take the token %q; Yelp's takes replies with %q. /_sim/ adds, edits, answers\n"+
			"and removes reviews and makes things go wrong. Yelp, Facebook, Trustpilot and Care Opinion keep their quotas.\n"+
			"Bedside reads a site on this machine only with BEDSIDE_ALLOW_LOOPBACK=true.\n\n", sitesim.Token, sitesim.PartnerSecret(sitesim.Token))
		flags.PrintDefaults()
	}
	listen := flags.String("listen", "127.0.0.1:9000", "host:port to serve on; port 0 picks one")
	var cfg sitesim.Config
	flags.StringVar(&cfg.Pages, "pages", "", "folder of saved .html pages to serve below /pages/")
	flags.StringVar(&cfg.State, "state", "", "file that keeps what changed over restarts")
	flags.DurationVar(&cfg.Arrivals, "arrivals", 20*time.Second, "time between new reviews; 0 is none")
	flags.DurationVar(&cfg.Moderation, "moderation", 0, "how long Google holds a published reply")
	flags.Func("reject-word", "a word for which Google refuses a reply; may be given more than once", func(word string) error {
		cfg.RejectWords = append(cfg.RejectWords, word)
		return nil
	})
	flags.StringVar(&cfg.PushURL, "push-url", "", "address that gets Google's notifications of new reviews, as Pub/Sub pushes them")
	flags.IntVar(&cfg.Generate, "generate", 0, "so many synthetic reviews more, for load tests")
	more := flags.String("sites", strings.Join(sitesim.MoreSites(), ","), "further sites to serve, separated by commas; empty is none")
	flags.IntVar(&cfg.PerListing, "per-listing", 8, "how many synthetic reviews each listing of the further sites has from the beginning")
	flags.Uint64Var(&cfg.Seed, "seed", 0, "decides which reviews are generated and in what order they arrive")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *more != "" {
		cfg.Sites = strings.Split(*more, ",")
	}
	sim, err := sitesim.New(cfg)
	if err != nil {
		fmt.Fprintln(stderr, "sitesim:", err)
		return 1
	}
	if err := sim.Start(ctx, *listen); err != nil {
		fmt.Fprintln(stderr, "sitesim:", err)
		return 1
	}
	fmt.Fprintln(stderr, "Simulated sites:", sim.URL())
	fmt.Fprintln(stderr, "  BEDSIDE_SCRAPER_GOOGLE_URL="+sim.Endpoint(sitesim.Google))
	for _, site := range cfg.Sites {
		fmt.Fprintf(stderr, "  BEDSIDE_SCRAPER_%s_URL=%s\n", strings.ToUpper(site), sim.Endpoint(site))
	}
	lines := json.NewEncoder(stdout)
	for _, l := range sim.Listings() {
		if err := lines.Encode(map[string]string{"site": l.Site, "adapter": l.Adapter, "ref": l.Ref, "location": l.LocationKey}); err != nil {
			fmt.Fprintln(stderr, "sitesim:", err)
			return 1
		}
	}
	if err := sim.Wait(); err != nil {
		fmt.Fprintln(stderr, "sitesim:", err)
		return 1
	}
	return 0
}
