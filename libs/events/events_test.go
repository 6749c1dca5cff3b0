package events_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

func example(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(specs, "examples", name+".json"))
	require.NoError(t, err)
	return string(data)
}

func good(t testing.TB) events.ReviewTagged {
	t.Helper()
	e, err := events.DecodeReviewTagged([]byte(example(t, "reviews.tagged.posted")))
	require.NoError(t, err)
	return e
}

func TestValidate_OneFault_IsNamed(t *testing.T) {
	nan, six := math.NaN(), 6.0
	cases := map[string]struct {
		change func(e *events.ReviewTagged)
		field  string
	}{
		"no event id":         {func(e *events.ReviewTagged) { e.EventID = "" }, "event_id"},
		"no organization":     {func(e *events.ReviewTagged) { e.OrgID = "" }, "org_id"},
		"other organization":  {func(e *events.ReviewTagged) { e.OrgID = "org_other" }, "review_id"},
		"other site":          {func(e *events.ReviewTagged) { e.Site = "yelp" }, "review_id"},
		"id with newline":     {func(e *events.ReviewTagged) { e.ListingID = "a\nb" }, "listing_id"},
		"id too long":         {func(e *events.ReviewTagged) { e.LocationID = strings.Repeat("x", 2000) }, "location_id"},
		"unknown change":      {func(e *events.ReviewTagged) { e.Change = "renamed" }, "change"},
		"version zero":        {func(e *events.ReviewTagged) { e.Version = 0 }, "version"},
		"script as address":   {func(e *events.ReviewTagged) { e.URL = "javascript:alert(1)" }, "url"},
		"author too long":     {func(e *events.ReviewTagged) { e.Author = strings.Repeat("a", events.MaxAuthorBytes+1) }, "author"},
		"rating too high":     {func(e *events.ReviewTagged) { e.Rating = &six }, "rating"},
		"rating not a number": {func(e *events.ReviewTagged) { e.Rating = &nan }, "rating"},
		"sub-rating too high": {func(e *events.ReviewTagged) { e.SubRatings = map[string]float64{"staff": 9} }, "sub_ratings"},
		"text too long":       {func(e *events.ReviewTagged) { e.Text = strings.Repeat("a", events.MaxTextBytes+1) }, "text"},
		"text not UTF-8":      {func(e *events.ReviewTagged) { e.Text = "a\xff" }, "text"},
		"never seen":          {func(e *events.ReviewTagged) { e.FirstSeenAt = time.Time{} }, "first_seen_at"},
		"observed in year 1":  {func(e *events.ReviewTagged) { e.ObservedAt = time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC) }, "observed_at"},
		"posted in year 9000": {func(e *events.ReviewTagged) { e.PostedAt = time.Date(9000, 2, 3, 0, 0, 0, 0, time.UTC) }, "posted_at"},
		"reply too long": {func(e *events.ReviewTagged) {
			e.Reply = &events.Reply{Text: strings.Repeat("a", events.MaxTextBytes+1)}
		}, "reply.text"},
		"not tagged":             {func(e *events.ReviewTagged) { e.TaggedAt = time.Time{} }, "tagged_at"},
		"no analysis":            {func(e *events.ReviewTagged) { e.Analysis = review.Analysis{} }, "analysis.version"},
		"unknown topic":          {func(e *events.ReviewTagged) { e.Analysis.Tags[0].Topic = "parking" }, "analysis.tags.topic"},
		"topic twice":            {func(e *events.ReviewTagged) { e.Analysis.Tags[1].Topic = e.Analysis.Tags[0].Topic }, "analysis.tags.topic"},
		"unknown polarity":       {func(e *events.ReviewTagged) { e.Analysis.Tags[0].Polarity = "bad" }, "analysis.tags.polarity"},
		"evidence elsewhere":     {func(e *events.ReviewTagged) { e.Analysis.Tags[0].Evidence[0].Start++ }, "analysis.tags.evidence"},
		"evidence after the end": {func(e *events.ReviewTagged) { e.Analysis.Tags[0].Evidence[0].End = 1 << 40 }, "analysis.tags.evidence"},
		"unknown flag":           {func(e *events.ReviewTagged) { e.Analysis.Urgent = []review.Urgent{"fire"} }, "analysis.urgent"},
		"mention before start":   {func(e *events.ReviewTagged) { e.Analysis.Mentions[0].Start = -1 }, "analysis.mentions"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := good(t)
			c.change(&e)
			_, err := events.Encode(e)
			require.Equal(t, problem.Invalid, problem.KindOf(err), "%v", err)
			require.ErrorContains(t, err, "field "+c.field+" ")
		})
	}
}

func TestValidate_ChangedAndListing_OneFaultIsNamed(t *testing.T) {
	changed, err := events.DecodeReviewChanged([]byte(example(t, "reviews.changed.assigned")))
	require.NoError(t, err)
	changed.Status = "lost"
	require.ErrorContains(t, changed.Validate(), "field status ")
	listing, err := events.DecodeListingObserved([]byte(example(t, "listings.observed.full")))
	require.NoError(t, err)
	west := 181.0
	listing.Facts.Longitude = &west
	require.ErrorContains(t, listing.Validate(), "field facts.longitude ")
}

