package docstoretest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
)

// SeedVariable names the environment variable that repeats a differential test.
const SeedVariable = "BEDSIDE_SEED"

// Differential does the same random things to every backend and to a naive model
// in memory, and fails where an answer differs. It prints the seed that repeats it.
func Differential(t *testing.T, steps int, opens map[string]Open) {
	seed := rand.Uint64()
	if s, err := strconv.ParseUint(os.Getenv(SeedVariable), 10, 64); err == nil {
		seed = s
	}
	t.Logf("to repeat: %s=%d", SeedVariable, seed)
	d := &differential{t: t, rng: rand.New(rand.NewPCG(seed, 1)), model: newModel(), stores: map[string]*suite{}}
	for name, open := range opens {
		d.stores[name] = start(t, open)
	}
	for d.step = range steps {
		d.act()
		if t.Failed() {
			return
		}
	}
	require.NotZero(t, d.answers, "no question had an answer: the test compares nothing")
}

type differential struct {
	t       *testing.T
	rng     *rand.Rand
	model   *model
	stores  map[string]*suite
	step    int
	answers int // questions whose answer was not empty
}

// where names the place of a failure.
func (d *differential) where(store string, what any) string {
	return fmt.Sprintf("step %d, %s: %+v", d.step, store, what)
}

func (d *differential) act() {
	switch p := d.rng.IntN(100); {
	case p < 25:
		d.insert()
	case p < 45:
		d.update()
	case p < 50:
		d.remove()
	case p < 55:
		d.get()
	case p < 80:
		d.page()
	case p < 95:
		d.group()
	default:
		d.claim()
	}
}

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

func (d *differential) org() string { return pick(d.rng, "a", "b", "a-b") }

func (d *differential) id() string { return fmt.Sprintf("n%02d", d.rng.IntN(60)) }

var (
	places = []string{"", "north", "south", "No", "a\x00b", "é", "'"}
	owners = []string{"", "p1", "p2", "p3"}
	topics = []string{"billing", "billing:negative", "bill", "", "\x1f", "x"}
	words  = []string{"dentist", "dentista", "dental", "de", "late", "Late", "zähne", "o'hara", ""}
)

func (d *differential) when() time.Time {
	if d.rng.IntN(5) == 0 {
		return time.Time{}
	}
	return at(d.rng.IntN(12) - 6).Add(time.Duration(d.rng.IntN(3)) * 700 * time.Microsecond)
}

// fill gives a note random contents.
func (d *differential) fill(n *Note) {
	n.Place, n.Posted, n.Count = pick(d.rng, places...), d.when(), d.rng.Int64()
	n.Stars, n.Open, n.Work, n.Email, n.Serial = nil, nil, nil, "", ""
	if d.rng.IntN(4) > 0 {
		n.Stars = ptr(float64(d.rng.IntN(10))/2 - 1)
	}
	if d.rng.IntN(3) > 0 {
		n.Open = ptr(d.rng.IntN(2) == 0)
	}
	if d.rng.IntN(4) > 0 {
		n.Work = &Work{Owner: pick(d.rng, owners...), Due: d.when()}
	}
	if d.rng.IntN(8) == 0 {
		n.Email = fmt.Sprint("e", d.rng.IntN(6))
	}
	if d.rng.IntN(8) == 0 {
		n.Serial = fmt.Sprint("s", d.rng.IntN(6))
	}
	n.Topics, n.Marks, n.Words = nil, nil, nil
	for range d.rng.IntN(4) {
		n.Topics = append(n.Topics, pick(d.rng, topics...))
	}
	for range d.rng.IntN(3) {
		n.Marks = append(n.Marks, float64(d.rng.IntN(4))/4)
	}
	for range d.rng.IntN(5) {
		n.Words = append(n.Words, pick(d.rng, words...))
	}
}

// stored is a note as it must read back.
func stored(n Note) Note {
	n.Posted = n.Posted.UTC().Truncate(time.Millisecond)
	if n.Work != nil {
		n.Work = &Work{Owner: n.Work.Owner, Due: n.Work.Due.UTC().Truncate(time.Millisecond)}
	}
	return n
}

