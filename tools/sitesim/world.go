package sitesim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// review is one review as a site has it.
type review struct {
	ID      string    `json:"id"`
	Author  string    `json:"author"`
	Stars   int       `json:"stars"`
	Text    string    `json:"text"`
	Posted  time.Time `json:"posted"`
	Updated time.Time `json:"updated"`
	Reply   *reply    `json:"reply,omitempty"`

	shelf shelf
}

type reply struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// state is what changed since the first start; it is all that a state file keeps,
// because the rest follows from the seed.
type state struct {
	Epoch   time.Time         `json:"epoch"`
	Arrived []time.Time       `json:"arrived"` // when the n-th review arrived
	Added   []addedReview     `json:"added,omitempty"`
	Edits   map[string]edit   `json:"edits,omitempty"`
	Removed map[string]bool   `json:"removed,omitempty"`
	Replies map[string]*reply `json:"replies,omitempty"`
}

type addedReview struct {
	review
	Site     string `json:"site"`
	Location string `json:"location"`
}

type edit struct {
	Text  string    `json:"text"`
	Stars int       `json:"stars"`
	At    time.Time `json:"at"`
}

// world is all reviews of all sites.
type world struct {
	cfg  Config
	path string

	mu     sync.RWMutex
	state  state
	later  []review // demo reviews that arrive first
	byID   map[string]*review
	shelfs map[shelf][]*review // the latest change first
	pushes chan push           // notifications to send; nil sends none
}

func newWorld(cfg Config) (*world, error) {
	w := &world{cfg: cfg, path: cfg.State, byID: map[string]*review{}, shelfs: map[shelf][]*review{}}
	if err := w.load(); err != nil {
		return nil, err
	}
	if w.state.Epoch.IsZero() {
		w.state.Epoch = cfg.Epoch
		if w.state.Epoch.IsZero() {
			w.state.Epoch = cfg.Now().UTC().Truncate(24 * time.Hour)
		}
	}
	present, later, err := readDemo(w.state.Epoch, cfg.Seed)
	if err != nil {
		return nil, err
	}
	w.later = later
	for i := range present {
		w.put(&present[i])
	}
	for i := range cfg.Generate {
		w.put(w.generatedBulk(i))
	}
	for _, r := range w.present() {
		w.put(r)
	}
	for n, at := range w.state.Arrived {
		w.put(w.arrival(n, at))
	}
	for _, a := range w.state.Added {
		a.shelf = shelf{site: a.Site, location: a.Location}
		w.put(&a.review)
	}
	for id, e := range w.state.Edits {
		if r := w.byID[id]; r != nil {
			r.Text, r.Stars, r.Updated = e.Text, e.Stars, e.At
		}
	}
	for id, rep := range w.state.Replies {
		if r := w.byID[id]; r != nil {
			r.Reply = rep
		}
	}
	for id := range w.state.Removed {
		w.drop(id)
	}
	for s := range w.shelfs {
		w.sort(s)
	}
	return w, w.save()
}

func (w *world) put(r *review) {
	w.byID[r.ID] = r
	w.shelfs[r.shelf] = append(w.shelfs[r.shelf], r)
}

func (w *world) drop(id string) {
	r, ok := w.byID[id]
	if !ok {
		return
	}
	delete(w.byID, id)
	w.shelfs[r.shelf] = slices.DeleteFunc(slices.Clone(w.shelfs[r.shelf]), func(o *review) bool { return o.ID == id })
}

func (w *world) sort(s shelf) {
	slices.SortFunc(w.shelfs[s], func(a, b *review) int {
		return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(b.ID, a.ID))
	})
}

// list copies a part of a shelf: reviews from..to, and how many there are.
func (w *world) list(s shelf, from, count int) (part []review, total int, mean float64) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	all := w.shelfs[s]
	sum := 0
	for _, r := range all {
		sum += r.Stars
	}
	if len(all) > 0 {
		mean = float64(sum*10/len(all)) / 10
	}
	for i := from; i < min(from+count, len(all)); i++ {
		part = append(part, *all[i])
	}
	return part, len(all), mean
}

// arrival is the n-th review that arrives: the demo's first, then synthetic ones.
func (w *world) arrival(n int, at time.Time) *review {
	var r review
	if n < len(w.later) {
		r = w.later[n]
	} else {
		r = synthetic(w.cfg.Seed, arrivalStream, n)
		r.shelf = w.arrivalShelf(n, r.shelf)
	}
	r.Posted, r.Updated = at, at
	return &r
}

