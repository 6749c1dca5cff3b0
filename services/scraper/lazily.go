package scraper

import "sync"

// lazily is a value that one goroutine gives and others may ask for before.
type lazily[T any] struct {
	mu    sync.Mutex
	value T
	given bool
}

func (l *lazily[T]) set(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.value, l.given = v, true
}

func (l *lazily[T]) get() (T, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value, l.given
}
