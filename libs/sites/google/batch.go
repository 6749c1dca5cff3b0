package google

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// maxBatch is the most locations that Google takes in one call.
const maxBatch = 50

// MaxBatch implements sites.Batcher.
func (s *Site) MaxBatch() int { return maxBatch }

// BatchKey implements sites.Batcher: one call reads locations of one account.
func (s *Site) BatchKey(l sites.Listing) string {
	if !resourceName.MatchString(l.Ref) || l.Secret == "" {
		return "" // read alone, it gives the error that says what is wrong
	}
	account, _, _ := strings.Cut(l.Ref, "/locations/")
	return account
}

type wireBatch struct {
	LocationReviews []struct {
		Name   string          `json:"name"`
		Review json.RawMessage `json:"review"`
	} `json:"locationReviews"`
	NextPageToken string `json:"nextPageToken"`
}

// batchCursor is a page token: the time and the location of the last item of the
// pages before, whether their locations took turns, and Google's own token.
type batchCursor struct {
	last  int64 // nanoseconds since 1970; 0 at the beginning
	place string
	mixed bool
	token string
}

func (c batchCursor) String() string {
	return fmt.Sprintf("b|%d|%s|%t|%s", c.last, c.place, c.mixed, c.token)
}

func parseBatchCursor(page string) (batchCursor, error) {
	if page == "" {
		return batchCursor{}, nil
	}
	bad := problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
	parts := strings.SplitN(page, "|", 5)
	if len(parts) != 5 || parts[0] != "b" || parts[4] == "" || len(parts[4]) > maxTokenSize {
		return batchCursor{}, bad
	}
	last, err := strconv.ParseInt(parts[1], 10, 64)
	mixed, err2 := strconv.ParseBool(parts[3])
	if err != nil || err2 != nil || last < 0 {
		return batchCursor{}, bad
	}
	return batchCursor{last: last, place: parts[2], mixed: mixed, token: parts[4]}, nil
}

// FetchBatch implements sites.Batcher. It stops early only where the answer is
// seen to be sorted over all locations; an answer in another order, or about a
// location that was not asked for, is an error, and the listings are read one
// by one.
func (s *Site) FetchBatch(ctx context.Context, req sites.BatchRequest) (sites.BatchPage, error) {
	byRef, account, err := s.batchOf(req.Listings)
	if err != nil {
		return sites.BatchPage{}, err
	}
	at, err := parseBatchCursor(req.Page)
	if err != nil {
		return sites.BatchPage{}, err
	}
	names := make([]string, len(req.Listings))
	for i, l := range req.Listings {
		names[i] = l.Ref
	}
	body, err := json.Marshal(map[string]any{"locationNames": names, "pageSize": pageSize, "pageToken": at.token, "orderBy": "updateTime desc"})
	if err != nil {
		return sites.BatchPage{}, fmt.Errorf("encode a batch: %w", err)
	}
	h := headers(req.Listings[0])
	h.Set("Content-Type", "application/json")
	resp, err := s.client.Do(ctx, polite.Request{
		Method: http.MethodPost, URL: s.base + "/v4/" + account + "/locations:batchGetReviews", Header: h, Body: body, NoRedirects: true,
	})
	if err != nil {
		return sites.BatchPage{}, fmt.Errorf("list google reviews of several locations: %w", explain(err))
	}
	wire, err := decodeBatch(resp.Body)
	if err != nil {
		return sites.BatchPage{}, err
	}
	if wire.NextPageToken != "" && wire.NextPageToken == at.token {
		return sites.BatchPage{}, problem.New(problem.Unavailable, "page_loop", "Google answered with the same page token again")
	}
	return at.read(wire, byRef, req)
}

// batchOf checks the listings of a batch and finds them by location.
func (s *Site) batchOf(listings []sites.Listing) (byRef map[string]string, account string, err error) {
	if len(listings) == 0 || len(listings) > maxBatch {
		return nil, "", problem.New(problem.Invalid, "bad_batch", "a batch has 1 to %d locations", maxBatch)
	}
	byRef = make(map[string]string, len(listings))
	account = s.BatchKey(listings[0])
	for _, l := range listings {
		if _, err := s.listingURL(l); err != nil {
			return nil, "", err
		}
		if s.BatchKey(l) != account || l.Secret != listings[0].Secret {
			return nil, "", problem.New(problem.Invalid, "bad_batch", "the locations of a batch must share an account and a credential")
		}
		byRef[locationOf(l.Ref)] = l.ID
	}
	return byRef, account, nil
}