func (d *differential) insert() {
	org := d.org()
	n := Note{Base: docstore.Base{ID: d.id(), OrgID: org}}
	d.fill(&n)
	_, exists := d.model.notes[org][n.ID]
	dup := !exists && d.model.taken(n)
	for name, s := range d.stores {
		own := n
		done, err := s.notes.InsertIfAbsent(s.ctx, docstore.Org(org), &own)
		if dup {
			require.ErrorIs(d.t, err, docstore.ErrDup, d.where(name, n))
			continue
		}
		require.NoError(d.t, err, d.where(name, n))
		require.Equal(d.t, !exists, done, d.where(name, n))
	}
	if !exists && !dup {
		n.Rev = 1
		d.model.put(stored(n))
	}
}

func (d *differential) update() {
	org, id := d.org(), d.id()
	old, exists := d.model.notes[org][id]
	upsert, skip := d.rng.IntN(3) == 0, d.rng.IntN(6) == 0
	next := old
	if !exists {
		next = Note{Base: docstore.Base{ID: id, OrgID: org}}
	}
	if d.rng.IntN(2) == 0 {
		d.fill(&next)
	} else {
		next.Place, next.Stars = pick(d.rng, places...), ptr(float64(d.rng.IntN(5)))
	}
	next.Rev = old.Rev + 1
	next = stored(next)
	dup := !skip && (exists || upsert) && d.model.taken(next)
	change := func(n *Note) error {
		rev := n.Rev
		*n = next
		n.Rev = rev
		if skip {
			return docstore.ErrSkip
		}
		return nil
	}
	for name, s := range d.stores {
		var got Note
		var err error
		if upsert {
			got, err = s.notes.Upsert(s.ctx, docstore.Org(org), id, func(n *Note, was bool) error {
				if was != exists {
					return errors.New("existence differs")
				}
				return change(n)
			})
		} else {
			got, err = s.notes.Update(s.ctx, docstore.Org(org), id, change)
		}
		switch {
		case !exists && !upsert:
			require.ErrorIs(d.t, err, docstore.ErrNotFound, d.where(name, next))
		case dup:
			require.ErrorIs(d.t, err, docstore.ErrDup, d.where(name, next))
		case skip:
			require.NoError(d.t, err, d.where(name, next))
			require.Equal(d.t, old, got, d.where(name, next))
		default:
			require.NoError(d.t, err, d.where(name, next))
			require.Equal(d.t, next, got, d.where(name, next))
		}
	}
	if (exists || upsert) && !dup && !skip {
		d.model.put(next)
	}
}

func (d *differential) remove() {
	org, id := d.org(), d.id()
	for name, s := range d.stores {
		require.NoError(d.t, s.notes.Delete(s.ctx, docstore.Org(org), id), d.where(name, id))
	}
	delete(d.model.notes[org], id)
}

func (d *differential) get() {
	org := d.org()
	asked, want := []string{}, []Note{}
	for range d.rng.IntN(8) {
		id := d.id()
		asked = append(asked, id)
		if n, ok := d.model.notes[org][id]; ok {
			want = append(want, n)
		}
	}
	for name, s := range d.stores {
		got, err := s.notes.GetMany(s.ctx, docstore.Org(org), asked)
		require.NoError(d.t, err, d.where(name, asked))
		require.Equal(d.t, want, got, d.where(name, asked))
	}
}

// question makes a random query that some index serves.
func (d *differential) question() (docstore.Index, string, docstore.Query) {
	ix := pick(d.rng, Notes().Indexes...)
	org := d.org()
	if ix.Global {
		org = ""
	}
	q := docstore.Query{Index: ix.Name, Reverse: d.rng.IntN(2) == 0, Limit: 1 + d.rng.IntN(9)}
	for _, f := range ix.Equal {
		q.Where = append(q.Where, d.fixed(f))
	}
	others := slices.Clone(ix.Filter)
	for _, o := range ix.Sort {
		others = append(others, o.Field)
	}
	for range d.rng.IntN(3) {
		if len(others) > 0 {
			q.Where = append(q.Where, d.condition(pick(d.rng, others...)))
		}
	}
	if org != "" && d.rng.IntN(4) == 0 {
		for range 1 + d.rng.IntN(2) {
			q.Terms = append(q.Terms, pick(d.rng, "dentist", "dent*", "late", "de*", "zä*", "o'hara", "nothing"))
		}
	}
	return ix, org, q
}

func (d *differential) value(field string) any {
	switch field {
	case "place":
		return pick(d.rng, places...)
	case "work.owner":
		return pick(d.rng, owners...)
	case "topics":
		return pick(d.rng, topics...)
	case "email":
		return fmt.Sprint("e", d.rng.IntN(6))
	case "serial":
		return fmt.Sprint("s", d.rng.IntN(6))
	case "stars":
		return float64(d.rng.IntN(10))/2 - 1
	case "marks":
		return float64(d.rng.IntN(4)) / 4
	case "open":
		return d.rng.IntN(2) == 0
	default:
		return at(d.rng.IntN(12) - 6)
	}
}

