package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/selector"
	"github.com/bedside-health/bedside/tools/pages"
)

// sourceResult is what --json prints.
type sourceResult struct {
	Reviews []pages.Review       `json:"reviews"`
	Facts   *events.ListingFacts `json:"facts"`
	Total   int                  `json:"total"`
	Next    string               `json:"next,omitempty"`
	Items   int                  `json:"items"`
	// Unmatched are the parts of the definition that found nothing on the page.
	Unmatched []string `json:"unmatched"`
	Warnings  []string `json:"warnings"`
	// Problem says why the scraper would refuse the page.
	Problem string `json:"problem,omitempty"`
}

// showSource prints what is read; the error says why the scraper would refuse the
// page.
func showSource(env Environment, d *selector.Definition, page sourcePage, asJSON bool) error {
	found, err := d.Read(page.body, page.contentType, page.address, time.Now())
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	refused := d.CheckFirst(found)
	unmatched := []selector.Part{}
	for _, part := range d.Parts() {
		// A page shows either reviews or that there are none.
		if found.Matched[part.Name] == 0 && (part.Name != "empty" || found.Items == 0) {
			unmatched = append(unmatched, part)
		}
	}
	if asJSON {
		if err := printSourceJSON(env, found, unmatched, refused); err != nil {
			return err
		}
		return refused
	}
	printSource(env.Stdout, found)
	for _, part := range unmatched {
		fmt.Fprintf(env.Stderr, "nothing matched: %s (%s)\n", part.Name, oneLine(part.Selector))
	}
	for _, part := range d.Parts() {
		if n := found.Matched[part.Name]; strings.HasPrefix(part.Name, "fields.") && n > 0 && n < found.Items {
			fmt.Fprintf(env.Stderr, "matched in %d of %d items: %s\n", n, found.Items, part.Name)
		}
	}
	for _, w := range found.Warnings {
		fmt.Fprintln(env.Stderr, "warning:", w)
	}
	return refused
}

func printSourceJSON(env Environment, found selector.Extract, unmatched []selector.Part, refused error) error {
	out := sourceResult{
		Reviews: []pages.Review{}, Facts: found.Facts, Total: found.Total, Next: found.Next, Items: found.Items,
		Unmatched: []string{}, Warnings: append([]string{}, found.Warnings...),
	}
	for _, r := range found.Reviews {
		out.Reviews = append(out.Reviews, pages.LineOf(r))
	}
	for _, part := range unmatched {
		out.Unmatched = append(out.Unmatched, part.Name)
	}
	if refused != nil {
		out.Problem = refused.Error()
	}
	enc := json.NewEncoder(env.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("print what was read: %w", err)
	}
	return nil
}

func printSource(out io.Writer, found selector.Extract) {
	if len(found.Reviews) > 0 {
		t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(t, "POSTED\tRATING\tAUTHOR\tID\tREPLY\tTEXT")
		for _, r := range found.Reviews {
			fmt.Fprintln(t, sourceRow(r))
		}
		_ = t.Flush()
	}
	fmt.Fprintf(out, "%d reviews of %d items", len(found.Reviews), found.Items)
	if found.Total > 0 {
		fmt.Fprintf(out, "; the page says there are %d", found.Total)
	}
	fmt.Fprintln(out, ".")
	facts := found.Facts
	fact := func(name, value string) {
		if value != "" {
			fmt.Fprintf(out, "%s: %s\n", name, oneLine(value))
		}
	}
	fact("name", facts.Name)
	fact("telephone", facts.Telephone)
	fact("address", joined(facts.Address.Street, facts.Address.Locality, facts.Address.Region, facts.Address.PostalCode, facts.Address.Country))
	fact("website", facts.URL)
	fact("hours", strings.Join(facts.Hours, "; "))
	fact("categories", strings.Join(facts.Types, "; "))
	if facts.AcceptsNewPatients != nil {
		fact("accepting new patients", fmt.Sprint(*facts.AcceptsNewPatients))
	}
	if a := facts.Aggregate; a != nil {
		fact("rating of the listing", a.RawRating)
	}
	fact("next page", found.Next)
}

func joined(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

func sourceRow(r sites.Review) string {
	posted, stars, reply := "-", "-", ""
	if !r.PostedAt.IsZero() {
		posted = r.PostedAt.Format("2006-01-02 15:04")
	}
	if r.Rating != nil {
		stars = fmt.Sprintf("%.2f (%s)", *r.Rating, r.RawRating)
	}
	if r.Reply != nil {
		reply = "yes"
	}
	cells := []string{posted, stars, short(r.Author, 24), short(r.ExternalID, 32), reply, short(r.Text, 60)}
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(oneLine(strings.ReplaceAll(c, "\n", " / ")), "\t", " ")
	}
	return strings.Join(cells, "\t")
}

func short(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
