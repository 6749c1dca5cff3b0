package kafkaio

import "sync"

// committer commits for all partitions of a generation, one request at a time: what workers
// ask for while one is under way goes with the next. kafka-go sends all of a generation's
// requests over one connection, and those that wait there for their answers do so in a busy
// loop, which took a quarter of a consumer's processor time.
type committer struct {
	// send is kafka-go's Generation.CommitOffsets.
	send func(map[string]map[int]int64) error

	sending chan struct{} // holds one while a request is under way
	mu      sync.Mutex
	next    *commitRound // what goes with the next request; nil if nothing does
}

// commitRound is one request.
type commitRound struct {
	offsets map[string]map[int]int64
	sent    bool
	err     error
}

func newCommitter(send func(map[string]map[int]int64) error) *committer {
	return &committer{send: send, sending: make(chan struct{}, 1)}
}

// commit moves a partition's position to offset and waits for the answer. An error can be that
// of another partition of the same request; then it is not known whether this one was moved.
func (c *committer) commit(key partitionKey, offset int64) error {
	c.mu.Lock()
	round := c.next
	if round == nil {
		round = &commitRound{offsets: map[string]map[int]int64{}}
		c.next = round
	}
	if round.offsets[key.topic] == nil {
		round.offsets[key.topic] = map[int]int64{}
	}
	round.offsets[key.topic][key.partition] = offset
	c.mu.Unlock()

	c.sending <- struct{}{}
	defer func() { <-c.sending }()
	if round.sent {
		return round.err
	}
	c.mu.Lock()
	c.next = nil
	c.mu.Unlock()
	round.err, round.sent = c.send(round.offsets), true
	return round.err
}
