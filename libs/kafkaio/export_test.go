package kafkaio

import "time"

// Hurry shortens what a consumer waits for.
func (c *Consumer) Hurry(watch, stall time.Duration) {
	c.timing.watch, c.timing.stall, c.timing.groupStall = watch, stall, stall
	c.timing.retryMin, c.timing.retryMax = time.Millisecond, 50*time.Millisecond
}
