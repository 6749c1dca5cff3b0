//go:build race

package simweek

// raced tells that the race detector is in this program, under which everything takes ten times as long.
const raced = true
