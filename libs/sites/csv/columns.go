package csv

import (
	"strings"

	"github.com/bedside-health/bedside/libs/problem"
)

// normalName is how names of columns are compared: "Posted At" is posted_at.
func normalName(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// mapColumns finds the fields in a header. A mapped column must be there; of
// the others a file needs the text or the rating.
func mapColumns(header []string, mapping map[string]string) (map[string]column, error) {
	at := map[string]int{}
	for i, name := range header {
		key := normalName(name)
		if _, twice := at[key]; twice && key != "" {
			if named(mapping, key) {
				return nil, problem.New(problem.Invalid, "column_twice", "the column %q is in the file twice", shortName(name))
			}
			continue
		}
		at[key] = i
	}
	out := map[string]column{}
	for _, field := range Fields() {
		want, mapped := mapping[field]
		if !mapped {
			want = field
		}
		i, ok := at[normalName(want)]
		if !ok {
			if mapped {
				return nil, problem.New(problem.Invalid, "no_column",
					"the file has no column %q for %s; it has %s", want, field, listNames(header))
			}
			continue
		}
		out[field] = column{name: strings.TrimSpace(header[i]), index: i}
	}
	_, text := out["text"]
	_, stars := out["rating"]
	if !text && !stars {
		return nil, problem.New(problem.Invalid, "no_column",
			"the first line names no column text or rating; it has %s. Name them there or map them, as in text=Comment,rating=Stars",
			listNames(header))
	}
	return out, nil
}

// named reports whether a column of this normal name is used.
func named(mapping map[string]string, key string) bool {
	for _, field := range Fields() {
		want, mapped := mapping[field]
		if !mapped {
			want = field
		}
		if normalName(want) == key {
			return true
		}
	}
	return false
}

func keyColumns(mapping map[string]string) map[string]column {
	out := map[string]column{}
	for _, field := range Fields() {
		name, mapped := mapping[field]
		if !mapped {
			name = field
		}
		out[field] = column{name: name}
	}
	return out
}

// listNames shows the header in a message, bounded: without a header the first
// line is somebody's review.
func listNames(header []string) string {
	const most = 20
	names := make([]string, 0, most)
	for i, name := range header {
		if i == most {
			names = append(names, "...")
			break
		}
		names = append(names, `"`+shortName(name)+`"`)
	}
	return strings.Join(names, ", ")
}

func shortName(name string) string {
	const most = 24
	name = line(strings.ToValidUTF8(name, "?"))
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return name
}