// locationOf is the last word of a location's name, which is unique in its
// account.
func locationOf(name string) string {
	_, after, found := strings.Cut(name, "locations/")
	if !found {
		return ""
	}
	location, _, _ := strings.Cut(after, "/")
	return location
}

func decodeBatch(body []byte) (wireBatch, error) {
	var probe map[string]json.RawMessage
	if err := json.Unmarshal(body, &probe); err != nil || probe == nil {
		return wireBatch{}, problem.New(problem.Invalid, "google_answer", "Google's answer is not the JSON it promises")
	}
	_, reviews := probe["locationReviews"]
	_, next := probe["nextPageToken"]
	if _, failed := probe["error"]; failed || (len(probe) > 0 && !reviews && !next) {
		return wireBatch{}, problem.New(problem.Invalid, "google_answer", "Google's answer is not a list of locations' reviews")
	}
	var wire wireBatch
	if err := json.Unmarshal(body, &wire); err != nil {
		return wireBatch{}, problem.New(problem.Invalid, "google_answer", "Google's answer does not have the shape it promises")
	}
	if len(wire.LocationReviews) > 10*pageSize || len(wire.NextPageToken) > maxTokenSize {
		return wireBatch{}, problem.New(problem.Invalid, "google_answer", "Google's answer is larger than was asked for")
	}
	return wire, nil
}

// read sorts the items of an answer by listing and decides whether to go on.
func (c batchCursor) read(wire wireBatch, byRef map[string]string, req sites.BatchRequest) (sites.BatchPage, error) {
	lists := map[string]*list{}
	sorted, met := true, map[string]bool{c.place: true}
	for _, item := range wire.LocationReviews {
		review, fault := decodeReview(item.Review)
		location := locationOf(item.Name)
		if location == "" {
			location = reviewLocation(item.Review)
		}
		id, asked := byRef[location]
		if !asked {
			return sites.BatchPage{}, problem.New(problem.Invalid, "google_answer", "Google's answer is about a location that was not asked for")
		}
		l := lists[id]
		if l == nil {
			l = &list{}
			lists[id] = l
		}
		c.mixed = c.mixed || (location != c.place && met[location])
		c.place, met[location] = location, true
		if fault != "" {
			l.warn(fault)
			continue
		}
		if changed := changedAt(review); !changed.IsZero() {
			sorted = sorted && (c.last == 0 || changed.UnixNano() <= c.last)
			c.last = changed.UnixNano()
		}
		if !slices.ContainsFunc(l.reviews, func(o sites.Review) bool { return o.ExternalID == review.ExternalID }) {
			l.reviews = append(l.reviews, review)
		}
	}
	out := sites.BatchPage{ByListing: make(map[string]sites.Page, len(lists))}
	for id, l := range lists {
		out.ByListing[id] = sites.Page{Reviews: l.reviews, Warnings: l.warnings}
	}
	if wire.NextPageToken == "" {
		return out, nil
	}
	if !sorted {
		return sites.BatchPage{}, problem.New(problem.Invalid, "google_order", "Google's answer is not in the order that was asked for")
	}
	// Only locations that take turns show that the order is over all of them. One
	// location's items behind another's may look sorted, too, and a third with
	// news may follow.
	known := c.mixed || len(req.Listings) == 1
	if known && c.last > 0 && time.Unix(0, c.last).Before(req.Since.Add(-sinceOverlap)) {
		return out, nil
	}
	c.token = wire.NextPageToken
	out.Next = c.String()
	return out, nil
}

func reviewLocation(raw json.RawMessage) string {
	var named struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(raw, &named) != nil {
		return ""
	}
	return locationOf(named.Name)
}

// changedAt is what the lists are sorted by.
func changedAt(r sites.Review) time.Time {
	if r.UpdatedAt.IsZero() {
		return r.PostedAt
	}
	return r.UpdatedAt
}
