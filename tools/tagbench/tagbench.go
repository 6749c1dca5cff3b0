// Package tagbench holds the tagging engine against what else there is in Go, on the same
// texts in the same run: govader, which gives a whole text one score, and prose, which
// tells parts of speech and names. Neither says what a review is about; the
// figures show what it costs to ask them. It has benchmarks only:
//
//	go test -run '^$' -bench . -benchtime 1x ./tools/tagbench
//
// Times are processor time of the process, so that other work on the machine counts
// little. With ../shared/tagging/pool.jsonl.gz beside the repository the texts are
// real reviews, else ones put together from parts.
package tagbench
