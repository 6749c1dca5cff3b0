package tagging

import (
	"bufio"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// loadWeights reads the learned weights: lines "word<TAB>weight" and "word
// word<TAB>weight", "#" for notes. The file is made by
// the learn command; see its package comment.
func (l *lexicon) loadWeights(fsys fs.FS, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	defer f.Close() //nolint:errcheck // embedded, read only
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		gram, value, ok := strings.Cut(line, "\t")
		w, err := strconv.ParseFloat(value, 32)
		if !ok || err != nil {
			return fmt.Errorf("%s:%d: want an n-gram, a tab and a weight", name, n)
		}
		first, second, pair := strings.Cut(gram, " ")
		if pair {
			if _, twice := l.pairs.get(l.intern(first), l.intern(second)); twice {
				return fmt.Errorf("%s:%d: %q is there twice", name, n, gram)
			}
			l.pairs.put(l.intern(first), l.intern(second), int32(len(l.pairSums)))
			l.pairSums = append(l.pairSums, float32(w))
			continue
		}
		id := l.intern(first)
		for int(id) >= len(l.weights) {
			l.weights = append(l.weights, 0)
		}
		l.weights[id] = float32(w)
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
