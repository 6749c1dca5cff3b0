package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/sites/selector"
)

func newSource(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "source",
		Short:   "Try definitions of sites that have no markup",
		Long:    `Works on the definitions by which the scraper's adapter selector reads sites; docs/selectors.md describes them.`,
		Example: `  bedside source test townhealth.yaml saved.html`,
	}
	cmd.AddCommand(newSourceTest(env))
	return cmd
}

// sourceFlags are the options of `bedside source test`.
type sourceFlags struct {
	asJSON, allowLoopback bool
	address, contact      string
}

func newSourceTest(env Environment) *cobra.Command {
	var f sourceFlags
	cmd := &cobra.Command{
		Use:   "test FILE [URL|PAGE]",
		Short: "Show what a definition reads from a page",
		Long: `Checks a definition and shows what it would read from a page, which is a URL or a
saved file: the reviews, the listing's facts, the next page, and each selector that
matched nothing. Without a page it only checks the definition. Nothing is stored.

A URL is read as the scraper would: by robots.txt, saying who asks (--contact), and
never at a private address. The exit code is 1 where the definition is wrong, the
page cannot be read, or no reviews are found on a page that does not say so.`,
		Example: `  bedside source test docs/selectors/townhealth.yaml docs/selectors/townhealth.html
  bedside source test townhealth.yaml https://townhealth.example/harbor-eye --contact mailto:it@practice.example`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.contact == "" {
				f.contact = env.Getenv("BEDSIDE_SCRAPER_CONTACT")
			}
			definition, err := selector.LoadFile(args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 {
				fmt.Fprintf(env.Stdout, "%s is a valid definition of %s, version %d, for %s.\n",
					filepath.Base(args[0]), definition.Name, definition.Version, strings.Join(definition.Hosts, ", "))
				return nil
			}
			page, err := openSource(cmd.Context(), definition, args[1], f)
			if err != nil {
				return err
			}
			return showSource(env, definition, page, f.asJSON)
		},
	}
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&f.allowLoopback, "allow-loopback", false, "read a URL on this machine, for trying things out")
	cmd.Flags().StringVar(&f.address, "address", "", "where a saved page came from; its links and ids depend on it")
	cmd.Flags().StringVar(&f.contact, "contact", "", "URL or mail address by which the site's owner reaches you (BEDSIDE_SCRAPER_CONTACT)")
	return cmd
}

// sourcePage is a page and where it came from.
type sourcePage struct {
	body                 []byte
	contentType, address string
}

func openSource(ctx context.Context, d *selector.Definition, where string, f sourceFlags) (sourcePage, error) {
	if strings.HasPrefix(where, "http://") || strings.HasPrefix(where, "https://") {
		return fetchSource(ctx, d, where, f)
	}
	file, err := os.Open(where)
	if err != nil {
		return sourcePage{}, fmt.Errorf("open the page: %w", err)
	}
	defer func() { _ = file.Close() }()
	body, err := io.ReadAll(io.LimitReader(file, maxSourceBytes+1))
	if err != nil {
		return sourcePage{}, fmt.Errorf("read the page: %w", err)
	}
	if f.address == "" {
		f.address = "https://" + d.Hosts[0] + "/"
	}
	return sourcePage{body: body, address: f.address}, nil
}

// maxSourceBytes is the cap that the scraper has for pages.
const maxSourceBytes = 10 << 20

const sourceTimeout = 60 * time.Second

func fetchSource(ctx context.Context, d *selector.Definition, address string, f sourceFlags) (sourcePage, error) {
	if f.contact == "" {
		return sourcePage{}, errors.New("--contact is needed to read a URL: the site's owner must be able to reach you")
	}
	u, err := url.Parse(address)
	if err != nil || !d.Covers(u.Host) {
		return sourcePage{}, fmt.Errorf("the definition is for %s, not for the host of this URL", strings.Join(d.Hosts, ", "))
	}
	c, err := polite.New(polite.Config{Product: "Bedside/1", Contact: f.contact, AllowLoopback: f.allowLoopback, Timeout: sourceTimeout})
	if err != nil {
		return sourcePage{}, err
	}
	defer func() { _ = c.Close() }()
	resp, err := c.Do(ctx, polite.Request{URL: address, Robots: true, Header: map[string][]string{"Accept": {"text/html,application/xhtml+xml"}}})
	if err != nil {
		return sourcePage{}, fmt.Errorf("read the page: %w", err)
	}
	if final, err := url.Parse(resp.URL); err != nil || !d.Covers(final.Host) {
		return sourcePage{}, errors.New("the page moved to a host that the definition is not for; add it to hosts if it is the same site")
	}
	return sourcePage{body: resp.Body, contentType: resp.Header.Get("Content-Type"), address: resp.URL}, nil
}
