// Package detect tells what changed about a review between what is known of it
// and what a page of its site shows now: posted, edited, seen again, removed, or
// answered by the owner on the site.
//
// It promises that the same observation never gives two changes, that versions
// count texts and nothing else, that the observation times of one review only
// grow (so that consumers may order by them even where replicas' clocks differ),
// and that a review is told removed only after two complete lists without it.
// It is pure: no clock, no store, no network.
package detect
