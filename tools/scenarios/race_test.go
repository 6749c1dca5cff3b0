//go:build race

package scenarios

// raced tells that the race detector slows this program down.
const raced = true
