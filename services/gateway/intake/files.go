package intake

import (
	"fmt"
	"io"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/sites/csv"
)

// OpenFile begins to read a file of reviews as CSV or JSON Lines.
func OpenFile(file io.Reader, options Options) (Rows, error) {
	columns, err := csv.ParseColumns(options.Columns)
	if err != nil {
		return nil, err
	}
	opts := csv.Options{Columns: columns}
	switch options.Format {
	case "", "auto":
	case "csv":
		opts.Format = csv.CSV
	case "jsonl":
		opts.Format = csv.JSONL
	default:
		return nil, problem.New(problem.Invalid, "bad_format", "format: choose auto, csv or jsonl.")
	}
	switch options.DateFormat {
	case "", "auto", "ymd": // a date that begins with the year is read either way
	case "mdy":
		opts.DateOrder = csv.MonthDay
	case "dmy":
		opts.DateOrder = csv.DayMonth
	default:
		return nil, problem.New(problem.Invalid, "bad_date_format", "date_format: choose auto, mdy, dmy or ymd.")
	}
	reader, err := csv.NewReader(file, opts)
	if err != nil {
		return nil, fmt.Errorf("begin to read the file: %w", err)
	}
	return fileRows{reader}, nil
}

type fileRows struct{ reader *csv.Reader }

func (f fileRows) Next() (Row, error) {
	row, err := f.reader.Next()
	if err != nil {
		return Row{}, err
	}
	if row.Rejection != nil {
		return Row{Rejected: &collections.Rejection{
			Line: row.Rejection.Line, Column: row.Rejection.Column, Reason: row.Rejection.Reason,
		}}, nil
	}
	r := row.Review
	return Row{Review: collections.ImportReview{
		ExternalID: r.ExternalID, URL: r.URL, Author: r.Author, Rating: r.Rating, RawRating: r.RawRating,
		Title: r.Title, Text: r.Text, PostedAt: r.PostedAt, UpdatedAt: r.UpdatedAt, Reply: r.Reply,
	}}, nil
}

// reviewID is the id that a row of an import has in the inbox. Short external ids
// are those of one location's file, as the adapter of imports has it.
func reviewID(doc collections.Import, externalID string) string {
	return review.ID(doc.OrgID, doc.Site, csv.ScopedID(doc.LocationID, externalID))
}
