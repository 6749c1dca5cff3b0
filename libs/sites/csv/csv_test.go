package csv_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/csv"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

const header = "external_id,author,rating,posted_at,text\n"

func readAll(t *testing.T, file string, opts csv.Options) (reviews []sites.Review, rejected []csv.Rejection) {
	t.Helper()
	r, err := csv.NewReader(strings.NewReader(file), opts)
	require.NoError(t, err)
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return reviews, rejected
		}
		require.NoError(t, err)
		if row.Rejection != nil {
			require.Equal(t, row.Line, row.Rejection.Line)
			rejected = append(rejected, *row.Rejection)
			continue
		}
		reviews = append(reviews, row.Review)
	}
}

func TestReader_DefaultColumns_ReadVerbatim(t *testing.T) {
	reviews, rejected := readAll(t, header+
		"a1,Ana  P.,5,2026-03-31,\"Kind, \"\"gentle\"\"\nand on time \"\r\n"+
		"\n"+
		"a2,,4.5,2026-03-31T17:05:00-07:00,=SUM(A1) 😀\n"+
		"a3,Bo,,,'only text\n", csv.Options{})
	require.Empty(t, rejected)
	require.Len(t, reviews, 3)
	require.Equal(t, "Kind, \"gentle\"\nand on time ", reviews[0].Text)
	require.Equal(t, "Ana P.", reviews[0].Author)
	require.Equal(t, 5.0, *reviews[0].Rating)
	require.Equal(t, time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), reviews[0].PostedAt)
	require.Equal(t, "=SUM(A1) 😀", reviews[1].Text)
	require.Equal(t, time.Date(2026, 4, 1, 0, 5, 0, 0, time.UTC), reviews[1].PostedAt)
	require.Equal(t, "'only text", reviews[2].Text)
	require.Nil(t, reviews[2].Rating)
	require.True(t, reviews[2].PostedAt.IsZero())
}

func TestReader_EncodingsAndDelimiters_GiveTheSame(t *testing.T) {
	body := "external_id;author;rating;posted_at;text\r\nx-1;José;4;2026-01-02;\"Señor; ¡bien!\"\r\n"
	little, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(body)
	require.NoError(t, err)
	big, err := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(body)
	require.NoError(t, err)
	latin := strings.NewReplacer("é", "\xe9", "ñ", "\xf1", "¡", "\xa1").Replace(body)
	for name, tc := range map[string]struct {
		file string
		opts csv.Options
	}{
		"plain":              {body, csv.Options{}},
		"byte order mark":    {"\ufeff" + body, csv.Options{}},
		"utf-16 with mark":   {little, csv.Options{}},
		"utf-16 without":     {big, csv.Options{}},
		"tabs":               {strings.ReplaceAll(strings.ReplaceAll(body, ";", "\t"), "\"Señor\t", "\"Señor;"), csv.Options{}},
		"sep line":           {"sep=;\r\n" + body, csv.Options{}},
		"given delimiter":    {body, csv.Options{Delimiter: ';'}},
		"windows-1252":       {latin, csv.Options{Encoding: "windows-1252"}},
		"old line ends":      {strings.ReplaceAll(body, "\r\n", "\r"), csv.Options{}},
		"no final line end":  {strings.TrimSuffix(body, "\r\n"), csv.Options{}},
		"spaces after quote": {strings.Replace(body, "!\"\r", "!\"  \r", 1), csv.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			reviews, rejected := readAll(t, tc.file, tc.opts)
			require.Empty(t, rejected)
			require.Len(t, reviews, 1)
			require.Equal(t, "Señor; ¡bien!", reviews[0].Text)
			require.Equal(t, "José", reviews[0].Author)
		})
	}
}

func TestReader_MappedColumns_AreUsed(t *testing.T) {
	columns, err := csv.ParseColumns("text=Comment, rating = Stars,posted_at=Review Date")
	require.NoError(t, err)
	reviews, rejected := readAll(t, "Author,STARS,review_date,Comment,Other\nAna,4 stars,3/31/2026,Fine,x\n", csv.Options{Columns: columns})
	require.Empty(t, rejected)
	require.Equal(t, "Fine", reviews[0].Text)
	require.Equal(t, "Ana", reviews[0].Author)
	require.Equal(t, 4.0, *reviews[0].Rating)
	require.Equal(t, 31, reviews[0].PostedAt.Day())
}

