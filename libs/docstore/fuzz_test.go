package docstore

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func timeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

func fuzzSchema(tb testing.TB) *Schema {
	tb.Helper()
	s, err := newSchema("fuzz", []Field{
		{Path: "a"}, {Path: "b.c", Type: Number}, {Path: "b.d", Type: Time}, {Path: "m", Many: true}, {Path: "n", Type: Bool},
	}, []Index{{Name: "ix", Sort: []Order{{Field: "b.c"}, {Field: "b.d", Desc: true}, {Field: "n"}}, Filter: []string{"a", "m"}}}, "w", false)
	require.NoError(tb, err)
	return s
}

// FuzzExtract holds the one-pass reader to what decoding the whole document says.
func FuzzExtract(f *testing.F) {
	for _, seed := range []string{
		`{"a":"x","b":{"c":1.5,"d":"2026-01-02T03:04:05.678Z"},"m":["p","q\"\\"],"n":true,"w":["one","two","one",""]}`,
		`{"b":null,"a":null,"m":null,"w":null}`, `{}`, `{"b":{"c":1e400}}`, `{"x":[{"a":"inner"}],"a":"\u0000\ud83e\uddb7"}`, `{"b":[]}`, `{"a":{"b":1}}`,
		`{"a":"x\\"}`, "{\"a\"", `[`, `"`, `{"w":[1]}`, `{"b":{"c":12345678901234567890}}`, `{"a" : "x" , "n" : false }`,
	} {
		f.Add([]byte(seed))
	}
	s := fuzzSchema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		r := Record{Doc: data}
		err := s.Extract(&r)
		_ = inspect(data)
		var whole map[string]any
		if json.Unmarshal(data, &whole) != nil || err != nil || strings.Count(string(data), `"b"`) > 1 || hasRepeats(data) {
			return // only documents that encoding/json writes have an answer to compare
		}
		require.Equal(t, whole["a"], r.Values[0])
		if b, ok := whole["b"].(map[string]any); ok {
			require.Equal(t, b["c"], r.Values[1])
			if text, ok := b["d"].(string); ok {
				at, err := time.Parse(time.RFC3339, text)
				require.NoError(t, err)
				require.Equal(t, at.UnixMilli(), r.Values[2])
			}
		}
		require.Equal(t, whole["n"], r.Values[4])
		want := []string{}
		list, _ := whole["w"].([]any)
		for _, w := range list {
			if text, ok := w.(string); ok && text != "" && !slices.Contains(want, text) {
				want = append(want, text)
			}
		}
		require.Equal(t, want, append([]string{}, r.Terms()...))
	})
}

// hasRepeats reports whether an object names a member twice; encoding/json never
// writes that.
func hasRepeats(data []byte) bool {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	type level struct {
		keys   map[string]bool
		object bool
		key    bool
	}
	var stack []level
	for {
		tok, err := dec.Token()
		if err != nil {
			return false
		}
		if n := len(stack); n > 0 && stack[n-1].object && stack[n-1].key {
			if key, ok := tok.(string); ok {
				if stack[n-1].keys[key] {
					return true
				}
				stack[n-1].keys[key] = true
				stack[n-1].key = false
				continue
			}
		}
		switch tok {
		case json.Delim('{'):
			stack = append(stack, level{keys: map[string]bool{}, object: true, key: true})
			continue
		case json.Delim('['):
			stack = append(stack, level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
		if n := len(stack); n > 0 {
			stack[n-1].key = true
		}
	}
}

// FuzzCursor feeds cursors from outside: they are refused or give values of the
// right types, and never anything else.
func FuzzCursor(f *testing.F) {
	s := fuzzSchema(f)
	sel, _, err := s.compile(Org("a"), Query{Index: "ix", Where: []Cond{Is("a", "x")}}, forPage)
	require.NoError(f, err)
	for _, at := range [][]any{{1.5, int64(-62135596800000), true, "id"}, {nil, nil, nil, "\x00é"}} {
		c, err := encodeCursor(s, sel, at)
		require.NoError(f, err)
		back, err := decodeCursor(s, sel, c)
		require.NoError(f, err)
		require.Equal(f, at, back)
		f.Add(c)
		f.Add(c[1:])
		f.Add(c + "A")
	}
	f.Add("")
	f.Add(strings.Repeat("A", maxCursor+1))
	f.Fuzz(func(t *testing.T, c string) {
		values, err := decodeCursor(s, sel, c)
		if err != nil {
			require.ErrorIs(t, err, ErrCursor)
			return
		}
		require.Len(t, values, len(sel.Order))
		require.IsType(t, "", values[len(values)-1])
	})
}
