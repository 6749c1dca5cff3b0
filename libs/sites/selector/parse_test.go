package selector_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites/selector"
)

const good = `name: opinions
version: 1
hosts: [opinions.example]
item: li.opinion
fields:
  text: {select: .words}
`

func TestParse_Faults_AllWithTheirLines(t *testing.T) {
	_, err := selector.Parse([]byte(`name: My Site
version: 0
hosts: ["https://opinions.example/"]
item: "li.opinion:has(p)"
fields:
  txt: {select: .words}
  author:
    select: "b >"
  title: {index: 2}
  date: {select: time}
  id: {select: a, pattern: "(a)(b"}
identity: [date]
dates:
  zone: Mars/Olympus
  formats: [relative, "2006-01-02"]
  months: [one]
rating: {from: guess, best: 1, worst: 5}
paging:
  next: a
  parameter: p
  max_pages: 9000
facts:
  fax: {select: .fax}
`))
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	for _, want := range []string{
		"line 1: name:", "line 2: version:", "line 3: hosts[0]:", "line 4: item: \":has\" is not supported",
		"line 6: fields.txt: there is no such name; known are id, author", "line 8: fields.author.select:", "line 9: fields.title: a select is needed",
		"line 11: fields.id.pattern:", "line 12: identity:", "line 14: dates.zone:", "line 16: dates.months:",
		"line 17: rating.from:", "line 17: rating.best:", "paging: a list goes on", "line 21: paging.max_pages:", "line 23: facts.fax:",
		"fields: a review needs a field text or rating",
	} {
		require.Contains(t, err.Error(), want)
	}
}

func TestParse_HostileYAML_IsRefusedAtOnce(t *testing.T) {
	for name, text := range map[string]string{
		"maps in maps":       strings.Repeat("{a: ", 10_000),
		"lists in lists":     strings.Repeat("[", selector.MaxDefinitionBytes),
		"dashes":             strings.Repeat("- ", selector.MaxDefinitionBytes/2),
		"many unknown names": good + strings.Repeat("  k: {select: p}\n", 1_000),
		"many faulty hosts":  strings.Replace(good, "hosts: [opinions.example]", "hosts:\n"+strings.Repeat("- '!'\n", 8_000), 1),
	} {
		start := time.Now()
		_, err := selector.Parse([]byte(text))
		require.Error(t, err, name)
		require.Less(t, time.Since(start), 3*time.Second, name)
		require.Less(t, len(err.Error()), 10_000, name)
	}
}

func TestParse_NotTheYAMLThatIsWanted_SaysTheLine(t *testing.T) {
	for text, want := range map[string]string{
		good + "colour: red\n":               "line 7: unknown field \"colour\"",
		good + "  - x\n":                     "line 7",
		strings.Replace(good, "1", "one", 1): "line 2",
		good + "rating: {form: text}\n":      "line 7: unknown field \"form\"",
		"":                                   "empty",
		"- a\n- b\n":                         "line 1",
		good + "paging: &a {next: a}\n":      "line 7: tags, anchors",
		good + "---\nname: x\n":              "more than one",
		"\tx: y":                             "line 1",
		strings.Replace(good, "li.opinion", "[", 1): "line 4",
	} {
		_, err := selector.Parse([]byte(text))
		require.Equal(t, problem.Invalid, problem.KindOf(err), text)
		require.ErrorContains(t, err, want, text)
	}
	_, err := selector.Parse(make([]byte, selector.MaxDefinitionBytes+1))
	require.Equal(t, problem.TooLarge, problem.KindOf(err))
}

func TestParse_Counting_NeedsAnEnd(t *testing.T) {
	_, err := selector.Parse([]byte(good + "paging: {parameter: p}\n"))
	require.ErrorContains(t, err, "end of the list")
	_, err = selector.Parse([]byte(good + "paging: {parameter: p}\nempty: .none\n"))
	require.NoError(t, err)
}

func TestLoadDir_Files_ByName(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("one.yaml", good)
	write("two.yml", strings.Replace(good, "opinions", "others", 1))
	write("notes.txt", "not read")
	write(".hidden.yaml", "not read")
	got, err := selector.LoadDir(dir)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.NotNil(t, got["others"])

	write("three.yaml", good)
	write("four.yaml", "name: x")
	_, err = selector.LoadDir(dir)
	require.ErrorContains(t, err, "already")
	require.ErrorContains(t, err, "four.yaml: line 1")
	_, err = selector.LoadDir(filepath.Join(dir, "none"))
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("name: [a"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("name: x\nversion: 1\nhosts: !tag\nx"))
	f.Add([]byte("---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := selector.Parse(data)
		if err != nil {
			require.Contains(t, []problem.Kind{problem.Invalid, problem.TooLarge}, problem.KindOf(err))
			return
		}
		require.NotEmpty(t, d.Name)
		require.NotEmpty(t, d.Hosts)
	})
}