func TestParseColumns_Nonsense_IsRefused(t *testing.T) {
	for _, s := range []string{"text", "text=", "=x", "colour=x", "text=a,text=b"} {
		_, err := csv.ParseColumns(s)
		require.Equal(t, problem.Invalid, problem.KindOf(err), s)
	}
	none, err := csv.ParseColumns(" ")
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestNewReader_UnusableFiles_SayWhy(t *testing.T) {
	for file, code := range map[string]string{
		"":                       "empty_file",
		"  \n":                   "empty_file",
		"a,b,c\n1,2,3\n":         "no_column",
		"[{\"text\":\"x\"}]":     "json_array",
		"text,rating,text\nx,1,": "column_twice",
		"\"never closed,text\n":  "no_header",
	} {
		_, err := csv.NewReader(strings.NewReader(file), csv.Options{})
		var e *problem.Error
		require.ErrorAs(t, err, &e, file)
		require.Equal(t, code, e.Code, file)
	}
	_, err := csv.NewReader(strings.NewReader(header), csv.Options{Columns: map[string]string{"text": "Comment"}})
	require.ErrorContains(t, err, `"Comment"`)
	_, err = csv.NewReader(strings.NewReader(header), csv.Options{Encoding: "klingon"})
	require.Equal(t, problem.Invalid, problem.KindOf(err))
}

func TestReader_BadRows_AreRejectedWithLineAndReason(t *testing.T) {
	file := header +
		"ok1,A,5,2026-01-01,fine\n" + // 2
		"b1,A,eleven,2026-01-01,text\n" + // 3
		"b2,A,5,03/04/2026,text\n" + // 4
		"b3,A,5,yesterday,text\n" + // 5
		"b4,A,,2026-01-01,\n" + // 6
		"b5,A,5,2026-01-01,one,two\n" + // 7
		"b6,A,5\n" + // 8
		"ok1,A,4,2026-01-02,again\n" + // 9
		"b7,A,5,2026-01-01,\xff\xfe\n" + // 10
		"b8,A,5,2026-01-01,nul \x00 here\n" + // 11
		"b9,A,5,2026-01-01,\"two\nlines\" and more\",x\n" + // 12, 13: the lenient quote runs on
		"ok2,A,5,2026-01-01,fine\n" // 14
	reviews, rejected := readAll(t, file, csv.Options{})
	got := map[int]string{}
	for _, r := range rejected {
		got[r.Line] = r.Column + "|" + r.Reason
	}
	for line, want := range map[int]string{
		3: "rating|", 4: "posted_at|a date that can be read as", 5: "posted_at|", 6: "text|neither", 7: "|6 cells", 8: "|3 cells",
		9: "external_id|the same review as in line 2", 10: "|cell 5 is not UTF-8", 11: "text|a NUL", 12: "|6 cells",
	} {
		require.Contains(t, got[line], want, "line %d", line)
	}
	require.Len(t, rejected, 10)
	require.Len(t, reviews, 2)
	require.Equal(t, "ok2", reviews[1].ExternalID)
}

func TestReader_UnclosedQuote_CostsItsLineOnly(t *testing.T) {
	reviews, rejected := readAll(t, header+"a,A,5,2026-01-01,\"never closed\nb,B,5,2026-01-01,fine\nc,C,5,2026-01-01,fine too\n", csv.Options{})
	require.Len(t, rejected, 1)
	require.Equal(t, 2, rejected[0].Line)
	require.Contains(t, rejected[0].Reason, "never closed")
	require.Len(t, reviews, 2)
	require.Equal(t, "b", reviews[0].ExternalID)
}

func TestReader_UnclosedQuoteInALargeFile_CostsItsLineOnly(t *testing.T) {
	var b strings.Builder
	b.WriteString(header + "bad,A,5,2026-01-01,\"never closed\n")
	const rows = 40_000
	for i := range rows {
		_, _ = fmt.Fprintf(&b, "id%d,A,5,2026-01-01,a text of some length to fill the row\n", i)
	}
	reviews, rejected := readAll(t, b.String(), csv.Options{})
	require.Len(t, rejected, 1)
	require.Equal(t, 2, rejected[0].Line)
	require.Len(t, reviews, rows)
}

func TestReader_ManyUnclosedQuotes_TakeBoundedTime(t *testing.T) {
	start := sitestest.CPUTime()
	_, rejected := readAll(t, header+strings.Repeat("a,\"b\n", 180_000), csv.Options{})
	require.NotEmpty(t, rejected)
	require.Less(t, sitestest.CPUTime()-start, 30*time.Second)
}

// bigFile is a file with one row of a cell of size bytes between two good ones,
// made while it is read.
func bigFile(size int64) io.Reader {
	return io.MultiReader(
		strings.NewReader(header+"a,A,5,2026-01-01,first\nbig,B,5,2026-01-01,\""),
		io.LimitReader(repeating("all work and no play \"\" \n"), size),
		strings.NewReader("\"\nc,C,5,2026-01-01,last\n"),
	)
}

type repeating string

func (r repeating) Read(p []byte) (int, error) { return copy(p, r), nil }

func TestReader_HugeCell_IsRejectedInBoundedMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	// Ten megabytes, a multiple of the repeated piece, so that its quotes stay paired.
	r, err := csv.NewReader(bigFile(25*400_000), csv.Options{})
	require.NoError(t, err)
	row, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "first", row.Review.Text)
	row, err = r.Next()
	require.NoError(t, err)
	require.NotNil(t, row.Rejection)
	require.Equal(t, 3, row.Rejection.Line)
	require.Contains(t, row.Rejection.Reason, "bytes")
	row, err = r.Next()
	require.NoError(t, err)
	require.Equal(t, "last", row.Review.Text)
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(24<<20))
}

