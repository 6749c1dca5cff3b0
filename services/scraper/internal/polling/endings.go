package polling

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

const (
	// endTogether is how many polls write at most together how they went.
	endTogether = 16
	// endWithin bounds how long one waits for others to end.
	endWithin = 50 * time.Millisecond
)

// endings lets polls that end at about the same time write together how they went,
// which costs the store about as much as one of them. A poll that is alone waits for
// nobody, and each returns after its own state is stored: a process that dies before
// leaves a lease to run out and a poll to be repeated.
type endings struct {
	store Store

	mu      sync.Mutex
	running int // polls that have not ended
	waiting []*ending
	timer   *time.Timer
}

// ending is the last change of one poll.
type ending struct {
	key    docstore.Key
	change func(*collections.PollState) error
	done   chan error
}

// begin counts a poll that is going to end.
func (e *endings) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running++
}

// left counts a poll that has ended. Those that waited for it may be the last ones.
func (e *endings) left() {
	e.mu.Lock()
	e.running--
	together := e.ripe()
	e.mu.Unlock()
	e.write(together)
}

// end makes the last change of a poll and gives its error. The change is also made if
// ctx ends meanwhile.
func (e *endings) end(ctx context.Context, key docstore.Key, change func(*collections.PollState) error) error {
	mine := &ending{key: key, change: change, done: make(chan error, 1)}
	e.mu.Lock()
	e.waiting = append(e.waiting, mine)
	if len(e.waiting) == 1 {
		e.timer = time.AfterFunc(endWithin, e.enough)
	}
	together := e.ripe()
	e.mu.Unlock()
	e.write(together)
	select {
	case err := <-mine.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ripe takes those that wait if nobody is worth waiting for. The caller holds the lock.
func (e *endings) ripe() []*ending {
	if len(e.waiting) < min(e.running, endTogether) {
		return nil
	}
	return e.takeAll()
}

// enough writes what has waited long enough.
func (e *endings) enough() {
	e.mu.Lock()
	together := e.takeAll()
	e.mu.Unlock()
	e.write(together)
}

func (e *endings) takeAll() []*ending {
	together := e.waiting
	e.waiting = nil
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	return together
}

// write stores changes. It has a bound of its own, because those who wait may leave.
func (e *endings) write(together []*ending) {
	if len(together) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	for len(together) > 0 {
		together = e.writeOnce(ctx, together)
	}
}

// writeOnce stores one change of each state and gives those that are left: a poll that
// lost its lease may end beside the one that has it now.
func (e *endings) writeOnce(ctx context.Context, together []*ending) (again []*ending) {
	var once []*ending
	var keys []docstore.Key
	for _, one := range together {
		if slices.Contains(keys, one.key) {
			again = append(again, one)
			continue
		}
		once, keys = append(once, one), append(keys, one.key)
	}
	errs := e.store.UpdateStates(ctx, keys, func(i int, state *collections.PollState) error {
		return once[i].change(state)
	})
	for i, one := range once {
		one.done <- errs[i]
	}
	return again
}
