// Package simweek runs the scraper service through a simulated week of review sites in
// one process and seconds of real time: time is that of testing/synctest, the network
// is made of pipes in memory, the store is a real SQLite file, and the adapters,
// the polite client and the polling are those of production.
//
// It promises that its sites know exactly what the inbox must have in the end, that
// they misbehave in every way that real sites do, and that they notice every request
// which a polite reader would not have made.
package simweek

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Config of a simulation.
type Config struct {
	Seed     uint64
	Listings int
	// Days is how long things happen and go wrong. After that nothing does, and the scraper
	// has time to hear of what was last.
	Days int
	// FullEvery is how often complete lists are read.
	FullEvery time.Duration
}

// span is how long things happen.
func (c Config) span() time.Duration { return time.Duration(c.Days) * 24 * time.Hour }

// settle is the time in which the scraper must have heard of everything, counted from
// the last event and the last fault: a removal takes longest, and its README promises it
// within FullEvery and two ordinary waits. The rest is for reading itself, at the pace of
// the slowest host.
func (c Config) settle() time.Duration { return c.FullEvery + 2*ordinary + 30*time.Minute }

// ordinary is the scraper's longest wait between polls of an active listing.
const ordinary = time.Hour

// kind is a kind of site, named like its adapter.
type kind string

const (
	google      kind = "google"
	directory   kind = "directory"
	yelp        kind = "yelp"
	facebook    kind = "facebook"
	trustpilot  kind = "trustpilot"
	careopinion kind = "careopinion"
)

// review is one review as its site has it, and what the inbox must know of it.
type review struct {
	id      string
	author  string
	stars   int
	title   string
	text    string
	posted  time.Time
	updated time.Time
	reply   string
	state   string // of the reply's moderation
	removed bool
	hidden  bool // for moments

	arrived time.Time // when the site began to show it
	version int
	settled time.Time // last change
	shown   time.Time // when the site first gave it out as it is since then
	heard   time.Time // when the inbox first had it
	missed  time.Time // when the inbox was told that it is gone
	told    map[string]int
}

// listing is a practice on a site.
type listing struct {
	id, org, location string
	kind              kind
	host              string
	ref               string
	credential        string // its name and its secret are the same here
	closed            bool   // robots.txt forbids it
	mean              time.Duration

	reviews []*review // in the order of arrival
	broken  []window  // later pages fail
	empty   []window  // the page shows nothing
	reading walk      // of its list
	walks   []walk    // read to their end
}

type window struct{ from, to time.Time }

func within(windows []window, now time.Time) bool {
	return slices.ContainsFunc(windows, func(w window) bool { return !now.Before(w.from) && now.Before(w.to) })
}

// world is all sites.
type world struct {
	cfg   Config
	start time.Time
	end   time.Time  // nothing happens and nothing fails from then on
	rand  *rand.Rand // of the events; faults have their own

	mu       sync.Mutex
	listings []*listing
	byID     map[string]*listing
	byRef    map[string]*listing // by kind and ref
	byReview map[string]*review  // by listing id and review id
	events   []event
	number   int
}

type event struct {
	at time.Time
	do func(now time.Time)
}

// shares are how many of 300 listings each kind has.
var shares = []struct {
	kind  kind
	share int
}{{google, 100}, {directory, 80}, {yelp, 40}, {facebook, 30}, {trustpilot, 25}, {careopinion, 25}}

const directories = 4

func newWorld(cfg Config, start time.Time) *world {
	w := &world{
		cfg: cfg, start: start, end: start.Add(cfg.span()), rand: rand.New(rand.NewPCG(cfg.Seed, 1)),
		byID: map[string]*listing{}, byRef: map[string]*listing{}, byReview: map[string]*review{},
	}
	for _, s := range shares {
		for i := range max(cfg.Listings*s.share/300, 2) {
			w.open(s.kind, i)
		}
	}
	for _, l := range w.listings {
		w.live(l, w.end)
	}
	slices.SortStableFunc(w.events, func(a, b event) int { return a.at.Compare(b.at) })
	return w
}

// open makes a listing with its past.
func (w *world) open(k kind, i int) {
	l := &listing{
		id: fmt.Sprintf("%s-%d", k, i), org: "org" + strconv.Itoa(i%2), location: fmt.Sprintf("loc-%d", i),
		kind: k, host: string(k) + ".sim", ref: fmt.Sprintf("place%d", i), credential: fmt.Sprintf("%skey%d", k, i%2),
		mean: time.Duration(float64(6*time.Hour) * (1 + 19*w.rand.Float64()*w.rand.Float64())),
	}
	past := 5 + w.rand.IntN(60)
	switch k {
	case google:
		l.ref = fmt.Sprintf("accounts/%d/locations/%d", i%2, i)
	case directory:
		l.host, l.credential = fmt.Sprintf("dir%d.sim", i%directories), ""
		path := "/p/"
		if i%20 == 3 {
			path, l.closed = "/closed/", true
		}
		l.ref = fmt.Sprintf("http://%s%s%d", l.host, path, i)
	case yelp:
		// Only three are ever shown, so more would be nobody's fault.
		past, l.mean = 1+w.rand.IntN(3), l.mean+48*time.Hour
	case facebook:
		l.ref = strconv.Itoa(1000 + i)
	case trustpilot:
		past += 90 // more than one page
	}
	w.listings = append(w.listings, l)
	w.byID[l.id] = l
	w.byRef[string(k)+" "+l.ref] = l
	for n := range past {
		at := w.start.Add(-l.mean * time.Duration(past-n)).Add(-time.Duration(w.rand.Int64N(int64(l.mean))))
		w.arrive(l, at, at)
	}
	for _, r := range l.reviews {
		r.arrived, r.settled = w.start, w.start
	}
}

