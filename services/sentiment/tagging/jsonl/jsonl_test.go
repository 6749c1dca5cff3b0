package jsonl_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
	"github.com/bedside-health/bedside/services/sentiment/tagging/jsonl"
)

func run(t *testing.T, in io.Reader, workers int) []map[string]any {
	t.Helper()
	e, err := tagging.New()
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, jsonl.Run(t.Context(), in, &out, e, workers))
	var rows []map[string]any
	sc := bufio.NewScanner(&out)
	sc.Buffer(nil, 1<<26)
	for sc.Scan() {
		var row map[string]any
		require.NoError(t, json.Unmarshal(sc.Bytes(), &row))
		require.IsType(t, []any{}, row["topics"], "topics are never null")
		require.IsType(t, []any{}, row["urgent"], "urgent is never null")
		require.True(t, review.Polarity(row["overall"].(string)).Valid())
		require.Contains(t, row, "id")
		rows = append(rows, row)
	}
	require.NoError(t, sc.Err())
	return rows
}

func TestRun_ManyLines_KeepNumberAndOrder(t *testing.T) {
	var in strings.Builder
	const n = 3000
	for i := range n {
		if i%10 == 7 {
			in.WriteString("{broken\n")
			continue
		}
		fmt.Fprintf(&in, "{\"id\":%d,\"text\":%q}\n", i, strings.Repeat("The staff was rude. ", i%9))
	}
	rows := run(t, strings.NewReader(in.String()), 4)
	require.Len(t, rows, n)
	for i, row := range rows {
		if i%10 == 7 {
			require.Contains(t, row["error"], fmt.Sprintf("line %d: ", i+1))
			require.Empty(t, row["topics"])
			continue
		}
		require.EqualValues(t, i, row["id"])
		require.NotContains(t, row, "error")
	}
}

func TestRun_BrokenLines_ComeOutWithTheirError(t *testing.T) {
	in := "\ufeff{\"id\":\"a\",\"text\":\"The staff was rude.\"}\r\n" + // a byte order mark and CRLF
		"\n" +
		"not json\n" +
		"{\"id\":\"d\"}\n" +
		"{\"id\":\"e\",\"text\":5}\n" +
		"[1]\n" +
		"{\"id\":\"g\",\"text\":\"\"}\n" +
		"{\"id\":\"h\",\"text\":\"Great <b>doctor</b> & staff \xff\"}" // no newline at the end
	rows := run(t, strings.NewReader(in), 2)
	require.Len(t, rows, 8)
	require.Equal(t, "a", rows[0]["id"])
	require.Len(t, rows[0]["topics"], 1)
	for _, i := range []int{1, 2, 3, 4, 5} {
		require.Contains(t, rows[i]["error"], fmt.Sprintf("line %d: ", i+1))
		require.Empty(t, rows[i]["topics"])
	}
	require.Equal(t, "d", rows[3]["id"], "the id is kept where it can be read")
	require.NotContains(t, rows[6], "error", "an empty text is a text")
	require.Equal(t, "h", rows[7]["id"])
}

func TestRun_EmptyInput_WritesNothing(t *testing.T) {
	require.Empty(t, run(t, strings.NewReader(""), 1))
}

// TestRun_LineBeyondTheLimit_IsSkippedInOrder feeds a line of 40 MB.
func TestRun_LineBeyondTheLimit_IsSkippedInOrder(t *testing.T) {
	long := io.MultiReader(
		strings.NewReader("{\"id\":1,\"text\":\"first\"}\n{\"id\":2,\"text\":\""),
		io.LimitReader(endless('x'), 40<<20),
		strings.NewReader("\"}\n{\"id\":3,\"text\":\"The staff was rude.\"}\n"))
	rows := run(t, long, 2)
	require.Len(t, rows, 3)
	require.EqualValues(t, 1, rows[0]["id"])
	require.Contains(t, rows[1]["error"], "line 2: longer than")
	require.EqualValues(t, 3, rows[2]["id"])
	require.Len(t, rows[2]["topics"], 1)
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestRun_SlowSender_GetsEachAnswerBeforeTheNextLine(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := jsonl.Run(context.Background(), inR, outW, e, 2)
		_ = outW.Close()
		done <- err
	}()
	answers := bufio.NewReader(outR)
	for i := range 5 {
		_, err := fmt.Fprintf(inW, "{\"id\":%d,\"text\":\"fine\"}\n", i)
		require.NoError(t, err)
		line, err := answers.ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, fmt.Sprintf("{\"id\":%d,", i))
	}
	require.NoError(t, inW.Close())
	require.NoError(t, <-done)
}

type brokenWriter struct{}

var errBroken = errors.New("the pipe is broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestRun_WriterFails_StopsWithItsError(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	in := io.LimitReader(lines("{\"id\":1,\"text\":\"fine\"}\n"), 1<<30)
	err = jsonl.Run(t.Context(), in, brokenWriter{}, e, 2)
	require.ErrorIs(t, err, errBroken)
}

type repeating struct {
	line string
	at   int
}

func lines(line string) io.Reader { return &repeating{line: line} }

func (r *repeating) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.line[r.at]
		r.at = (r.at + 1) % len(r.line)
	}
	return len(p), nil
}

func TestRun_Cancelled_ReturnsSoon(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = jsonl.Run(ctx, lines("{\"id\":1,\"text\":\"fine\"}\n"), io.Discard, e, 2)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func FuzzRun(f *testing.F) {
	f.Add("{\"id\":1,\"text\":\"The staff was rude\"}\n{}\n\n[")
	e, err := tagging.New()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, in string) {
		var out bytes.Buffer
		require.NoError(t, jsonl.Run(t.Context(), strings.NewReader(in), &out, e, 2))
		want := strings.Count(strings.TrimPrefix(in, "\ufeff"), "\n")
		if body := strings.TrimPrefix(in, "\ufeff"); body != "" && !strings.HasSuffix(body, "\n") {
			want++
		}
		require.Equal(t, want, strings.Count(out.String(), "\n"), "lines in = lines out")
	})
}