// arrive lets n reviews arrive now. Two never share a time, so that lists have
// one order.
func (w *world) arrive(n int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for range n {
		at := w.cfg.Now().UTC().Truncate(time.Microsecond)
		if k := len(w.state.Arrived); k > 0 && !at.After(w.state.Arrived[k-1]) {
			at = w.state.Arrived[k-1].Add(time.Microsecond)
		}
		r := w.arrival(len(w.state.Arrived), at)
		w.state.Arrived = append(w.state.Arrived, at)
		w.put(r)
		w.sort(r.shelf)
		w.notify(pushNew, *r)
	}
	return w.save()
}

var (
	errNoReview = errors.New("no such review")
	errTaken    = errors.New("the id is taken")
)

// add puts a review of the caller's on a shelf.
func (w *world) add(r review, s shelf) (review, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.ID == "" {
		r.ID = fmt.Sprintf("added-%06d", 520_000+len(w.state.Added))
	}
	if _, taken := w.byID[r.ID]; taken || w.state.Removed[r.ID] {
		return review{}, errTaken
	}
	if r.Posted.IsZero() {
		r.Posted = w.cfg.Now().UTC().Truncate(time.Microsecond)
	}
	r.Posted, r.Updated, r.shelf = r.Posted.UTC(), r.Posted.UTC(), s
	w.state.Added = append(w.state.Added, addedReview{review: r, Site: s.site, Location: s.location})
	w.put(&r)
	w.sort(s)
	w.notify(pushNew, r)
	return r, w.save()
}

// change edits a review; empty text and zero stars leave theirs.
func (w *world) change(id, text string, stars int) (review, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, ok := w.byID[id]
	if !ok {
		return review{}, errNoReview
	}
	if text != "" {
		r.Text = text
	}
	if stars != 0 {
		r.Stars = stars
	}
	r.Updated = w.cfg.Now().UTC().Truncate(time.Microsecond)
	if w.state.Edits == nil {
		w.state.Edits = map[string]edit{}
	}
	w.state.Edits[id] = edit{Text: r.Text, Stars: r.Stars, At: r.Updated}
	w.sort(r.shelf)
	w.notify(pushUpdated, *r)
	return *r, w.save()
}

func (w *world) remove(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.byID[id]; !ok {
		return errNoReview
	}
	if w.state.Removed == nil {
		w.state.Removed = map[string]bool{}
	}
	w.state.Removed[id] = true
	w.drop(id)
	return w.save()
}

// answer sets or, with an empty text, deletes the practice's reply.
func (w *world) answer(s shelf, id, text string) (*reply, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, ok := w.byID[id]
	if !ok || r.shelf != s {
		return nil, errNoReview
	}
	if r.Reply != nil && r.Reply.Text == text {
		return r.Reply, nil
	}
	if w.state.Replies == nil {
		w.state.Replies = map[string]*reply{}
	}
	if text == "" {
		r.Reply = nil
		delete(w.state.Replies, id)
		return nil, w.save()
	}
	r.Reply = &reply{Text: text, At: w.cfg.Now().UTC()}
	w.state.Replies[id] = r.Reply
	return r.Reply, w.save()
}

func (w *world) counts() map[string]int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := map[string]int{}
	for s, list := range w.shelfs {
		out[s.site+"/"+s.location] = len(list)
	}
	return out
}

func (w *world) load() error {
	if w.path == "" {
		return nil
	}
	data, err := os.ReadFile(w.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the state file: %w", err)
	}
	if err := json.Unmarshal(data, &w.state); err != nil {
		return fmt.Errorf("the state file %s is damaged; delete it to begin anew: %w", w.path, err)
	}
	return nil
}

// save replaces the state file in one step, so that a kill leaves the old or the
// new one. The caller holds the lock.
func (w *world) save() error {
	if w.path == "" {
		return nil
	}
	data, err := json.Marshal(w.state)
	if err != nil {
		return fmt.Errorf("encode the state: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(w.path), 0o700); err != nil {
		return fmt.Errorf("make the state's folder: %w", err)
	}
	temporary := w.path + ".new"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return fmt.Errorf("write the state file: %w", err)
	}
	if err := os.Rename(temporary, w.path); err != nil {
		return fmt.Errorf("write the state file: %w", err)
	}
	return nil
}