func TestDecode_HostileBytes_SaysWhatIsWrongAndQuotesNothing(t *testing.T) {
	posted := example(t, "reviews.collected.posted")
	cases := map[string]struct{ data, want string }{
		"empty":             {"", "the event is empty"},
		"not JSON":          {"secret words", "the event is not JSON"},
		"cut":               {posted[:200], "the event is not JSON"},
		"trailing":          {posted + "secret", "the event is not JSON"},
		"null":              {"null", "field event_id is missing"},
		"array":             {`["secret"]`, "the event is not a JSON object"},
		"not UTF-8":         {`{"text":"` + "\xff" + `"}`, "the event is not valid UTF-8"},
		"wrong type":        {`{"version":"secret"}`, "field version is of a wrong type: it should be int"},
		"nested wrong type": {`{"reply":{"text":5}}`, "field reply.text is of a wrong type: it should be string"},
		"wrong map value":   {`{"sub_ratings":{"secret words":"x"}}`, "field sub_ratings is of a wrong type: it should be float64"},
		"bad time":          {strings.Replace(posted, "2026-03-02T14:05:11Z", "secret", 1), "field posted_at is not a time as RFC 3339 writes it"},
		"bad reply time":    {`{"reply":{"text":"x","updated_at":"secret"}}`, "field reply.updated_at is not a time as RFC 3339 writes it"},
		"number too large":  {`{"version":99999999999999999999}`, "field version is of a wrong type: it should be int"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := events.DecodeReviewCollected([]byte(c.data))
			require.Equal(t, problem.Invalid, problem.KindOf(err))
			require.EqualError(t, err, c.want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestDecode_HugeOrDeepInput_IsRefusedInBoundedMemory(t *testing.T) {
	_, err := events.DecodeReviewCollected(make([]byte, events.MaxEventBytes+1))
	require.Equal(t, problem.TooLarge, problem.KindOf(err))

	deep := []byte(`{"x":` + strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000) + `}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = events.DecodeReviewTagged(deep)
	runtime.ReadMemStats(&after)
	require.Error(t, err)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
}

func TestEncode_LargerThanATopicTakes_IsTooLarge(t *testing.T) {
	e := good(t)
	e.Analysis = review.Analysis{Version: "1", Overall: review.Mixed}
	// Control characters take six bytes each as JSON.
	e.Text = strings.Repeat("\x01", events.MaxTextBytes)
	_, err := events.Encode(e)
	require.Equal(t, problem.TooLarge, problem.KindOf(err))
}

func TestEncode_AnalysisWithoutLists_WritesEmptyOnes(t *testing.T) {
	e := good(t)
	e.Change, e.Analysis = events.Removed, review.Analysis{}
	data, err := events.Encode(e)
	require.NoError(t, err)
	require.Contains(t, string(data), `"tags":[],`)
	require.Contains(t, string(data), `"urgent":[]`)
	require.Nil(t, e.Analysis.Tags, "the caller's value stays as it was")
}

func TestEncode_TextWithMarkup_StaysVerbatim(t *testing.T) {
	e := good(t)
	e.Analysis = review.Analysis{Version: "1", Overall: review.Mixed}
	e.Text = "<script>alert('&')</script>\u202e\u2028 =1+1 \x00 😡"
	data, err := events.Encode(e)
	require.NoError(t, err)
	require.Contains(t, string(data), "<script>")
	again, err := events.DecodeReviewTagged(data)
	require.NoError(t, err)
	require.Equal(t, e.Text, again.Text)
}

func TestCleanURL_ForeignAddresses_KeepsOnlyWebOnes(t *testing.T) {
	for _, keep := range []string{"", "https://a.example/x?y#z", "http://a", "/relative", "//a.example/x"} {
		require.Equal(t, keep, events.CleanURL(keep))
	}
	for _, drop := range []string{"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://a/\xff", "http://" + strings.Repeat("a", 5000)} {
		require.Empty(t, events.CleanURL(drop), drop)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(specs + "/examples/*.json")
	require.NoError(f, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"version":1e999,"sub_ratings":{"":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for topic, kind := range kinds {
			event, err := kind.decode(data)
			if err != nil {
				switch problem.KindOf(err) {
				case problem.Invalid, problem.TooLarge:
				default:
					t.Fatalf("%s: kind of %v", topic, err)
				}
				continue
			}
			// What is decoded is sound: it can be encoded and read again as the same.
			encoded, err := events.Encode(event)
			if err != nil {
				if problem.KindOf(err) == problem.TooLarge {
					continue
				}
				t.Fatalf("%s: encode what was decoded: %v", topic, err)
			}
			again, err := kind.decode(encoded)
			if err != nil {
				t.Fatalf("%s: decode what was encoded: %v", topic, err)
			}
			one, _ := json.Marshal(event)
			two, _ := json.Marshal(again)
			require.JSONEq(t, strings.ReplaceAll(string(one), ":null", ":[]"), strings.ReplaceAll(string(two), ":null", ":[]"))
		}
	})
}
