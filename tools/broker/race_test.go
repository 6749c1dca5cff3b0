//go:build race

package broker_test

// raced tells that the race detector is in this program and multiplies its memory.
const raced = true
