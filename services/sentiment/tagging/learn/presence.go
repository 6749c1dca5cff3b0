package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// presenceTopics are the topics that weights of presence are learned for: those of
// which words outside any rule tell whether a review speaks. Of the others the
// rules alone know more.
var presenceTopics = []string{"wait_times", "communication"}

// labelled is one review labelled by hand, as `bedside labels` exports it.
type labelled struct {
	Text   string `json:"text"`
	Labels struct {
		Topics    map[string]string `json:"topics"`
		Ambiguous []string          `json:"ambiguous"`
	} `json:"labels"`
}

// readLabelled reads JSONL files of labelled reviews, separated by commas.
func readLabelled(paths string) ([]labelled, error) {
	var out []labelled
	for path := range strings.SplitSeq(paths, ",") {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read labelled reviews: %w", err)
		}
		for line := range bytes.Lines(raw) {
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			var l labelled
			if err := json.Unmarshal(line, &l); err != nil {
				return nil, fmt.Errorf("read labelled reviews of %s: %w", path, err)
			}
			out = append(out, l)
		}
	}
	return out, nil
}

// minLabelled is the least number of labelled reviews an n-gram must be seen in,
// beside minReviews of the pool.
const minLabelled = 5

// example is one labelled review as the regression sees it.
type example struct {
	grams []int32 // one for each occurrence
	y     float64 // 1 if the topic is spoken of, else 0
}

// printPresence learns and prints the weights of presence. c holds the pool, from
// which come the counts and which words are names.
func (c *corpus) printPresence(out io.Writer, reviews []labelled, strength float64) {
	usable := c.usable(0)
	known := len(usable)
	first := len(c.docs)
	for _, l := range reviews {
		c.add(l.Text, true)
	}
	docs := c.docs[first:]
	seen := make([]int, known)
	for _, d := range docs {
		in := map[int32]bool{}
		for _, g := range d.grams {
			if int(g) < known && !in[g] {
				in[g] = true
				seen[g]++
			}
		}
	}
	b := bufio.NewWriter(out)
	defer b.Flush() //nolint:errcheck // the caller's pipe
	fmt.Fprintf(b, "# Made by the learn command from %d reviews labelled by hand. Logistic regression with an L1 penalty on how often a word or pair of\n", len(reviews))
	fmt.Fprintf(b, "# words occurs; nothing seen in fewer than %d reviews of the pool, no word mostly written with a capital. \"*\" is the constant.\n", minReviews)
	for _, topic := range presenceTopics {
		var xs []example
		for i, l := range reviews {
			if slices.Contains(l.Labels.Ambiguous, topic) {
				continue
			}
			x := example{}
			if p := l.Labels.Topics[topic]; p != "" && p != "absent" {
				x.y = 1
			}
			for _, g := range docs[i].grams {
				if int(g) < known && usable[g] && seen[g] >= minLabelled {
					x.grams = append(x.grams, g)
				}
			}
			xs = append(xs, x)
		}
		bias, w := descend(xs, known, strength)
		fmt.Fprintf(b, "%s\t*\t%.3f\n", topic, bias)
		var ids []int32
		for id := range w {
			if math.Abs(w[id]) >= 0.02 {
				ids = append(ids, int32(id))
			}
		}
		slices.SortFunc(ids, func(p, q int32) int { return cmp.Compare(c.stats[p].text, c.stats[q].text) })
		for _, id := range ids {
			fmt.Fprintf(b, "%s\t%s\t%.3f\n", topic, c.stats[id].text, w[id])
		}
	}
}

// descend minimises strength times the logistic loss plus the sum of the absolute
// weights, one weight after the other, each against a bound of its curvature. The
// constant is not penalised.
func descend(xs []example, n int, strength float64) (bias float64, w []float64) {
	type entry struct {
		at    int32
		count float64
	}
	columns := make(map[int32][]entry)
	for i, x := range xs {
		counts := map[int32]float64{}
		for _, g := range x.grams {
			counts[g]++
		}
		for g, k := range counts {
			columns[g] = append(columns[g], entry{int32(i), k})
		}
	}
	ids := make([]int32, 0, len(columns))
	for g, column := range columns {
		ids = append(ids, g)
		slices.SortFunc(column, func(a, b entry) int { return cmp.Compare(a.at, b.at) })
	}
	slices.Sort(ids)
	w = make([]float64, n)
	z := make([]float64, len(xs))
	slope := func(i int32) float64 { return 1/(1+math.Exp(-z[i])) - xs[i].y }
	const passes = 120
	for range passes {
		g := 0.0
		for i := range xs {
			g += slope(int32(i))
		}
		step := g / (0.25 * float64(len(xs)))
		bias -= step
		for i := range z {
			z[i] -= step
		}
		for _, id := range ids {
			g, h := 0.0, 0.0
			for _, e := range columns[id] {
				g += e.count * slope(e.at)
				h += 0.25 * e.count * e.count
			}
			next := shrink(w[id]-g/h, 1/(strength*h))
			if by := next - w[id]; by != 0 {
				for _, e := range columns[id] {
					z[e.at] += by * e.count
				}
				w[id] = next
			}
		}
	}
	return bias, w
}
