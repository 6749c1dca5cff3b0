package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/tools/client"
)

// importFlags are the options of `bedside import`.
type importFlags struct {
	location, site, format, columns, dateFormat string
	dryRun, noWait                              bool
	watch                                       string
	settle                                      time.Duration
}

func newImport(env Environment) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE | import --watch DIR",
		Short: "Import reviews from a CSV or JSON Lines file",
		Long: `Sends a file of exported reviews to a running Bedside, which reads it like any other
site: the reviews are tagged and given to an owner. The columns are external_id,
author, rating, posted_at and text, and title, url, updated_at and reply where there
are such, in any order; --columns names others. Rows that
cannot be taken are listed with their line and the reason and leave the rest alone.
Importing the same rows again changes nothing. An external_id that is only a number
counts within its location, because exports number their rows.

With --watch, files that are dropped into DIR/LOCATION/SITE/ are imported as soon as
they are complete, each content once, and moved to done or rejected beside with a
report; LOCATION is a location's id or name, SITE a site's name. It goes on until it
is stopped, and after an interruption where it was.

Bedside is found by BEDSIDE_URL and BEDSIDE_TOKEN or, on the same machine, by its
data folder (BEDSIDE_DATA, by default ./data).`,
		Example: `  bedside import reviews.csv --location harbor-eye --site google --dry-run
  bedside import export.csv --location "Harbor Eye Care" --site zocdoc --columns "text=Comment,rating=Stars,posted_at=Date"
  bedside import --watch /srv/exports`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.watch != "" {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.watch != "" {
				return watchFolder(cmd.Context(), env, f.watch, f)
			}
			if f.location == "" || f.site == "" {
				return errors.New("--location and --site are needed: they say which location the reviews are about and which site they come from")
			}
			return runImport(cmd.Context(), env, args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.location, "location", "", "id or name of the location the reviews are about")
	cmd.Flags().StringVar(&f.site, "site", "", "name of the site the reviews come from, such as google")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "check the file and show what would be taken; store nothing")
	cmd.Flags().StringVar(&f.columns, "columns", "", "the file's columns, as text=Comment,rating=Stars")
	cmd.Flags().StringVar(&f.format, "format", "auto", "auto, csv or jsonl")
	cmd.Flags().StringVar(&f.dateFormat, "date-format", "auto", "how dates like 03/04/2026 are meant: mdy, dmy or ymd")
	cmd.Flags().StringVar(&f.watch, "watch", "", "import the files that are dropped into this folder, as LOCATION/SITE/FILE")
	cmd.Flags().DurationVar(&f.settle, "settle", 5*time.Second, "how long a dropped file must not have changed")
	cmd.Flags().BoolVar(&f.noWait, "no-wait", false, "return when the file is taken, not when its reviews are in the inbox")
	return cmd
}

func runImport(ctx context.Context, env Environment, path string, f importFlags) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("open the file: %w", err)
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder; name a file", path)
	}
	c, err := connect(env)
	if err != nil {
		return err
	}
	location, err := locationID(ctx, c, f.location)
	if err != nil {
		return err
	}
	upload := newBar(env, info.Size(), "Sending", true)
	report, err := sendFile(ctx, c, upload, file, filepath.Base(path), location, f)
	upload.Finish()
	if err != nil {
		return err
	}
	if !f.dryRun && !f.noWait && report.Accepted > 0 {
		if report, err = followImport(ctx, env, c, report); err != nil {
			return err
		}
	}
	printReport(env, report, f)
	if report.Rows > 0 && report.Accepted == 0 {
		return errors.New("no row could be taken")
	}
	return nil
}