func TestReader_MissingID_IsTheSameEveryTime(t *testing.T) {
	file := "author,rating,posted_at,text\nAna,5,2026-01-01,Great\nAna,5,2026-01-02,Great\nAna,5,2026-01-01,Great\n"
	first, rejected := readAll(t, file, csv.Options{})
	second, _ := readAll(t, file, csv.Options{})
	require.Equal(t, first, second)
	require.Len(t, first, 2)
	require.NotEqual(t, first[0].ExternalID, first[1].ExternalID)
	require.Len(t, rejected, 1)
	require.Contains(t, rejected[0].Reason, "line 2")
}

func TestReader_Dates_FormatsInUse(t *testing.T) {
	zone := time.FixedZone("UTC-8", -8*3600)
	for text, want := range map[string]string{
		"2026-03-31":             "2026-03-31T08:00:00Z",
		"2026-03-31T10:00:00Z":   "2026-03-31T10:00:00Z",
		"2026-03-31 10:00:00":    "2026-03-31T18:00:00Z",
		"3/31/2026":              "2026-03-31T08:00:00Z",
		"31/3/2026":              "2026-03-31T08:00:00Z",
		"3/31/26 5:04 PM":        "2026-04-01T01:04:00Z",
		"\"3/31/2026, 5:04 pm\"": "2026-04-01T01:04:00Z",
		"4/4/2026":               "2026-04-04T08:00:00Z",
		"31.3.2026":              "2026-03-31T08:00:00Z",
		"\"Mar 31, 2026\"":       "2026-03-31T08:00:00Z",
		"31 March 2026":          "2026-03-31T08:00:00Z",
	} {
		reviews, rejected := readAll(t, header+"i,A,5,"+text+",x\n", csv.Options{Location: zone})
		require.Empty(t, rejected, text)
		require.Equal(t, want, reviews[0].PostedAt.Format(time.RFC3339), text)
	}
	for order, want := range map[csv.DateOrder]time.Month{csv.MonthDay: time.March, csv.DayMonth: time.April} {
		reviews, rejected := readAll(t, header+"i,A,5,03/04/2026,x\n", csv.Options{DateOrder: order})
		require.Empty(t, rejected)
		require.Equal(t, want, reviews[0].PostedAt.Month())
	}
	for _, text := range []string{"13/13/2026", "2026-02-30", "1776-07-04", "45321"} {
		_, rejected := readAll(t, header+"i,A,5,"+text+",x\n", csv.Options{})
		require.Len(t, rejected, 1, text)
	}
}

func TestReader_JSONL_SameRulesAsCSV(t *testing.T) {
	reviews, rejected := readAll(t, `{"external_id":"j1","author":"Ana","rating":4,"posted_at":"2026-01-02","text":"a \"b\"\nc","extra":{"x":1}}

{"external_id":7,"rating":null,"text":"only text"}
not json
{"external_id":"j1","text":"again"}
{"text":["list"]}
{"text":"`+strings.Repeat("x", 2<<20)+`"}
{"external_id":"j9","Text":"last"}
`, csv.Options{})
	require.Len(t, reviews, 3)
	require.Equal(t, "a \"b\"\nc", reviews[0].Text)
	require.Equal(t, "7", reviews[1].ExternalID)
	require.Equal(t, "last", reviews[2].Text)
	lines := []int{}
	for _, r := range rejected {
		lines = append(lines, r.Line)
	}
	require.Equal(t, []int{4, 5, 6, 7}, lines)
}

