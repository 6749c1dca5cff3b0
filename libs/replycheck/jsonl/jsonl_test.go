package jsonl_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/replycheck/jsonl"
)

func checker(t testing.TB) *replycheck.Checker {
	t.Helper()
	c, err := replycheck.New(replycheck.Config{})
	require.NoError(t, err)
	return c
}

func run(t *testing.T, in io.Reader) (rows []map[string]any, faulty int) {
	t.Helper()
	var out bytes.Buffer
	faulty, err := jsonl.Run(t.Context(), in, &out, checker(t))
	require.NoError(t, err)
	sc := bufio.NewScanner(&out)
	sc.Buffer(nil, 1<<26)
	for sc.Scan() {
		var row map[string]any
		require.NoError(t, json.Unmarshal(sc.Bytes(), &row))
		require.IsType(t, []any{}, row["findings"], "findings are never null")
		require.Contains(t, row, "id")
		rows = append(rows, row)
	}
	require.NoError(t, sc.Err())
	return rows, faulty
}

func TestRun_GoodAndBrokenLines_ComeOutInOrder(t *testing.T) {
	in := "\ufeff{\"id\":\"a\",\"reply\":\"Thank you for your feedback.\"}\r\n" +
		"\n" +
		"not json\n" +
		"{\"id\":4}\n" +
		"{\"id\":\"e\",\"reply\":5}\n" +
		"{\"id\":6,\"reply\":\"\"}\n" +
		"{\"id\":\"g\",\"reviewer_name\":\"Al\",\"reply\":\"Your root canal went well. \xff<b>\",\"practice\":{\"name\":\"X\",\"phones\":[\"1\"]},\"site\":\"google\"}"
	rows, faulty := run(t, strings.NewReader(in))
	require.Len(t, rows, 7)
	require.Equal(t, 4, faulty)
	require.Equal(t, "pass", rows[0]["verdict"])
	for _, i := range []int{1, 2, 3, 4} {
		require.Contains(t, rows[i]["error"], "line ")
		require.Equal(t, "block", rows[i]["verdict"], "what was not checked must not look safe")
	}
	require.EqualValues(t, 4, rows[3]["id"], "the id is kept where it can be read")
	require.Equal(t, "pass", rows[5]["verdict"], "an empty reply is a reply")
	require.Equal(t, "block", rows[6]["verdict"])
	finding := rows[6]["findings"].([]any)[0].(map[string]any)
	for _, key := range []string{"rule", "severity", "start", "end", "quote", "why", "source", "suggestion"} {
		require.Contains(t, finding, key)
	}
}

func TestRun_EmptyInput_WritesNothing(t *testing.T) {
	rows, faulty := run(t, strings.NewReader(""))
	require.Empty(t, rows)
	require.Zero(t, faulty)
}

// TestRun_LineBeyondTheLimit_IsSkippedInOrder feeds a line of 20 MB.
func TestRun_LineBeyondTheLimit_IsSkippedInOrder(t *testing.T) {
	long := io.MultiReader(strings.NewReader("{\"id\":1,\"reply\":\"ok\"}\n{\"id\":2,\"reply\":\""),
		io.LimitReader(endless('x'), 20<<20), strings.NewReader("\"}\n{\"id\":3,\"reply\":\"ok\"}\n"))
	rows, faulty := run(t, long)
	require.Len(t, rows, 3)
	require.Equal(t, 1, faulty)
	require.Contains(t, rows[1]["error"], "line 2: longer than")
	require.EqualValues(t, 3, rows[2]["id"])
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestRun_SlowSender_GetsEachAnswerBeforeTheNextLine(t *testing.T) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	c := checker(t)
	go func() {
		_, err := jsonl.Run(context.Background(), inR, outW, c)
		_ = outW.Close()
		done <- err
	}()
	answers := bufio.NewReader(outR)
	for range 3 {
		_, err := io.WriteString(inW, "{\"id\":1,\"reply\":\"fine\"}\n")
		require.NoError(t, err)
		line, err := answers.ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, "\"verdict\":\"pass\"")
	}
	require.NoError(t, inW.Close())
	require.NoError(t, <-done)
}

var errBroken = errors.New("the pipe is broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
func (broken) Read([]byte) (int, error)  { return 0, errBroken }

func TestRun_PipeBreaks_StopsWithItsError(t *testing.T) {
	c := checker(t)
	_, err := jsonl.Run(t.Context(), strings.NewReader("{\"id\":1,\"reply\":\"fine\"}\n"), broken{}, c)
	require.ErrorIs(t, err, errBroken)
	_, err = jsonl.Run(t.Context(), broken{}, io.Discard, c)
	require.ErrorIs(t, err, errBroken)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = jsonl.Run(ctx, strings.NewReader("{}\n"), io.Discard, c)
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzRun(f *testing.F) {
	f.Add("{\"id\":1,\"reply\":\"See you soon\"}\n{}\n\n[")
	c := checker(f)
	f.Fuzz(func(t *testing.T, in string) {
		var out bytes.Buffer
		_, err := jsonl.Run(t.Context(), strings.NewReader(in), &out, c)
		require.NoError(t, err)
		body := strings.TrimPrefix(in, "\ufeff")
		want := strings.Count(body, "\n")
		if body != "" && !strings.HasSuffix(body, "\n") {
			want++
		}
		require.Equal(t, want, strings.Count(out.String(), "\n"), "lines in = lines out")
	})
}
