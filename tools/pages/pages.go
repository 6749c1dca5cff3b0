// Package pages reads saved pages of review sites and prints what their markup
// says, as bedside pages does: one line of JSON for each file, in the order of
// their names. It promises one line for every file, readable or not, and holds
// one page in memory at a time.
package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/directory"
)

// Line is what is printed of one file: either Error, or the listing and its
// reviews.
type Line struct {
	File    string               `json:"file"`
	Error   string               `json:"error,omitempty"`
	Listing *events.ListingFacts `json:"listing,omitempty"`
	Reviews []Review             `json:"reviews,omitzero"`
	// Next is the address of the following page of reviews.
	Next string `json:"next,omitempty"`
	// Warnings are what could not be read of the page.
	Warnings []string `json:"warnings,omitempty"`
}

// Review is one review of a page. Rating is 1..5 or null, RawRating what the
// page says; PostedAt is RFC 3339 or null.
type Review struct {
	ExternalID string             `json:"external_id"`
	Author     string             `json:"author"`
	Rating     *float64           `json:"rating"`
	RawRating  string             `json:"raw_rating"`
	SubRatings map[string]float64 `json:"sub_ratings,omitempty"`
	PostedAt   *time.Time         `json:"posted_at"`
	Title      string             `json:"title,omitempty"`
	Text       string             `json:"text"`
	URL        string             `json:"url,omitempty"`
	Reply      *events.Reply      `json:"reply,omitempty"`
}

// Run prints the page at path, or every .html and .htm file directly in the
// folder at path. It goes on after a file that cannot be read and ends with an
// error that counts those.
func Run(ctx context.Context, path string, out io.Writer) error {
	files, err := listFiles(path)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	broken := 0
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		line := read(file)
		if line.Error != "" {
			broken++
		}
		if err := enc.Encode(line); err != nil {
			return fmt.Errorf("print the page %s: %w", line.File, err)
		}
	}
	if broken > 0 {
		return problem.New(problem.Invalid, "pages_unreadable", "%d of %d files could not be read", broken, len(files))
	}
	return nil
}

func listFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, problem.New(problem.NotFound, "no_such_file", "there is no file or folder %s", path)
	}
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", path, err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("list the folder %s: %w", path, err)
	}
	var files []string
	for _, e := range entries {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".html", ".htm":
			if !e.IsDir() {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
	}
	if len(files) == 0 {
		return nil, problem.New(problem.NotFound, "no_pages", "the folder %s has no .html files", path)
	}
	slices.Sort(files)
	return files, nil
}

func read(file string) Line {
	line := Line{File: filepath.Base(file)}
	data, err := readBounded(file)
	if err != nil {
		line.Error = err.Error()
		return line
	}
	// A saved page does not say where it came from, except in its own links.
	got, err := directory.Read(data, "", "")
	if err != nil {
		line.Error = err.Error()
		return line
	}
	line.Listing, line.Next, line.Warnings = got.Facts, got.Next, got.Faults
	line.Reviews = make([]Review, len(got.Reviews))
	for i, r := range got.Reviews {
		line.Reviews[i] = LineOf(r)
	}
	return line
}

func readBounded(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open the page: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, directory.MaxPageBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	return data, nil
}

// LineOf is a review as it is printed.
func LineOf(r sites.Review) Review {
	out := Review{
		ExternalID: r.ExternalID, Author: r.Author, Rating: r.Rating, RawRating: r.RawRating,
		SubRatings: r.SubRatings, Title: r.Title, Text: r.Text, URL: r.URL, Reply: r.Reply,
	}
	if !r.PostedAt.IsZero() {
		out.PostedAt = &r.PostedAt
	}
	return out
}
