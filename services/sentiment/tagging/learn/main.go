// Command learn makes data/weights.tsv: for words and pairs of words, how much
// they speak for a good or a bad review. It fits a logistic regression on
// reviews with stars (below 3 against 4 and up, both classes weighted alike) and keeps
// what is heavy enough. An n-gram seen in fewer than 20 reviews gets no weight,
// and neither does a word that is written with a capital mostly, because it may
// be somebody's name. The same input gives the same file.
//
//	go run ./tagging/learn -pool pool.jsonl.gz -exclude dev_gold.jsonl > tagging/data/weights.tsv
//
// With -labels it makes data/presence.tsv instead: for a few topics, how much a
// word or pair of words speaks for the topic being there at all, from reviews
// labelled by hand.
//
//	go run ./tagging/learn -pool pool.jsonl.gz -labels labelled.jsonl > tagging/data/presence.tsv
package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand"
	"os"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

// minReviews is the least number of reviews an n-gram must be seen in.
const minReviews = 20

func main() { os.Exit(run()) }

type document struct {
	grams    []int32
	positive bool
}

type gramStat struct {
	text            string
	reviews         int
	praising        int // those of them with many stars
	inner, capitals int // occurrences inside a sentence, and with a capital there
	last            int // the review counted last
}

type corpus struct {
	ids   map[string]int32
	stats []gramStat
	docs  []document
	n     int
}

