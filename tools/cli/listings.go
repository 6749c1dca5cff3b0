package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/tools/client"
)

func newListings(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "listings",
		Short: "Show and change which listings are watched",
		Long: `A listing is a location on a review site. "add" points a scraper at one: adapter
directory reads the page at a URL, the adapters google, yelp, facebook, trustpilot and
careopinion read those sites' APIs. docs/sites.md says what each of them needs.`,
		Example: `  bedside listings
  bedside listings add --location harbor-eye --site healthgrades --url https://directory.example/harbor-eye
  bedside listings remove l_1a2b3c`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return showListings(cmd.Context(), env) },
	}
	var asJSON bool
	show := &cobra.Command{
		Use: "show", Short: "Show the listings and how polling them goes", Args: cobra.NoArgs,
		Example: "  bedside listings show --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !asJSON {
				return showListings(cmd.Context(), env)
			}
			items, err := listings(cmd.Context(), env)
			if err != nil {
				return err
			}
			return json.NewEncoder(env.Stdout).Encode(items)
		},
	}
	show.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(show, newListingsAdd(env), newListingsRemove(env))
	return cmd
}

func newListingsAdd(env Environment) *cobra.Command {
	var location, site, adapter, url, credential string
	cmd := &cobra.Command{
		Use: "add", Short: "Watch a listing", Args: cobra.NoArgs,
		Long: `Watches a listing from now on; its reviews arrive after its first poll, within
seconds. The site is the name its reviews are shown under. A credential is the
name of a secret in the scraper's configuration, never the secret itself.`,
		Example: `  bedside listings add --location harbor-eye --site healthgrades --url https://directory.example/harbor-eye
  bedside listings add --location harbor-eye --adapter google --url accounts/1/locations/2 --credential google
  bedside listings add --location harbor-eye --adapter yelp --url https://www.yelp.com/biz/harbor-eye-lakeside --credential yelp`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if site == "" && adapter != "directory" && adapter != "selector" {
				site = adapter
			}
			if location == "" || site == "" || url == "" {
				return errors.New("--location, --site and --url are needed")
			}
			c, err := connect(env)
			if err != nil {
				return err
			}
			id, err := locationID(cmd.Context(), c, location)
			if err != nil {
				return err
			}
			body := client.ListingInput{LocationId: id, Site: site, Adapter: client.ListingInputAdapter(adapter), Ref: url}
			if credential != "" {
				body.Credential = &credential
			}
			answer, err := c.CreateListingWithResponse(cmd.Context(), body)
			if err != nil {
				return fmt.Errorf("add the listing: %w", err)
			}
			if answer.JSON201 == nil {
				return client.Failure(answer.StatusCode(), answer.Body)
			}
			fmt.Fprintln(env.Stdout, answer.JSON201.Id)
			fmt.Fprintf(env.Stderr, "Watching %s for %s; `bedside listings` shows how it goes.\n", url, id)
			return nil
		},
	}
	cmd.Flags().StringVar(&location, "location", "", "id or name of the location")
	cmd.Flags().StringVar(&site, "site", "", "name of the site its reviews are shown under, such as healthgrades; the adapter's own where it reads one site")
	cmd.Flags().StringVar(&adapter, "adapter", "directory", "what reads it: directory, google, yelp, facebook, trustpilot, careopinion or selector")
	cmd.Flags().StringVar(&url, "url", "", "URL of the page, or what the adapter calls the listing (accounts/A/locations/L for google)")
	cmd.Flags().StringVar(&credential, "credential", "", "name of the credential in the scraper's configuration")
	return cmd
}

func newListingsRemove(env Environment) *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "Stop watching a listing; its reviews stay", Args: cobra.ExactArgs(1),
		Example: "  bedside listings remove l_1a2b3c",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := connect(env)
			if err != nil {
				return err
			}
			answer, err := c.DeleteListingWithResponse(cmd.Context(), args[0])
			if err != nil {
				return fmt.Errorf("remove the listing: %w", err)
			}
			if answer.StatusCode() != http.StatusNoContent {
				return client.Failure(answer.StatusCode(), answer.Body)
			}
			return nil
		},
	}
}

func listings(ctx context.Context, env Environment) ([]client.Listing, error) {
	c, err := connect(env)
	if err != nil {
		return nil, err
	}
	answer, err := c.ListListingsWithResponse(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the listings: %w", err)
	}
	if answer.JSON200 == nil {
		return nil, client.Failure(answer.StatusCode(), answer.Body)
	}
	return answer.JSON200.Items, nil
}

func showListings(ctx context.Context, env Environment) error {
	items, err := listings(ctx, env)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		fmt.Fprintln(env.Stderr, "No listing is watched yet. Add one with `bedside listings add`.")
		return nil
	}
	table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tLOCATION\tSITE\tHEALTH\tREVIEWS\tADDRESS")
	for _, l := range items {
		health := string(l.Health)
		if !l.Enabled {
			health = "paused"
		}
		if l.Problem != nil && *l.Problem != "" {
			health += ": " + oneLine(*l.Problem)
		}
		reviews := int64(0)
		if l.Reviews != nil {
			reviews = *l.Reviews
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", l.Id, l.LocationId, oneLine(l.Site), health, reviews, oneLine(l.Ref))
	}
	return table.Flush()
}

func connect(env Environment) (*client.ClientWithResponses, error) {
	local, err := client.Find(env.Getenv)
	if err != nil {
		return nil, err
	}
	return client.New(local)
}

// locationID accepts an id or, for people, the name of a location in any case.
func locationID(ctx context.Context, c *client.ClientWithResponses, given string) (string, error) {
	answer, err := c.ListLocationsWithResponse(ctx)
	if err != nil {
		return "", fmt.Errorf("ask for the locations: %w", err)
	}
	if answer.JSON200 == nil {
		return "", client.Failure(answer.StatusCode(), answer.Body)
	}
	var known []string
	for _, l := range answer.JSON200.Items {
		if l.Id == given || strings.EqualFold(l.Name, given) {
			return l.Id, nil
		}
		known = append(known, fmt.Sprintf("%s (%s)", l.Id, l.Name))
	}
	return "", fmt.Errorf("there is no location %q; the locations are: %s", given, strings.Join(known, ", "))
}
