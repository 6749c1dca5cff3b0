//go:build race

package tagging_test

// raced tells that the race detector is in this program, under which a sync.Pool
// forgets on purpose.
const raced = true