// arrive lets a site show a new review with a date.
func (w *world) arrive(l *listing, posted, now time.Time) *review {
	w.number++
	r := &review{
		id: fmt.Sprintf("r%d", w.number), author: fmt.Sprintf("Visitor %d", w.number), stars: 1 + w.rand.IntN(5),
		text:   fmt.Sprintf("Visit number %d: %s.", w.number, phrases[w.rand.IntN(len(phrases))]),
		posted: posted.Truncate(time.Second), updated: posted.Truncate(time.Second), arrived: now, settled: now, version: 1, told: map[string]int{},
	}
	switch l.kind {
	case facebook:
		r.id = fmt.Sprintf("%s_%d", l.ref, w.number)
	case careopinion:
		r.id, r.title = strconv.Itoa(w.number), "About visit "+strconv.Itoa(w.number)
	case trustpilot:
		r.title = "About visit " + strconv.Itoa(w.number)
	}
	l.reviews = append(l.reviews, r)
	w.byReview[l.id+" "+r.id] = r
	return r
}

var phrases = []string{
	"the hygienist was gentle", "we waited an hour", "my new glasses fit", "the bill surprised me",
	"the front desk was kind", "parking was easy", "nobody called back", "the exam was thorough",
}

// live plans what happens to a listing. A review changes only after the site gave it out
// as it was before, so that each of its versions must be known.
func (w *world) live(l *listing, end time.Time) {
	for at := w.start.Add(w.wait(l)); at.Before(end); at = at.Add(w.wait(l)) {
		late := l.kind != yelp && w.rand.IntN(12) == 0
		w.plan(at, func(now time.Time) {
			posted := now
			if late {
				posted = now.Add(-time.Duration(24+w.rand.IntN(72)) * time.Hour) // held back by the site
			}
			w.arrive(l, posted, now)
		})
	}
	if l.kind == yelp {
		return
	}
	changes := map[kind][]func(*listing, *review, time.Time){
		google:      {w.edit, w.answer, w.moderate, w.remove, w.blink},
		directory:   {w.edit, w.remove, w.blink},
		facebook:    {w.edit, w.remove, w.blink},
		trustpilot:  {w.edit, w.answer, w.remove, w.blink},
		careopinion: {w.edit, w.answer, w.remove, w.blink},
	}[l.kind]
	for at := w.start.Add(w.wait(l)); at.Before(end); at = at.Add(w.wait(l)) {
		change := changes[w.rand.IntN(len(changes))]
		w.plan(at, func(now time.Time) {
			free := slices.DeleteFunc(slices.Clone(l.reviews), func(r *review) bool {
				return r.removed || r.hidden || r.shown.IsZero() || now.Sub(r.shown) < toStore
			})
			if len(free) > 0 {
				r := free[w.rand.IntN(len(free))]
				r.settled, r.shown = now, time.Time{}
				change(l, r, now)
			}
		})
	}
}

// toStore is how long what a site gave out may take to be stored: the broker may be away.
const toStore = time.Hour

func (w *world) wait(l *listing) time.Duration {
	floor := time.Minute
	if l.kind == yelp {
		floor = 12 * time.Hour
	}
	return floor + time.Duration(w.rand.ExpFloat64()*float64(l.mean))
}

func (w *world) plan(at time.Time, do func(time.Time)) {
	w.events = append(w.events, event{at, do})
}

func (w *world) edit(l *listing, r *review, now time.Time) {
	r.version++
	r.text += fmt.Sprintf(" Edited, version %d.", r.version)
	if l.kind == google || l.kind == trustpilot {
		r.updated = now.Truncate(time.Second)
	}
}

func (w *world) answer(l *listing, r *review, now time.Time) {
	r.reply, r.state = "Thank you for visit "+r.id+".", ""
	if l.kind == google {
		r.updated = now.Truncate(time.Second)
	}
}

// moderate answers, and the site takes its time to refuse the answer.
func (w *world) moderate(l *listing, r *review, now time.Time) {
	w.answer(l, r, now)
	r.state = "REJECTED"
}

func (w *world) remove(_ *listing, r *review, _ time.Time) { r.removed = true }

// blink lets a review be missing for a moment, which is no removal.
func (w *world) blink(_ *listing, r *review, now time.Time) {
	r.hidden = true
	time.AfterFunc(90*time.Second, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		r.hidden = false
	})
}

// shown are the reviews that a site shows now.
func (l *listing) shown() []*review {
	return slices.DeleteFunc(slices.Clone(l.reviews), func(r *review) bool { return r.removed || r.hidden })
}
