//go:build !race

package store_test

// raced tells that the race detector slows this program down.
const raced = false
