package events_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
)

const specs = "../../api-specs/events"

// kinds are all payloads by topic.
var kinds = map[string]struct {
	zero   any
	decode func([]byte) (events.Payload, error)
}{
	events.TopicReviewsCollected: {events.ReviewCollected{}, func(b []byte) (events.Payload, error) { return events.DecodeReviewCollected(b) }},
	events.TopicReviewsTagged:    {events.ReviewTagged{}, func(b []byte) (events.Payload, error) { return events.DecodeReviewTagged(b) }},
	events.TopicReviewsChanged:   {events.ReviewChanged{}, func(b []byte) (events.Payload, error) { return events.DecodeReviewChanged(b) }},
	events.TopicListingsObserved: {events.ListingObserved{}, func(b []byte) (events.Payload, error) { return events.DecodeListingObserved(b) }},
}

func schema(t testing.TB, topic string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	s, err := compiler.Compile(filepath.Join(specs, topic+".schema.json"))
	require.NoError(t, err)
	return s
}

// topicOf is the topic that a file is about: "reviews.tagged.posted.json" is an example of reviews.tagged.
func topicOf(t testing.TB, file string) string {
	t.Helper()
	parts := strings.Split(filepath.Base(file), ".")
	require.GreaterOrEqual(t, len(parts), 3, file)
	topic := parts[0] + "." + parts[1]
	require.Contains(t, kinds, topic, file)
	return topic
}

func TestExamples_EachOne_FitsItsSchemaAndSurvivesDecodingAndEncoding(t *testing.T) {
	files, err := filepath.Glob(specs + "/examples/*.json")
	require.NoError(t, err)
	covered := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			topic := topicOf(t, file)
			covered[topic] = true
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			var loose any
			require.NoError(t, json.Unmarshal(data, &loose))
			require.NoError(t, schema(t, topic).Validate(loose))
			event, err := kinds[topic].decode(data)
			require.NoError(t, err)
			require.Equal(t, topic, event.Topic())
			require.NotEmpty(t, event.Key())
			again, err := events.Encode(event)
			require.NoError(t, err)
			require.JSONEq(t, string(data), string(again))
		})
	}
	for topic := range kinds {
		require.True(t, covered[topic], "no example of %s", topic)
	}
}

func TestExamples_UnknownFields_AreIgnored(t *testing.T) {
	files, err := filepath.Glob(specs + "/examples/*.json")
	require.NoError(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		grown := strings.Replace(string(data), "{", `{"later":{"deep":[1,{"x":null}]},`, 1)
		event, err := kinds[topicOf(t, file)].decode([]byte(grown))
		require.NoError(t, err)
		var loose any
		require.NoError(t, json.Unmarshal([]byte(grown), &loose))
		require.NoError(t, schema(t, event.Topic()).Validate(loose))
	}
}

func TestSchemas_AndGoTypes_HaveTheSameFields(t *testing.T) {
	files, err := filepath.Glob(specs + "/*.schema.json")
	require.NoError(t, err)
	require.Len(t, files, len(kinds))
	for topic, kind := range kinds {
		data, err := os.ReadFile(filepath.Join(specs, topic+".schema.json"))
		require.NoError(t, err)
		var doc map[string]any
		require.NoError(t, json.Unmarshal(data, &doc))
		compare(t, topic, reflect.TypeOf(kind.zero), doc, doc)
	}
}

// compare walks a Go type and its schema together.
func compare(t *testing.T, path string, typ reflect.Type, node, doc map[string]any) {
	t.Helper()
	if ref, ok := node["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		target, ok := doc["$defs"].(map[string]any)[name].(map[string]any)
		require.True(t, ok, "%s refers to %s", path, ref)
		node = target
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	want := map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer",
		reflect.Float64: "number", reflect.Slice: "array", reflect.Map: "object", reflect.Struct: "object",
	}[typ.Kind()]
	if typ == reflect.TypeFor[time.Time]() {
		require.Equal(t, "date-time", node["format"], path)
		want = "string"
	}
	require.Equal(t, want, node["type"], path)
	switch {
	case want == "array":
		compare(t, path+"[]", typ.Elem(), node["items"].(map[string]any), doc)
	case typ.Kind() == reflect.Map:
		compare(t, path+"{}", typ.Elem(), node["additionalProperties"].(map[string]any), doc)
	case typ.Kind() == reflect.Struct && want == "object":
		properties := node["properties"].(map[string]any)
		var names, required []string
		for _, f := range reflect.VisibleFields(typ) {
			if f.Anonymous {
				continue
			}
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
			if !strings.Contains(options, "omit") {
				required = append(required, name)
			}
			property, ok := properties[name].(map[string]any)
			require.True(t, ok, "%s.%s is not in the schema", path, name)
			compare(t, path+"."+name, f.Type, property, doc)
		}
		for name := range properties {
			require.True(t, slices.Contains(names, name), "%s.%s is not in the Go type", path, name)
		}
		listed := []string{}
		for _, name := range node["required"].([]any) {
			listed = append(listed, name.(string))
		}
		require.ElementsMatch(t, required, listed, "required fields of %s", path)
	}
}