func run() int {
	pool := flag.String("pool", "", "reviews with stars: JSONL {text, rating}, .gz or plain")
	exclude := flag.String("exclude", "", "JSONL {text}: reviews kept out, so that they can measure the result")
	keep := flag.Int("keep", 9000, "weights to keep at most")
	epochs := flag.Int("epochs", 6, "passes over the reviews")
	l1 := flag.Float64("l1", 2e-5, "L1 penalty a review")
	odds := flag.Float64("odds", 0.4, "least log odds ratio between praise and blame of an n-gram with a weight")
	labels := flag.String("labels", "", "JSONL {text, labels} separated by commas: learn weights of presence from them and print those")
	strength := flag.Float64("strength", 0.3, "how much the labels count against the L1 penalty, with -labels")
	flag.Parse()
	if *pool == "" {
		flag.Usage()
		return 2
	}
	out := map[string]bool{}
	if *exclude != "" {
		err := lines(*exclude, func(r row) { out[strings.TrimSpace(r.Text)] = true })
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	c := corpus{ids: map[string]int32{}}
	skipped := 0
	err := lines(*pool, func(r row) {
		if out[strings.TrimSpace(r.Text)] {
			skipped++
			return
		}
		if r.Rating != nil && (*r.Rating <= 2.8 || *r.Rating >= 4) {
			c.add(r.Text, *r.Rating >= 4)
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if *labels != "" {
		reviews, err := readLabelled(*labels)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		c.printPresence(os.Stdout, reviews, *strength)
		return 0
	}
	c.print(os.Stdout, c.fit(*epochs, *l1, *odds), *keep)
	fmt.Fprintf(os.Stderr, "reviews %d, kept out %d, n-grams %d\n", len(c.docs), skipped, len(c.stats))
	return 0
}

type row struct {
	Text   string   `json:"text"`
	Rating *float64 `json:"rating"`
}

func lines(path string, f func(row)) error {
	h, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open reviews: %w", err)
	}
	defer h.Close() //nolint:errcheck // read only
	var in io.Reader = h
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(h); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		var r row
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		f(r)
	}
	return sc.Err()
}

func (c *corpus) gram(s string) int32 {
	id, ok := c.ids[s]
	if !ok {
		id = int32(len(c.stats))
		c.ids[s] = id
		c.stats = append(c.stats, gramStat{text: s, last: -1})
	}
	return id
}

func (c *corpus) see(id int32, positive bool) {
	if s := &c.stats[id]; s.last != c.n {
		s.last = c.n
		s.reviews++
		if positive {
			s.praising++
		}
	}
}

func (c *corpus) add(text string, positive bool) {
	d := document{positive: positive}
	sc := token.New(text)
	prev, first := "<end>", true
	for {
		t, ok := sc.Next()
		if !ok {
			break
		}
		var w string
		switch t.Kind {
		case token.Comma:
			continue
		case token.End:
			prev, first = "<end>", true
			continue
		case token.Number:
			w = "<num>"
		case token.Money:
			w = "<money>"
		default:
			w = string(sc.Norm())
		}
		id := c.gram(w)
		c.see(id, positive)
		if !first && t.Kind == token.Word && !t.Shout {
			c.stats[id].inner++
			if t.Capital && w != "i" && !strings.HasPrefix(w, "ive") && w != "im" && w != "id" && w != "ill" {
				c.stats[id].capitals++
			}
		}
		d.grams = append(d.grams, id)
		pair := c.gram(prev + " " + w)
		c.see(pair, positive)
		d.grams = append(d.grams, pair)
		prev, first = w, false
	}
	c.docs = append(c.docs, d)
	c.n++
}

// usable reports which n-grams may have a weight. A word that stands in praise
// about as often as in blame ("front desk", "name") gets none: the regression
// would use it to explain single reviews, and it would then decide over a short
// review that says nothing else.
func (c *corpus) usable(odds float64) []bool {
	praise := 0
	for _, d := range c.docs {
		if d.positive {
			praise++
		}
	}
	blame := len(c.docs) - praise
	const prior = 3 // reviews of each kind, added to every n-gram
	tells := func(s gramStat) bool {
		up := (float64(s.praising) + prior) / float64(praise)
		down := (float64(s.reviews-s.praising) + prior) / float64(blame)
		return math.Abs(math.Log(up/down)) >= odds
	}
	name := func(w string) bool {
		id, ok := c.ids[w]
		if !ok {
			return false
		}
		s := c.stats[id]
		return s.inner > 0 && float64(s.capitals) > 0.4*float64(s.inner)
	}
	ok := make([]bool, len(c.stats))
	for i, s := range c.stats {
		ok[i] = s.reviews >= minReviews && tells(s)
		for w := range strings.SplitSeq(s.text, " ") {
			ok[i] = ok[i] && !name(w)
		}
	}
	return ok
}

// fit learns the weights. There is no constant: a review without any telling
// word sums up to nothing, which is neither praise nor blame.
func (c *corpus) fit(epochs int, l1, odds float64) []float64 {
	usable := c.usable(odds)
	positive := 0
	for i := range c.docs {
		d := &c.docs[i]
		d.grams = slices.DeleteFunc(d.grams, func(g int32) bool { return !usable[g] })
		if d.positive {
			positive++
		}
	}
	n := float64(len(c.docs))
	up, down := n/2/float64(positive), n/2/(n-float64(positive))
	w, g2, last := make([]float64, len(c.stats)), make([]float64, len(c.stats)), make([]int, len(c.stats))
	order := make([]int, len(c.docs))
	for i := range order {
		order[i] = i
	}
	rng := rand.New(rand.NewSource(1))
	step := 0
	const rate = 0.08
	for range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			d := &c.docs[i]
			step++
			z := 0.0
			for _, g := range d.grams {
				if lag := step - last[g]; lag > 0 { // the penalty of the steps in between
					w[g] = shrink(w[g], l1*float64(lag)*rate/math.Sqrt(g2[g]+1))
					last[g] = step
				}
				z += w[g]
			}
			y, scale := 0.0, down
			if d.positive {
				y, scale = 1, up
			}
			grad := (1/(1+math.Exp(-z)) - y) * scale
			for _, g := range d.grams {
				g2[g] += grad * grad
				w[g] -= rate * grad / math.Sqrt(g2[g]+1)
			}
		}
	}
	return w
}

func shrink(v, by float64) float64 {
	switch {
	case v > by:
		return v - by
	case v < -by:
		return v + by
	}
	return 0
}

func (c *corpus) print(out io.Writer, w []float64, keep int) {
	var ids []int32
	for i := range w {
		if math.Abs(w[i]) >= 0.04 {
			ids = append(ids, int32(i))
		}
	}
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Compare(math.Abs(w[b]), math.Abs(w[a])) })
	ids = ids[:min(keep, len(ids))]
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Compare(c.stats[a].text, c.stats[b].text) })
	b := bufio.NewWriter(out)
	defer b.Flush() //nolint:errcheck // the caller's pipe
	fmt.Fprintf(b, "# Made by the learn command from %d reviews with less than 3 or at least 4 stars. Logistic regression on words and\n", len(c.docs))
	fmt.Fprintf(b, "# pairs of words; nothing seen in fewer than %d reviews, no word mostly written with a capital, none as frequent in praise as in blame.\n", minReviews)
	for _, id := range ids {
		fmt.Fprintf(b, "%s\t%.3f\n", c.stats[id].text, w[id])
	}
}
