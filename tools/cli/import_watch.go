package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/bedside-health/bedside/tools/client"
	"github.com/bedside-health/bedside/tools/watch"
)

// watchFolder imports files of a folder until ctx ends.
func watchFolder(ctx context.Context, env Environment, dir string, f importFlags) error {
	if f.location != "" || f.site != "" || f.dryRun {
		return errors.New("with --watch the folders say which location and site a file is for: DIR/LOCATION/SITE/FILE; leave --location, --site and --dry-run out")
	}
	c, err := connect(env)
	if err != nil {
		return err
	}
	w, err := watch.New(watch.Config{
		Dir: dir, Importer: &folderImporter{client: c, flags: f}, Settle: f.settle,
		Logger: slog.New(slog.NewTextHandler(env.Stderr, nil)),
		Report: func(r watch.Report) { printWatched(env, r) },
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, "Watching %s. Drop files into LOCATION/SITE/ below it; stop with Ctrl-C.\n", dir)
	return errors.Join(w.Run(ctx), w.Close())
}

func printWatched(env Environment, r watch.Report) {
	if r.Problem != "" {
		fmt.Fprintf(env.Stdout, "%s: %s\n", oneLine(r.File), oneLine(r.Problem))
		return
	}
	fmt.Fprintf(env.Stdout, "%s: %d rows, %d taken, %d rejected\n", oneLine(r.File), r.Rows, r.Accepted, r.Rejected)
}

// folderImporter sends files of a watched folder through the API.
type folderImporter struct {
	client *client.ClientWithResponses
	flags  importFlags
}

// Location implements watch.Importer.
func (i *folderImporter) Location(ctx context.Context, name string) (string, error) {
	answer, err := i.client.ListLocationsWithResponse(ctx)
	if err != nil {
		return "", fmt.Errorf("ask for the locations: %w", err)
	}
	if answer.JSON200 == nil {
		return "", client.Failure(answer.StatusCode(), answer.Body)
	}
	for _, l := range answer.JSON200.Items {
		if l.Id == name || strings.EqualFold(l.Name, name) {
			return l.Id, nil
		}
	}
	return "", nil
}

// Send implements watch.Importer.
func (i *folderImporter) Send(ctx context.Context, locationID, site, name string, body io.Reader) (watch.Report, error) {
	format, dates := client.CreateImportParamsFormat(i.flags.format), client.CreateImportParamsDateFormat(i.flags.dateFormat)
	params := &client.CreateImportParams{LocationId: locationID, Site: site, Format: &format, DateFormat: &dates, FileName: &name}
	if i.flags.columns != "" {
		params.Columns = &i.flags.columns
	}
	answer, err := i.client.CreateImportWithBodyWithResponse(ctx, params, "application/octet-stream", body)
	if err != nil {
		return watch.Report{}, fmt.Errorf("send the file: %w", err)
	}
	switch status := answer.StatusCode(); {
	case answer.JSON202 != nil:
		return watchReport(*answer.JSON202), nil
	case answer.JSON200 != nil:
		return watchReport(*answer.JSON200), nil
	case status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity:
		return watch.Report{}, &watch.RefusedError{Reason: client.Failure(status, answer.Body).Error()}
	default:
		return watch.Report{}, client.Failure(status, answer.Body)
	}
}

// lookedBack is how many of the latest imports are looked through for one whose
// answer was lost.
const lookedBack = 200

// Find implements watch.Importer.
func (i *folderImporter) Find(ctx context.Context, locationID, site, name string) (watch.Report, bool, error) {
	limit := client.Limit(100)
	params := &client.ListImportsParams{Limit: &limit}
	for seen := 0; seen < lookedBack; {
		answer, err := i.client.ListImportsWithResponse(ctx, params)
		if err != nil {
			return watch.Report{}, false, fmt.Errorf("ask for the imports: %w", err)
		}
		if answer.JSON200 == nil {
			return watch.Report{}, false, client.Failure(answer.StatusCode(), answer.Body)
		}
		for _, found := range answer.JSON200.Items {
			if found.LocationId == locationID && found.Site == site && found.FileName != nil && *found.FileName == name {
				return watchReport(found), true, nil
			}
		}
		seen += len(answer.JSON200.Items)
		if answer.JSON200.NextCursor == nil || *answer.JSON200.NextCursor == "" {
			break
		}
		params.Cursor = answer.JSON200.NextCursor
	}
	return watch.Report{}, false, nil
}

func watchReport(i client.Import) watch.Report {
	out := watch.Report{Rows: i.Rows, Accepted: i.Accepted, Rejected: i.Rejected, At: time.Now().UTC()}
	if i.Id != nil {
		out.ImportID = *i.Id
	}
	for _, r := range i.Rejections {
		rejection := watch.Rejection{Line: r.Line, Reason: r.Reason}
		if r.Column != nil {
			rejection.Column = *r.Column
		}
		out.Rejections = append(out.Rejections, rejection)
	}
	return out
}