func TestReader_TooManyRows_IsAnError(t *testing.T) {
	r, err := csv.NewReader(strings.NewReader(header+"a,A,5,,x\nb,B,5,,y\n"), csv.Options{MaxRows: 1})
	require.NoError(t, err)
	_, err = r.Next()
	require.NoError(t, err)
	_, err = r.Next()
	require.Equal(t, problem.TooLarge, problem.KindOf(err))
}

func TestReader_BrokenSource_IsAnErrorNotAnEnd(t *testing.T) {
	broken := errors.New("disk gone")
	rows := header + strings.Repeat("a,A,5,,x\n", 20_000)
	r, err := csv.NewReader(io.MultiReader(strings.NewReader(rows), failing{broken}), csv.Options{})
	require.NoError(t, err)
	for err == nil {
		_, err = r.Next()
	}
	require.ErrorIs(t, err, broken)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestScopedID_RowNumbers_DoNotCollideAcrossLocations(t *testing.T) {
	require.NotEqual(t, csv.ScopedID("north", "17"), csv.ScopedID("south", "17"))
	require.Equal(t, "g-17", csv.ScopedID("north", "g-17"))
	require.Equal(t, "AbFvOqmQ9hKxyz", csv.ScopedID("north", "AbFvOqmQ9hKxyz"))
}

func TestNext_JSONLineAroundTheLimit_IsReadOrRejected(t *testing.T) {
	const limit = 64
	for _, end := range []string{"\n", "\r\n", "\r\r\r\n"} {
		for size := limit - 4; size <= limit+4; size++ {
			row := `{"text":"` + strings.Repeat("x", size-len(`{"text":""}`)) + `"}`
			reviews, rejected := readAll(t, row+end+`{"text":"next"}`+end, csv.Options{MaxRowBytes: limit})
			require.Equal(t, 2, len(reviews)+len(rejected), "%d bytes and %q", size, end)
			require.Equal(t, "next", reviews[len(reviews)-1].Text)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(header+"a,A,5,2026-01-01,\"x\"\"y\nz\"\n"), true)
	f.Add([]byte(header+"a,A,5,1/2/2026,\"open\nb,B,4/5,,t\n"), false)
	f.Add([]byte("{\"text\":\"x\",\"rating\":4}\n{"), true)
	f.Add([]byte("\xff\xfet\x00e\x00x\x00t\x00\n\x00"), true)
	f.Add([]byte("sep=;\ntext;rating\r\"a\";5\r"), false)
	f.Fuzz(func(t *testing.T, file []byte, small bool) {
		opts := csv.Options{}
		if small {
			opts.MaxRowBytes = 64
		}
		r, err := csv.NewReader(bytes.NewReader(file), opts)
		if err != nil {
			return
		}
		ids := map[string]bool{}
		lastLine := 0
		for n := 0; ; n++ {
			row, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				return
			}
			if n > len(file)+2 {
				t.Fatal("more rows than bytes")
			}
			if row.Line <= lastLine {
				t.Fatalf("line %d behind line %d", row.Line, lastLine)
			}
			lastLine = row.Line
			if row.Rejection != nil {
				continue
			}
			if ids[row.Review.ExternalID] || row.Review.ExternalID == "" {
				t.Fatal("an external id is missing or given twice")
			}
			ids[row.Review.ExternalID] = true
		}
	})
}

func TestReader_TitleChangeAndReply_AreKept(t *testing.T) {
	const head = "external_id,title,text,updated_at,reply,reply_at\n"
	for _, file := range []string{
		head + "a,Long wait,\"Forty minutes.\",2026-03-02,\"We are sorry,\nand we call you.\",2026-03-03T10:00:00Z\n",
		`{"external_id":"a","title":"Long wait","text":"Forty minutes.","updated_at":"2026-03-02","reply":"We are sorry,\nand we call you.","reply_at":"2026-03-03T10:00:00Z"}`,
	} {
		r, err := csv.NewReader(strings.NewReader(file), csv.Options{})
		require.NoError(t, err)
		row, err := r.Next()
		require.NoError(t, err)
		require.Nil(t, row.Rejection)
		require.Equal(t, "Long wait", row.Review.Title)
		require.Equal(t, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), row.Review.UpdatedAt)
		require.Equal(t, &events.Reply{Text: "We are sorry,\nand we call you.", UpdatedAt: time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)}, row.Review.Reply)
	}
	r, err := csv.NewReader(strings.NewReader(head+"a,,x,,Thanks,someday\nb,,y,,,someday\n"), csv.Options{})
	require.NoError(t, err)
	row, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "reply_at", row.Rejection.Column)
	row, err = r.Next()
	require.NoError(t, err)
	require.Nil(t, row.Rejection, "the date of a reply that is not there says nothing")
	require.Nil(t, row.Review.Reply)
}
