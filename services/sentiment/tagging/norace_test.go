//go:build !race

package tagging_test

const raced = false
