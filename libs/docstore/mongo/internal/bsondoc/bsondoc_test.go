package bsondoc

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/bedside-health/bedside/libs/docstore"
)

func testPaths() *Paths {
	return NewPaths(&docstore.Schema{
		Fields: []docstore.Field{{Path: "stars", Type: docstore.Number}, {Path: "work.due", Type: docstore.Time}, {Path: "name"}, {Path: "days", Type: docstore.Time, Many: true}},
		Terms:  "words",
	})
}

// FuzzEncode holds what is stored to what was given: the same JSON comes back.
func FuzzEncode(f *testing.F) {
	for _, seed := range []string{
		`{"id":"x","stars":5,"work":{"due":"2026-01-02T03:04:05Z","x":1},"name":"2026-01-02T03:04:05Z","other":"2026-01-02T03:04:05.12Z","days":["2026-01-02T03:04:05Z"]}`,
		`{"$a":{".":{"":null,"%":[],"%2E":{}}},"_id":1,"a\u0000b":true}`, `{"n":[1,-0,1.5,1e300,9223372036854775807,1e21,100000000000000000000]}`,
		`{"t":"2026-13-02T03:04:05Z","u":"2026-01-02T03:04:05.1234Z","v":"0000-01-01T00:00:00Z","w":"2026-01-02T03:04:05.100Z"}`,
		`{"words":["2026-01-02T03:04:05Z","é","\u2028"]}`, `[]`, `{"a":`, `{"stars":"five"}`, `{"work":{"due":"soon"}}`,
	} {
		f.Add([]byte(seed))
	}
	p := testPaths()
	f.Fuzz(func(t *testing.T, doc []byte) {
		var given map[string]any
		if !json.Valid(doc) || json.Unmarshal(doc, &given) != nil || given == nil {
			_, _ = Encode(doc, p, nil)
			return
		}
		// encoding/json sorts keys, drops repeats and writes numbers its own way:
		// the form documents come in.
		canonical, err := json.Marshal(given)
		require.NoError(t, err)
		raw, err := Encode(canonical, p, bson.D{{Key: "_id", Value: "key"}})
		if err != nil {
			return
		}
		require.NoError(t, raw.Validate())
		require.Equal(t, "key", raw.Lookup("_id").StringValue())
		r, err := Decode(raw, false)
		require.NoError(t, err)
		var back map[string]any
		require.NoError(t, json.Unmarshal(r.Doc, &back), string(r.Doc))
		if w, ok := given["work"].(map[string]any); ok {
			delete(w, "due") // a declared time comes back in its own spelling
			if w, ok := back["work"].(map[string]any); ok {
				delete(w, "due")
			}
		}
		delete(given, "days")
		delete(back, "days")
		require.Equal(t, given, back)
	})
}

func TestEncode_DeclaredFields_GetTheirTypes(t *testing.T) {
	raw, err := Encode([]byte(`{"stars":5,"count":5,"work":{"due":"2026-01-02T03:04:05.678Z"},"seen":"2026-01-02T03:04:05Z","name":"2026-01-02T03:04:05Z","words":["2026-01-02T03:04:05Z"]}`), testPaths(), nil)
	require.NoError(t, err)
	require.Equal(t, bson.TypeDouble, raw.Lookup("stars").Type)
	require.Equal(t, bson.TypeInt64, raw.Lookup("count").Type)
	require.EqualValues(t, 1767323045678, raw.Lookup("work", "due").DateTime())
	require.Equal(t, bson.TypeDateTime, raw.Lookup("seen").Type)
	require.Equal(t, bson.TypeString, raw.Lookup("name").Type, "a text that looks like a time stays one where a text is declared")
	require.Equal(t, bson.TypeString, raw.Lookup("words", "0").Type)
}

func TestEncode_LongerThanMongoDBHolds_TooLarge(t *testing.T) {
	doc := `{"n":[` + strings.TrimSuffix(strings.Repeat("1,", 1_200_000), ",") + `]}`
	_, err := Encode([]byte(doc), testPaths(), nil)
	require.ErrorContains(t, err, "at most")
}

func TestDecode_TypesOfOthers_Refused(t *testing.T) {
	raw, err := bson.Marshal(bson.D{{Key: "x", Value: bson.NewObjectID()}})
	require.NoError(t, err)
	_, err = Decode(raw, false)
	require.ErrorContains(t, err, "does not write")
	_, err = Decode(bytes.Repeat([]byte{7}, 40), false)
	require.Error(t, err)
}