func isMany(field string) bool { return field == "topics" || field == "marks" }

func (d *differential) fixed(field string) docstore.Cond {
	if !isMany(field) && d.rng.IntN(4) == 0 {
		return docstore.Cond{Field: field, Op: docstore.Exists, Value: false}
	}
	return docstore.Is(field, d.value(field))
}

func (d *differential) condition(field string) docstore.Cond {
	switch p := d.rng.IntN(10); {
	case p < 3:
		return docstore.Is(field, d.value(field))
	case p < 5:
		return docstore.OneOf(field, []any{d.value(field), d.value(field), d.value(field)}[:d.rng.IntN(4)])
	case p < 8 && !isMany(field):
		if d.rng.IntN(2) == 0 {
			return docstore.From(field, d.value(field))
		}
		return docstore.Below(field, d.value(field))
	default:
		return docstore.Cond{Field: field, Op: docstore.Exists, Value: d.rng.IntN(3) > 0}
	}
}

func scopeOf(org string) docstore.Scope {
	if org == "" {
		return docstore.AllOrgs()
	}
	return docstore.Org(org)
}

func (d *differential) page() {
	ix, org, q := d.question()
	want := d.model.find(org, ix, q)
	d.answers += len(want)
	for name, s := range d.stores {
		got, asked := []Note{}, q
		for {
			page, err := s.notes.Page(s.ctx, scopeOf(org), asked)
			require.NoError(d.t, err, d.where(name, asked))
			require.LessOrEqual(d.t, len(page.Items), q.Limit)
			got = append(got, page.Items...)
			if page.Next == "" {
				break
			}
			asked.Cursor = page.Next
		}
		require.Equal(d.t, want, got, d.where(name, q))
		n, err := s.notes.Count(s.ctx, scopeOf(org), q)
		require.NoError(d.t, err, d.where(name, q))
		require.EqualValues(d.t, len(want), n, d.where(name, q))
	}
}

func (d *differential) group() {
	ix, org, q := d.question()
	fields := append(slices.Clone(ix.Filter), ix.Equal...)
	for _, o := range ix.Sort {
		fields = append(fields, o.Field)
	}
	d.rng.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	g := docstore.GroupQuery{Index: ix.Name, Where: q.Where, Terms: q.Terms}
	many := false
	for _, f := range fields {
		if len(g.By) < 2 && d.rng.IntN(2) == 0 && (!isMany(f) || !many) {
			g.By = append(g.By, f)
			many = many || isMany(f)
		}
	}
	if slices.Contains(fields, "stars") {
		g.Sum = []string{"stars"}
	}
	want := d.model.group(d.model.find(org, ix, q), g.By)
	for name, s := range d.stores {
		buckets, err := s.notes.Group(s.ctx, scopeOf(org), g)
		require.NoError(d.t, err, d.where(name, g))
		got := []tally{}
		for _, b := range buckets {
			x := tally{count: b.Count, key: []any{}}
			for _, k := range b.Key {
				x.key = append(x.key, native(k))
			}
			if len(g.Sum) > 0 {
				x.sum, x.had = b.Sums["stars"], b.SumCounts["stars"]
			}
			got = append(got, x)
		}
		compare := slices.Clone(want)
		if len(g.Sum) == 0 {
			for i := range compare {
				compare[i].sum, compare[i].had = 0, 0
			}
		}
		require.Equal(d.t, compare, got, d.where(name, g))
	}
}

func (d *differential) claim() {
	ix, org, q := d.question()
	limit := 1 + d.rng.IntN(4)
	take := func(n *Note) bool {
		if n.Count%2 != 0 {
			return false
		}
		n.Count++
		return true
	}
	want := []Note{}
	for _, n := range d.model.find(org, ix, q) {
		if len(want) < limit && take(&n) {
			n.Rev++
			want = append(want, n)
			d.model.put(n)
		}
	}
	for name, s := range d.stores {
		got, err := s.notes.Claim(s.ctx, scopeOf(org), q, limit, take)
		require.NoError(d.t, err, d.where(name, q))
		require.Equal(d.t, want, got, d.where(name, q))
	}
}
