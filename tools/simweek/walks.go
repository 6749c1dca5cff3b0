package simweek

import "time"

// walk is one reading of a list in order, from its first review to its last, whoever
// read it and in however many pieces. It is the least that a removal may be concluded
// from.
type walk struct {
	began time.Time
	// upTo is how much of the list was given out from its beginning on without a gap;
	// 0 after its end.
	upTo int
}

// walk notes that the reviews of a list from a place on are asked for. An empty list is
// none: nothing is concluded from one.
func (l *listing) walk(from, size, all int, now time.Time) {
	if from == 0 {
		l.reading = walk{began: now}
	}
	if all == 0 || from > l.reading.upTo || l.reading.began.IsZero() {
		return
	}
	if l.reading.upTo = max(l.reading.upTo, from+size); l.reading.upTo >= all {
		l.walks = append(l.walks, l.reading)
		l.reading = walk{}
	}
}

// walksSince is how many readings began after a time and reached the end.
func (l *listing) walksSince(t time.Time) int {
	n := 0
	for i := len(l.walks) - 1; i >= 0 && l.walks[i].began.After(t); i-- {
		n++
	}
	return n
}

// gaveOut notes that reviews were shown as they are.
func (s *sites) gaveOut(part []*review) {
	for _, r := range part {
		if r.shown.IsZero() {
			r.shown = time.Now()
		}
	}
}