func sendFile(ctx context.Context, c *client.ClientWithResponses, bar bar, file io.Reader, name, location string, f importFlags) (client.Import, error) {
	format, dates := client.CreateImportParamsFormat(f.format), client.CreateImportParamsDateFormat(f.dateFormat)
	params := &client.CreateImportParams{LocationId: location, Site: f.site, DryRun: &f.dryRun, Format: &format, DateFormat: &dates, FileName: &name}
	if f.columns != "" {
		params.Columns = &f.columns
	}
	answer, err := c.CreateImportWithBodyWithResponse(ctx, params, "application/octet-stream", io.TeeReader(file, bar))
	if err != nil {
		return client.Import{}, fmt.Errorf("send the file: %w", err)
	}
	switch {
	case answer.JSON200 != nil:
		return *answer.JSON200, nil
	case answer.JSON202 != nil:
		return *answer.JSON202, nil
	default:
		return client.Import{}, client.Failure(answer.StatusCode(), answer.Body)
	}
}

// followImport waits until all accepted rows are in the inbox and shows how far it is.
func followImport(ctx context.Context, env Environment, c *client.ClientWithResponses, report client.Import) (client.Import, error) {
	progress := newBar(env, int64(report.Accepted), "Tagging and assigning", false)
	defer progress.Finish()
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	failures := 0
	for report.InInbox < int64(report.Accepted) {
		select {
		case <-ctx.Done():
			return report, fmt.Errorf("stopped waiting; the import goes on in Bedside: %w", ctx.Err())
		case <-ticker.C:
		}
		answer, err := c.GetImportWithResponse(ctx, *report.Id)
		if err == nil && answer.JSON200 == nil {
			err = client.Failure(answer.StatusCode(), answer.Body)
		}
		if err != nil {
			// Bedside may be restarting; the import resumes with it.
			if failures++; failures > 120 {
				return report, fmt.Errorf("ask how far the import is: %w", err)
			}
			continue
		}
		failures, report = 0, *answer.JSON200
		progress.Set(report.InInbox)
	}
	return report, nil
}

func printReport(env Environment, report client.Import, f importFlags) {
	if f.dryRun {
		fmt.Fprintf(env.Stdout, "%d rows: %d would be taken, %d rejected. Nothing was stored.\n", report.Rows, report.Accepted, report.Rejected)
		if report.Sample != nil && len(*report.Sample) > 0 {
			row := (*report.Sample)[0]
			fmt.Fprintf(env.Stdout, "The first row would be: id %q, author %q, %d characters of text.\n", row.ExternalId, row.Author, len([]rune(row.Text)))
		}
	} else {
		fmt.Fprintf(env.Stdout, "%d rows: %d taken, %d rejected, %d in the inbox.\n", report.Rows, report.Accepted, report.Rejected, report.InInbox)
	}
	for _, r := range report.Rejections {
		column := ""
		if r.Column != nil && *r.Column != "" {
			column = " (" + oneLine(*r.Column) + ")"
		}
		fmt.Fprintf(env.Stdout, "line %d%s: %s\n", r.Line, column, oneLine(r.Reason))
	}
	if more := report.Rejected - len(report.Rejections); more > 0 {
		fmt.Fprintf(env.Stdout, "... and %d more rejected rows\n", more)
	}
	if report.Rejected > 0 {
		fmt.Fprintln(env.Stderr, "If columns or dates were taken wrongly, --columns and --date-format say how they are meant.")
	}
}

// bar shows progress on a terminal and is silent elsewhere, so that logs stay clean.
type bar struct{ *progressbar.ProgressBar }

func newBar(env Environment, total int64, what string, bytes bool) bar {
	out := io.Discard
	if f, ok := env.Stderr.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		out = f
	}
	return bar{progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(bytes), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { fmt.Fprintln(out) }))}
}

// Write counts what was sent.
func (b bar) Write(p []byte) (int, error) { _ = b.Add(len(p)); return len(p), nil }

// Set shows a value.
func (b bar) Set(n int64) { _ = b.Set64(n) }

// Finish ends the line.
func (b bar) Finish() { _ = b.ProgressBar.Finish() }
