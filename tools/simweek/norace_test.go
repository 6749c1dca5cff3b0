//go:build !race

package simweek

const raced = false
